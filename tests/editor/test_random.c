/*
 * A user who does all sorts of things while words stream in. The seed is
 * printed; DC_SEED repeats a run, DC_ROUNDS changes its length (1,000). What
 * must hold: each token of the user is there once, unless the user took it
 * back; without them the reply is what the server sent; no u takes both the
 * user's text and the reply's; redo restores; the file is the buffer.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "lib/proc.h"
#include "lib/stage.h"

enum { GATES = 90, ROUNDS_A_REPLY = 25, TOKENS = 4096 };

struct user {
    struct stage st;
    uint64_t random;
    bool exact;    /* adds no blanks, so that every byte can be compared */
    bool undone;   /* took back some of the reply, which must stop then */
    bool may_stop; /* did so and redid it, before or after it was noticed */
    bool there[TOKENS];
    unsigned first, last; /* tokens of this chat: first..last-1 */
    unsigned replies, stopped, round;
    char did[256];
};

static unsigned
roll(struct user *u, unsigned sides)
{
    u->random ^= u->random << 13;
    u->random ^= u->random >> 7;
    u->random ^= u->random << 17;
    return (unsigned)(u->random >> 33) % sides;
}

/* Token n in capitals: 17 is QABHZ. */
static const char *
token(unsigned n)
{
    static char names[8][16];
    static unsigned turn;
    char *name = names[turn++ % 8], digits[12];
    snprintf(digits, sizeof digits, "%04u", n);
    snprintf(name, sizeof names[0], "Q%c%c%c%cZ", digits[0] + 17,
             digits[1] + 17, digits[2] + 17, digits[3] + 17);
    return name;
}

static unsigned
new_token(struct user *u)
{
    u->there[u->last] = true;
    return u->last++;
}

/* ---- the stream ---- */

static void
make_script(struct user *u)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < GATES; i++)
        buf_addf(&b, "words %u\nhold g\n", 1 + roll(u, 30));
    buf_add_text(&b, "words 3\nfinish stop 1 2 0.5\ndone\n");
    char *script = buf_take(&b, NULL);
    stage_script(&u->st, script);
    free(script);
}

/* Some words come, or none; perhaps wait until they are there. */
static void
pace(struct user *u)
{
    long tick = ed_number(u->st.ed, "b:changedtick");
    switch (roll(u, 8)) {
    case 0:
    case 1:
    case 2:
        break;
    case 3:
    case 4:
        server_release_next(u->st.sv, "g", 1 + roll(u, 4));
        break;
    default:
        server_release_next(u->st.sv, "g", 1);
        ed_wait(u->st.ed, 60, "b:changedtick != %ld", tick);
    }
}

/* ---- what the user does ---- */

/* True if the cursor is on a blank, where inserting splits no token. */
static bool
place(struct user *u, unsigned where)
{
    ed_ex(u->st.ed, "call Place(%u, %u)", where, roll(u, 10000));
    return ed_number(u->st.ed, "getline('.')[col('.') - 1] ==# ' '") != 0;
}

static void
type_tokens(struct user *u)
{
    unsigned words = 1 + roll(u, 3);
    stage_keys(&u->st, place(u, roll(u, 4)) ? "i" : roll(u, 2) ? "a" : "A");
    for (unsigned i = 0; i < words; i++) {
        const char *name = token(new_token(u));
        char half[16];
        size_t cut = 1 + roll(u, 4);
        snprintf(half, sizeof half, "%.*s", (int)cut, name);
        stage_keys(&u->st, half);
        pace(u);
        stage_keys(&u->st, name + cut);
        if (roll(u, 5) == 0)
            stage_keys(&u->st, "XY<BS><BS>");
        if (!u->exact && roll(u, 3) == 0)
            stage_keys(&u->st, "<CR>");
        pace(u);
    }
    stage_keys(&u->st, "<Esc>");
}

static void
open_line(struct user *u)
{
    char keys[64];
    place(u, roll(u, 4));
    snprintf(keys, sizeof keys, "%s%s", roll(u, 2) ? "o" : "O",
             token(new_token(u)));
    stage_keys(&u->st, keys);
    pace(u);
    stage_keys(&u->st, "<Esc>");
}

