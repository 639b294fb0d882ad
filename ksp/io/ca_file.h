#ifndef SIGNUM_IO_CA_FILE_H
#define SIGNUM_IO_CA_FILE_H

#include "core/buf.h"

#define SIGNUM_CA_FILE_MAX (4u << 20) /* bytes */

/*
 * Appends the content of a PEM file of trusted certificates. BAD_SETTINGS, with a sentence in
 * `cause`, if it cannot be read, is not to be trusted (signum_files_read) or is not PEM.
 */
enum signum_status signum_ca_file_read(const char *path, struct signum_buf *pem_out,
                                       struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
