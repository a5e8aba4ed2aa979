/* n > 1 while a user is about: the answers come in side by side, in folds, and
 * what is done to one of them, or to all. */
#include <signal.h>
#include <stdio.h>

#include "continue.h"
#include "lib/choices.h"
#include "lib/proc.h"
#include "lib/wreck.h"

static void
setup(void)
{
    setenv("TZ", "UTC", 1);
}

TestSuite(editor_choices_life, .init = setup, .timeout = 120);

#define HOLD "hold g\n"
#define STEPS                                                                  \
    SAY(0, "z")                                                                \
    HOLD SAY(1, "b") HOLD SAY(2, "c\\nc") SAY(1, "1\\n\\n1") HOLD SAY(0, "0")  \
        ENDS
#define PAIRS " finish=stop in=10 out=5 cost=0.001"
#define ALT(text) "%% alternate finish=stop\n\n" text "\n\n"
#define HAPPY                                                                  \
    CHAT_HEAD ALT("b1\n\n1") ALT("c\nc") "%% assistant" PAIRS                  \
                                         " alt=1\n\nz0" CHAT_END

static void
expect_folds(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name,
                 "join(map(filter(range(1, line('$')), 'getline(v:val) =~# "
                 "\"^%% al\"'), 'foldclosed(v:val) . \"-\" . "
                 "foldclosedend(v:val)'))",
                 want);
}

/* They grow in folds; the user's edits stay steps of their own. */
Test(editor_choices_life, side_by_side)
{
    struct stage st;
    stage_start(&st, STEPS, "'n': 3");
    stage_ask(&st, "q");
    cr_assert(stage_shows(&st, "z"));
    stage_keys(&st, "Gimine<Esc>0");
    cr_assert(stage_next(&st, "b"));
    expect_folds(&st, "one", "9-12");
    stage_expect(&st, "cursor", "getline('.') . col('.')", "mine1");
    cr_assert(stage_next(&st, "c"));
    cr_assert(stage_shows(&st, "b1"));
    expect_folds(&st, "two", "9-14 15-19");
    stage_expect(&st, "where they are", "getline(15)", "%% alternate");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "all", HAPPY "mine");
    /* Neovim 0.12 makes new ones for new markers */
    stage_expect(&st, "at the end", "map([11, 17, 21], 'foldclosed(v:val)')",
                 "9\n15\n-1");
    cr_expect(ed_wait_screen(st.ed, " 1/3", STAGE_MS));
    expect_events(&st, "all", "Start\nDone stop");
    stage_keys(&st, "u");
    stage_expect_text(&st, "undone",
                      CHAT_HEAD "%% assistant\n\nz\n\n%% user\n\nmine");
    stage_keys(&st, "u");
    stage_expect_text(&st, "twice", CHAT_HEAD "%% assistant\n\nz" CHAT_END);
    stage_keys(&st, "2<C-r>");
    stage_expect_text(&st, "redone", HAPPY "mine");
    ed_ex(st.ed, "DeepAlt 3");
    stage_expect_text(&st, "the third",
                      CHAT_HEAD "%% alternate" PAIRS "\n\nz0\n\n" ALT(
                          "b1\n\n1") "%% assistant finish=stop\n\nc\nc" CHAT_END
                                     "mine");
    ed_ex(st.ed, "DeepAlt 1");
    stage_expect_text(&st, "the first", HAPPY "mine");
    stage_stop(&st);
}

/* Their places are found again behind an undo that was undone. */
Test(editor_choices_life, undone_and_redone)
{
    struct stage st;
    stage_start(&st,
                SAY(0, "z") HOLD SAY(2, "c") SAY(1, "b") HOLD SAY(1, "1\\n\\n1")
                    SAY(2, "\\nc") SAY(0, "0") ENDS,
                "'n': 3");
    stage_ask(&st, "q");
    cr_assert(stage_shows(&st, "z"));
    stage_keys(&st, "Gimine<Esc>");
    cr_assert(stage_next(&st, "b"));
    cr_assert(stage_shows(&st, "c"));
    stage_keys(&st, "u");
    stage_expect_text(&st, "undone",
                      CHAT_HEAD "%% assistant\n\nz\n\n%% user\n\nmine");
    stage_keys(&st, "<C-r>");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "redone", HAPPY "mine");
    expect_events(&st, "redone", "Start\nDone stop");
    stage_stop(&st);
}