static void
delete_token(struct user *u)
{
    unsigned n = u->first + roll(u, u->last - u->first + 1);
    if (n == u->last || !u->there[n])
        return;
    ed_ex(u->st.ed, "call Place(0, 0)");
    if (ed_number(u->st.ed, "search('\\C%s', 'w')", token(n)) == 0)
        return;
    u->there[n] = false;
    ed_keys(u->st.ed, "d");
    cr_assert(ed_wait(u->st.ed, STAGE_MS, "mode(1) ==# 'no'"));
    pace(u);
    stage_keys(&u->st, "fZ");
}

static void
join_lines(struct user *u)
{
    char keys[64];
    place(u, 0);
    snprintf(keys, sizeof keys, "o%s<CR>%s<Esc>", token(new_token(u)),
             token(new_token(u)));
    stage_keys(&u->st, keys);
    pace(u);
    stage_keys(&u->st, "kJ");
}

static void
paste(struct user *u)
{
    bool blank = place(u, roll(u, 4));
    ed_ex(u->st.ed, "call setreg('a', '%s', '%s')", token(new_token(u)),
          u->exact || roll(u, 2) ? "c" : "l");
    stage_keys(&u->st, blank ? "\"aP" : "\"ap");
}

static void
select_text(struct user *u)
{
    place(u, roll(u, 4));
    stage_keys(&u->st, roll(u, 2) ? "v" : "Vk");
    pace(u);
    stage_keys(&u->st, "<Esc>");
}

static void
other_window(struct user *u)
{
    long buf = ed_number(u->st.ed, "bufnr('%%')");
    bool split = roll(u, 2);
    ed_ex(u->st.ed, split ? "split | enew" : "enew");
    server_release_next(u->st.sv, "g", roll(u, 4));
    stage_keys(&u->st, "iELSEWHERE<Esc>");
    ed_ex(u->st.ed, "setlocal nomodified | buffer %ld", buf);
    if (split)
        ed_ex(u->st.ed, roll(u, 2) ? "close" : "only");
}

/* Most often the last step is the user's then. */
static void
type_before_undo(struct user *u)
{
    char keys[64];
    if (roll(u, 8) == 0)
        return;
    snprintf(keys, sizeof keys, "GA%s<Esc>", token(new_token(u)));
    stage_keys(&u->st, keys);
}

static void
there_and_back(struct user *u)
{
    type_before_undo(u);
    char *took =
        ed_eval(u->st.ed, "There_and_back(%u)", 1 + roll(u, 5) / 4 * 3);
    cr_assert(took[0] == '\0' || strcmp(took, "t") == 0, "%s", took);
    u->may_stop = u->may_stop || took[0] != '\0';
    free(took);
}

/* Which tokens are there after an undo is for the editor to say. */
static void
read_tokens(struct user *u)
{
    char *all = ed_eval(u->st.ed, "Tokens()");
    for (unsigned n = u->first; n < u->last; n++)
        u->there[n] = strstr(all, token(n)) != NULL;
    free(all);
}

static void
undo(struct user *u)
{
    type_before_undo(u);
    char *what = ed_eval(u->st.ed, "Step('u')");
    cr_expect_str_neq(what, "ut");
    u->may_stop = u->may_stop || what[0] == 't';
    if (strcmp(what, "t") == 0 && roll(u, 4) == 0) {
        u->undone = true;
    } else if (strcmp(what, "u") != 0 || roll(u, 2)) {
        free(what);
        what = ed_eval(u->st.ed, "Step(\"\\<C-r>\")");
        cr_expect_str_neq(what, "ut");
    }
    free(what);
    read_tokens(u);
}

static const struct {
    const char *name;
    void (*act)(struct user *u);
    bool blanks; /* it changes blanks */
} acts[] = {
    {"type", type_tokens, false},    {"type", type_tokens, false},
    {"open_line", open_line, true},  {"delete", delete_token, false},
    {"join", join_lines, true},      {"paste", paste, false},
    {"select", select_text, false},  {"window", other_window, false},
    {"back", there_and_back, false}, {"undo", undo, false},
};

/* ---- what must hold ---- */

static void
check_tokens(struct user *u)
{
    char *all = ed_eval(u->st.ed, "Tokens()");
    for (unsigned n = u->first; n < u->last; n++) {
        const char *at = strstr(all, token(n));
        bool twice = at != NULL && strstr(at + 1, token(n)) != NULL;
        cr_assert(!twice && (at != NULL) == u->there[n],
                  "round %u (%s): %s %s; tokens: %s", u->round, u->did,
                  token(n), at != NULL ? twice ? "twice" : "is back" : "lost",
                  all);
    }
    free(all);
}

