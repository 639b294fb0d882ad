# Shared by the two Windows toolchain files, which set SIGNUM_TARGET.

# The win32 thread model by its full name: the posix one would bring in libwinpthread.
set(CMAKE_C_COMPILER ${SIGNUM_TARGET}-gcc-win32)
set(CMAKE_RC_COMPILER ${SIGNUM_TARGET}-windres)

if(NOT DEPS_ROOT AND DEFINED ENV{DEPS_ROOT})
    set(DEPS_ROOT $ENV{DEPS_ROOT})
endif()

# A list set here hides one from the command line, so DEPS_ROOT is added here, for try_compile as well.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DEPS_ROOT)
set(CMAKE_FIND_ROOT_PATH /usr/${SIGNUM_TARGET} ${DEPS_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# ctest runs what it built through Wine.
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../lib/wine-run.sh)
