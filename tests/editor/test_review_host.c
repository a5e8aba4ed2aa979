/* A rewrite from the command to the text, with the host and the server. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

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

/* A rejected hunk is asked for again, with the reason. */
Test(review_host, with_a_reason, .timeout = 60)
{
    begin("token one\\nTWO\\nthree\\n\nfinish stop\ndone\n---\n"
          "token Two\\n\nfinish stop\ndone\n");
    ed_ex(st.ed, "1,3DeepRewrite shout");
    cr_expect(waits_for(ENDED));
    ed_ex(st.ed, "2DeepReject not so \"loud\" | please");
    cr_expect(waits_for("len(deepchat#review#of(bufnr('%'))) == 2"));
    cr_expect(waits_for(ENDED));
    char *body = server_request_body(st.sv, 2, NULL);
    cr_expect(strstr(body, "shout") != NULL, "%s", body);
    cr_expect(strstr(body, "not so \\\"loud\\\" | please") != NULL, "%s", body);
    cr_expect(strstr(body, "TWO") != NULL, "%s", body);
    free(body);
    ed_ex(st.ed, "DeepAccept!");
    expect_lines("the second one", "one|Two|three|four|five|six");
    stage_stop(&st);
}

/* Stopped, what was decided stays to be reviewed; the host's death is no other
 * end. */
Test(review_host, stopped_and_gone, .timeout = 60)
{
    static const char *const script =
        "token one\\nTWO\\nthree\\nfour\\nFI\nhold g\ntoken VE\\nsix\\n\n"
        "finish stop\ndone\n";
    begin(script);
    ed_ex(st.ed, "%%DeepRewrite shout");
    cr_expect(waits_for(STATES " ==# 'pending'"));
    ed_ex(st.ed, "DeepStop");
    cr_expect(waits_for(ENDED));
    stage_expect(&st, "stopped", STATES, "pending");
    expect_lines("stopped", "one|two|three|four|five|six");
    ed_ex(st.ed, "DeepAccept!");
    expect_lines("taken", "one|TWO|three|four|five|six");
    ed_ex(st.ed, "%%DeepRewrite shout");
    cr_expect(waits_for("!empty(" ENDED " ? [] : [1])"));
    ed_ex(st.ed, "call deepchat#host#stop()");
    cr_expect(waits_for(ENDED));
    expect_lines("gone", "one|TWO|three|four|five|six");
    char *events = stage_events(&st);
    cr_expect(strstr(events, "Stopped stopped\nStart\nError error") != NULL,
              "%s", events);
    free(events);
    stage_stop(&st);
}

/* Applied without review while the user types elsewhere in the buffer: the
 * user's own change stays a step of its own. */
Test(review_host, applied_while_typing, .timeout = 60)
{
    begin("token one\\nTWO\\n\nhold g\ntoken three\\n\nfinish stop\ndone\n");
    ed_ex(st.ed, "1,3DeepRewrite! shout");
    stage_keys(&st, "Goabc");
    cr_expect(stage_finish(&st));
    cr_expect(waits_for(ENDED));
    stage_keys(&st, "def<Esc>");
    expect_lines("typed", "one|TWO|three|four|five|six|abcdef");
    stage_keys(&st, "u");
    expect_lines("typed behind it", "one|TWO|three|four|five|six|abc");
    stage_keys(&st, "u");
    expect_lines("the rewrite", "one|two|three|four|five|six|abc");
    stage_keys(&st, "u");
    expect_lines("typed before", "one|two|three|four|five|six");
    stage_stop(&st);
}

/* The user types where the proposal is still to come. */
Test(review_host, typed_inside, .timeout = 60)
{
    begin("token one\\nTWO\\nthree\\nfour\\n\nhold g\ntoken FIVE\\nsix\\n\n"
          "hold g\nfinish stop\ndone\n");
    ed_ex(st.ed, "%%DeepRewrite shout");
    cr_expect(waits_for(STATES " ==# 'pending'"));
    stage_keys(&st, "5GA!<CR>more");
    cr_expect(stage_finish(&st));
    cr_expect(waits_for(ENDED));
    stage_expect(&st, "typing", STATES, "pending conflict");
    stage_keys(&st, "<CR>and<Esc>");
    expect_lines("typed", "one|two|three|four|five!|more|and|six");
    ed_ex(st.ed, "DeepAccept!");
    expect_lines("the other", "one|TWO|three|four|five!|more|and|six");
    ed_ex(st.ed, "undo");
    stage_keys(&st, "u");
    cr_expect(waits_for("line('$') <= 7"));
    ed_ex(st.ed, "silent! undo 1");
    expect_lines("undone", "one|two|three|four|five|six");
    cr_expect(waits_for(STATES " ==# 'pending pending'"));
    ed_ex(st.ed, "DeepAccept!");
    expect_lines("all", "one|TWO|three|four|FIVE|six");
    stage_stop(&st);
}
