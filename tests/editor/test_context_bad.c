/* References that must not go along: each its own line, nothing sent, the draft
 * as it was. And what asks first. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "continue.h"
#include "lib/tmpdir.h"
#include "lib/trouble.h"

TestSuite(editor_context_bad, .timeout = 120);

#define ASK(turn) "---\\nmodel: m\\n---\\n\\n%% user\\n\\n" turn
#define QUIET "call deepchat#send({})"
#define NO_GIT "let $PATH_WAS = $PATH | let $PATH = '/none'"

/* In a project in the home directory without a repository. */
static const struct trouble rows[] = {
    {"missing", NULL, ASK("@file:none"), NULL, NULL,
     "no file none; nothing was sent", 0},
    {"a directory", NULL, ASK("@file:sub"), NULL, NULL,
     "sub is a directory; nothing was sent", 0},
    {"a FIFO", NULL, ASK("@file:fifo"), NULL, NULL,
     "fifo is no regular file; nothing was sent", 0},
    {"a device", "call deepchat#allow#add('/dev/zero')", ASK("@file:/dev/zero"),
     NULL, NULL, "/dev/zero is no regular file; nothing was sent", 0},
    {"binary", NULL, ASK("@file:bin"), NULL, NULL,
     "bin is binary; nothing was sent", 0},
    {"not UTF-8", NULL, ASK("@file:latin"), NULL, NULL,
     "latin is not UTF-8 text; nothing was sent", 0},
    {"over 1 MiB", NULL, ASK("@file:big"), NULL, NULL,
     "big is over 1 MiB; nothing was sent", 0},
    {"over 4 MiB in all", NULL,
     ASK("@file:m1 @file:m2 @file:m3 @file:m4 @file:x"), NULL, NULL,
     "what goes along is over 4 MiB; nothing was sent", 0},
    {"the same, from buffers, too", "edit x | hide enew",
     ASK("@buffer:x @file:m1 @file:m2 @file:m3 @file:m4"), NULL, NULL,
     "what goes along is over 4 MiB; nothing was sent", 0},
    {"lines that are not there", NULL, ASK("@file:a:2-9"), NULL, NULL,
     "a has 1 line; nothing was sent", 0},
    {"they are not written", "edit a | call setline(2, 'two') | hide enew",
     ASK("@file:a:3"), NULL, NULL, "a has 2 lines; nothing was sent", 0},
    {"no range", "bwipeout! a", ASK("@file:a:9-2"), NULL, NULL,
     "a has no lines 9-2; nothing was sent", 0},
    {"the second of two", NULL, ASK("@file:a @file:none"), NULL, NULL,
     "no file none; nothing was sent", 0},
    {"a secret, from a script", NULL, ASK("@file:../secret"), QUIET, NULL,
     "../secret is outside the project; nothing was sent", 0},
    {"a link to it", NULL, ASK("@file:link"), QUIET, NULL,
     "link is outside the project; nothing was sent", 0},
    {"it is open", "edit ../secret | hide enew", ASK("@file:link"), QUIET, NULL,
     "link is outside the project; nothing was sent", 0},
    {"its buffer", NULL, ASK("@buffer:secret"), QUIET, NULL,
     "SECRET is outside the project; nothing was sent", 0},
    {"hidden below the home directory",
     "call mkdir($HOME . '/.hidden') | edit $HOME/.hidden/12345678 | "
     "call setline(1, 'x') | hide enew",
     ASK("@buffer:12345678"),
     "let b:deepchat_project = fnamemodify($HOME, ':h') | " QUIET, NULL,
     "….hidden/12345678 is outside the project; nothing was sent", 0},
    {"no such buffer", NULL, ASK("@buffer:none.c"), NULL, NULL,
     "no buffer none.c is loaded; nothing was sent", 0},
    {"a binary buffer", "edit bin | hide enew", ASK("@buffer:bin"), NULL, NULL,
     "bin is binary; nothing was sent", 0},
    {"lines that a buffer has not", "edit a", ASK("@buffer:3"), NULL, NULL,
     "no buffer 3 is loaded; nothing was sent", 0},
    {"nor this one", NULL, ASK("@buffer:a:2-3"), NULL, NULL,
     "a has 1 line; nothing was sent", 0},
    {"nothing was selected", "edit a | delmarks < >", ASK("@selection"), NULL,
     NULL, "nothing was selected there yet; nothing was sent", 0},
    {"no quickfix list", "call setqflist([])", ASK("@quickfix"), NULL, NULL,
     "the quickfix list is empty; nothing was sent", 0},
    {"no diagnostics", "edit a", ASK("@diagnostics"), NULL, NULL,
     "no diagnostics in a; nothing was sent", 0},
    {"the server's refusal takes it back", NULL, ASK("@file:a @file:a:1"), NULL,
     "status 405\nbody x\n", "no chat API at HOST (405); see base_url", 1},
    {"no space above", NULL, "%% user\\n@file:a", NULL, "status 405\nbody x\n",
     "no chat API at HOST (405); see base_url", 1},
    {"no marker", NULL, "---\\nmodel: m\\n---\\n@file:a", NULL,
     "status 405\nbody x\n", "no chat API at HOST (405); see base_url", 1},
};

