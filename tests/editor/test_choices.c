/* n > 1: every answer is kept, the first in place, the others as alternates. */
#include <stdio.h>

#include "continue.h"
#include "lib/choices.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_choices, .init = setup, .timeout = 120);

#define THREE                                                                  \
    SAY(0, "a") SAY(1, "b") SAY(2, "c") SAY(2, "2") SAY(1, "1") SAY(0, "0") ENDS
#define PAIRS " finish=stop in=10 out=5 cost=0.001"
#define ALT(text) "%% alternate finish=stop\n\n" text "\n\n"
/* A question, and nothing behind it. */
#define ASKED "---\nmodel: m\n---\n\n%% user\n\nq\n"
#define DONE "Start\nDone stop"
#define SAID "3 answers; :DeepAlt goes through them"

#define OLD "%% assistant finish=stop\n\nOld\n\n%% user\n\n"
#define A0 "%% assistant" PAIRS " alt=1\n\na0" CHAT_END

static const struct {
    const char *name;
    const char *chat, *script, *command;
    const char *want;
    const char *events, *line;
} sends[] = {
    {"three", ASKED, THREE, "DeepSend", CHAT_HEAD ALT("b1") ALT("c2") A0, DONE,
     SAID},
    {"the last comes first", ASKED, SAY(2, "c") SAY(1, "b") SAY(0, "a") ENDS,
     "DeepSend",
     CHAT_HEAD ALT("b") ALT("c") "%% assistant" PAIRS " alt=1\n\na" CHAT_END,
     DONE, SAID},
    {"a draft below", ASKED "\n%% note\n\nn\n\n%% user\n\nmore\n", THREE,
     "DeepSend",
     ASKED "\n%% note\n\nn\n\n%% user\n\nmore\n\n" ALT("b1") ALT("c2") A0, DONE,
     SAID},
    {"with reasoning", ASKED,
     THINK(1, "h") THINK(0, "so") THINK(1, "m\\n%% user") SAY(1, "b\\n%% note")
         SAY(0, "a") SAY(2, "c") THINK(0, " so") ENDS,
     "DeepSend",
     CHAT_HEAD "%% alternate\n\n%%% reasoning\n\nhm\n%%%% user\n\n"
               "%%% assistant finish=stop\n\nb\n%%%% note\n\n" ALT(
                   "c") "%% reasoning\n\nso so\n\n%% assistant" PAIRS
                        " alt=1\n\na" CHAT_END,
     DONE, SAID},
    {"nothing but reasoning", ASKED,
     THINK(2, "hm") SAY(0, "a") THINK(1, "so") ENDS, "DeepSend",
     CHAT_HEAD
     "%% alternate\n\n%%% reasoning\n\nso\n\n%%% assistant finish=stop\n\n\n\n"
     "%% alternate\n\n%%% reasoning\n\nhm\n\n%%% assistant finish=stop\n\n\n\n"
     "%% assistant" PAIRS " alt=1\n\na" CHAT_END,
     DONE, SAID},
    {"texts like turns", ASKED,
     SAY(0, "%% user\\na") SAY(1, "%% user\\n\\nb") SAY(2, "\\nc\\n\\n") ENDS,
     "DeepSend",
     CHAT_HEAD ALT("%%% user\n\nb")
         ALT("\nc\n\n") "%% assistant" PAIRS " alt=1\n\n%%% user\na" CHAT_END,
     DONE, SAID},
    {"each its own end", ASKED,
     SAY(1, "b") SAY(0, "a") END(1, "length") END(0, "stop") USAGE, "DeepSend",
     CHAT_HEAD "%% alternate finish=length\n\nb\n\n%% assistant" PAIRS
               " alt=1\n\na" CHAT_END,
     DONE, "2 answers; :DeepAlt goes through them"},
    {"the server ignores n", ASKED, SAY(0, "a") END(0, "stop") USAGE,
     "DeepSend", CHAT_HEAD "%% assistant" PAIRS "\n\na" CHAT_END, DONE,
     "1 of 3 answers came: this server ignores n"},
    {"the first is empty", ASKED, SAY(1, "b") ENDS, "DeepSend",
     CHAT_HEAD ALT("b") "%% assistant" PAIRS " alt=1\n\n" CHAT_END, DONE,
     "the first answer is empty; :DeepAlt has the others"},
    {"lost", ASKED, SAY(1, "b") SAY(0, "a") END(1, "stop") "fin\n", "DeepSend",
     CHAT_HEAD ALT("b") "%% assistant finish=interrupted alt=1\n\na" CHAT_END,
     "Start\nError interrupted",
     "connection lost, 2 tokens kept; :DeepContinue goes on"},
    {"nothing came", ASKED, "status 400\njson {}\n", "DeepSend", ASKED,
     "Start\nError error", NULL},
    {"tools", ASKED, THREE,
     "silent! DeepSend ++tools=[{}] | call "
     "deepchat#chat#send(bufnr('%'), {'arguments': ['tools=[{}]']})",
     ASKED, "Error error",
     "n > 1 and tools do not go together; nothing was sent"},
    {"a retry", CHAT_HEAD ALT("One") OLD, THREE, "DeepRetry",
     CHAT_HEAD ALT("One") ALT("Old") ALT("b1")
         ALT("c2") "%% assistant" PAIRS " alt=3\n\na0" CHAT_END,
     DONE, SAID},
    {"a retry that replaces", CHAT_HEAD ALT("One") OLD, THREE, "DeepRetry!",
     CHAT_HEAD ALT("One") ALT("b1") ALT("c2") "%% assistant" PAIRS
                                              " alt=2\n\na0" CHAT_END,
     DONE, SAID},
    {"a retry that is cut replaces nothing", CHAT_HEAD OLD,
     SAY(0, "a") SAY(1, "b") "fin\n", "DeepRetry!",
     CHAT_HEAD ALT("Old") "%% alternate finish=interrupted\n\nb\n\n"
                          "%% assistant finish=interrupted alt=2\n\na" CHAT_END,
     "Start\nError interrupted",
     "connection lost, 2 tokens kept; :DeepContinue goes on"},
    {"a retry of which nothing comes", CHAT_HEAD ALT("One") OLD,
     "status 400\njson {}\n", "DeepRetry", CHAT_HEAD ALT("One") OLD,
     "Start\nError error", NULL},
    {"a fork", CHAT_HEAD OLD "more\n\n%% assistant\n\nMore\n\n%% user\n\n",
     THREE, "5DeepSend",
     CHAT_HEAD
     "%% alternate\n\n%%% assistant finish=stop\n\nOld\n\n%%% user\n\n"
     "more\n\n%%% assistant\n\nMore\n\n" ALT("b1")
         ALT("c2") "%% assistant" PAIRS " alt=2\n\na0" CHAT_END,
     DONE, SAID},
    {"goes on by itself", ASKED,
     SAY(0, "a") SAY(1, "b") END(0, "length") END(1, "length") USAGE
     "---\n" SAY(0, "0") END(0, "stop") USAGE,
     "DeepSend",
     CHAT_HEAD "%% alternate finish=length\n\nb\n\n%% assistant finish=stop "
               "in=20 out=10 cost=0.002 parts=2 alt=1\n\na0" CHAT_END,
     DONE, "done in 2 parts, 10 tokens, $0.0020"},
};

