/* Who may write a chat when several editors live, and which chat :DeepChat
 * goes to. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(file_share, .timeout = 60);

#define CHAT ".deepchat.md"

static void
expect_said(struct ed *ed, const char *text, long count)
{
    cr_expect(ed_wait(ed, WRECK_MS, "count(execute('messages'), \"%s\") == %ld",
                      text, count),
              "%s", text);
    cr_expect_not(ed_blocked(ed));
}

static void
expect_same(const char *path, const char *want, const char *name)
{
    char *text = temp_read(path, NULL);
    cr_expect_str_eq(text, want, "%s", name);
    free(text);
}

/* ---- two editors, one chat ----------------------------------------------- */

Test(file_share, second_editor_reads_only)
{
    struct wreck w;
    char *path = wreck_chat(&w), *before = temp_read(path, NULL);
    struct ed *ed = wreck_second(&w);
    char *link = temp_path(w.home, "link" CHAT);
    cr_assert_eq(symlink(path, link), 0);
    ed_ex(ed, "edit %s", link);
    cr_expect(ed_wait(ed, WRECK_MS, "&readonly"));
    expect_said(ed, "open in another editor (pid ", 1);
    ed_ex(ed, "call deepchat#send({'text': 'Me too'})");
    expect_said(ed, "nothing was sent", 1);
    cr_expect(ed_wait(ed, WRECK_MS, "!deepchat#buf#any_running()"));
    cr_expect_eq(server_requests(w.sv), 1);
    expect_same(path, before, "the second wrote it");

    wreck_quit(w.ed);
    w.ed = ed;
    ed_ex(ed, "edit!");
    cr_expect(ed_wait(ed, WRECK_MS, "!&readonly"));
    ed_ex(ed, "call deepchat#send({'text': 'Now me'})");
    cr_expect(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_expect(wreck_idle(&w));
    cr_expect_eq(ed_number(ed, "&modified"), 0, "saved");
    free(link);
    free(before);
    free(path);
    wreck_stop(&w);
}

/* The lock ends with the buffer, and with a host that is killed. */
Test(file_share, lock_is_given_up)
{
    struct wreck w;
    char *path = wreck_chat(&w);
    struct ed *ed = wreck_second(&w);
    ed_ex(w.ed, "bdelete!");
    cr_expect(ed_wait(w.ed, WRECK_MS, "1"));
    WAIT_FOR(wreck_count(&w, ".lock") == 0, WRECK_MS);
    ed_ex(ed, "edit %s", path);
    ed_ex(ed, "call deepchat#send({'text': 'Now me'})");
    cr_expect(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_expect(ed_wait(ed, WRECK_MS, "!deepchat#buf#any_running()"));
    cr_expect_eq(ed_number(ed, "&readonly"), 0);

    kill(ed_host(ed), SIGKILL);
    cr_assert(ed_wait(ed, WRECK_MS, "!deepchat#host#running()"));
    ed_ex(w.ed, "edit %s", path);
    ed_ex(w.ed, "call deepchat#send({'text': 'And me'})");
    cr_expect(server_wait_requests(w.sv, 3, WRECK_MS));
    cr_expect(wreck_idle(&w));
    ed_stop(ed);
    free(path);
    wreck_stop(&w);
}

/* ---- the project's last chat --------------------------------------------- */

static void
expect_current(struct ed *ed, const char *pattern, const char *name)
{
    char *file = ed_eval(ed, "expand('%%:p')");
    cr_expect(ed_wait(ed, WRECK_MS, "expand('%%:p') =~# '%s'", pattern),
              "%s: %s is not %s", name, file, pattern);
    free(file);
}

static void
age(const char *path, int hours)
{
    time_t then = time(NULL) - (time_t)hours * 3600;
    struct utimbuf times = {then, then};
    cr_assert_eq(utime(path, &times), 0);
}

Test(file_share, last_chat)
{
    struct wreck w;
    char *path = wreck_chat(&w);
    ed_ex(w.ed, "enew | DeepChat");
    expect_current(w.ed, "-say" CHAT "$", "loaded here");
    wreck_quit(w.ed);

    wreck_editor(&w);
    ed_ex(w.ed, "messages clear | call deepchat#host#start()");
    ed_ex(w.ed, "DeepChat");
    expect_current(w.ed, "-say" CHAT "$", "used within 12 hours");
    cr_expect_eq(ed_number(w.ed, "&readonly"), 0);
    ed_ex(w.ed, "DeepChat!");
    expect_current(w.ed, "^deepchat://", "!");
    wreck_quit(w.ed);

    age(path, 13);
    wreck_editor(&w);
    ed_ex(w.ed, "DeepChat");
    expect_current(w.ed, "^deepchat://", "13 hours old");
    wreck_quit(w.ed);

    age(path, 11);
    wreck_editor(&w);
    ed_ex(w.ed, "cd / | DeepChat");
    expect_current(w.ed, "^deepchat://", "another project");
    free(path);
    wreck_stop(&w);
}

Test(file_share, last_chat_is_taken)
{
    struct wreck w;
    char *path = wreck_chat(&w), *before = temp_read(path, NULL);
    struct ed *ed = wreck_second(&w);
    ed_ex(ed, "DeepChat");
    expect_current(ed, "^deepchat://", "held by the other");
    char *status = ed_eval(ed, "deepchat#status()");
    cr_expect(strstr(status, "new chat") != NULL, "%s", status);
    expect_said(ed, "deepchat: ", 0);
    cr_expect_eq(ed_number(ed, "winnr('$')"), 2);
    ed_ex(ed, "call deepchat#send({'text': 'Mine'})");
    cr_expect(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_expect(ed_wait(ed, WRECK_MS, "!deepchat#buf#any_running()"));
    expect_current(ed, "-mine" CHAT "$", "its own");
    expect_same(path, before, "the other's");
    free(status);
    free(before);
    free(path);
    ed_stop(ed);
    wreck_stop(&w);
}

/* What was asked before that was known goes along to the new chat. */
Test(file_share, asked_of_a_chat_that_is_taken)
{
    struct wreck w;
    char *path = wreck_chat(&w), *before = temp_read(path, NULL);
    struct ed *ed = wreck_second(&w);
    ed_ex(ed, "call setline(1, ['int main;', 'x'])");
    ed_ex(ed, "1DeepChat ++seed=7 Why?");
    cr_expect(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_expect(ed_wait(ed, WRECK_MS, "!deepchat#buf#any_running()"));
    char *body = server_request_body(w.sv, 2, NULL);
    cr_expect(strstr(body, "```\\nint main;\\n```\\n\\nWhy?") != NULL, "%s",
              body);
    cr_expect(strstr(body, "\"seed\":7") != NULL, "%s", body);
    cr_expect(strstr(body, "Say") == NULL, "%s", body);
    expect_current(ed, "-why" CHAT "$", "its own");
    char *said = ed_eval(ed, "trim(execute('messages'))");
    cr_expect_str_eq(said, "", "%s", said);
    free(said);
    cr_expect_eq(ed_number(ed, "winnr('$')"), 2);
    expect_same(path, before, "the other's");
    free(body);
    free(before);
    free(path);
    ed_stop(ed);
    wreck_stop(&w);
}

/* True when the editor, in a question, has heard that its chat is taken. */
static bool
has_heard(void *user)
{
    char *said = temp_read(user, NULL);
    bool heard = said != NULL && strcmp(said, "1\n") == 0;
    free(said);
    return heard;
}

/* The user has said no; the new chat does not ask again by itself, whether the
 * host has told by then that the chat is taken, or tells it later. */
static void
ask_once(bool later)
{
    struct wreck w;
    char *path = wreck_chat(&w);
    struct ed *ed = wreck_second(&w);
    char *heard = temp_path(w.home, "heard");
    ed_ex(ed,
          "call timer_start(10, {-> writefile([get(b:, "
          "'deepchat_locked', 0)], '%s')}, {'repeat': -1})",
          heard);
    ed_keys(ed, ":DeepChat @file:/etc/passwd<CR>");
    cr_assert(ed_wait_screen(ed, "Send it to the server", WRECK_MS));
    if (!later)
        cr_assert(wait_until(has_heard, heard, WRECK_MS));
    ed_keys(ed, "n");
    cr_expect(ed_wait(ed, WRECK_MS,
                      "execute('messages') =~# 'passwd is "
                      "outside the project; nothing was sent'"));
    expect_current(ed, "^deepchat://", "a new one");
    free(heard);
    free(path);
    ed_stop(ed);
    wreck_stop(&w);
}

Test(file_share, asks_once)
{
    ask_once(true);
}

Test(file_share, asks_once_taken_meanwhile)
{
    if (!ed_in_vim())
        cr_skip_test("Neovim hears nothing while it asks");
    ask_once(false);
}
