/* Dying and standing still at any moment: what is restored is what the server
 * sent, from its first byte on, and never less than what the user saw. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(crash_random, .timeout = 120);

enum { ROUNDS = 50, ROUNDS_MS = 20000, STREAM_MS = 80, SEED = 20261122 };

#define JOURNAL ".journal"

/* About STREAM_MS long. */
static const char script[] = "words 160 2000\nfinish stop 3 5 0.5\ndone\n";

/* A linear congruential generator: the same rounds everywhere. */
static unsigned
draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* One that is empty may stay for a while: a host that is killed while it makes
 * the file leaves that, and nobody can tell it from one being made now. */
static bool
none_left(void *user)
{
    char *left = wreck_find(user, JOURNAL);
    struct stat st;
    bool none = left != NULL ? stat(left, &st) == 0 && st.st_size == 0
                             : wreck_count(user, JOURNAL) == 0;
    if (none && left != NULL)
        unlink(left);
    free(left);
    return none;
}

static void
no_journal_left(struct wreck *w, unsigned round)
{
    cr_expect(wait_until(none_left, w, WRECK_MS), "round %u: a journal is left",
              round);
}

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* A chat of its own for each round, so that its file can be told. */
static void
ask_and_wait(struct wreck *w, unsigned round, unsigned *state)
{
    char question[32];
    snprintf(question, sizeof question, "Say %u", round);
    wreck_script(w, script);
    wreck_ask(w, question);
    pause_ms((int)draw(state, STREAM_MS * 3 / 2));
}

/* ---- the host ------------------------------------------------------------ */

static void
host_round(struct wreck *w, unsigned round, unsigned *state)
{
    ask_and_wait(w, round, state);
    pid_t host = ed_host(w->ed);
    if (host > 0)
        wreck_kill_host(w);
    cr_assert(wreck_idle(w), "round %u", round);
    char *before = wreck_reply(w);
    wreck_resume(w);
    char *after = wreck_reply(w);
    char *sent = server_requests(w->sv) > 0 ? wreck_sent(w, 0) : strdup("");
    cr_expect(starts_with(after, before), "round %u: <%s> was <%s>", round,
              after, before);
    cr_expect(starts_with(sent, after), "round %u: <%s> of <%s>", round, after,
              sent);
    no_journal_left(w, round);
    free(before);
    free(after);
    free(sent);
}

Test(crash_random, host_killed)
{
    struct wreck w;
    unsigned state = SEED, round = 0;
    wreck_start(&w, script, "");
    long long end = now_ms() + ROUNDS_MS;
    for (; round < ROUNDS && now_ms() < end; round++)
        host_round(&w, round, &state);
    cr_expect(round > 0);
    wreck_stop(&w);
}

/* ---- the editor ---------------------------------------------------------- */

/* Killed between making the file and writing it, the editor leaves an empty
 * one, and the chat gets the next name. Owned (free). */
static char *
chat_of(struct wreck *w, unsigned round)
{
    char *text = NULL;
    for (int i = 0; text == NULL && i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "-say-%u%s.deepchat.md", round,
                 i == 0 ? "" : "-2");
        char *path = wreck_find(w, name);
        text = path != NULL ? temp_read(path, NULL) : NULL;
        free(path);
        if (text != NULL && text[0] == '\0') {
            free(text);
            text = NULL;
        }
    }
    return text;
}

static void
expect_file(struct wreck *w, unsigned round)
{
    char *chat = chat_of(w, round);
    if (server_requests(w->sv) > 0) {
        char *sent = wreck_sent(w, 0);
        cr_expect(chat != NULL && strstr(chat, sent) != NULL, "round %u: %s",
                  round, chat != NULL ? chat : "no chat");
        free(sent);
    }
    free(chat);
}

static void
editor_round(struct wreck *w, unsigned round, unsigned *state)
{
    ask_and_wait(w, round, state);
    pid_t host = wreck_kill_editor(w);
    cr_expect(host == 0 || wreck_gone(host, WRECK_MS), "round %u: an orphan",
              round);
    wreck_editor(w);
    wreck_resume(w);
    expect_file(w, round);
    no_journal_left(w, round);
}

Test(crash_random, editor_killed)
{
    struct wreck w;
    unsigned state = SEED, round = 0;
    wreck_start(&w, script, "");
    long long end = now_ms() + ROUNDS_MS;
    for (; round < ROUNDS && now_ms() < end; round++)
        editor_round(&w, round, &state);
    cr_expect(round > 0);
    wreck_stop(&w);
}
