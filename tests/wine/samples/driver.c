/* A driver to sign: the right shape of file, and it does nothing. */
#include <windows.h>

NTSTATUS WINAPI DriverEntry(void *driver_object, void *registry_path);

NTSTATUS WINAPI
DriverEntry(void *driver_object, void *registry_path)
{
    (void)driver_object;
    (void)registry_path;
    return 0;
}