#define TWO(b, c) SAY(0, "z") HOLD SAY(1, b) SAY(2, c) HOLD
#define FIRST "%% assistant" PAIRS " alt=1\n\nz" CHAT_END "mine"

static const struct {
    const char *name;
    const char *script;
    const char *keys, *next; /* these, once both are there; then this comes */
    const char *want;
} undos[] = {
    {"each its own end",
     SAY(0, "z") HOLD SAY(1, "b\\nb") SAY(2, "c") END(1, "length")
         THINK(2, "hm") END(2, "stop") HOLD END(0, "stop") USAGE,
     "u<C-r>", NULL,
     CHAT_HEAD
     "%% alternate finish=length\n\nb\nb\n\n%% alternate\n\n"
     "%%% reasoning\n\nhm\n\n%%% assistant finish=stop\n\nc\n\n" FIRST},
    {"the same", TWO("c", "c") SAY(1, "1") HOLD SAY(2, "2") ENDS, "u<C-r>",
     "c1", CHAT_HEAD ALT("c1") ALT("c2") FIRST},
    {"nearly", TWO("c", "bc") SAY(1, "1") HOLD SAY(2, "2") ENDS, "u<C-r>", "c1",
     CHAT_HEAD ALT("c1") ALT("bc2") FIRST},
    {"with lines behind", TWO("b", "c") SAY(1, "1") HOLD SAY(2, "2") ENDS,
     "zR:g/^b$/normal oend<CR>uu<C-r><C-r>", "b1",
     CHAT_HEAD ALT("b1\nend") ALT("c2") FIRST},
    {"without one", TWO("b", "c") SAY(1, "1") HOLD SAY(2, "2") ENDS,
     "u<C-r>zR:g/^c$/-2,+1d<CR>", "b1", CHAT_HEAD ALT("b1") FIRST},
    {"with other words in it",
     TWO("b b", "c") SAY(1, "1") HOLD SAY(2, "2") ENDS,
     "zR:g/^b b$/normal 0axx<CR>uu<C-r><C-r>", " b1",
     CHAT_HEAD ALT("bxx b1") ALT("c2") FIRST},
};

/* Nor is one taken for another. */
Test(editor_choices_life, undone_and_redone_alike)
{
    struct stage st;
    stage_start(&st, NULL, "'n': 3");
    for (size_t i = 0; i < sizeof undos / sizeof *undos; i++) {
        const char *name = undos[i].name;
        stage_script(&st, undos[i].script);
        stage_ask(&st, "q");
        cr_assert(stage_shows(&st, "z"), "%s", name);
        stage_keys(&st, "Gimine<Esc>");
        cr_assert(stage_next(&st, "c"), "%s", name);
        cr_assert(ed_wait(st.ed, STAGE_MS,
                          "count(getline(1, '$'), '%%%% alternate') == 2"),
                  "%s", name);
        stage_keys(&st, undos[i].keys);
        if (undos[i].next != NULL)
            cr_assert(stage_next(&st, undos[i].next), "%s", name);
        cr_assert(stage_finish(&st), "%s", name);
        stage_expect_text(&st, name, undos[i].want);
    }
    stage_stop(&st);
}

/* What was answered before is no place, even if it is the same. */
Test(editor_choices_life, an_older_one_is_the_same)
{
    struct stage st;
    stage_start(&st, SAY(0, "z") SAY(1, "Old") HOLD SAY(1, "er") ENDS,
                "'n': 2");
    load_chat(&st, CHAT("", "Old"));
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_shows(&st, "z"));
    cr_assert(ed_wait(st.ed, STAGE_MS, "count(getline(1, '$'), 'Old') == 2"));
    ed_ex(st.ed, "setlocal nofoldenable | 13,16delete");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "older",
                      CHAT_HEAD "%% alternate\n\nOld\n\n%% assistant" PAIRS
                                "\n\nz" CHAT_END);
    stage_stop(&st);
}

