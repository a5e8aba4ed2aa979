/* Asking again: the user sees when, and can end it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/trouble.h"

#define QUESTION "---\nmodel: m\n---\n\n%% user\n\nSay"
enum { AT_ONCE_MS = 100 };

#define HELLO "token Hello\nfinish stop\ndone\n"

/* Text behind the end of a line; text may be "" for none at all. */
static void
expect_behind(struct stage *st, const char *name, const char *text)
{
    char *behind = ed_behind(st->ed);
    const char *got = strstr(behind, ": ");
    cr_expect_str_eq(got != NULL ? got + 2 : behind, text, "%s: <%s>", name,
                     behind);
    free(behind);
}

static void
ask(struct stage *st)
{
    ed_ex(st->ed, "let g:events = [] | messages clear");
    ed_ex(st->ed, "DeepChat! Say");
}

static void
expect_answered(struct stage *st, const char *name, size_t requests)
{
    cr_assert(trouble_wait_end(st->ed), "%s", name);
    stage_expect_text(st, name,
                      "---\nmodel: m\n---\n\n%% user\n\nSay\n\n"
                      "%% assistant finish=stop\n\nHello\n\n%% user\n\n");
    trouble_expect_line(st, name, "");
    expect_behind(st, name, "");
    stage_expect(st, name, "deepchat#status()", "");
    char *events = stage_events(st);
    cr_expect_str_eq(events, "Start\nDone stop", "%s: <%s>", name, events);
    free(events);
    char *below = trouble_below(st->ed);
    cr_expect_str_eq(below, "", "%s", name);
    free(below);
    cr_expect_eq(server_requests(st->sv), requests, "%s", name);
}

Test(retry_wait, countdown, .timeout = 30)
{
    struct stage st;
    stage_start(&st, "status 429\nheader Retry-After: 1\nbody no\n---\n" HELLO,
                "");
    ask(&st);
    cr_assert(ed_wait(st.ed, STAGE_MS,
                      "deepchat#status() ==# 'rate limited (429), "
                      "try 2/3 in 1 s (:DeepStop ends it)'"));
    expect_behind(&st, "virtual text",
                  " rate limited (429), try 2/3 in 1 s (:DeepStop ends it)");
    cr_expect(ed_wait_screen(st.ed, "rate limited (429), try 2/3 in 1 s (:Deep",
                             STAGE_MS));
    expect_answered(&st, "429", 2);
    struct server_log first, second;
    cr_assert(server_log(st.sv, 1, &first) && server_log(st.sv, 2, &second));
    cr_expect_geq(second.at - first.end, 900000, "it did not wait");
    stage_stop(&st);
}

Test(retry_wait, success_leaves_no_trace, .timeout = 30)
{
    struct stage st;
    stage_start(&st,
                "status 503\nheader Retry-After-Ms: 1\nbody no\n---\nrst\n"
                "---\n" HELLO,
                "");
    ask(&st);
    expect_answered(&st, "503, rst", 3);
    stage_stop(&st);
}

/* Stop at once, also twice, whatever key or command is used; the machine may be
 * busy with something else now and then. */
Test(retry_wait, stop, .timeout = 60)
{
    static const char *const stops[] = {
        "DeepStop", "DeepStop!", "call deepchat#stop()", "DeepStop | DeepStop",
        "execute \"normal \\<C-c>\""};
    struct stage st;
    int slow = 0;
    stage_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        stage_script(&st, "status 429\nheader Retry-After: 60\nbody no\n");
        ask(&st);
        cr_assert(ed_wait(st.ed, STAGE_MS,
                          "deepchat#status() =~# 'try 2/3 in \\d\\+ s'"));
        long long before = now_ms();
        ed_ex(st.ed, "%s", stops[i]);
        cr_assert(trouble_wait_end(st.ed), "%s", stops[i]);
        slow += now_ms() - before > AT_ONCE_MS;
        stage_expect_text(&st, stops[i], QUESTION);
        char *events = stage_events(&st);
        const char *end = strrchr(events, '\n');
        cr_expect_str_eq(end != NULL ? end + 1 : events, "Stopped stopped",
                         "%s: <%s>", stops[i], events);
        free(events);
        trouble_expect_line(&st, stops[i], "stopped; nothing came yet");
        expect_behind(&st, stops[i], "");
        stage_expect(&st, stops[i], "deepchat#status()", "");
        cr_expect_eq(server_requests(st.sv), 1, "%s", stops[i]);
    }
    cr_expect_leq(slow, 2, "%d were slow", slow);
    stage_stop(&st);
}

/* The second that an answer gets to end after [DONE] is over with the answer:
 * it does not run on into the next attempt. */
Test(retry_wait, grace_ends_with_its_attempt, .timeout = 30)
{
    struct stage st;
    stage_start(&st, "role\ndone\nhold g\nrst\n---\nhold g\n" HELLO, "");
    ask(&st);
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    server_release_next(st.sv, "g", 1);
    cr_assert(server_wait_requests(st.sv, 2, STAGE_MS));
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    cr_expect(
        ed_wait(st.ed, STAGE_MS,
                "deepchat#status() =~# '^waiting \\([2-9]\\|\\d\\d\\) s'"));
    server_release(st.sv, "g");
    expect_answered(&st, "rst behind [DONE]", 2);
    stage_stop(&st);
}

/* A key that was refused is asked for again; one that works is not. */
Test(retry_wait, key_command_runs_again, .timeout = 30)
{
    struct stage st;
    stage_start(&st, "status 401\nbody no\n---\n" HELLO "---\n" HELLO,
                "'api_key_cmd': ['sh', '-c', "
                "'echo x >> runs; echo key-of-the-command']");
    ask(&st);
    cr_assert(trouble_wait_end(st.ed));
    trouble_expect_line(&st, "401",
                        "key from api_key_cmd refused (401); nothing lost");
    for (long runs = 2; runs > 0; runs--) {
        ask(&st);
        cr_assert(trouble_wait_end(st.ed));
        stage_expect(&st, "runs", "len(readfile('runs'))", "2");
    }
    stage_stop(&st);
}
