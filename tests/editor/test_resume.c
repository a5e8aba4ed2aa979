/* :DeepResume as its user sees it: what still comes in, the list, where the
 * reply goes, what is not news. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proc.h"
#include "lib/wreck.h"

TestSuite(resume_editor, .timeout = 120);

#define JOURNAL ".journal"
#define CHAT ".deepchat.md"

/* What can wait is said by then: it leaves 2 s to the line before. */
enum { LATER_MS = 3000 };

static const char script[] = "token Hello\nhold g\ntoken \\x20world\n"
                             "finish stop 3 5 0.5\ndone\n";

static void
journals_become(struct wreck *w, size_t count, const char *name)
{
    WAIT_FOR(wreck_count(w, JOURNAL) == count, WRECK_MS);
    cr_expect_eq(wreck_count(w, JOURNAL), count, "%s: %zu journals", name,
                 wreck_count(w, JOURNAL));
}

static void
ask_and_hold(struct wreck *w, const char *question)
{
    wreck_ask(w, question);
    cr_assert(server_wait_held(w->sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(w, "Hello"));
}

/* The reply is whole in its journal, of the chat only the question on disk. */
static void
crash_whole(struct wreck *w)
{
    pid_t host = wreck_kill_editor(w);
    server_release_next(w->sv, "g", 1);
    cr_assert(wreck_gone(host, WRECK_MS));
}

/* ---- a host that goes on ------------------------------------------------- */

static void
expect_not_held(struct wreck *w)
{
    char *path = wreck_find(w, CHAT);
    cr_assert(path != NULL);
    /* the other host may be a while in learning that its editor is dead */
    WAIT_FOR(wreck_count(w, ".lock") == 0, WRECK_MS);
    ed_ex(w->ed, "edit %s", path);
    cr_expect(ed_wait(w->ed, WRECK_MS, "!empty(deepchat#host#about())"));
    ed_ex(w->ed, "call deepchat#send({'text': 'Me'})");
    cr_expect(server_wait_held(w->sv, "g", 2, WRECK_MS), "it is locked");
    ed_ex(w->ed, "DeepStop");
    cr_expect(wreck_idle(w));
    cr_expect_eq(ed_number(w->ed, "&readonly"), 0);
    free(path);
}

Test(resume_editor, still_coming_in)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w, "Say");
    pid_t host = wreck_kill_editor(&w);
    wreck_editor(&w);
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "deepchat: still coming in (5 bytes so "
                             "far); :DeepResume again"));
    journals_become(&w, 1, "nothing is taken");
    expect_not_held(&w);
    server_release(w.sv, "g");
    cr_expect(wreck_gone(host, WRECK_MS));
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "deepchat: restored 11 bytes"));
    cr_expect(wreck_shows(&w, "Hello world"));
    journals_become(&w, 0, "restored");
    wreck_stop(&w);
}

/* An older one is not taken for it. */
Test(resume_editor, still_coming_in_and_an_older_one)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w, "Older");
    crash_whole(&w);
    wreck_editor(&w);
    ask_and_hold(&w, "Newer");
    pid_t host = wreck_kill_editor(&w);
    wreck_editor(&w);
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "2 replies"));
    cr_expect(ed_number(w.ed, "getline(1) =~# 'coming in .* 5 bytes .*newer.*"
                              "Newer' && getline(2) =~# 'stop .*Older'"));
    ed_keys(w.ed, "<CR>");
    cr_expect(wreck_said(&w, "still coming in (5 bytes"));
    ed_ex(w.ed, "messages clear");
    ed_keys(w.ed, "dd");
    cr_expect(wreck_said(&w, "still coming in (5 bytes"));
    cr_expect_eq(ed_number(w.ed, "line('$')"), 2);
    ed_keys(w.ed, "j<CR>");
    cr_expect(wreck_shows(&w, "Older"));
    cr_expect(wreck_shows(&w, "Hello world"));
    journals_become(&w, 1, "that of the other");
    server_release(w.sv, "g");
    cr_expect(wreck_gone(host, WRECK_MS));
    wreck_resume(&w);
    cr_expect(wreck_shows(&w, "Newer"));
    cr_expect(wreck_shows(&w, "Hello world"));
    journals_become(&w, 0, "both");
    wreck_stop(&w);
}

Test(resume_editor, not_into_a_fixed_chat)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w, "Say");
    crash_whole(&w);
    wreck_editor(&w);
    char *path = wreck_find(&w, CHAT);
    ed_ex(w.ed, "edit %s | setlocal nomodifiable | DeepResume", path);
    cr_expect(wreck_said(&w, "deepchat: 'modifiable' is off in this chat; "
                             "nothing was done"));
    journals_become(&w, 1, "nothing is taken");
    ed_ex(w.ed, "setlocal modifiable");
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "deepchat: restored 11 bytes"));
    cr_expect(wreck_shows(&w, "Hello world"));
    journals_become(&w, 0, "restored");
    free(path);
    wreck_stop(&w);
}

