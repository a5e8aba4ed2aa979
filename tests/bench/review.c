/* What a rewrite costs the editor: the time in which it does nothing else, for
 * each update of a review of 500 lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static void
frames_of(struct ed *ed, const char *kind, const char *what)
{
    struct samples ms = {.count = 0};
    char *costs = ed_eval(ed, "Frame_costs('%s')", kind);
    for (char *at = costs; *at != '\0';) {
        samples_add(&ms, strtod(at, &at));
        while (*at == '\n')
            at++;
    }
    free(costs);
    report(&(struct figure){what, "ms", samples_at(&ms, 50), 0, 1, 0, 0, 0});
    samples_free(&ms);
}

void
bench_review(void)
{
    struct ed *ed = ed_start(NULL, "", NULL);
    ed_ex(ed, "execute 'source' deepchat#host#root() . "
              "'/tests/editor/reviews.vim'");
    frames_of(ed, "one", "rewrite, editor's time of a frame: it grows");
    frames_of(ed, "many", "  three new hunks");
    ed_stop(ed);
}
