/* The table, and the verdict: only ratios and what no machine may miss. */
#include <stdarg.h>
#include <stdio.h>

#include "bench/bench.h"

static size_t passed;

static void
cell(double v)
{
    if (v > 0)
        printf("%10.*f", v >= 1000 ? 0 : v >= 10 ? 1 : 3, v);
    else
        printf("%10s", "-");
}

static double
ratio_of(const struct figure *f)
{
    if (f->alone <= 0 || f->ours <= 0)
        return 0;
    return f->flags & MORE_IS_BETTER ? f->alone / f->ours : f->ours / f->alone;
}

static const char *
verdict(const struct figure *f)
{
    if (f->goal <= 0)
        return "";
    bool good =
        f->flags & MORE_IS_BETTER ? f->ours >= f->goal : f->ours <= f->goal;
    return good ? "ok" : "over";
}

void
report(const struct figure *f)
{
    double ratio = ratio_of(f);
    bool bad = (f->limit > 0 && ratio > f->limit) || f->ours < f->least;
    printf("%-45s %-6s", f->what, f->unit);
    cell(f->ours);
    cell(f->alone);
    cell(ratio);
    cell(f->limit);
    cell(f->least > 0 ? f->least : f->goal);
    printf("  %s\n", bad ? "FAIL" : verdict(f));
    fflush(stdout);
    passed += bad;
}

void
remark(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
    fflush(stdout);
}

void
not_run(const char *what)
{
    remark("%-45s not run in this editor", what);
}

size_t
report_end(void)
{
    return passed;
}