/* ---- the list ------------------------------------------------------------ */

static const char list_looks[] =
    "[bufname('%') , &wrap, &modifiable, line('.'), line('$')] ==# "
    "['[DeepResume]', 0, 0, 1, ";

static void
make_three(struct wreck *w)
{
    static const char *const questions[] = {"First", "Second", "Third"};
    wreck_start(w, script, "");
    for (int i = 0; i < 3; i++) {
        ask_and_hold(w, questions[i]);
        crash_whole(w);
        wreck_editor(w);
    }
}

Test(resume_editor, list)
{
    struct wreck w;
    make_three(&w);
    wreck_resume(&w);
    cr_expect(
        wreck_said(&w, "3 replies; <CR> restores, dd discards, q closes"));
    cr_expect(ed_number(w.ed, "%s3]", list_looks));
    cr_expect(ed_number(w.ed, "map(getline(1, '$'), 'split(v:val)[-1]') ==# "
                              "['Third', 'Second', 'First']"));
    ed_keys(w.ed, "q");
    cr_expect(ed_wait(w.ed, WRECK_MS, "bufname('%%') !=# '[DeepResume]'"));
    wreck_resume(&w);
    ed_ex(w.ed, "wincmd p");
    wreck_resume(&w);
    cr_expect(ed_number(w.ed, "%s3]", list_looks), "a second list");
    cr_expect_eq(ed_number(w.ed, "winnr('$')"), 2, "the first is left");

    ed_ex(w.ed, "messages clear");
    ed_keys(w.ed, "jdd");
    cr_expect(wreck_said(&w, "deepchat: discarded 11 bytes of a reply of "));
    journals_become(&w, 2, "one is discarded");
    cr_expect(ed_number(w.ed, "map(getline(1, '$'), 'split(v:val)[-1]') ==# "
                              "['Third', 'First']"));
    cr_expect_eq(ed_number(w.ed, "&modified"), 0);
    ed_keys(w.ed, "gg<CR>");
    cr_expect(wreck_shows(&w, "Third"));
    journals_become(&w, 1, "one is restored");
    wreck_stop(&w);
}

Test(resume_editor, list_discarded_whole)
{
    struct wreck w;
    make_three(&w);
    wreck_resume(&w);
    ed_ex(w.ed, "only");
    ed_keys(w.ed, "dddddd");
    journals_become(&w, 0, "all discarded");
    cr_expect(ed_wait(w.ed, WRECK_MS, "bufname('%%') ==# ''"));
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "nothing to resume"));
    wreck_stop(&w);
}

/* ---- what the user did himself ------------------------------------------- */

static const struct {
    const char *name, *keys;
} losses[] = {
    {"undone", "<Esc>u"},
    {"deleted", "<Esc>:%d<CR>"},
};

Test(resume_editor, taken_out_by_the_user)
{
    struct wreck w;
    wreck_start(&w, script, "");
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        ask_and_hold(&w, "Say");
        ed_ex(w.ed, "messages clear");
        ed_keys(w.ed, losses[i].keys);
        cr_assert(ed_wait(w.ed, WRECK_MS, "search('^Hello', 'nw') == 0"));
        server_release_next(w.sv, "g", 1);
        cr_expect(wreck_said(&w, ":DeepResume has it"), "%s", losses[i].name);
        cr_expect(wreck_idle(&w));
        journals_become(&w, i + 1, losses[i].name);
    }
    wreck_quit(w.ed);
    wreck_editor(&w);
    ed_ex(w.ed, "DeepChat! Say it");
    cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
    cr_expect(wreck_shows(&w, "Hello"));
    wreck_resume(&w);
    cr_expect(ed_number(w.ed, "getline(1) =~# 'taken out' && "
                              "getline(2) =~# 'taken out' && line('$') == 2"));
    ed_keys(w.ed, "<CR>");
    cr_expect(wreck_said(&w, "restored "));
    server_release(w.sv, "g");
    wreck_stop(&w);
}

/* A reply that runs in that chat is not harmed. */
Test(resume_editor, a_reply_runs_there)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w, "Say");
    char *path = wreck_find(&w, CHAT);
    crash_whole(&w);
    wreck_editor(&w);
    ed_ex(w.ed, "edit %s", path);
    ed_ex(w.ed, "call deepchat#send({'text': 'More'})");
    cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(&w, "Hello"));
    ed_ex(w.ed, "DeepResume");
    cr_expect(wreck_said(&w, "a reply is running here; :DeepStop first"));
    server_release(w.sv, "g");
    cr_assert(wreck_idle(&w));
    cr_expect(wreck_shows(&w, "Hello world"));
    cr_expect(wreck_not_said(&w, "taken out"));
    journals_become(&w, 1, "of the old reply");
    free(path);
    wreck_stop(&w);
}

