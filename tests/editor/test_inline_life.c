/* :DeepContinue in other buffers, while the user does something else. */
#include <signal.h>

#include "inline_stage.h"
#include "lib/tmpdir.h"

static const char slow[] = "token one\nhold g\ntoken  two\nhold g\n"
                           "token  three\\nfour\nhold g\n"
                           "token  five\nfinish stop 1 2 0.5\ndone\n";
#define TEXT "First line.\\n\\nCount: ^ end.\\n\\nLast line."

/* clang-format off */
static const struct {
    const char *name;
    const char *before, *middle, *after; /* typed after one, two, four */
    const char *want;
    const char *cursor; /* at the end: line and column */
} edits[] = {
    {"nobody", "", "", "", "First line.\n\nCount: one two three\nfour five end.\n\nLast line.", "4\n9"},
    {"above", "ggOa<Esc>", "ob<Esc>", "", "a\nb\nFirst line.\n\nCount: one two three\nfour five end.\n\nLast line.", "2\n1"},
    {"below", "Go1", "2", "3<Esc>", "First line.\n\nCount: one two three\nfour five end.\n\nLast line.\n123", "7\n3"},
    {"behind it on the line", "$a!<Esc>", "a!<Esc>", "", "First line.\n\nCount: one two three\nfour five end.!!\n\nLast line.", "4\n16"},
    {"in front of it on the line", "0iX<Esc>", "", "", "First line.\n\nXCount: one two three\nfour five end.\n\nLast line.", "3\n1"},
    {"inside", "0fnrN", "", "", "First line.\n\nCouNt: one two three\nfour five end.\n\nLast line.", "3\n4"},
};
/* clang-format on */

Test(inline_life, edits_around_it_stay, .timeout = 60)
{
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const char *name = edits[i].name;
        stage_script(&st, slow);
        inline_open(&st, "edits.txt", TEXT);
        inline_ask(&st, "DeepContinue");
        cr_assert(stage_shows(&st, "one"), "%s", name);
        stage_keys(&st, edits[i].before);
        cr_assert(stage_next(&st, "two"), "%s", name);
        stage_keys(&st, edits[i].middle);
        cr_assert(stage_next(&st, "four"), "%s", name);
        stage_keys(&st, edits[i].after);
        cr_assert(stage_finish(&st), "%s", name);
        stage_expect_text(&st, name, edits[i].want);
        stage_expect(&st, name, "[line('.'), col('.')]", edits[i].cursor);
    }
    stage_stop(&st);
}

/* In insert mode the text comes at the cursor, which goes with it. */
Test(inline_life, from_insert_mode, .timeout = 60)
{
    struct stage st;
    inline_start(&st, slow);
    inline_open(&st, "insert.txt", "Count: ^ end.");
    stage_keys(&st, "a<C-g>");
    cr_assert(server_wait_requests(st.sv, 1, STAGE_MS));
    cr_assert(stage_next(&st, "two"));
    cr_assert(stage_finish(&st));
    stage_keys(&st, "!<Esc>");
    stage_expect_text(&st, "insert", "Count: one two three\nfour five! end.");
    ed_ex(st.ed, "undo");
    stage_expect_text(&st, "his own", "Count: one two three\nfour five end.");
    /* an old Neovim needs a step for each edit while the user may type */
    for (int i = 0; i < 3 && ed_number(st.ed, "getline(1) =~ 'one'"); i++)
        ed_ex(st.ed, "undo");
    stage_expect_text(&st, "ours", "Count:  end.");
    stage_stop(&st);
}

/* :DeepStop, an undo, and a line that goes end it; nobody is told twice. */
Test(inline_life, ends_by_the_user, .timeout = 60)
{
    static const struct {
        const char *name, *command, *want, *events, *said;
    } ends[] = {
        {"stop", "DeepStop", "Count: one two end.", "Start\nStopped stopped",
         "deepchat: stopped, 2 tokens kept; :DeepContinue goes on"},
        {"undo", "undo", "Count:  end.", "Start\nStopped stopped",
         "deepchat: reply taken out; stopped (:DeepResume has it)"},
        {"the line goes", "delete", "", "Start\nStopped stopped",
         "deepchat: reply taken out; stopped (:DeepResume has it)"},
        {"the buffer goes", "bwipeout!", "", "Start\nStopped stopped",
         "deepchat: stopped, 3 tokens kept; :DeepResume has it"},
    };
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        stage_script(&st, slow);
        inline_open(&st, "ends.txt", "Count: ^ end.");
        ed_ex(st.ed, "messages clear");
        inline_ask(&st, "DeepContinue");
        cr_assert(stage_next(&st, "two"), "%s", ends[i].name);
        ed_ex(st.ed, "%s", ends[i].command);
        server_release_next(st.sv, "g", 1);
        cr_assert(stage_idle(&st), "%s", ends[i].name);
        stage_expect_text(&st, ends[i].name, ends[i].want);
        char *events = stage_events(&st);
        cr_expect_str_eq(events, ends[i].events, "%s: %s", ends[i].name,
                         events);
        free(events);
        inline_expect_said(&st, ends[i].name, ends[i].said);
        stage_keys(&st, "");
        char *behind = ed_behind(st.ed);
        cr_expect_str_eq(behind, "", "%s: %s", ends[i].name, behind);
        free(behind);
    }
    stage_stop(&st);
}

