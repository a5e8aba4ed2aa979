/* The pairs of an answer, and of what was added to it, as those of the whole.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/pairs.h"

static const struct {
    const char *before, *added, *want;
} sums[] = {
    {"", "", " parts=2"},
    {"", " finish=stop", " finish=stop parts=2"},
    {" finish=length", " finish=stop", " finish=stop parts=2"},
    {" finish=length in=1 out=2 cost=0.5", " finish=stop in=3 out=4 cost=0.25",
     " finish=stop in=4 out=6 cost=0.75 parts=2"},
    {" in=9 cached=8 est=0.5", " cached=4 cost=0.25 est=0.125",
     " in=9 cached=12 cost=0.25 est=0.625 parts=2"},
    {" in=1", " out=2", " in=1 out=2 parts=2"},
    {" parts=3", " parts=4", " parts=7"},
    {" parts=0", " parts=x", " parts=2"},
    {" cost=0.00002", " cost=0.000001", " cost=0.000021 parts=2"},
    {" cost=0", " finish=stop", " finish=stop cost=0 parts=2"},
    {" in=1e999 out=-4 cost=nan", " in=5 out=5 cost=1",
     " in=5 out=5 cost=1 parts=2"},
    {" in=2x out= cost=+", " in=5", " in=5 parts=2"},
    {" model=a own=x%20y", " model=b finish=stop tier=c",
     " finish=stop parts=2 model=a own=x%20y tier=c"},
    {"  a=1   b=2 ", " finish=a%20b", " finish=a%20b parts=2 a=1 b=2"},
};

/* A value that fills the marker up to its limit, and one past it. */
static void
expect_limit(size_t len, bool kept)
{
    char *pairs = mem_alloc(len + 4);
    memcpy(pairs, " a=", 3);
    memset(pairs + 3, 'x', len);
    char *sum = pairs_sum(str_of(pairs), str_of(" finish=stop"));
    cr_expect_eq(strstr(sum, " a=x") != NULL, kept, "%zu: %s", len, sum);
    cr_expect_leq(strlen("%% assistant") + strlen(sum), DC_MARKER_MAX);
    free(sum);
    free(pairs);
}

Test(pairs, sums, .timeout = 10)
{
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        char *got = pairs_sum(str_of(sums[i].before), str_of(sums[i].added));
        cr_expect_str_eq(got, sums[i].want, "%s +%s", sums[i].before,
                         sums[i].added);
        free(got);
    }
    size_t most = DC_MARKER_MAX - 16 - strlen(" finish=stop parts=2 a=");
    expect_limit(most, true);
    expect_limit(most + 1, false);
}

Test(pairs, huge, .timeout = 10)
{
    struct buf b;
    buf_init(&b, 1 << 10);
    pairs_add_cost(&b, "cost", 1e300);
    cr_expect_eq(b.len, strlen(" cost=") + 301, "%s", b.ptr);
    buf_finish(&b);
}
