/*
 * A user who does anything at any time, with a server that answers anything.
 * The seed is printed; DC_SEED repeats a run (1), DC_ROUNDS changes its length
 * (8). What must hold: no error that the user's own command did not earn, each
 * message one line, no word of the user or the server lost unless the user took
 * it away, an end to all that runs, and nothing left behind.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/ed.h"
#include "lib/proc.h"
#include "lib/server.h"
#include "monkey.h"

enum { WAIT_MS = 15000, LOOK_MS = 1000, ACTS_A_ROUND = 14, ANSWERS = 6 };

struct user {
    struct ed *ed;
    struct server *sv;
    uint64_t random;
    unsigned seed, round, acks, acked, words, served;
    unsigned may; /* what this round may do */
    char did[32768];
};

static unsigned
roll(struct user *u, unsigned sides)
{
    u->random ^= u->random << 13;
    u->random ^= u->random >> 7;
    u->random ^= u->random << 17;
    return (unsigned)(u->random >> 33) % sides;
}

/* Word n between two letters: 17 is QAAABHZ or saaabhz. */
static void
add_word(struct buf *out, unsigned n, char first)
{
    char base = first == 'Q' ? 'A' : 'a';
    buf_add_byte(out, first);
    for (unsigned place = 10000; place > 0; place /= 10)
        buf_add_byte(out, (char)(base + (char)(n / place % 10)));
    buf_add_byte(out, first == 'Q' ? 'Z' : 'z');
}

/* ---- the server ---------------------------------------------------------- */

static void
add_tokens(struct user *u, struct buf *out, unsigned most)
{
    static const char *const ends[] = {
        " ", " ", " ", "\\n", "\\n\\n", ";\\n\\t", " %%%% user\\n"};
    for (unsigned i = 1 + roll(u, most); i > 0; i--) {
        buf_add_text(out, "token ");
        add_word(out, u->served++, 's');
        buf_add_text(out, ends[roll(u, sizeof ends / sizeof *ends)]);
        buf_add_text(out, "\n");
        if (roll(u, 4) == 0)
            buf_add_text(out, "hold g\n");
    }
}

static void
make_script(struct user *u, const char *name)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    bool kind = roll(u, 3) == 0;
    for (unsigned i = 0; i < ANSWERS; i++) {
        unsigned n = roll(u, kind ? 7 : sizeof answers / sizeof *answers);
        buf_add_text(&out, i > 0 ? "---\n" : "");
        for (const char *at = answers[n]; *at != '\0'; at++) {
            if (*at == '*')
                add_tokens(u, &out, 8);
            else
                buf_add_byte(&out, *at);
        }
    }
    char *script = buf_take(&out, NULL);
    server_script(u->sv, name, script);
    free(script);
}

/* ---- what the user does -------------------------------------------------- */

static void
note(struct user *u, const char *what)
{
    size_t len = strlen(u->did), more = strlen(what) + 2;
    if (len + more >= sizeof u->did) {
        memmove(u->did, u->did + len / 2, len - len / 2 + 1);
        len -= len / 2;
    }
    snprintf(u->did + len, sizeof u->did - len, "%s\n", what);
    if (getenv("DC_VERBOSE") != NULL)
        fprintf(stderr, "  %s\n", what);
}

static void
expect_empty(struct user *u, const char *what, char *wrong)
{
    cr_assert_str_empty(wrong, "seed %u, round %u: %s: %s\nafter:\n%s", u->seed,
                        u->round, what, wrong, u->did);
    free(wrong);
}

/* Some Neovims answer while they ask something. */
static bool
is_asked(struct user *u)
{
    return ed_blocked(u->ed) || ed_number(u->ed, "mode() =~# '^r'");
}

/* Past prompts and questions, as a user who wants to get on. */
static void
unblock(struct user *u)
{
    static const char *const ways[] = {"<CR>", "<Esc>", "y", "n", "q"};
    for (unsigned i = 0; i < 200 && is_asked(u); i++) {
        ed_keys(u->ed, ways[i < 3 ? 0 : roll(u, 5)]);
        ed_pump(u->ed, 5);
    }
    cr_assert(!is_asked(u), "seed %u, round %u: stuck\n%s", u->seed, u->round,
              u->did);
}