/* No place is made above a cursor that counts lines, or characters. */
Test(editor_choices_life, an_operator_is_pending)
{
    struct stage st;
    stage_start(
        &st, SAY(0, "z") SAY(2, "cxc") HOLD SAY(1, "b") SAY(0, "0") HOLD ENDS,
        "'n': 3");
    stage_ask(&st, "q");
    cr_assert(stage_shows(&st, "cxc"));
    ed_ex(st.ed, "setlocal nofoldenable | call search('^cxc')");
    ed_keys(st.ed, "d");
    cr_assert(ed_wait(st.ed, STAGE_MS, "mode(1) ==# 'no'"));
    cr_assert(stage_next(&st, "z0"));
    stage_expect(&st, "it waits", "search('^b', 'nw')", "0");
    stage_keys(&st, "fx");
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "all",
                      CHAT_HEAD ALT("b") ALT("c") "%% assistant" PAIRS
                                                  " alt=1\n\nz0" CHAT_END);
    stage_stop(&st);
}

/* Ctrl-C behind the first edit of a place. */
Test(editor_choices_life, a_place_is_interrupted)
{
    struct stage st;
    stage_start(&st, STEPS, "'n': 3");
    ed_ex(st.ed, "runtime autoload/deepchat/port.vim | let g:bad = 0");
    ed_ex(st.ed,
          "call execute(\"function! deepchat#port#replace(buf, row, count, "
          "lines) abort\\nif has('nvim')\\ncall nvim_buf_set_lines(a:buf, "
          "a:row, a:row + a:count, v:true, a:lines)\\nelse\\ncall "
          "deepchat#prop#replace(a:buf, a:row + 1, a:count, a:lines)\\nendif\\n"
          "let g:bad -= 1\\nif g:bad == 0\\ncall interrupt()\\nendif\\n"
          "endfunction\")");
    stage_ask(&st, "q");
    cr_assert(stage_shows(&st, "z"));
    ed_ex(st.ed, "let g:bad = 1");
    cr_assert(stage_next(&st, "b"));
    ed_ex(st.ed, "let g:bad = 1");
    cr_assert(stage_next(&st, "c"));
    cr_assert(stage_finish(&st));
    stage_expect_text(&st, "once", HAPPY);
    stage_stop(&st);
}

/* ---- what a user may do meanwhile ---- */