/* All of them in place, one after the other, and as it was in the end. */
static void
choose_each(struct stage *st, size_t i)
{
    ed_ex(st->ed,
          "let g:at = deepchat#alt#last_answer(bufnr('%%')) | let g:group = "
          "deepchat#alt#group(bufnr('%%'), g:at)");
    for (long n = ed_number(st->ed, "g:group.count"); n > 0; n--)
        ed_ex(st->ed, "call cursor(g:group.top, 1) | silent DeepAlt %ld", n);
    ed_ex(st->ed, "call cursor(g:group.top, 1) | silent execute 'DeepAlt' "
                  "g:group.number");
    stage_expect_text(st, sends[i].name, sends[i].want);
}

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
    if (sends[i].line != NULL)
        expect_line(st, name, sends[i].line);
    if (strcmp(sends[i].want, sends[i].chat) == 0)
        return;
    expect_one_undo(st, name, sends[i].chat, sends[i].want);
    /* a fork gets a turn for what is asked next */
    if (strstr(sends[i].want, "alternate") != NULL &&
        strcmp(name, "a fork") != 0)
        choose_each(st, i);
}

Test(editor_choices, are_kept)
{
    struct stage st;
    stage_start(&st, NULL, "'n': 3");
    for (size_t i = 0; i < sizeof sends / sizeof *sends; i++)
        check_send(&st, i);
    stage_stop(&st);
}
