/* What comes while the user is being asked: Vim goes on with everything else at
 * a question, Neovim where a line is typed. */
#include <stdio.h>
#include <unistd.h>

#include "continue.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(question, .timeout = 60);

#define HEAD "---\nmodel: m\n---\n\n"
#define ASK "Send it to the server"

/* A chat has a question with a file that is outside. */
static void
start(struct stage *st, const char *script)
{
    stage_start(st, script, "");
    char *path = temp_path(ed_home(st->ed), "secret");
    temp_write(path, "hush\n", 5);
    free(path);
    ed_ex(st->ed, "call mkdir($HOME . '/p/.git', 'p') | cd $HOME/p");
}

/* ---- confirm() ----------------------------------------------------------- */

/* The answer above grows and ends: the question below it moves down, and all of
 * it is sent. */
Test(question, the_chat_grows)
{
    struct stage st;
    if (!ed_in_vim())
        cr_skip_test("Neovim hears nothing while it asks");
    start(&st, "token One\nhold g\ntoken \\n2\\n3\\n4\\n5" STOP NEXT
               "token Hello" STOP);
    load_chat(&st, HEAD "%% user\n\nq");
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_shows(&st, "One"));
    ed_ex(st.ed, "call append('$', ['@file:../secret', 'and', 'the', 'end'])");
    ed_keys(st.ed, ":DeepSend<CR>");
    cr_assert(ed_wait_screen(st.ed, ASK, STAGE_MS));
    cr_assert(stage_finish(&st));
    ed_keys(st.ed, "s");
    cr_assert(server_wait_requests(st.sv, 2, STAGE_MS));
    cr_assert(stage_idle(&st));
    char *body = server_request_body(st.sv, 2, NULL);
    cr_expect_not_null(
        strstr(body, "hush\\n```\\n\\n@file:../secret\\nand\\nthe\\nend\"}"),
        "%s", body);
    free(body);
    stage_stop(&st);
}

static const struct {
    const char *name, *command;
} numbered[] = {
    {"a range", "8DeepSend"},
    {"the last answer once more", "DeepRetry"},
    {"and goes on", "DeepContinue"},
    {"looked at", "DeepInspect"},
};

/* Where lines were meant, they are not where they were. */
Test(question, the_chat_changes)
{
    struct stage st;
    if (!ed_in_vim())
        cr_skip_test("Neovim hears nothing while it asks");
    start(&st, "token Hello" STOP);
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++) {
        load_chat(&st, HEAD "%% user\n\nq\n![](../secret)\n\n%% assistant\n\na"
                            "\n\n%% user\n\nr\n");
        ed_keys(st.ed, ":");
        ed_keys(st.ed, numbered[i].command);
        ed_keys(st.ed, "<CR>");
        cr_assert(ed_wait_screen(st.ed, ASK, STAGE_MS), "%s", numbered[i].name);
        ed_ex(st.ed, "call append(4, 'x')");
        ed_keys(st.ed, "s");
        cr_expect(ed_wait(st.ed, STAGE_MS,
                          "execute('messages') =~# 'the chat changed "
                          "meanwhile; nothing was sent'"),
                  "%s", numbered[i].name);
        ed_ex(st.ed, "call execute('bwipeout!') | runtime "
                     "autoload/deepchat/allow.vim");
    }
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* It is closed. */
Test(question, the_chat_goes)
{
    struct stage st;
    if (!ed_in_vim())
        cr_skip_test("Neovim hears nothing while it asks");
    start(&st, "token Hello" STOP);
    load_chat(&st, HEAD "%% user\n\n@file:../secret");
    ed_keys(st.ed, ":DeepSend<CR>");
    cr_assert(ed_wait_screen(st.ed, ASK, STAGE_MS));
    ed_ex(st.ed, "bwipeout!");
    ed_keys(st.ed, "s");
    cr_expect(ed_wait(st.ed, STAGE_MS,
                      "execute('messages') =~# 'the chat was closed; nothing "
                      "was sent'"));
    stage_expect(&st, "errors", "execute('messages') =~# 'E\\d'", "0");
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* ---- :DeepRewrite's line ------------------------------------------------- */

static const struct {
    const char *name, *meanwhile;
    const char *text; /* of the request; NULL: nothing is sent */
} moves[] = {
    {"nothing", "", "two"},
    {"lines come above", "call append(0, ['a', 'b'])", "two"},
    {"right above", "call append(1, ['a', 'b'])", "two"},
    {"right below", "call append(2, ['a', 'b'])", "two"},
    {"lines go above", "1delete", "two"},
    {"it is changed", "call setline(2, 'TWO')", "TWO"},
    {"another window", "new | call setline(1, ['x', 'y', 'z'])", "two"},
    {"it is hidden", "hide enew", "two"},
    {"the buffer goes", "bwipeout!", NULL},
};

static void
check_move(size_t i)
{
    struct stage st;
    const char *name = moves[i].name;
    stage_start(&st, "token Hello" STOP, "");
    stage_host(&st);
    ed_ex(st.ed, "call setline(1, ['one', 'two', 'three'])");
    ed_keys(st.ed, ":2DeepRewrite<CR>");
    cr_assert(ed_wait_screen(st.ed, "deepchat rewrite: ", STAGE_MS), "%s",
              name);
    ed_ex(st.ed, "%s", moves[i].meanwhile);
    ed_keys(st.ed, "louder<CR>");
    if (moves[i].text != NULL) {
        cr_assert(server_wait_requests(st.sv, 1, STAGE_MS), "%s", name);
        char *body = server_request_body(st.sv, 1, NULL), want[64];
        snprintf(want, sizeof want, "<selection>\\n%s\\n</selection>",
                 moves[i].text);
        cr_expect_not_null(strstr(body, want), "%s: %s", name, body);
        free(body);
    } else {
        cr_expect(ed_wait(st.ed, STAGE_MS,
                          "execute('messages') =~# 'these lines are gone; "
                          "nothing was sent'"),
                  "%s", name);
        cr_expect_eq(server_requests(st.sv), 0, "%s", name);
    }
    stage_expect(&st, name, "execute('messages') =~# 'E\\d\\+:'", "0");
    stage_stop(&st);
}

Test(question, the_lines_move)
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        check_move(i);
}