static void
on_event(void *user, const char *name, const struct value *params)
{
    struct user *u = user;
    if (strcmp(name, "monkey") == 0)
        u->acked = (unsigned)value_as_int(value_at(params, 0), 0);
}

/* Until all keys are handled: when a map behind them has told so. A prompt
 * takes keys away, so that is tried again. */
static void
handled(struct user *u)
{
    long long end = now_ms() + WAIT_MS, again = 0;
    unsigned sent = 0;
    u->acks = u->acked + 1;
    while (u->acked < u->acks) {
        cr_assert(now_ms() < end,
                  "seed %u, round %u: keys not handled in mode %s\n%s", u->seed,
                  u->round, ed_eval(u->ed, "mode(1)"), u->did);
        if (now_ms() > again) {
            ed_keys(u->ed, "<F5>");
            again = now_ms() + 300;
            sent++;
        }
        ed_pump(u->ed, 2);
        unblock(u);
    }
    if (sent > 1)
        ed_pump(u->ed, 50);
}

static void
keys(struct user *u, const char *text)
{
    note(u, text);
    ed_keys(u->ed, text);
    handled(u);
}

/* Words that were there and are not any more. */
static void
look(struct user *u, const char *when, unsigned does)
{
    unblock(u);
    char *lost = ed_eval(u->ed, "Lost()");
    if (does & TAKES || u->may & PUTS)
        lost[0] = '\0';
    expect_empty(u, when, lost);
}

static void
type(struct user *u, const char *text)
{
    struct buf out;
    buf_init(&out, 4096);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '%' && at[1] == 'w')
            add_word(&out, u->words++, 'Q');
        else if (*at == '%' && at[1] == 'n')
            buf_addf(&out, "%u", 1 + roll(u, 12));
        else if (*at == '%' && at[1] == '%')
            buf_add_byte(&out, '%');
        else {
            buf_add_byte(&out, *at);
            continue;
        }
        at++;
    }
    char *typed = buf_take(&out, NULL);
    keys(u, typed);
    free(typed);
}

static void
one_act(struct user *u)
{
    const struct act *act;
    do
        act = &acts[roll(u, sizeof acts / sizeof *acts)];
    while ((act->does & ~u->may) != 0);
    look(u, "while nobody did anything", 0);
    if (roll(u, 3) > 0 || strcmp(act->kind, "any") != 0) {
        ed_keys(u->ed, "<C-\\><C-n>");
        handled(u);
        char go[64];
        snprintf(go, sizeof go, ":call Go('%s', %u)<CR>", act->kind,
                 roll(u, 10000));
        keys(u, go);
    } else {
        ed_keys(u->ed, "<Esc>");
        handled(u);
    }
    type(u, act->keys);
    look(u, act->keys, act->does);
}

static void
disturb(struct user *u)
{
    pid_t host = ed_host(u->ed);
    if (host <= 0)
        return;
    if (roll(u, 2)) {
        note(u, "(host killed)");
        kill(host, SIGKILL);
        return;
    }
    note(u, "(host stands still)");
    kill(host, SIGSTOP);
    one_act(u);
    kill(host, SIGCONT);
}

static void
pace(struct user *u)
{
    unsigned n = roll(u, 6);
    if (n < 3)
        server_release_next(u->sv, "g", 1 + n);
    if (n % 2)
        ed_pump(u->ed, (int)roll(u, 40));
}

/* ---- rounds -------------------------------------------------------------- */

/* What is queued is sent a moment after the end of the one before. */
static bool
stays_idle(struct user *u, int ms)
{
    for (long long end = now_ms() + ms; now_ms() < end;) {
        if (!ed_wait(u->ed, ms, "Idle()"))
            return false;
        ed_pump(u->ed, 30);
        if (ed_number(u->ed, "Idle()"))
            return true;
    }
    return false;
}

static void
become_idle(struct user *u)
{
    ed_keys(u->ed, "<C-\\><C-n>");
    handled(u);
    ed_ex(u->ed, "call Thaw()");
    server_release(u->sv, "g");
    if (stays_idle(u, LOOK_MS))
        return;
    keys(u, ":silent DeepStop!<CR>");
    if (stays_idle(u, WAIT_MS))
        return;
    expect_empty(u, "it runs for ever", ed_eval(u->ed, "Busy()"));
    cr_assert_fail("not idle");
}