static void
start(struct stage *st, const char *script)
{
    stage_start(st, script, "");
    ed_ex(st->ed, "call mkdir($HOME . '/p/sub', 'p') | cd $HOME/p");
    stage_put(st, "secret", "hush\n", 5);
    stage_put(st, "p/a", "one\n", 4);
    stage_put(st, "p/x", "0123456", 7);
    stage_put(st, "p/bin", "a\0b\n", 4);
    stage_put(st, "p/latin", "caf\xe9\n", 5);
    ed_ex(st->ed, "call writefile([repeat('x', 1048576)], 'big')");
    for (int i = 1; i <= 4; i++)
        ed_ex(st->ed, "call writefile([repeat('x', 1048575)], 'm%d')", i);
    char *fifo = temp_path(ed_home(st->ed), "p/fifo");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    free(fifo);
    char *link = temp_path(ed_home(st->ed), "p/link");
    cr_assert_eq(symlink("../secret", link), 0);
    free(link);
}

Test(editor_context_bad, refused)
{
    struct stage st;
    start(&st, NULL);
    char *tail = ed_eval(st.ed, "'…' . strcharpart(resolve($HOME . '/secret'), "
                                "strchars(resolve($HOME . '/secret')) - 16)");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trouble row = rows[i];
        char line[200];
        if (strncmp(row.line, "SECRET", 6) == 0) {
            snprintf(line, sizeof line, "%s%s", tail, row.line + 6);
            row.line = line;
        }
        trouble_check(&st, &row);
    }
    free(tail);
    stage_stop(&st);
}

static void
draft(struct stage *st, const char *text)
{
    load_chat(st, text);
    stage_keys(st, "G");
}

/* Once for a path; then it goes along without a question. */
Test(editor_context_bad, asks_first)
{
    static const char text[] = "---\nmodel: m\n---\n\n%% user\n\n@file:link";
    struct stage st;
    start(&st, "token Hello" STOP);
    draft(&st, text);
    ed_keys(st.ed, ":DeepSend<CR>");
    cr_assert(ed_wait_screen(st.ed, "Send it to the server", STAGE_MS));
    ed_keys(st.ed, "n");
    cr_assert(ed_wait_screen(st.ed, "not allowed: link", STAGE_MS));
    expect_line(&st, "no", "not allowed: link; nothing was sent");
    stage_expect_text(&st, "no", text);
    ed_keys(st.ed, ":DeepSend<CR>");
    cr_assert(ed_wait_screen(st.ed, "Send it to the server", STAGE_MS));
    ed_keys(st.ed, "s");
    cr_assert(ed_wait_screen(st.ed, "Hello", STAGE_MS));
    cr_assert(stage_idle(&st));
    cr_expect_eq(server_requests(st.sv), 1);
    draft(&st, "---\nmodel: m\n---\n\n%% user\n\n@file:../secret");
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_shows(&st, "hush"));
    cr_assert(stage_idle(&st));
    cr_expect_eq(server_requests(st.sv), 2);
    stage_stop(&st);
}

/* While git runs nothing is sent; :DeepStop ends it, and a queued turn with a
 * reference goes on when its time has come. */
Test(editor_context_bad, while_it_is_gathered)
{
    static const char text[] = "---\nmodel: m\n---\n\n%% user\n\n@diff";
    struct stage st;
    char *dir = tmpdir_new(), *git = temp_path(dir, "git"), *path = NULL;
    static const char script[] =
        "#!/bin/sh\ntouch $HOME/started\n"
        "while [ ! -e $HOME/go ]; do sleep 0.02; done\necho +x\n";
    temp_write(git, script, sizeof script - 1);
    chmod(git, 0700);
    cr_assert(asprintf(&path, "%s:%s", dir, getenv("PATH")) > 0);
    setenv("PATH", path, 1);
    start(&st, "token Hello" STOP);
    draft(&st, text);
    ed_ex(st.ed, "DeepSend");
    cr_assert(ed_wait(st.ed, STAGE_MS, "filereadable($HOME . '/started')"));
    stage_expect(&st, "waits", "deepchat#status()", "waiting");
    ed_ex(st.ed, "DeepStop");
    expect_events(&st, "stopped", "Stopped stopped");
    expect_line(&st, "stopped", "stopped; nothing came yet");
    stage_expect_text(&st, "stopped", text);
    ed_ex(st.ed, "DeepSend | DeepStop!");
    expect_events(&st, "all stopped", "Stopped stopped");
    ed_ex(st.ed, "DeepSend | call append(line('$'), 'typed')");
    stage_put(&st, "go", "", 0);
    cr_assert(stage_shows(&st, "Hello"));
    cr_assert(stage_idle(&st));
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(body, "\"```diff\\n+x\\n```\\n\\n@diff\"") != NULL, "%s",
              body);
    free(body);
    cr_expect_eq(server_requests(st.sv), 1);
    stage_stop(&st);
    free(path);
    free(git);
    tmpdir_free(dir);
}
