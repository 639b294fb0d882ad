#include "support/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
signum_temp_folder_make(char *path_out, size_t size)
{
    static unsigned counter;

    int len = snprintf(path_out, size, "temp-%lu-%u", signum_system_pid(), counter++);
    if (len < 0 || (size_t)len >= size || !signum_system_make_folder(path_out)) {
        (void)fprintf(stderr, "cannot make the folder %s\n", path_out);
        abort();
    }
}

void
signum_temp_folder_remove(const char *path)
{
    signum_system_remove_tree(path);
}

char *
signum_temp_file_read(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return NULL;
    size_t len = 0;
    size_t room = 4096;
    char *text = malloc(room);
    while (text != NULL) {
        size_t got = fread(text + len, 1, room - len - 1, file);
        len += got;
        if (got == 0)
            break;
        if (len + 1 == room) {
            room *= 2;
            text = realloc(text, room);
        }
    }
    (void)fclose(file);
    if (text == NULL)
        abort();
    text[len] = 0;
    return text;
}

void
signum_temp_file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(text, 1, strlen(text), file) != strlen(text) || fclose(file) != 0) {
        (void)fprintf(stderr, "cannot write the file %s\n", path);
        abort();
    }
}
