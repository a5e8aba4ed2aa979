/* :DeepAlt: choosing among answers; and code out of them. */
#include <stdio.h>

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
    "%% alternate\n\n%%% assistant in=1\n\nOne\n\n%%% user\n\nmore\n"          \
    "\n%%% assistant\n\nMore\n\n" NOW("assistant in=3") CHAT_END
#define FORK_END                                                               \
    CHAT_HEAD                                                                  \
    "%% alternate\n\n%%% assistant in=1\n\nOne\n\n%%% user\n\nmore\n"          \
    "\n%%% assistant\n\nMore\n\n%%% user\n\n" NOW("assistant in=3") CHAT_END
#define FORKED                                                                 \
    CHAT_HEAD "%% alternate\n\n%%% assistant in=3\n\nNow\n\n%%% user\n\n"      \
              "%% assistant in=1 alt=1\n\nOne\n\n"                             \
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
    {"a fork, back", FORKED, "call cursor(17, 1) | DeepAlt", FORK_END,
     "answer 2/2"},
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
    {"from the alternate, not the last",
     CHAT_HEAD ONE("alternate") NOW("assistant") CHAT_END
     "more\n\n"
     "%% assistant\n\nMore" CHAT_END,
     "call cursor(10, 1) | DeepAlt",
     CHAT_HEAD "%% alternate\n\nNow\n\n%% assistant alt=1\n\nOne" CHAT_END
               "more\n\n%% assistant\n\nMore" CHAT_END,
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

/* ---- how it looks ---- */

Test(editor_alternates, are_shown_by_number)
{
    static const char two[] =
        CHAT_HEAD "%% alternate in=1\n\nOne\n\n%% alternate in=3\n\nNow\n\n"
                  "%% assistant alt=2\n\nTwo\nlines" CHAT_END "draft";
    struct stage st;
    stage_start(&st, "token x" STOP, "");
    load_chat(&st, THREE "draft");
    ed_ex(st.ed, "call cursor('$', 3)");
    stage_keys(&st, ":DeepAlt<CR>");
    stage_keys(&st, ":DeepAlt<CR>");
    stage_expect_text(&st, "two", two);
    stage_expect(&st, "cursor", "[line('.'), col('.')]", "24\n3");
    stage_expect(&st, "folds", "map([9, 13, 17, 18], 'foldclosedend(v:val)')",
                 "11\n15\n-1\n-1");
    cr_expect(ed_wait_screen(st.ed, "m · 2/3", STAGE_MS));
    stage_keys(&st, "u");
    cr_expect(ed_wait_screen(st.ed, "m · 1/3", STAGE_MS));
    stage_keys(&st, "u");
    stage_expect_text(&st, "undone", THREE "draft");
    stage_keys(&st, "2<C-r>");
    stage_expect_text(&st, "again", two);
    /* the cursor in the answer stays in it */
    ed_ex(st.ed, "call cursor(20, 1) | DeepAlt");
    stage_expect(&st, "in the answer", "getline('.')", "Now");
    stage_expect(&st, "completion", "getcompletion('DeepAlt ', 'cmdline')",
                 "1\n2\n3");
    stage_stop(&st);
}

#define MORE "%% assistant\n\nm" CHAT_END "q\n\n"

/* Above the last answers, where folds are not looked for any more. */
Test(editor_alternates, are_folded_far_above)
{
    struct stage st;
    stage_start(&st, "token x" STOP, "");
    load_chat(&st, CHAT_HEAD ONE("alternate") NOW("assistant") CHAT_END
              "q\n\n" MORE MORE MORE MORE MORE);
    ed_ex(st.ed,
          "let w:deepchat_folded = 0 | call deepchat#turn#refold(bufnr('%%'))");
    stage_expect(&st, "before", "foldclosedend(9)", "11");
    ed_ex(st.ed, "call cursor(13, 1) | DeepAlt");
    stage_expect(&st, "after", "foldclosedend(9) . ' ' . getline(11)",
                 "11 Now");
    stage_expect(&st, "the answer", "foldclosed('.') . ' ' . getline('.')",
                 "-1 One");
    stage_stop(&st);
}

/* ---- what does not mix ---- */

Test(editor_alternates, with_what_else_there_is)
{
    struct stage st;
    stage_start(&st, "token New\nhold g" STOP, "");
    load_chat(&st, THREE);
    ed_ex(st.ed, "DeepAlt 2");
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_shows(&st, "New"));
    ed_ex(st.ed, "DeepAlt");
    expect_line(&st, "running", "a reply is running here; :DeepStop first");
    cr_assert(stage_finish(&st));
    stage_expect_text(
        &st, "one more",
        CHAT_HEAD ONE("alternate in=1") "%% alternate in=3\n\nNow\n\n" TWO(
            "alternate") "%% assistant finish=stop in=10 out=5 cost=0.001\n\n"
                         "New" CHAT_END);
    ed_ex(st.ed, "DeepAlt 2");
    stage_script(&st, "token  goes on" STOP);
    ed_ex(st.ed, "DeepContinue");
    cr_assert(stage_idle(&st));
    stage_expect(&st, "still the second",
                 "filter(getline(1, '$'), 'v:val =~# \"^%% assistant\"')",
                 "%% assistant finish=stop in=13 out=5 cost=0.001 parts=2 "
                 "alt=2");
    stage_expect(&st, "its text", "deepchat#last()", "Now goes on");
    ed_ex(st.ed, "setlocal readonly | DeepAlt");
    expect_line(&st, "readonly", "this chat is read-only; nothing was done");
    ed_ex(st.ed, "setlocal noreadonly nomodifiable | DeepAlt");
    expect_line(&st, "fixed",
                "'modifiable' is off in this chat; nothing was done");
    stage_stop(&st);
}

