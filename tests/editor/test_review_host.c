/* A rewrite from the command to the text, with the host and the server. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/stage.h"

#define LINES "one|two|three|four|five|six"

static struct stage st;

static void
begin(const char *script)
{
    stage_start(&st, script, "");
    ed_ex(st.ed, "call setline(1, split('" LINES "', '|'))");
    ed_ex(st.ed, "let &undolevels = &undolevels");
}

static void
expect_lines(const char *name, const char *want)
{
    stage_expect(&st, name, "join(getline(1, '$'), '|')", want);
}

static bool
waits_for(const char *expression)
{
    return ed_wait(st.ed, STAGE_MS, "%s", expression);
}

#define STATES                                                                 \
    "join(map(copy(deepchat#review#of(bufnr('%'))[-1].hunks), "                \
    "'deepchat#hunk#state(v:val)'))"
#define ENDED "deepchat#review#running(0) == []"

Test(review_host, watched_and_taken, .timeout = 60)
{
    begin("token one\\nTWO\\nthree\\nfour\\n\nhold g\ntoken FIVE\\nsix\\n\n"
          "finish stop 5 6 0.5\ndone\n");
    ed_ex(st.ed, "%%DeepRewrite shout");
    cr_expect(waits_for(STATES " ==# 'pending'"));
    stage_expect(&st, "first", STATES, "pending");
    ed_ex(st.ed, "2DeepAccept");
    expect_lines("first", "one|TWO|three|four|five|six");
    cr_expect(stage_finish(&st));
    cr_expect(waits_for(ENDED));
    stage_expect(&st, "both", STATES, "accepted pending");
    ed_ex(st.ed, "5DeepAccept");
    expect_lines("both", "one|TWO|three|four|FIVE|six");
    ed_ex(st.ed, "undo");
    stage_expect(&st, "undone", STATES, "accepted pending");
    ed_ex(st.ed, "DeepReject!");
    char *events = stage_events(&st);
    cr_expect_str_eq(events, "Start\nDone stop", "%s", events);
    free(events);
    stage_stop(&st);
}