static const struct {
    const char *name;
    const char *script;
    const char *wait, *keys; /* these, once that is there and a gate held */
    const char *want, *events;
} deeds[] = {
    {"behind the reasoning of the first",
     THINK(0, "so") HOLD SAY(1, "b") HOLD SAY(0, "z") THINK(0, ".") ENDS, "so",
     "<Esc>",
     CHAT_HEAD ALT("b") "%% reasoning\n\nso.\n\n%% assistant" PAIRS
                        " alt=1\n\nz" CHAT_END,
     "Start\nDone stop"},
    {"typing on", STEPS, "z", "Gi<C-g>uone", HAPPY "one", "Start\nDone stop"},
    {"one is taken away",
     SAY(0, "z") SAY(1, "b") SAY(2, "c") HOLD SAY(1, "1") SAY(2, "2")
         SAY(0, "0") ENDS,
     "c", "zR:g/^b$/-2,+1d<CR>",
     CHAT_HEAD ALT("c2") "%% assistant" PAIRS " alt=1\n\nz0" CHAT_END,
     "Start\nDone stop"},
    {"its text is taken away",
     SAY(0, "z") SAY(1, "b") SAY(2, "c") HOLD SAY(1, "1") SAY(2, "2")
         SAY(0, "0") ENDS,
     "c", "zR:g/^b$/d<CR>",
     CHAT_HEAD "%% alternate finish=stop\n\n\n" ALT(
         "c2") "%% assistant" PAIRS " alt=1\n\nz0" CHAT_END,
     "Start\nDone stop"},
    {"one becomes a note",
     SAY(0, "z") SAY(1, "b") SAY(2, "c") HOLD SAY(1, "1") SAY(2, "2")
         SAY(0, "0") ENDS,
     "c", "zR:9s/alternate/note/<CR>",
     CHAT_HEAD "%% note\n\nb\n\n" ALT("c2") "%% assistant" PAIRS
                                            " alt=1\n\nz0" CHAT_END,
     "Start\nDone stop"},
    {"one is edited",
     SAY(0, "z") SAY(1, "b") SAY(2, "c") HOLD SAY(1, "1") SAY(2, "2")
         SAY(0, "0") ENDS,
     "c", "zR:g/^b$/s/^/x\\ry/<CR>",
     CHAT_HEAD ALT("x\nyb1") ALT("c2") "%% assistant" PAIRS
                                       " alt=1\n\nz0" CHAT_END,
     "Start\nDone stop"},
    {"lines above the markers",
     SAY(0, "z") SAY(1, "b") SAY(2, "c") HOLD SAY(1, "1") SAY(2, "2")
         SAY(0, "0") ENDS,
     "c", "zR:g/^%% a/normal! Onew<CR>",
     CHAT_HEAD "new\n" ALT("b1\n\nnew")
         ALT("c2\n\nnew") "%% assistant" PAIRS " alt=1\n\nz0" CHAT_END,
     "Start\nDone stop"},
    {"the first is taken away",
     SAY(0, "z") SAY(1, "b") HOLD SAY(1, "1") SAY(2, "2") "stall\n", "b",
     "zR:g/^z$/-2,+1d<CR>", CHAT_HEAD "%% alternate\n\nb" CHAT_END,
     "Start\nStopped stopped"},
    {"all is undone, the first being whole",
     SAY(0, "z") END(0, "stop") SAY(1, "b") HOLD SAY(1, "1") "stall\n", "b",
     "u", "---\nmodel: m\n---\n\n%% user\n\nq", "Start\nStopped stopped"},
    {"stopped",
     SAY(0, "z") SAY(1, "b") SAY(2, "c") END(2, "stop") HOLD "stall\n", "c",
     ":DeepStop<CR>",
     CHAT_HEAD "%% alternate finish=stopped\n\nb\n\n" ALT(
         "c") "%% assistant finish=stopped alt=1\n\nz" CHAT_END,
     "Start\nStopped stopped"},
    {"in no window", STEPS, "z", ":enew<CR>", HAPPY, "Start\nDone stop"},
};

static void
check_deed(struct stage *st, size_t i)
{
    const char *name = deeds[i].name;
    stage_script(st, deeds[i].script);
    ed_ex(st->ed, "let g:events = []");
    stage_ask(st, "q");
    cr_assert(stage_shows(st, deeds[i].wait), "%s", name);
    ed_ex(st->ed, "let g:chat = bufnr('%%')");
    stage_keys(st, deeds[i].keys);
    cr_assert(stage_finish(st), "%s", name);
    stage_keys(st, "<Esc>");
    ed_ex(st->ed, "execute 'buffer' g:chat");
    stage_expect_text(st, name, deeds[i].want);
    expect_events(st, name, deeds[i].events);
}

Test(editor_choices_life, what_is_done_meanwhile)
{
    struct stage st;
    stage_start(&st, NULL, "'n': 3");
    ed_ex(st.ed, "set hidden");
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        check_deed(&st, i);
    stage_stop(&st);
}

/* ---- crashes ---- */

#define PARTS                                                                  \
    THINK(1, "h")                                                              \
    SAY(0, "ze")                                                               \
    SAY(2, "c")                                                                \
    SAY(1, "b") HOLD THINK(1, "m") SAY(2, "c\\nc") SAY(0, "ro") SAY(1, "b") ENDS
#define WHOLE                                                                  \
    "%% alternate\n\n%%% reasoning\n\nhm\n\n%%% assistant finish=stop\n\nbb"   \
    "\n\n" ALT("cc\nc") "%% assistant" PAIRS " alt=1\n\nzero" CHAT_END
