#include "stress.h"

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_MS 200 /* the service may write its line after it has answered */
#define LINE_MAX 1024
#define HEAPS_MAX 64

/* Of NtQuerySystemInformation: GetProcessHandleCount of Wine 8 says 0. */
#define HANDLE_INFORMATION 16
#define HANDLE_BYTES_MAX (4u << 20)

struct handle_row {
    ULONG pid;
    BYTE type;
    BYTE flags;
    USHORT value;
    void *object;
    ULONG access;
};

typedef LONG NTAPI query_fn(ULONG kind, void *data, ULONG len, ULONG *len_out);

static unsigned
count_handles(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    query_fn *query = (query_fn *)(void *)GetProcAddress(ntdll, "NtQuerySystemInformation");
    BYTE *data = malloc(HANDLE_BYTES_MAX);
    unsigned count = 0;
    ULONG len = 0;

    if (query != NULL && data != NULL &&
        query(HANDLE_INFORMATION, data, HANDLE_BYTES_MAX, &len) == 0) {
        const struct handle_row *rows = (const void *)(data + sizeof(void *));
        for (ULONG i = 0; i < *(const ULONG *)(const void *)data; i++)
            count += rows[i].pid == GetCurrentProcessId();
    }
    free(data);
    return count;
}

static void
add_heap(HANDLE heap, struct usage *usage)
{
    PROCESS_HEAP_ENTRY entry = {0};

    HeapLock(heap);
    while (HeapWalk(heap, &entry))
        if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
            usage->heap_bytes += entry.cbData;
            usage->heap_blocks++;
        }
    HeapUnlock(heap);
}

struct usage
measure_usage(void)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    struct usage usage = {.handles = count_handles()};
    HANDLE heaps[HEAPS_MAX];
    DWORD count = GetProcessHeaps(HEAPS_MAX, heaps);

    for (DWORD i = 0; i < count && i < HEAPS_MAX; i++)
        add_heap(heaps[i], &usage);
    if (GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters))
        usage.private_bytes = counters.PagefileUsage;
    return usage;
}

static unsigned
count_lines(const char *text)
{
    const char *path = getenv("SIGNUM_TEST_ACCESS_LOG");
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    char line[LINE_MAX];
    unsigned count = 0;

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, text) != NULL;
    fclose(file);
    return count;
}

unsigned
measure_requests(const char *text)
{
    unsigned now = count_lines(text);
    unsigned last;

    do {
        last = now;
        Sleep(SETTLE_MS);
        now = count_lines(text);
    } while (now != last);
    return now;
}

uint64_t
measure_us(void)
{
    LARGE_INTEGER count;
    LARGE_INTEGER frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)count.QuadPart * 1000000u / (uint64_t)frequency.QuadPart;
}
