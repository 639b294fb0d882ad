#include "io/secret_store.h"

#include <sys/stat.h>
#include <unistd.h>

/* Linux has no key of the user to seal with: the rights of file and folder are the protection. */

enum signum_status
signum_secret_seal(const char *name, struct signum_bytes secret, struct signum_buf *sealed_out)
{
    (void)name;
    signum_buf_put(sealed_out, secret.data, secret.len);
    return signum_buf_status(sealed_out);
}

enum signum_status
signum_secret_unseal(const char *name, struct signum_bytes sealed, struct signum_buf *secret_out)
{
    (void)name;
    signum_buf_put(secret_out, sealed.data, sealed.len);
    return signum_buf_status(secret_out);
}

/* Stricter than for a file that a person made: this one was made by us, as 0600. */
enum signum_status
signum_secret_check_file(const char *path)
{
    struct stat facts;

    if (lstat(path, &facts) != 0)
        return SIGNUM_NOT_FOUND;
    if (!S_ISREG(facts.st_mode) || facts.st_uid != geteuid())
        return SIGNUM_IO;
    return (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0 ? SIGNUM_OK : SIGNUM_IO;
}