/* Words of answers to chats that came whole, and are nowhere. What else is
 * asked has a system message here, or a selection. */
static void
look_for_answers(struct user *u)
{
    for (size_t n = 1; n <= server_requests(u->sv); n++) {
        struct server_log log;
        char *body = server_request_body(u->sv, n, NULL);
        char *sent = server_sent(u->sv, n, NULL);
        bool whole = server_log(u->sv, n, &log) &&
                     strcmp(log.state, "finished") == 0 &&
                     strstr(body, "\"system\"") == NULL &&
                     strstr(body, "</selection>") == NULL;
        for (char *at = sent; *at != '\0'; at++)
            if (strchr("'\\\n|\"", *at) != NULL)
                *at = ' ';
        if (whole)
            expect_empty(u, "not in any buffer",
                         ed_eval(u->ed, "Missing('%s')", sent));
        free(body);
        free(sent);
    }
}

static void
one_round(struct user *u)
{
    note(u, "---- round");
    u->may = 0;
    for (unsigned does = TAKES; does <= DISTURBS; does *= 2)
        u->may |= roll(u, does == DISTURBS ? 4 : 2) == 0 ? does : 0;
    if (roll(u, 4) == 0)
        u->may = 0;
    make_script(u, "chat");
    make_script(u, "code");
    for (unsigned i = 0; i < ACTS_A_ROUND; i++) {
        one_act(u);
        pace(u);
        if ((u->may & DISTURBS) && roll(u, 8) == 0)
            disturb(u);
    }
    become_idle(u);
    look(u, "at the end", 0);
    if (u->may == 0)
        look_for_answers(u);
    expect_empty(u, "messages", ed_eval(u->ed, "Said()"));
    expect_empty(u, "log", ed_eval(u->ed, "Logged()"));
    server_reset(u->sv);
    if (roll(u, 3) != 0)
        return;
    expect_empty(u, "left", ed_eval(u->ed, "Left()"));
    become_idle(u);
    ed_ex(u->ed, "call Fresh()");
    expect_empty(u, "messages", ed_eval(u->ed, "Said()"));
}

static unsigned
number_of(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static const char *const setup[] = {
    "noremap <F5> <Cmd>call Handled()<CR>",
    "noremap! <F5> <Cmd>call Handled()<CR>",
    "map ,r <Plug>(deepchat-rewrite)",
    "map ,rr <Plug>(deepchat-rewrite-line)",
    "map ,n <Plug>(deepchat-alt-next)",
    "map ,y <Plug>(deepchat-yank-code)",
    "imap ,c <Plug>(deepchat-continue)",
    "execute 'source' deepchat#host#root() . '/tests/editor/monkey.vim'",
    "call mkdir('sub')",
    "let g:monkey_home = getcwd()",
};

Test(monkey, anything_at_any_time, .timeout = 300)
{
    static struct user u;
    u.seed = number_of("DC_SEED", 1);
    u.random = ((uint64_t)u.seed << 20) + 88172645463325252u;
    fprintf(stderr, "DC_SEED=%u\n", u.seed);
    u.sv = server_start(NULL);
    make_script(&u, "chat");
    u.ed = ed_start(server_url(u.sv, "chat"),
                    "'system': '', 'model': 'm', 'retries': 1, "
                    "'continue_rounds': 2, 'api_key_env': []",
                    NULL);
    ed_listen(u.ed, on_event, &u);
    for (size_t i = 0; i < sizeof setup / sizeof *setup; i++)
        ed_ex(u.ed, "%s", setup[i]);
    ed_ex(u.ed, "let g:monkey_code = '%s'", server_url(u.sv, "code"));
    ed_ex(u.ed, "call Fresh() | call deepchat#host#start()");
    cr_assert_gt(ed_host(u.ed), 0, "there is no host");
    unsigned rounds = number_of("DC_ROUNDS", 8);
    for (; u.round < rounds; u.round++)
        one_round(&u);
    ed_stop(u.ed);
    server_stop(u.sv);
}
