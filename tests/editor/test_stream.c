/* Where the user types while a reply grows: nothing is lost, nothing moves. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/stage.h"

static const char script[] = "token one\nhold g\ntoken  two\nhold g\n"
                             "token  three\\nfour\nhold g\n"
                             "token  five\nfinish stop 1 2 0.5\ndone\n";

#define HEAD "---\nmodel: m\n---\n\n"
#define ASKED HEAD "%% user\n\nSay\n\n"
#define MARKER "%% assistant finish=stop in=1 out=2 cost=0.5\n\n"
#define NEXT "\n\n%% user\n\n"
#define REPLY "one two three\nfour five"

/* The reply stands at line 11 and begins with "one". */
static const struct {
    const char *name;
    const char *before; /* typed after "one" */
    const char *middle; /* after " two" */
    const char *after;  /* after " three\nfour" */
    const char *want;
} edits[] = {
    {"nobody", "", "", "", ASKED MARKER REPLY NEXT},
    {"draft, one insert", "GAab", "cd", "ef<Esc>",
     ASKED MARKER REPLY NEXT "abcdef"},
    {"draft, lines", "GAab<CR>", "cd<CR>", "<CR>ef<Esc>",
     ASKED MARKER REPLY NEXT "ab\ncd\n\nef"},
    {"draft, normal mode", "Goab<Esc>", "occ<Esc>", "kddGpA!<Esc>",
     ASKED MARKER REPLY NEXT "\ncc\nab!"},
    {"above, one insert", "7GA!1", "2", "3<Esc>",
     HEAD "%% user\n\nSay!123\n\n" MARKER REPLY NEXT},
    {"above, lines", "7GA<CR>a", "<CR>b", "<CR>c<Esc>",
     HEAD "%% user\n\nSay\na\nb\nc\n\n" MARKER REPLY NEXT},
    {"above, front matter", "2Gotemperature: 1<Esc>", "dd", "Obig: 1<Esc>",
     "---\nmodel: m\nbig: 1\n---\n\n%% user\n\nSay\n\n" MARKER REPLY NEXT},
    {"inside, at the front", "11GIx", "y", "z<Esc>",
     ASKED MARKER "xyz" REPLY NEXT},
    {"inside, at the growing end", "11GA+p", "q", "r<Esc>",
     ASKED MARKER "one+pqr two three\nfour five" NEXT},
    {"inside, a line above", "11GOx<Esc>", "jAy<Esc>", "ggjjj",
     ASKED MARKER "x\none twoy three\nfour five" NEXT},
    {"inside, a line below", "11Gox", "y", "z<Esc>",
     ASKED MARKER REPLY "\nxyz" NEXT},
    {"inside, a line split", "11G0li<CR><Esc>", "", "12Gx",
     ASKED MARKER "o\ne two three\nfour five" NEXT},
    {"inside, words deleted", "", "11G0dw", "11G0dw",
     ASKED MARKER "three\nfour five" NEXT},
    {"in three places", "7GA!<Esc>", "GA?<Esc>", "11GI=<Esc>",
     HEAD "%% user\n\nSay!\n\n" MARKER "=" REPLY NEXT "?"},
};

static void
play(struct stage *st, size_t i)
{
    stage_ask(st, "Say");
    cr_assert(stage_shows(st, "one"));
    stage_keys(st, edits[i].before);
    cr_assert(stage_next(st, "two"), "%s", edits[i].name);
    stage_keys(st, edits[i].middle);
    cr_assert(stage_next(st, "four"), "%s", edits[i].name);
    stage_keys(st, edits[i].after);
    cr_assert(stage_finish(st), "%s", edits[i].name);
    stage_expect_text(st, edits[i].name, edits[i].want);
    stage_expect(st, edits[i].name, "mode()", "n");
    char *events = stage_events(st);
    cr_expect_str_eq(events, "Start\nDone stop", "%s", edits[i].name);
    free(events);
}

Test(stream, edits_everywhere, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        stage_script(&st, script);
        play(&st, i);
    }
    stage_stop(&st);
}

/* The user's text is in capitals, the reply's is not. How many steps there are
 * depends on the editor; that none of them has both does not. */
