/* Clocks, processes, percentiles. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "bench/bench.h"

static double
seconds(const struct timespec *ts)
{
    return (double)ts->tv_sec + (double)ts->tv_nsec / 1e9;
}

uint64_t
now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

double
cpu_seconds(pid_t pid)
{
#ifdef __linux__
    clockid_t clock;
    struct timespec ts;
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &ts) == 0)
        return seconds(&ts);
#endif
    (void)seconds;
    (void)pid;
    return 0;
}

double
resident_mb(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    double kb = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (file != NULL)
        fclose(file);
    return kb / 1024;
}

void
samples_add(struct samples *s, double v)
{
    if ((s->count & (s->count - 1)) == 0)
        s->v = mem_resize(s->v, s->count * 2 + 1, sizeof *s->v);
    s->v[s->count++] = v;
}

void
samples_free(struct samples *s)
{
    free(s->v);
    *s = (struct samples){.count = 0};
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double
samples_at(struct samples *s, double percent)
{
    if (s->count == 0)
        return 0;
    qsort(s->v, s->count, sizeof *s->v, by_size);
    size_t at = (size_t)(percent / 100 * (double)s->count);
    return s->v[at < s->count ? at : s->count - 1];
}
