/* n > 1: every answer is kept, the first in place, the others as alternates. */
#include <stdio.h>

#include "continue.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_choices, .init = setup, .timeout = 120);

#define SAY(i, text)                                                           \
    "sse {\"choices\":[{\"index\":" #i ",\"delta\":{\"content\":\"" text       \
    "\"}}]}\n"
#define THINK(i, text)                                                         \
    "sse {\"choices\":[{\"index\":" #i                                         \
    ",\"delta\":{\"reasoning_content\":\"" text "\"}}]}\n"
#define END(i, why)                                                            \
    "sse {\"choices\":[{\"index\":" #i                                         \
    ",\"delta\":{},\"finish_reason\":\"" why "\"}]}\n"
#define USAGE "usage-chunk 10 5 0.001\ndone\n"
#define ENDS END(0, "stop") END(1, "stop") END(2, "stop") USAGE
#define THREE                                                                  \
    SAY(0, "a") SAY(1, "b") SAY(2, "c") SAY(2, "2") SAY(1, "1") SAY(0, "0") ENDS
#define PAIRS " finish=stop in=10 out=5 cost=0.001"
#define ALT(text) "%% alternate finish=stop\n\n" text "\n\n"
/* A question, and nothing behind it. */
#define ASKED "---\nmodel: m\n---\n\n%% user\n\nq\n"
#define DONE "Start\nDone stop"
#define SAID "3 answers; :DeepAlt goes through them"

static const struct {
    const char *name;
    const char *chat, *script, *command;
    const char *want;
    const char *events, *line;
} sends[] = {
    {"three", ASKED, THREE, "DeepSend",
     CHAT_HEAD ALT("b1") ALT("c2") "%% assistant" PAIRS " alt=1\n\na0" CHAT_END,
     DONE, SAID},
};

static void
check_send(struct stage *st, size_t i)
{
    const char *name = sends[i].name;
    stage_script(st, sends[i].script);
    load_chat(st, sends[i].chat);
    ed_ex(st->ed, "%s", sends[i].command);
    cr_assert(stage_idle(st), "%s", name);
    stage_expect_text(st, name, sends[i].want);
    expect_events(st, name, sends[i].events);
    expect_line(st, name, sends[i].line);
    ed_ex(st->ed, "silent undo");
    stage_expect_text(st, name, sends[i].chat);
    ed_ex(st->ed, "silent redo");
    stage_expect_text(st, name, sends[i].want);
}

Test(editor_choices, are_kept)
{
    struct stage st;
    stage_start(&st, NULL, "'n': 3");
    for (size_t i = 0; i < sizeof sends / sizeof *sends; i++)
        check_send(&st, i);
    stage_stop(&st);
}