static const struct {
    const char *name;
    const char *before, *middle, *after; /* typed after one, two, four */
    int steps;                           /* at least, and 3 more at most */
} undos[] = {
    {"undisturbed", "", "", "", 1},
    {"in insert mode all the time", "GA", "", "<Esc>", 1},
    {"a draft in between", "GAAB<Esc>", "", "", 3},
    {"a draft in one insert", "GAAB", "CD", "EF<Esc>", 4},
    {"lines in one insert", "GAAB", "<CR>CD", "<CR>E<Esc>", 4},
    {"a line first", "GA", "<CR>AB", "C<Esc>", 3},
    {"a line first, above", "7GA", "<CR>AB", "C<Esc>", 3},
    {"a line joined first", "7GGI", "<BS>AB", "C<Esc>", 3},
    {"above", "7GAAB<Esc>", "7GAC<Esc>", "", 5},
    {"above in one insert", "7GAAB", "<CR>CD", "E<CR>F<Esc>", 4},
    {"inside", "11GIX<Esc>", "", "11GaY<Esc>", 5},
    {"inside in one insert", "11GIX", "Y", "Z<Esc>", 4},
    {"on the growing line", "11GAX", "Y", "<Esc>", 4},
    {"a line below the growing one", "11GoX", "Y", "Z<Esc>", 4},
    {"replace mode", "GAPQ<Esc>", "RX", "Y<Esc>", 4},
};

static char *
part(struct stage *st, const char *without)
{
    return ed_eval(
        st->ed, "substitute(join(getline(7, '$')), '\\C%s', '', 'g')", without);
}

/* True if the text has changed; never both kinds at once. */
static bool
undo_once(struct stage *st, const char *name)
{
    static const char *const users = "[^A-Z]\\+", *const tokens = "[A-Z ]\\+";
    char *user = part(st, users), *token = part(st, tokens);
    stage_keys(st, "u");
    char *user_now = part(st, users), *token_now = part(st, tokens);
    bool by_user = strcmp(user, user_now) != 0;
    bool by_token = strcmp(token, token_now) != 0;
    cr_expect(!(by_user && by_token), "%s: <%s> <%s> became <%s> <%s>", name,
              user, token, user_now, token_now);
    free(user), free(token), free(user_now), free(token_now);
    return by_user || by_token;
}

/* The text is what it was when it was sent. */
static bool
is_back(struct stage *st)
{
    return ed_number(st->ed, "line('$') == 7 && getline(7) ==# 'Say'") != 0;
}

static void
undo_all(struct stage *st, size_t i)
{
    char *end = ed_text(st->ed);
    int steps = 0, empty = 0;
    while (!is_back(st) && steps + empty < 20)
        *(undo_once(st, undos[i].name) ? &steps : &empty) += 1;
    cr_expect(steps >= undos[i].steps && steps <= undos[i].steps + 3,
              "%s: %d steps", undos[i].name, steps);
    cr_expect(empty == 0 || undos[i].steps > 1, "%s: %d empty steps",
              undos[i].name, empty);
    for (int n = 0; n < steps + empty; n++)
        stage_keys(st, "<C-r>");
    stage_expect_text(st, undos[i].name, end);
    free(end);
}

Test(stream, undo_steps, .timeout = 60)
{
    struct stage st;
    stage_start(&st, script, "");
    for (size_t i = 0; i < sizeof undos / sizeof *undos; i++) {
        stage_script(&st, script);
        stage_ask(&st, "Say");
        cr_assert(stage_shows(&st, "one"));
        stage_keys(&st, undos[i].before);
        cr_assert(stage_next(&st, "two"));
        stage_keys(&st, undos[i].middle);
        cr_assert(stage_next(&st, "four"));
        stage_keys(&st, undos[i].after);
        cr_assert(stage_finish(&st));
        undo_all(&st, i);
    }
    stage_stop(&st);
}

/* Sent from insert mode, which goes on: the next turn's first key may be one
 * that changes the number of lines. */
Test(stream, sent_from_insert_mode, .timeout = 60)
{
    static const char *const first[] = {"<CR>AB", "AB", "A<CR>B", "<Up>AB"};
    struct stage st;
    stage_start(&st, script, "");
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        stage_script(&st, script);
        ed_ex(st.ed, "DeepChat!");
        ed_ex(st.ed, "only!");
        stage_keys(&st, "GiSay<C-s>");
        cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
        cr_assert(stage_shows(&st, "one"));
        stage_keys(&st, first[i]);
        cr_assert(stage_next(&st, "two"));
        stage_keys(&st, "<CR>C");
        cr_assert(stage_next(&st, "four"));
        stage_keys(&st, "D<Esc>");
        cr_assert(stage_finish(&st));
        for (int n = 0; n < 20 && !is_back(&st); n++)
            undo_once(&st, first[i]);
        cr_expect(is_back(&st), "%s", first[i]);
    }
    stage_stop(&st);
}
