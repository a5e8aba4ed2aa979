/* References in a turn: what goes along, what is refused, what stays. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "continue.h"
#include "lib/proc.h"
#include "lib/trouble.h"

TestSuite(editor_context, .timeout = 120);

#define HELLO "token Hello" STOP
#define HEAD "---\nmodel: m\n---\n\n"
#define ANSWER                                                                 \
    "\n\n%% assistant finish=stop in=10 out=5 cost=0.001\n\nHello\n\n%% "      \
    "user\n\n"

static void
put(const struct stage *st, const char *name, const char *bytes, size_t len)
{
    char *path = temp_path(ed_home(st->ed), name);
    temp_write(path, bytes, len);
    free(path);
}

static void
put_dir(const struct stage *st, const char *name)
{
    char *path = temp_path(ed_home(st->ed), name);
    mkdir(path, 0700);
    free(path);
}

static void
git(struct stage *st, const char *a, const char *b, const char *c)
{
    struct proc p;
    char *dir = temp_path(ed_home(st->ed), "p");
    const char *argv[] = {
        "git", "-C", dir, "-c", "user.name=x", "-c", "user.email=x@x",
        a,     b,    c,   NULL};
    proc_start(&p, argv, PROC_OUT);
    cr_assert(proc_wait(&p, STAGE_MS) && proc_stop(&p) == 0, "git %s", a);
    free(dir);
}

/* A project "p" in the home directory, and a secret beside it. */
static void
start(struct stage *st, const char *script)
{
    stage_start(st, script, "");
    put_dir(st, "p");
    put_dir(st, "p/sub");
    put(st, "secret", "hush\n", 5);
    put(st, "p/a.c", "int a;\nint b;\nint c;\n", 21);
    put(st, "p/b c.md", "```c\nx\n```\n%% user\n", 19);
    put(st, "p/sub/d.txt", "one\r\ntwo\r\n", 10);
    put(st, "p/bin", "a\0b", 3);
    put(st, "p/latin", "caf\xe9\n", 5);
    git(st, "init", "-q", NULL);
    git(st, "add", "a.c", NULL);
    git(st, "commit", "-qm", "x");
    put(st, "p/a.c", "int a;\nint B;\nint c;\n", 21);
    ed_ex(st->ed, "cd %s/p", ed_home(st->ed));
}

#define FILE_A "%% context from=a.c\n\n```c\nint a;\nint B;\nint c;\n```\n\n"
#define LINES_2 "%% context from=a.c:2-3\n\n```c\nint B;\nint c;\n```\n\n"
#define EDITED "%% context from=sub/d.txt\n\n```text\none\nTWO\n```\n\n"

static const struct {
    const char *name;
    const char *setup;
    const char *above; /* what stands above the turn */
    const char *turn;
    const char *want; /* what is put above it */
    const char *last; /* part of the last message that is sent */
} rows[] = {
    {"a file", "", "", "Explain @file:a.c.", FILE_A,
     "\"```c\\nint a;\\nint B;\\nint c;\\n```\\n\\nExplain @file:a.c.\"}]"},
    {"some lines", "", "", "See (@file:a.c:2-3)", LINES_2,
     "\"```c\\nint B;\\nint c;\\n```\\n\\nSee (@file:a.c:2-3)\"}]"},
    {"once each", "", "", "@file:a.c #file:./a.c, @file:a.c:2-3",
     FILE_A LINES_2, "#file:./a.c, @file:a.c:2-3\"}]"},
    {"a fence inside, a marker, a blank", "", "", "@file:b\\ c.md",
     "%% context from=b%20c.md\n\n````md\n```c\nx\n```\n%%% user\n````\n\n",
     "\"````md\\n```c\\nx\\n```\\n%% user\\n````\\n\\n@file:b\\\\ c.md\"}]"},
    {"line ends", "", "", "@file:sub/d.txt",
     "%% context from=sub/d.txt\n\n```txt\none\ntwo\n```\n\n",
     "```txt\\none\\ntwo\\n```\\n\\n@file"},
    {"code and escapes", "", "",
     "`@file:a.c` \\@file:a.c x@file:a.c\n```\n@file:a.c\n```", "",
     "\"`@file:a.c` \\\\@file:a.c x@file:a.c\\n```\\n@file:a.c\\n```\"}]"},
    {"is there already", "", FILE_A, "@file:a.c and @file:a.c:2-3", LINES_2,
     "int c;\\n```\\n\\n@file:a.c and @file:a.c:2-3\"}]"},
    {"not in an attached file", "",
     "%% context from=x\n\n```\n@file:a.c\n```\n\n", "What?", "",
     "\"```\\n@file:a.c\\n```\\n\\nWhat?\"}]"},
    {"not in earlier turns", "",
     "%% user\n\n@file:a.c\n\n%% assistant\n\n@file:a.c\n\n", "What?", "",
     "{\"role\":\"user\",\"content\":\"What?\"}]"},
    {"the diff", "", "", "@diff", NULL, "-int b;\\n+int B;\\n int c;\\n```"},
    {"the quickfix list",
     "call setqflist([{'filename': 'a.c', 'lnum': 2, 'col': 5, 'type': 'E', "
     "'text': 'no'}, {'text': 'done'}])",
     "", "@quickfix",
     "%% context from=quickfix\n\n```\na.c:2:5: error: no\ndone\n```\n\n",
     "error: no\\ndone"},
    {"an open file as it is there",
     "edit sub/d.txt | call setline(2, 'TWO') | let g:d = bufnr('%')", "",
     "@file:sub/d.txt", EDITED, "TWO"},
    {"the same by its buffer", "", "", "@buffer", EDITED, "TWO"},
    {"by its name", "", "", "@buffer:d.txt:2",
     "%% context from=sub/d.txt:2\n\n```text\nTWO\n```\n\n", "TWO"},
    {"the selection", "execute 'normal! GV' | execute \"normal! \\<Esc>\"", "",
     "@selection", "%% context from=sub/d.txt:2\n\n```text\nTWO\n```\n\n",
     "TWO"},
};

static char *
join(const char *a, const char *b, const char *c, const char *d)
{
    char *text = NULL;
    cr_assert(asprintf(&text, "%s%s%s%s", a, b, c, d) >= 0);
    return text;
}

static void
check_row(struct stage *st, size_t i)
{
    const char *name = rows[i].name;
    char *draft = join(HEAD, rows[i].above, "%% user\n\n", rows[i].turn);
    stage_script(st, HELLO);
    ed_ex(st->ed, "%s", rows[i].setup);
    load_chat(st, draft);
    ed_ex(st->ed, "DeepSend");
    cr_assert(trouble_wait_end(st->ed), "%s", name);
    expect_line(st, name, "");
    expect_events(st, name, "Start\nDone stop");
    char *body = server_request_body(st->sv, 1, NULL);
    cr_expect(strstr(body, rows[i].last) != NULL, "%s: %s", name, body);
    free(body);
    if (rows[i].want != NULL) {
        char *above = join(HEAD, rows[i].above, rows[i].want, "%% user\n\n");
        char *want = join(above, rows[i].turn, ANSWER, "");
        stage_expect_text(st, name, want);
        free(above);
        free(want);
    }
    /* it is one step */
    ed_ex(st->ed, "silent undo");
    stage_expect_text(st, name, draft);
    free(draft);
    ed_ex(st->ed, "silent redo | hide enew | silent! bwipeout! # | "
                  "execute exists('g:d') ? 'buffer ' . g:d : ''");
}

Test(editor_context, goes_along)
{
    struct stage st;
    start(&st, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&st, i);
    stage_stop(&st);
}
