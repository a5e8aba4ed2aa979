/* Ctrl-C and errors in the middle of what the host does to a buffer: nothing is
 * lost or written twice, and other replies do not notice. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stage.h"

#define END "finish stop 1 2 0.5\ndone\n"
#define SCRIPT "hold g\ntoken one\nhold g\ntoken  two\nhold g\n" END
#define ASKED "---\nmodel: m\n---\n\n%% user\n\nSay"
#define DONE                                                                   \
    ASKED "\n\n%% assistant finish=stop in=1 out=2 cost=0.5\n\none two\n\n"    \
          "%% user\n\n"

/* g:bad times, what is asked before each edit (halfway) or behind it in the
 * current buffer (undo_seq) goes wrong; g:met counts. */
static void
spoil(struct stage *st, const char *function, const char *result,
      const char *trouble)
{
    ed_ex(st->ed, "runtime autoload/deepchat/port.vim | let g:bad = 0");
    ed_ex(st->ed,
          "call execute(\"function! deepchat#port#%s(...) abort\\n"
          "let l:result = %s\\nif g:bad > 0\\nlet g:bad -= 1\\n"
          "let g:met = get(g:, 'met', 0) + 1\\n%s\\nendif\\n"
          "return l:result\\nendfunction\")",
          function, result, trouble);
}

static const struct {
    const char *function, *result;
    bool at_end; /* it is asked by finish, too */
} places[] = {{"halfway", "0", false},
              {"undo_seq", "undotree().seq_cur", true}};

/* Interrupt begin, each text and finish, times in a row. */
static void
interrupt_all(struct stage *st, size_t place, int times)
{
    stage_script(st, SCRIPT);
    spoil(st, places[place].function, places[place].result, "call interrupt()");
    ed_ex(st->ed, "let g:bad = %d | let g:met = 0", times);
    stage_ask(st, "Say");
    cr_assert(ed_wait(st->ed, STAGE_MS, "g:bad == 0"), "begin");
    for (int step = 0; step < 2; step++) {
        ed_ex(st->ed, "let g:bad = %d", times);
        cr_expect(stage_next(st, step == 0 ? "one" : "one two"));
        cr_assert(ed_wait(st->ed, STAGE_MS, "g:bad == 0"), "text");
    }
    if (places[place].at_end)
        ed_ex(st->ed, "let g:bad = %d", times);
    cr_assert(stage_finish(st));
    cr_expect_eq(ed_number(st->ed, "g:met"),
                 (3 + places[place].at_end) * times);
    stage_expect_text(st, places[place].function, DONE);
    char *events = stage_events(st);
    cr_expect_str_eq(events, "Start\nDone stop", "%s: %s",
                     places[place].function, events);
    free(events);
}

Test(interrupt, at_every_step, .timeout = 120)
{
    struct stage st;
    stage_start(&st, NULL, "");
    interrupt_all(&st, 0, 1);
    interrupt_all(&st, 0, 3);
    interrupt_all(&st, 1, 1);
    stage_stop(&st);
}

/* Replies 1 and 2 wait for their first text; 2 is in the current buffer. */
static void
start_two(struct stage *st)
{
    stage_start(st, SCRIPT, "");
    ed_ex(st->ed, "set hidden");
    stage_ask(st, "Say");
    ed_ex(st->ed, "let g:first = bufnr('%%')");
    ed_ex(st->ed, "DeepChat! Say");
    ed_ex(st->ed, "only!");
    cr_assert(server_wait_held(st->sv, "g", 2, STAGE_MS));
    cr_assert(ed_wait(st->ed, STAGE_MS, "count(g:events, 'Start') == 2"));
}

Test(interrupt, one_of_a_batch, .timeout = 60)
{
    struct stage st;
    start_two(&st);
    spoil(&st, "halfway", "0", "throw 'boom'");
    ed_ex(st.ed, "let g:bad = 1");
    stage_expect(&st, "an error",
                 "deepchat#buf#append([[2, 1, 'text', 'y'], "
                 "[1, 1, 'text', 'x']])",
                 "boom\nok");
    spoil(&st, "halfway", "0", "call interrupt()");
    ed_ex(st.ed, "let g:bad = 1");
    stage_expect(&st, "Ctrl-C",
                 "deepchat#buf#append([[2, 1, 'text', 'y'], "
                 "[1, 2, 'text', 'z']])",
                 "retry\nok");
    stage_expect(&st, "once more",
                 "deepchat#buf#append([[2, 1, 'text', 'y'], "
                 "[1, 2, 'text', 'z']])",
                 "ok\ndup");
    stage_expect(&st, "text", "getbufline(g:first, 11)", "xz");
    stage_expect(&st, "text", "getline(11)", "y");
    stage_stop(&st);
}

/* Trouble that stays ends one reply, and the other goes on. */
Test(interrupt, the_other_goes_on, .timeout = 60)
{
    struct stage st;
    start_two(&st);
    spoil(&st, "halfway", "0", "throw 'boom'");
    ed_ex(st.ed, "let g:bad = 1");
    cr_assert(stage_finish(&st));
    stage_expect(&st, "trouble", "g:met", "1");
    ed_ex(st.ed, "execute 'buffer' g:first");
    stage_expect_text(&st, "the other", DONE);
    ed_ex(st.ed, "buffer #");
    stage_expect(&st, "the lost one", "search('one')", "0");
    stage_stop(&st);
}

/* Vim writes the lines of a text one after the other. */
Test(interrupt, between_the_lines_of_a_text, .timeout = 60)
{
    struct stage st;
    stage_start(
        &st, "hold g\ntoken o\\nn\\ne\nhold g\ntoken  two\nhold g\n" END, "");
    if (ed_number(st.ed, "has('nvim')") == 0) {
        ed_ex(st.ed, "let g:file = deepchat#host#root() . "
                     "'/autoload/deepchat/prop.vim'");
        ed_ex(st.ed, "let g:lines = readfile(g:file) | source `=g:file`");
        ed_ex(st.ed, "call insert(g:lines, 'call Bad()', "
                     "match(g:lines, 'setbufline(.*lines.0.))') + 1)");
        ed_ex(st.ed, "call writefile(g:lines, 'prop.vim') | source prop.vim");
    }
    ed_ex(st.ed, "call execute(\"function! Bad() abort\\nlet g:bad -= 1\\n"
                 "if g:bad == 0\\ncall interrupt()\\nendif\\nendfunction\") | "
                 "let g:bad = 0");
    stage_ask(&st, "Say");
    for (int step = 0; step < 2; step++) {
        ed_ex(st.ed, "let g:bad = 1");
        cr_assert(stage_next(&st, step == 0 ? "o\nn\ne" : "e two"));
    }
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "once",
                      ASKED "\n\n%% assistant finish=stop in=1 out=2 cost=0.5"
                            "\n\no\nn\ne two\n\n%% user\n\n");
    stage_stop(&st);
}
