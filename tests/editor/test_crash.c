/* The editor or the host dies in the middle of a reply: what came is kept, and
 * :DeepResume puts all of it into its chat. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(crash, .timeout = 120);

static const char script[] = "token Hello\nhold g\nwords 300\ntoken \\n\\nThe "
                             "end.\nfinish stop 3 5 0.5\n"
                             "done\n";

/* Tries: the machine may be busy with something else at one of them. */
enum { FRAME_MS = 100, TRIES = 4 };

#define JOURNAL ".journal"
#define CHAT ".deepchat.md"

static void
expect_on_disk(struct wreck *w, const char *name)
{
    char *path = wreck_find(w, CHAT), *sent = wreck_sent(w, 0);
    char *chat = path != NULL ? temp_read(path, NULL) : NULL;
    cr_expect(chat != NULL && strstr(chat, sent) != NULL, "%s: %s", name,
              chat != NULL ? chat : "no file");
    WAIT_FOR(wreck_count(w, JOURNAL) == 0, WRECK_MS);
    cr_expect_eq(wreck_count(w, JOURNAL), 0, "%s: a journal is left", name);
    free(chat);
    free(path);
    free(sent);
}

/* In a new editor: the reply is offered, comes back whole, and its journal
 * goes. */
static void
resume_in_new_editor(struct wreck *w, const char *name)
{
    cr_expect_eq(wreck_count(w, JOURNAL), 1, "%s: no journal", name);
    wreck_editor(w);
    wreck_resume(w);
    cr_expect(wreck_said(w, "deepchat: restored "), "%s", name);
    wreck_expect_all(w, name);
    expect_on_disk(w, name);
    wreck_resume(w);
    cr_expect(wreck_said(w, "nothing to resume"), "%s", name);
}

static bool
journal_has(struct wreck *w, const char *text)
{
    char *path = wreck_find(w, JOURNAL);
    bool found = false;
    cr_assert(path != NULL);
    for (long long end = now_ms() + WRECK_MS; !found && now_ms() < end;) {
        char *bytes = temp_read(path, NULL);
        found = bytes != NULL && strstr(bytes, text) != NULL;
        free(bytes);
    }
    free(path);
    return found;
}

static void
ask_and_hold(struct wreck *w)
{
    wreck_ask(w, "Say");
    cr_assert(server_wait_held(w->sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(w, "Hello"));
}

/* ---- each alone, and both ------------------------------------------------ */

Test(crash, editor_killed)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w);
    pid_t host = wreck_kill_editor(&w);
    cr_assert_eq(kill(host, 0), 0, "the host goes on");
    server_release(w.sv, "g");
    cr_expect(wreck_gone(host, WRECK_MS), "an orphan");
    struct server_log log;
    cr_assert(server_log(w.sv, 1, &log));
    cr_expect_str_eq(log.state, "finished");
    resume_in_new_editor(&w, "editor");
    cr_expect(
        wreck_shows(&w, "%% assistant finish=stop in=3 out=5 cost=0.5\\n"));
    wreck_stop(&w);
}

static const char in_two[] = "token Hello\nhold g\nwords 100\nhold h\n"
                             "words 100\ntoken \\n\\nThe end.\n"
                             "finish stop 3 5 0.5\ndone\n";

/* The editor stands still until the host is dead: what comes while an edit is
 * unanswered is in the journal only. A frame later nothing waits any more. */
static void
kill_host_with_more(struct wreck *w)
{
    pid_t host = ed_host(w->ed);
    ed_pump(w->ed, FRAME_MS);
    kill(ed_pid(w->ed), SIGSTOP);
    server_release(w->sv, "g");
    cr_assert(journal_has(w, " river"));
    server_release(w->sv, "h");
    cr_assert(journal_has(w, "The end."));
    kill(host, SIGKILL);
    kill(ed_pid(w->ed), SIGCONT);
    cr_assert(ed_wait(w->ed, WRECK_MS, "!deepchat#host#running()"));
}

Test(crash, host_killed)
{
    struct wreck w;
    wreck_start(&w, in_two, "");
    ask_and_hold(&w);
    ed_ex(w.ed, "let g:events = [] | autocmd User DeepChat* "
                "call add(g:events, expand('<amatch>'))");
    kill_host_with_more(&w);
    cr_expect(wreck_idle(&w));
    cr_expect(wreck_said(&w, "host stopped; reply kept"));
    cr_expect_eq(ed_number(w.ed, "g:events ==# ['DeepChatError']"), 1);
    char *reply = wreck_reply(&w), *sent = wreck_sent(&w, 0);
    cr_expect(strlen(reply) >= strlen("Hello") && strlen(reply) < strlen(sent));
    cr_expect_eq(strncmp(sent, reply, strlen(reply)), 0, "%s", reply);
    wreck_resume(&w);
    wreck_expect_all(&w, "host");
    expect_on_disk(&w, "host");
    free(reply);
    free(sent);

    ed_ex(w.ed, "call deepchat#send({'text': 'More'})");
    cr_expect(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_expect(wreck_idle(&w));
    wreck_expect_all(&w, "after it");
    expect_on_disk(&w, "after it");
    wreck_stop(&w);
}

Test(crash, both_killed)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w);
    pid_t host = ed_host(w.ed);
    kill(ed_pid(w.ed), SIGSTOP);
    server_release(w.sv, "g");
    cr_assert(journal_has(&w, "The end."));
    kill(host, SIGKILL);
    ed_kill(w.ed);
    cr_expect(wreck_gone(host, WRECK_MS));
    resume_in_new_editor(&w, "both");
    wreck_stop(&w);
}