/* A finished reply in a buffer that is thrown away, while its host lives. */
Test(resume_editor, closed_unsaved)
{
    static const char *const ways[] = {"bwipeout!", "bdelete!", "edit!"};
    struct wreck w;
    wreck_start(&w, "token Hello world\nfinish stop\ndone\n", "'autosave': 0");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        wreck_ask(&w, "Say");
        cr_assert(wreck_shows(&w, "Hello world"));
        cr_expect(wreck_idle(&w));
        if (strcmp(ways[i], "edit!") == 0) {
            ed_ex(w.ed, "%%delete _ | call setline(1, 'Again') | write");
            ed_ex(w.ed, "call deepchat#send({})");
            cr_assert(wreck_shows(&w, "Hello world"));
            cr_expect(wreck_idle(&w));
        }
        journals_become(&w, 1, ways[i]);
        wreck_resume(&w);
        cr_expect(wreck_said(&w, "nothing to resume"), "%s", ways[i]);
        ed_ex(w.ed, "%s", ways[i]);
        wreck_resume(&w);
        cr_expect(wreck_said(&w, "restored 11 bytes"), "%s", ways[i]);
        cr_expect(wreck_shows(&w, "Hello world"), "%s", ways[i]);
        ed_ex(w.ed, "silent write");
        journals_become(&w, 0, ways[i]);
    }
    wreck_stop(&w);
}

/* A rewrite that was stopped before it had anything to decide is no news. */
Test(resume_editor, a_stopped_rewrite)
{
    struct wreck w;
    wreck_start(&w, "token ONE\\ntwo\\nth\nhold g\ndone\n", "");
    ed_ex(w.ed, "call setline(1, ['one', 'two', 'three'])");
    ed_ex(w.ed, "%%DeepRewrite louder");
    cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
    cr_assert(ed_wait(w.ed, WRECK_MS,
                      "!empty(deepchat#review_take#waiting(bufnr()))"));
    ed_ex(w.ed, "DeepAccept! | DeepStop");
    cr_expect(wreck_said(&w, ":DeepContinue goes on"));
    wreck_quit(w.ed);
    journals_become(&w, 0, "stopped");
    wreck_editor(&w);
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "nothing to resume"));
    wreck_stop(&w);
}

/* ---- the start ----------------------------------------------------------- */

/* Two of one host: the one that has ended need not wait for the other. */
Test(resume_editor, two_come_in)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w, "One");
    wreck_ask(&w, "Other");
    cr_assert(server_wait_held(w.sv, "g", 2, WRECK_MS));
    cr_assert(wreck_shows(&w, "Hello"));
    pid_t host = wreck_kill_editor(&w);
    server_release_next(w.sv, "g", 1);
    cr_assert(server_wait_ended(w.sv, 1, WRECK_MS));
    wreck_editor(&w);
    ed_ex(w.ed, "call deepchat#host#start()");
    cr_expect(wreck_said(&w, "is not in any chat; :DeepResume shows it"));
    wreck_resume(&w);
    cr_expect(ed_number(w.ed, "len(filter(getline(1, '$'), "
                              "'v:val =~# \"coming in\"')) == 1"));
    cr_expect(ed_number(w.ed, "search('  stop ')"));
    ed_keys(w.ed, "<CR>");
    cr_expect(wreck_shows(&w, "Hello world"));
    cr_assert_eq(kill(host, 0), 0);
    server_release(w.sv, "g");
    cr_expect(wreck_gone(host, WRECK_MS));
    wreck_resume(&w);
    cr_expect(wreck_said(&w, "restored 11 bytes"));
    journals_become(&w, 0, "both");
    wreck_stop(&w);
}

/* It takes no other line off the screen, and does not stand behind one so close
 * that Vim asks for a key press. */
Test(resume_editor, what_is_left_is_told_later)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ed_ex(w.ed, "call deepchat#host#orphans(2, 0) | "
                "call deepchat#ui#error('it broke')");
    cr_expect(ed_number(w.ed, "execute('messages') =~# 'it broke$'"));
    cr_expect(wreck_said(&w, "2 replies are not in any chat; :DeepResume "
                             "shows them"));
    ed_ex(w.ed, "call deepchat#host#orphans(1, 0)");
    wreck_resume(&w);
    cr_expect_not(
        ed_wait(w.ed, LATER_MS, "execute('messages') =~# 'any chat'"));
    wreck_stop(&w);
}

/* Two lines at the start are no reason to ask for a key press. */
Test(resume_editor, no_key_and_a_reply_left)
{
    struct wreck w;
    wreck_start(&w, script, "");
    ask_and_hold(&w, "Say");
    crash_whole(&w);
    unsetenv("DEEPINFRA_API_KEY");
    unsetenv("DEEPINFRA_TOKEN");
    w.ed = ed_start(NULL, "", w.home);
    ed_ex(w.ed, "DeepChat!");
    cr_expect(wreck_said(&w, "no key; set"));
    cr_expect(wreck_said(&w, "is not in any chat; :DeepResume shows it"));
    cr_expect(ed_wait(w.ed, WRECK_MS, "1"));
    cr_expect_not(ed_blocked(w.ed));
    wreck_stop(&w);
}
