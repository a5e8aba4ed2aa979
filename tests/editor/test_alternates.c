/* :DeepAlt: choosing among answers; and code out of them. */
#include "continue.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_alternates, .init = setup, .timeout = 120);

#define ONE(marker) "%% " marker "\n\nOne\n\n"
#define TWO(marker) "%% " marker "\n\nTwo\nlines\n\n"
#define NOW(marker) "%% " marker "\n\nNow"
#define THREE                                                                  \
    CHAT_HEAD ONE("alternate in=1") TWO("alternate") NOW("assistant in=3")     \
        CHAT_END
/* A fork: the turns that stood below. */
#define FORK                                                                   \
    CHAT_HEAD                                                                  \
        "%% alternate\n\n%%% assistant in=1\n\nOne\n\n%%% user\n\nmore\n"      \
        "\n%%% assistant\n\nMore\n\n" NOW("assistant in=3") CHAT_END
#define FORKED                                                                 \
    CHAT_HEAD "%% alternate in=3\n\nNow\n\n%% assistant in=1 alt=1\n\nOne\n\n" \
              "%% user\n\nmore\n\n%% assistant\n\nMore\n\n%% user\n\n"

/* The steps of a row are done one after the other, and undone. */
static const struct {
    const char *name;
    const char *chat, *command;
    const char *want;
    const char *line;
} swaps[] = {
    {"the first one is behind the last", THREE, "DeepAlt",
     CHAT_HEAD TWO("alternate") "%% alternate in=3\n\nNow\n\n"
                                "%% assistant in=1 alt=1\n\nOne" CHAT_END,
     "answer 1/3"},
    {"by number", THREE, "DeepAlt 2",
     CHAT_HEAD ONE(
         "alternate in=1") "%% alternate in=3\n\nNow\n\n"
                           "%% assistant alt=2\n\nTwo\nlines" CHAT_END,
     "answer 2/3"},
    {"by count", THREE, "2DeepAlt",
     CHAT_HEAD ONE(
         "alternate in=1") "%% alternate in=3\n\nNow\n\n"
                           "%% assistant alt=2\n\nTwo\nlines" CHAT_END,
     "answer 2/3"},
    {"the one in place", THREE, "DeepAlt 3", THREE, "answer 3/3"},
    {"all round", THREE, "DeepAlt | DeepAlt | DeepAlt", THREE, "answer 3/3"},
    {"backwards", THREE, "exe \"normal \\<Plug>(deepchat-alt-prev)\"",
     CHAT_HEAD ONE(
         "alternate in=1") "%% alternate in=3\n\nNow\n\n"
                           "%% assistant alt=2\n\nTwo\nlines" CHAT_END,
     "answer 2/3"},
    {"two on", THREE, "exe \"normal 2\\<Plug>(deepchat-alt-next)\"",
     CHAT_HEAD ONE(
         "alternate in=1") "%% alternate in=3\n\nNow\n\n"
                           "%% assistant alt=2\n\nTwo\nlines" CHAT_END,
     "answer 2/3"},
    {"a draft", THREE "my\ndraft", "DeepAlt 1",
     CHAT_HEAD TWO("alternate") "%% alternate in=3\n\nNow\n\n%% assistant in=1 "
                                "alt=1\n\nOne" CHAT_END "my\ndraft",
     "answer 1/3"},
    {"no turn below", CHAT_HEAD ONE("alternate") NOW("assistant"), "DeepAlt",
     CHAT_HEAD "%% alternate\n\nNow\n\n%% assistant alt=1\n\nOne",
     "answer 1/2"},
    {"reasoning goes along",
     CHAT_HEAD ONE("alternate") "%% reasoning\n\nhm\n\n" NOW("assistant in=3")
         CHAT_END,
     "DeepAlt",
     CHAT_HEAD "%% alternate\n\n%%% reasoning\n\nhm\n\n%%% assistant in=3\n\n"
               "Now\n\n%% assistant alt=1\n\nOne" CHAT_END,
     "answer 1/2"},
    {"and comes back",
     CHAT_HEAD "%% alternate\n\n%%% reasoning\n\nhm\n\n%%% assistant in=3\n\n"
               "Now\n\n%% assistant\n\nOne" CHAT_END,
     "DeepAlt",
     CHAT_HEAD ONE("alternate") "%% reasoning\n\nhm\n\n"
                                "%% assistant in=3 alt=1\n\nNow" CHAT_END,
     "answer 1/2"},
    {"text like turns",
     CHAT_HEAD "%% alternate\n\n%%% assistant\n\n%%%% user\nOne\n\n"
               "%% assistant\n\nNow\n%%% note" CHAT_END,
     "DeepAlt",
     CHAT_HEAD "%% alternate\n\nNow\n%%% note\n\n%% assistant alt=1\n\n"
               "%%% user\nOne" CHAT_END,
     "answer 1/2"},
    {"a fork", FORK, "DeepAlt", FORKED, "answer 1/2"},
    {"not the last answer, as the cursor says",
     CHAT_HEAD ONE("alternate") NOW("assistant") CHAT_END "more\n\n%% assistant"
                                                          "\n\nMore" CHAT_END,
     "call cursor(14, 1) | DeepAlt",
     CHAT_HEAD "%% alternate\n\nNow\n\n%% assistant alt=1\n\nOne" CHAT_END
               "more\n\n%% assistant\n\nMore" CHAT_END,
     "answer 1/2"},
    {"from the alternate", CHAT_HEAD ONE("alternate") NOW("assistant") CHAT_END,
     "call cursor(10, 1) | DeepAlt",
     CHAT_HEAD "%% alternate\n\nNow\n\n%% assistant alt=1\n\nOne" CHAT_END,
     "answer 1/2"},
    {"none", CHAT("", "One"), "DeepAlt", CHAT("", "One"),
     "this answer has no alternates; :DeepRetry makes one"},
    {"no answer", CHAT_HEAD, "DeepAlt", CHAT_HEAD,
     "no answer in this chat; nothing to choose from"},
    {"too far", THREE, "DeepAlt 4", THREE, "no answer 4; there are 3 here"},
    {"a word", THREE, "DeepAlt x", THREE, ":DeepAlt takes a number, not \"x\""},
    {"an alternate of another question",
     CHAT_HEAD ONE("alternate") "%% note\n\nn\n\n" NOW("assistant") CHAT_END,
     "DeepAlt",
     CHAT_HEAD ONE("alternate") "%% note\n\nn\n\n" NOW("assistant") CHAT_END,
     "this answer has no alternates; :DeepRetry makes one"},
    {"a number of nothing",
     CHAT_HEAD ONE("alternate") "%% assistant alt=7 in=3\n\nNow" CHAT_END,
     "DeepAlt",
     CHAT_HEAD "%% alternate in=3\n\nNow\n\n%% assistant alt=1\n\nOne" CHAT_END,
     "answer 1/2"},
};

static void
check_swaps(struct stage *st, size_t i)
{
    const char *name = swaps[i].name;
    load_chat(st, swaps[i].chat);
    ed_ex(st->ed, "call cursor('$', 1)");
    ed_ex(st->ed, "%s", swaps[i].command);
    stage_expect_text(st, name, swaps[i].want);
    if (swaps[i].line != NULL)
        expect_line(st, name, swaps[i].line);
}

Test(editor_alternates, are_chosen_in_place)
{
    struct stage st;
    stage_start(&st, "token x" STOP, "");
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++)
        check_swaps(&st, i);
    ed_ex(st.ed, "new | DeepAlt");
    expect_line(&st, "no chat",
                "this buffer is not a chat; :DeepChat opens one");
    stage_stop(&st);
}
