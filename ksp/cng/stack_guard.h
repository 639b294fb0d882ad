#ifndef SIGNUM_CNG_STACK_GUARD_H
#define SIGNUM_CNG_STACK_GUARD_H

/* Gives the stack protector its secret. Called once, as the DLL is loaded, when no protected
   function of it is running. Allowed under the loader lock. */
void signum_stack_guard_set(void);

#endif