/* ---- the user leaves ----------------------------------------------------- */

static const struct {
    const char *name;
    int signal; /* to the editor; 0: it is quit by keys */
    int ms;     /* the host is gone by then; 0: no matter when */
} leaves[] = {
#ifdef __SANITIZE_ADDRESS__
    {":qa!", 0, 2000},
#else
    {":qa!", 0, 100},
#endif
    {"SIGTERM", SIGTERM, 0},
    {"SIGHUP", SIGHUP, 0},
};

/* Returns if that was quick enough. */
static bool
leave(struct wreck *w, size_t i)
{
    pid_t host = ed_host(w->ed);
    long long start = now_ms();
    if (leaves[i].signal != 0)
        kill(ed_pid(w->ed), leaves[i].signal);
    else
        ed_keys(w->ed, "<Esc>:qa!<CR>");
    cr_expect(wreck_gone(host, WRECK_MS), "%s: an orphan", leaves[i].name);
    long long ms = now_ms() - start;
    cr_expect(server_wait_ended(w->sv, 1, WRECK_MS));
    struct server_log log;
    cr_assert(server_log(w->sv, 1, &log));
    cr_expect_str_eq(log.state, "client-closed", "%s", leaves[i].name);
    ed_kill(w->ed);
    return leaves[i].ms == 0 || ms < leaves[i].ms;
}

Test(crash, leaving)
{
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        bool quick = false;
        for (int tries = 0; !quick && tries < TRIES; tries++) {
            struct wreck w;
            wreck_start(&w, script, "");
            ask_and_hold(&w);
            quick = leave(&w, i);
            resume_in_new_editor(&w, leaves[i].name);
            wreck_stop(&w);
        }
        cr_expect(quick, "%s: the host is slow to go", leaves[i].name);
    }
}

/* ---- more than one ------------------------------------------------------- */

static void
crash_chat(struct wreck *w, const char *question)
{
    wreck_ask(w, question);
    cr_assert(ed_wait(w->ed, WRECK_MS, "deepchat#buf#any_running()"));
    cr_assert(server_wait_held(w->sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(w, question));
    pid_t host = wreck_kill_editor(w);
    server_release_next(w->sv, "g", 1);
    cr_assert(wreck_gone(host, WRECK_MS));
    wreck_editor(w);
}

Test(crash, several_to_choose_from)
{
    struct wreck w;
    wreck_start(&w, "token You said \nhold g\necho\nfinish stop\ndone\n", "");
    crash_chat(&w, "first question");
    crash_chat(&w, "second question");
    ed_ex(w.ed, "DeepChat! a third chat, only a draft");
    cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
    cr_expect(wreck_said(&w, "2 replies are not in any chat; :DeepResume "
                             "shows them"));
    ed_ex(w.ed, "messages clear | DeepResume");
    cr_assert(ed_wait(w.ed, WRECK_MS, "exists('b:deepchat_entries')"));
    cr_expect_eq(ed_number(w.ed, "line('$')"), 2);
    cr_expect(wreck_said(&w, "2 replies"));
    cr_expect_eq(wreck_count(&w, JOURNAL), 3, "nothing is taken yet");
    ed_keys(w.ed, "<CR>");
    cr_expect(wreck_shows(&w, "> second question"));
    cr_expect_eq(ed_number(w.ed, "bufname('%%') =~# 'second-question'"), 1);
    WAIT_FOR(wreck_count(&w, JOURNAL) == 2, WRECK_MS);
    wreck_resume(&w);
    cr_expect(wreck_shows(&w, "> first question"));
    WAIT_FOR(wreck_count(&w, JOURNAL) == 1, WRECK_MS);
    cr_expect_eq(wreck_count(&w, JOURNAL), 1, "that of the running reply");
    server_release(w.sv, "g");
    cr_expect(wreck_idle(&w));
    WAIT_FOR(wreck_count(&w, JOURNAL) == 0, WRECK_MS);
    cr_expect_eq(wreck_count(&w, JOURNAL), 0);
    wreck_stop(&w);
}