/* What the host brings by then opens no window below a question. */
Test(question, a_list_waits)
{
    struct stage st;
    stage_start(&st, "token Hello" STOP, "");
    stage_host(&st);
    ed_ex(st.ed, "call setline(1, ['one', 'two', 'three'])");
    ed_keys(st.ed, ":2DeepRewrite<CR>");
    cr_assert(ed_wait_screen(st.ed, "deepchat rewrite: ", STAGE_MS));
    ed_ex(st.ed,
          "let g:entry = {'file': 'f', 'chat': '', 'project': '', 'model': 'm',"
          " 'started': 1, 'finish': 'stop', 'lost': '', 'writing': 0, "
          "'question': 'q', 'bytes': 1}");
    ed_ex(st.ed, "call deepchat#resume#show([g:entry, g:entry], 0)");
    stage_expect(&st, "meanwhile", "winnr('$')", "1");
    ed_keys(st.ed, "<Esc>");
    cr_expect(ed_wait(st.ed, STAGE_MS, "bufname('%%') ==# '[DeepResume]'"));
    stage_expect(&st, "then", "winnr('$')", "2");
    stage_stop(&st);
}

/* ---- a chat that is open elsewhere --------------------------------------- */

static const char *const takes[] = {":DeepAttach /etc/passwd<CR>",
                                    ":DeepChat<CR>:DeepSend<CR>"};

/* The last chat was opened for the user, and is found held during the question:
 * the new one that takes its place comes when that is answered. */
static void
check_held(const char *keys)
{
    struct wreck w;
    wreck_start(&w,
                "token Fine.\nfinish stop\ndone\n---\n"
                "token Fine.\nfinish stop\ndone\n",
                "");
    wreck_ask(&w, "Say");
    cr_assert(wreck_idle(&w));
    ed_ex(w.ed, "call setline('$', '@file:/etc/passwd') | silent write");
    struct ed *first = w.ed;
    wreck_editor(&w);
    ed_keys(w.ed, keys);
    cr_assert(ed_wait_screen(w.ed, ASK, WRECK_MS), "%s", keys);
    cr_assert(ed_wait(w.ed, WRECK_MS, "get(b:, 'deepchat_locked', 0)"));
    ed_keys(w.ed, "s");
    cr_expect(ed_wait(w.ed, WRECK_MS,
                      "&readonly || expand('%%:p') =~# '^deepchat://'"),
              "%s", keys);
    cr_expect(wreck_idle(&w));
    cr_expect_eq(ed_number(w.ed, "execute('messages') =~# 'E\\d\\+:'"), 0, "%s",
                 keys);
    ed_stop(first);
    wreck_stop(&w);
}

Test(question, the_chat_is_held)
{
    if (!ed_in_vim())
        cr_skip_test("Neovim hears nothing while it asks");
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        check_held(takes[i]);
}