static void
squeeze(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0'; at++)
        if (*at != ' ' && *at != '\n')
            *to++ = *at;
    *to = '\0';
}

static void
check_reply(struct user *u, bool stopped)
{
    char *got = ed_eval(u->st.ed, "Reply()");
    char *want = server_sent(u->st.sv, 1, NULL);
    if (!u->exact) {
        squeeze(got);
        squeeze(want);
    }
    if (stopped && strlen(got) < strlen(want))
        want[strlen(got)] = '\0';
    cr_assert_str_eq(got, want, "round %u, reply %u%s\n got: %s\nwant: %s",
                     u->round, u->replies, u->exact ? ", exact" : "", got,
                     want);
    free(got);
    free(want);
}

static void
check_file(struct user *u)
{
    stage_expect(&u->st, "file", "&modified", "0");
    stage_expect(&u->st, "file",
                 "readfile(expand('%'), 'b') ==# getline(1, '$') + ['']", "1");
}

/* Exactly one event tells of the end. True if the reply was stopped. */
static bool
check_events(struct user *u)
{
    char *events = stage_events(&u->st);
    bool stopped = strcmp(events, "Start\nStopped stopped") == 0;
    cr_assert(stopped ? u->may_stop : strcmp(events, "Start\nDone stop") == 0,
              "round %u (%s): %s", u->round, u->did, events);
    free(events);
    u->stopped += stopped;
    return stopped;
}

/* The user took text of the reply back: at the next words it stops. */
static void
check_stopped(struct user *u)
{
    server_release_next(u->st.sv, "g", 2);
    cr_assert(stage_idle(&u->st), "round %u: it goes on after u", u->round);
    cr_assert(server_wait_ended(u->st.sv, 1, STAGE_MS));
    cr_assert(check_events(u));
    char *what = ed_eval(u->st.ed, "Step(\"\\<C-r>\")");
    cr_expect_str_eq(what, "t", "redo after the stop");
    free(what);
    read_tokens(u);
}

static void
one_reply(struct user *u, unsigned rounds)
{
    make_script(u);
    u->first = u->last;
    u->undone = u->may_stop = false;
    u->did[0] = '\0';
    u->exact = roll(u, 2);
    stage_ask(&u->st, "say");
    stage_shows(&u->st, "# river");
    for (unsigned i = 0; i < rounds && !u->undone; i++, u->round++) {
        unsigned n = roll(u, sizeof acts / sizeof *acts);
        if (u->exact && acts[n].blanks)
            continue;
        size_t len = strlen(u->did);
        if (len > 200)
            len = 0;
        snprintf(u->did + len, sizeof u->did - len, " %s", acts[n].name);
        acts[n].act(u);
        check_tokens(u);
        if (!u->undone)
            pace(u);
    }
    u->replies++;
    if (u->undone) {
        check_stopped(u);
        return;
    }
    /* what the user did behind the end is not in the file */
    bool saves = ed_number(u->st.ed, "deepchat#buf#any_running()") != 0;
    cr_assert(stage_finish(&u->st));
    check_tokens(u);
    bool stopped = check_events(u);
    check_reply(u, stopped);
    if (saves && !stopped)
        check_file(u);
}

static unsigned
number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

Test(random, edits_while_words_come, .timeout = 300)
{
    static struct user u;
    unsigned seed = number_of("DC_SEED", (unsigned)time(NULL));
    unsigned rounds = number_of("DC_ROUNDS", 1000);
    u.random = ((uint64_t)seed << 20) + 88172645463325252u;
    fprintf(stderr, "DC_SEED=%u\n", seed);
    stage_start(&u.st, NULL, "");
    ed_ex(u.st.ed, "execute 'source' deepchat#host#root() . "
                   "'/tests/editor/edits.vim'");
    while (u.round < rounds && u.last + 100 < TOKENS)
        one_reply(&u, ROUNDS_A_REPLY);
    fprintf(stderr, "%u rounds, %u tokens, %u replies, %u of them undone\n",
            u.round, u.last, u.replies, u.stopped);
    stage_stop(&u.st);
}
