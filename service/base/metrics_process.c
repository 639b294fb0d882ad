#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"

/* proc(5): the times and sizes in /proc/self/stat, by their number there from 1. */
#define FIELD_START 22
#define FIELD_VIRTUAL 23
#define FIELD_RESIDENT 24

static double
read_field(int number)
{
    char text[1024];
    double value = 0;
    FILE *file = fopen("/proc/self/stat", "r");

    if (file == NULL)
        return 0;
    size_t len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    /* the name of the program may have blanks; behind it stands field 3 */
    char *place = strrchr(text, ')');
    for (int i = 2; place != NULL && i < number; i++)
        place = strchr(place + 1, ' ');
    return place != NULL && sscanf(place, " %lf", &value) == 1 ? value : 0;
}

/* When the machine was started, in seconds since 1970. */
static double
boot_time(void)
{
    struct timespec now;
    struct timespec up;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)clock_gettime(CLOCK_BOOTTIME, &up);
    return (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) / 1e9;
}

static double
count_files(void)
{
    double count = -3; /* "." and "..", and the one that reads the folder */
    DIR *folder = opendir("/proc/self/fd");

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

static void
put(struct signum_buf *out, const char *name, const char *type, const char *help, double value)
{
    signumd_metrics_begin(out, name, type, help);
    signumd_metrics_put(out, name, NULL, NULL, value);
}

void
signumd_metrics_write_process(struct signum_buf *out)
{
    struct rusage usage;
    struct rlimit files;

    memset(&usage, 0, sizeof usage);
    memset(&files, 0, sizeof files);
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    put(out, "process_cpu_seconds_total", "counter", "User and system time of the processor.",
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    put(out, "process_open_fds", "gauge", "Open files.", count_files());
    put(out, "process_max_fds", "gauge", "Most files that may be open.", (double)files.rlim_cur);
    put(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", read_field(FIELD_VIRTUAL));
    put(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
        read_field(FIELD_RESIDENT) * (double)sysconf(_SC_PAGESIZE));
    put(out, "process_start_time_seconds", "gauge", "Start, in seconds since 1970.",
        boot_time() + read_field(FIELD_START) / (double)sysconf(_SC_CLK_TCK));
}