/* A fork made by the plugin is chosen with all that follows, and back. */
Test(editor_alternates, forks)
{
    static const char before[] = CHAT(
        "", "One") "more\n\n%% assistant\n\nMore\n%%% note\n\n%% user\n\nm";
    struct stage st;
    stage_start(&st, "token New" STOP, "");
    load_chat(&st, before);
    ed_ex(st.ed, "5DeepSend");
    cr_assert(stage_idle(&st));
    char *forked = ed_text(st.ed);
    ed_ex(st.ed, "DeepAlt");
    stage_expect_text(&st, "the old one",
                      CHAT_HEAD
                      "%% alternate\n\n%%% assistant finish=stop in=10 out=5 "
                      "cost=0.001\n\nNew\n\n%%% user\n\n%% assistant "
                      "alt=1\n\nOne\n\n%% user\n\nmore\n\n"
                      "%% assistant\n\nMore\n%%% note\n\n%% user\n\nm");
    ed_ex(st.ed, "call cursor(17, 1) | DeepAlt");
    char *back = ed_text(st.ed);
    cr_expect_str_eq(back, forked);
    free(forked);
    free(back);
    stage_stop(&st);
}

/* A fork where alternates stand adds one to them. */
Test(editor_alternates, fork_among_others)
{
    static const char *const chats[] = {
        THREE,
        CHAT_HEAD ONE("alternate in=1") "%% alternate\n\nTwo\nlines",
    };
    static const char *const forked[] = {
        "%% alternate\n\n%%% assistant in=3\n\nNow\n\n",
        "",
    };
    struct stage st;
    stage_start(&st, "token New" STOP, "");
    for (size_t i = 0; i < 2; i++) {
        char want[512];
        load_chat(&st, chats[i]);
        ed_ex(st.ed, "5DeepSend");
        cr_assert(stage_idle(&st));
        snprintf(
            want, sizeof want, "%s%s%s",
            CHAT_HEAD ONE("alternate in=1") TWO("alternate"), forked[i],
            "%% assistant finish=stop in=10 out=5 cost=0.001\n\nNew" CHAT_END);
        stage_expect_text(&st, "forked", want);
        char *body = server_request_body(st.sv, i + 1, NULL);
        cr_expect_null(strstr(body, "One"), "%s", body);
        free(body);
    }
    stage_stop(&st);
}

/* ---- side by side ---- */

static const struct {
    const char *command;
    const char *names, *texts;
} views[] = {
    {"DeepAlt!", " answer 1/3\n answer 2/3\n answer 3/3",
     "One\nTwo lines\nNow %% user"},
    {"DeepAlt! 1", " answer 1/3\n answer 3/3", "One\nNow %% user"},
    {"1DeepAlt!", " answer 1/3\n answer 3/3", "One\nNow %% user"},
    {"DeepAlt! 3", " answer 3/3", "Now %% user"},
};

Test(editor_alternates, side_by_side)
{
    static const char chat[] = CHAT_HEAD ONE("alternate in=1") TWO("alternate")
        NOW("assistant in=3") "\n%%% user" CHAT_END;
    struct stage st;
    stage_start(&st, "token x" STOP, "");
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        const char *name = views[i].command;
        load_chat(&st, chat);
        ed_ex(st.ed, "let g:chat = bufnr('%%') | %s", name);
        stage_expect(&st, name, "tabpagenr('$')", "2");
        stage_expect(&st, name,
                     "map(range(1, winnr('$')), "
                     "'getwinvar(v:val, \"&statusline\")')",
                     views[i].names);
        stage_expect(&st, name,
                     "map(range(1, winnr('$')), "
                     "'join(getbufline(winbufnr(v:val), 1, \"$\"))')",
                     views[i].texts);
        stage_expect(&st, name,
                     "&diff . &wrap . &modifiable . &buftype . &bufhidden",
                     "110nofilewipe");
        /* once more, with the tab still there */
        ed_ex(st.ed, "tabprevious | %s", name);
        stage_expect(&st, name, "tabpagenr('$')", "2");
        ed_ex(st.ed, "tabclose");
        stage_expect(&st, name, "bufnr('%') == g:chat", "1");
        stage_expect_text(&st, name, chat);
        stage_expect(&st, name,
                     "len(filter(range(1, bufnr('$')), 'bufname(v:val) =~# "
                     "\"deepchat-alt\"'))",
                     "0");
    }
    stage_stop(&st);
}

