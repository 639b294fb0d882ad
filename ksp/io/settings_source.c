#include "io/settings_source.h"

#include "io/files.h"
#include "io/paths.h"
#include "io/platform.h"

static enum signum_status
variable(void *self, const char *name, struct signum_buf *value_out)
{
    (void)self;
    return signum_platform_variable(name, value_out);
}

static enum signum_status
read_file(void *self, const char *path, enum signum_file_trust trust, struct signum_buf *data_out,
          struct signum_buf *cause)
{
    (void)self;
    return signum_files_read(path, trust, data_out, cause);
}

static enum signum_status
machine_file(void *self, struct signum_buf *path_out)
{
    (void)self;
    return signum_paths_machine_settings(path_out);
}

static enum signum_status
user_file(void *self, struct signum_buf *path_out)
{
    (void)self;
    return signum_paths_user_settings(path_out);
}

void
signum_settings_source_open(struct signum_settings_source *source_out)
{
    *source_out =
        (struct signum_settings_source){NULL, variable, read_file, machine_file, user_file};
}