/* The same when it was still coming. */
#define BROKEN                                                                 \
    CHAT_HEAD                                                                  \
    "%% alternate\n\n%%% reasoning\n\nh\n\n%%% assistant finish=interrupted\n" \
    "\nb\n\n%% alternate finish=interrupted\n\nc\n\n"                          \
    "%% assistant finish=interrupted alt=1\n\nze" CHAT_END

static void
expect_chat(struct wreck *w, const char *name, const char *want)
{
    char *text = ed_text(w->ed);
    cr_expect_str_eq(text, want, "%s: <%s>", name, text);
    free(text);
}

static void
ask_three(struct wreck *w)
{
    wreck_ask(w, "q");
    cr_assert(server_wait_held(w->sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(w, "ze") && wreck_shows(w, "b") &&
              wreck_shows(w, "c"));
}

static const struct {
    const char *name;
    bool written; /* by the user, in the middle */
} crashes[] = {{"as it was", false}, {"with parts of them", true}};

/* The editor dies, the answers come in, and all are restored. */
Test(editor_choices_life, editor_killed)
{
    struct wreck w;
    wreck_start(&w, PARTS, "'n': 3");
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        const char *name = crashes[i].name;
        ask_three(&w);
        if (crashes[i].written)
            ed_ex(w.ed, "write");
        pid_t host = wreck_kill_editor(&w);
        server_release(w.sv, "g");
        cr_assert(wreck_gone(host, WRECK_MS), "%s", name);
        wreck_editor(&w);
        wreck_resume(&w);
        cr_expect(wreck_said(&w, "restored 10 bytes"), "%s", name);
        expect_chat(&w, name, CHAT_HEAD WHOLE);
        ed_ex(w.ed, "silent undo | write | silent redo | write");
        wreck_resume(&w);
        cr_expect(wreck_said(&w, "nothing to resume"), "%s", name);
        wreck_script(&w, PARTS);
    }
    wreck_stop(&w);
}

/* A fork stands above; the answers are numbered behind it. */
Test(editor_choices_life, editor_killed_in_a_retry)
{
    struct wreck w;
    wreck_start(&w, SAY(0, "Old") END(0, "stop") USAGE, "");
    wreck_ask(&w, "q");
    cr_assert(wreck_idle(&w));
    wreck_script(&w, PARTS);
    ed_ex(w.ed, "DeepRetry ++n=3");
    cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(&w, "ze"));
    pid_t host = wreck_kill_editor(&w);
    server_release(w.sv, "g");
    cr_assert(wreck_gone(host, WRECK_MS));
    wreck_editor(&w);
    wreck_resume(&w);
    char *text = ed_text(w.ed);
    cr_expect_not_null(strstr(text, "%% alternate" PAIRS "\n\nOld\n\n"), "%s",
                       text);
    cr_expect_not_null(strstr(text, " alt=2\n\nzero" CHAT_END), "%s", text);
    free(text);
    ed_ex(w.ed, "DeepAlt 1");
    cr_expect(wreck_shows(&w, "%% assistant" PAIRS " alt=1\n\nOld"));
    wreck_stop(&w);
}

Test(editor_choices_life, host_killed)
{
    struct wreck w;
    wreck_start(&w, PARTS, "'n': 3");
    ask_three(&w);
    wreck_kill_host(&w);
    cr_assert(wreck_idle(&w));
    expect_chat(&w, "what came", BROKEN);
    ed_ex(w.ed, "silent undo");
    expect_chat(&w, "undone", "---\nmodel: m\n---\n\n%% user\n\nq");
    wreck_stop(&w);
}

/* The first had no text yet. */
Test(editor_choices_life, host_killed_before_the_first)
{
    struct wreck w;
    wreck_start(&w, SAY(1, "b") HOLD SAY(0, "z") ENDS, "'n': 3");
    wreck_ask(&w, "q");
    cr_assert(wreck_shows(&w, "b"));
    wreck_kill_host(&w);
    cr_assert(wreck_idle(&w));
    cr_expect(wreck_said(&w, "host stopped; reply kept"));
    expect_chat(&w, "what came",
                CHAT_HEAD "%% alternate finish=interrupted\n\nb\n\n"
                          "%% assistant finish=interrupted alt=1\n\n" CHAT_END);
    wreck_stop(&w);
}