/* ---- any order of choices ---- */

/* Texts of the alternates, that of the answer, and its number. */
static const char answers[] =
    "join(map(filter(range(1, line('$')), 'getline(v:val) =~# \"^%% alt\"'), "
    "'getline(v:val + 2)'), '') . deepchat#last() . deepchat#alt#place("
    "bufnr('%'), deepchat#alt#last_answer(bufnr('%')))";

static void
expect_answers(struct stage *st, unsigned number)
{
    char want[16], *to = want;
    for (unsigned i = 1; i <= 5; i++)
        if (i != number)
            *to++ = (char)('a' + i - 1);
    snprintf(to, 8, "%c%u/5", 'a' + number - 1, number);
    stage_expect(st, "answers", answers, want);
}

Test(editor_alternates, keep_their_numbers)
{
    static const char chat[] =
        CHAT_HEAD "%% alternate\n\na\n\n%% alternate\n\nb\n\n%% alternate\n\nc"
                  "\n\n%% alternate\n\nd\n\n%% assistant\n\ne" CHAT_END;
    struct stage st;
    unsigned random = 7;
    stage_start(&st, "token x" STOP, "");
    load_chat(&st, chat);
    for (int i = 0; i < 40; i++) {
        random = random * 1103515245u + 12345u;
        unsigned number = (random >> 16) % 5 + 1;
        ed_ex(st.ed, "DeepAlt %u", number);
        expect_answers(&st, number);
    }
    ed_ex(st.ed, "DeepAlt 5");
    stage_expect_text(&st, "as it was", chat);
    stage_stop(&st);
}

/* ---- code ---- */

static const struct {
    const char *name;
    const char *text; /* of an answer */
    int line, col;    /* of the cursor, in the chat */
    const char *want; /* in the register, as a list */
    const char *said;
} codes[] = {
    {"under the cursor", "a\n\n```c\nint x;\n\nint y;\n```\n\n```\nz\n```", 14,
     1, "int x;\n\nint y;", "3 lines of c yanked"},
    {"on its last line", "```c\nx\n```\n\n```\nz\n```", 13, 1, "x",
     "1 line of c yanked"},
    {"below", "```c\nx\n```\n\n~~~ python3 title=y\nz\n~~~", 14, 1, "z",
     "1 line of python3 yanked"},
    {"none below", "```c\nx\n```\n\n```\nz\n```\n\nend", 19, 1, "z",
     "1 line yanked"},
    {"escaped", "```\n%%% user\n%%%% user\n%% users\n```", 11, 1,
     "%% user\n%%% user\n%% users", "3 lines yanked"},
    {"in a list", "1. x\n   ```vim\n   let x\n     let y\n  z\n   ```", 11, 1,
     "let x\n  let y\nz", "3 lines of vim yanked"},
    {"in a longer fence", "````\n```\nx\n```\n````", 13, 1, "```\nx\n```",
     "3 lines yanked"},
    {"ticks in ticks", "~~~\n```\n~~~", 11, 1, "```", "1 line yanked"},
    {"ticks far to the right", "```\n    ```\nx\n```", 11, 1, "    ```\nx",
     "2 lines yanked"},
    {"empty", "```\n```", 11, 1, "", "0 lines yanked"},
    {"not closed", "```\nx\n\ny", 11, 1, "x\n\ny", "3 lines yanked"},
    {"a span is none", "```x``` y\n```\nz\n```", 11, 1, "z", "1 line yanked"},
    {"none", "text", 11, 1, NULL, "no fenced code here"},
};

static void
check_code(struct stage *st, size_t i, const char *reg)
{
    const char *name = codes[i].name;
    load_chat(st, CHAT_HEAD "%% assistant\n\n@" CHAT_END);
    ed_ex(st->ed, "call setreg('%s', ['was'], 'V')", reg);
    char quoted[512], *to = quoted;
    for (const char *at = codes[i].text; *at != '\0'; at++) {
        if (*at == '\n')
            *to++ = '\\';
        *to++ = *at == '\n' ? 'n' : *at;
    }
    *to = '\0';
    ed_ex(st->ed,
          "call append(10, split(\"%s\", \"\\n\", 1)) | "
          "silent execute search('^@$') . 'delete _'",
          quoted);
    ed_ex(st->ed, "call cursor(%d, %d)", codes[i].line, codes[i].col);
    ed_ex(st->ed, "execute \"normal %s\\<Plug>(deepchat-yank-code)\"",
          *reg == 'a' ? "\\\"a" : "");
    char expression[64];
    snprintf(expression, sizeof expression, "getreg('%s', 1, 1)", reg);
    stage_expect(st, name, expression,
                 codes[i].want != NULL ? codes[i].want : "was");
}

Test(editor_alternates, code_is_yanked)
{
    struct stage st;
    stage_start(&st, "token x" STOP, "");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        check_code(&st, i, "a");
        check_code(&st, i, "\"");
        expect_line(&st, codes[i].name, codes[i].said);
    }
    stage_stop(&st);
}