/* The place went before the text, which then came with its end. */
Test(inline_life, place_is_gone_when_all_comes, .timeout = 30)
{
    struct stage st;
    inline_start(&st, "head\nhold g\ntoken one\nfinish stop\ndone\n");
    inline_open(&st, "gone.txt", "A\\nCount: ^");
    inline_ask(&st, "DeepContinue");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    ed_ex(st.ed, "delete");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "gone", "A");
    char *events = stage_events(&st);
    cr_expect_str_eq(events, "Start\nStopped stopped", "%s", events);
    free(events);
    inline_expect_said(
        &st, "gone", "deepchat: reply taken out; stopped (:DeepResume has it)");
    stage_stop(&st);
}

/* Two at once in a buffer; a third one inside of the first is refused. */
Test(inline_life, several_places, .timeout = 60)
{
    struct stage st;
    inline_start(&st, "token one\nhold g\ntoken  two.\nfinish stop\ndone\n");
    inline_open(&st, "two.txt", "A: ^\\n\\nB: ");
    inline_ask(&st, "DeepContinue");
    cr_assert(stage_shows(&st, "A: one"));
    ed_ex(st.ed, "call cursor(1, 5) | DeepContinue");
    inline_expect_said(&st, "taken",
                       "deepchat: text is being written here; :DeepStop ends "
                       "that");
    inline_ask(&st, "3DeepContinue");
    cr_assert(stage_shows(&st, "B: one"));
    server_release_next(st.sv, "g", 1);
    cr_assert(ed_wait(st.ed, STAGE_MS,
                      "len(deepchat#buf#all_running(bufnr('%%'))) == 1"));
    stage_expect(&st, "the other one", "deepchat#status()", "streaming");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "two", "A: one two.\n\nB: one two.");
    stage_script(&st, "token one\nhold g\ntoken  two.\nfinish stop\ndone\n");
    ed_ex(st.ed, "%%delete _ | call setline(1, ['A: ', '', 'B: '])");
    inline_ask(&st, "1DeepContinue");
    inline_ask(&st, "3DeepContinue");
    cr_assert(stage_shows(&st, "A: one"));
    cr_assert(stage_shows(&st, "B: one"));
    ed_ex(st.ed, "DeepStop");
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "stopped", "A: one\n\nB: one");
    stage_stop(&st);
}

/* What a file is, it stays. */
Test(inline_life, files_keep_their_form, .timeout = 60)
{
    static const struct {
        const char *name, *setup, *want;
    } files[] = {
        {"dos.txt", "setlocal fileformat=dos", "a one\r\ntwo\r\n"},
        {"noeol.txt", "setlocal noendofline nofixendofline", "a one\ntwo"},
        {"latin.txt", "setlocal fileencoding=latin1", "a one\ntwo\n"},
    };
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[300];
        stage_script(&st, "token one\\ntwo\\n\nfinish stop\ndone\n");
        inline_open(&st, files[i].name, "a ^");
        ed_ex(st.ed, "%s", files[i].setup);
        inline_ask(&st, "DeepContinue");
        cr_assert(stage_finish(&st));
        ed_ex(st.ed, "write");
        snprintf(path, sizeof path, "%s/%s", ed_home(st.ed), files[i].name);
        size_t len;
        char *got = temp_read(path, &len);
        cr_expect_str_eq(got, files[i].want, "%s: %s", files[i].name, got);
        free(got);
    }
    stage_stop(&st);
}

static long
journals(struct stage *st)
{
    return ed_number(st->ed, "len(glob('%s/deepchat/journal/*', 0, 1))",
                     ed_home(st->ed));
}

/* What was written is in the journal until the user saves it, or throws it
 * away. */
Test(inline_life, journal, .timeout = 60)
{
    static const struct {
        const char *name, *command;
    } ways[] = {
        {"saved", "write"},
        {"undone and saved", "undo | write"},
        {"thrown away", "enew!"},
        {"read again", "edit!"},
        {"the buffer goes", "bwipeout!"},
    };
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        stage_script(&st, "token one\nfinish stop\ndone\n");
        inline_open(&st, "journal.txt", "Count: ^ end.");
        ed_ex(st.ed, "setlocal bufhidden=wipe");
        inline_ask(&st, "DeepContinue");
        cr_assert(stage_finish(&st));
        cr_expect_eq(journals(&st), 1, "%s", ways[i].name);
        ed_ex(st.ed, "%s", ways[i].command);
        WAIT_FOR(journals(&st) == 0, STAGE_MS);
        cr_expect_eq(journals(&st), 0, "%s", ways[i].name);
    }
    stage_stop(&st);
}

/* The host dies: what came stays, the journal has it, and it comes back as a
 * chat that says where it belongs. */
Test(inline_life, host_dies, .timeout = 60)
{
    struct stage st;
    inline_start(&st, slow);
    inline_open(&st, "dies.txt", "Count: ^ end.");
    inline_ask(&st, "DeepContinue some numbers");
    cr_assert(stage_next(&st, "two"));
    kill(ed_host(st.ed), SIGKILL);
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "kept", "Count: one two end.");
    inline_expect_said(&st, "said",
                       "deepchat: the host stopped; reply kept, :DeepResume "
                       "has all of it");
    ed_ex(st.ed, "DeepResume");
    cr_expect(stage_shows(&st, "Write on in dies.txt at line 1: some numbers"));
    cr_expect(stage_shows(&st, "one two"));
    stage_stop(&st);
}
