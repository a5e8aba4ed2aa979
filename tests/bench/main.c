/*
 * bench [PART...]: all parts, or those named. BENCH_QUICK=1: shorter runs. Exit
 * status 1 if a limit was passed. $DC_EDITOR, $NVIM_BIN, $VIM_BIN and $DC_HOST
 * as for the tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

bool bench_quick, bench_vim;

static const struct part {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"frame", bench_frame},   {"flat", bench_flat},
    {"rates", bench_rates},   {"first", bench_first},
    {"long", bench_long},     {"many", bench_many},
    {"costs", bench_costs},   {"rewrite", bench_rewrite},
    {"review", bench_review},
};

static bool
wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int
main(int argc, char **argv)
{
    const char *quick = getenv("BENCH_QUICK");
    bench_quick = quick != NULL && quick[0] != '\0' && quick[0] != '0';
    const char *editor = getenv("DC_EDITOR");
    bench_vim = editor != NULL && strcmp(editor, "vim") == 0;
    printf("%-45s %-6s%10s%10s%10s%10s%10s\n", "", "", "ours", "alone", "ratio",
           "limit", "goal");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (wanted(argc, argv, parts[i].name))
            parts[i].run();
    size_t passed = report_end();
    printf("%zu limits passed over\n", passed);
    return passed > 0;
}
