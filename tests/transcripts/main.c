/*
 * play_transcript WAY FILE [plain]: makes the calls of a transcript and compares the answers. WAY
 * is `direct` (the DLL's own function table) or `ncrypt` (through ncrypt.dll). With `plain` it
 * makes no call of its own, so that a recorder sees just the transcript's.
 */
#include <stdio.h>
#include <string.h>

#include "../integration/check.h"
#include "../integration/ksp.h"
#include "transcript.h"

#define LINE_LEN 4096

static bool
play_file(const char *path)
{
    char text[LINE_LEN];
    struct call call;
    unsigned line = 0;
    FILE *file = fopen(path, "r");

    if (!check_true(file != NULL, "%s can be read", path))
        return false;
    while (fgets(text, sizeof text, file) != NULL) {
        line++;
        text[strcspn(text, "\r\n")] = 0;
        if (text[0] == 0 || text[0] == '#')
            continue;
        if (call_parse(text, line, &call))
            call_play(&call);
        else
            check_true(false, "%u is no line of a transcript", line);
    }
    (void)fclose(file);
    return true;
}

int
main(int argc, char **argv)
{
    if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "plain") != 0)) {
        printf("usage: play_transcript direct|ncrypt FILE [plain]\n");
        return 2;
    }
    play_verifies = argc == 3;
    if (!ksp_load(argv[1])) {
        check_true(false, "the provider loads, %s", argv[1]);
        return 1;
    }
    if (!play_file(argv[2]))
        return 1;
    return check_failures() == 0 ? 0 : 1;
}
