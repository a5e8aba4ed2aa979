/*
 * doc/api.md, tried: each of its examples is carried out in an editor, and the
 * request is compared with the one that stands there, byte for byte. An example
 * is a heading "### NAME" and fenced blocks behind it:
 *
 *   text NAME      a file; base64 NAME: one that is no text
 *   markdown       a chat that is opened, from a file
 *   vim            commands, one a line; "settings": before every example
 *   json           the request; line ends, and blanks behind them, do not count
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/ed.h"
#include "lib/server.h"
#include "lib/tmpdir.h"

TestSuite(api, .timeout = 120);

enum { WAIT_MS = 15000, EXAMPLES_LEAST = 25 };

struct tried {
    struct server *sv;
    struct ed *ed;
    char *dir;
    char name[80];
    struct buf settings;
    size_t requests, examples;
    bool asked; /* this example has shown a request */
};

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Decode text in place. */
static void
from_base64(struct buf *b)
{
    unsigned bits = 0, have = 0;
    size_t to = 0;
    for (size_t i = 0; i < b->len; i++) {
        const char *digit = strchr(base64_digits, b->ptr[i]);
        if (b->ptr[i] == '\0' || digit == NULL)
            continue;
        bits = bits << 6 | (unsigned)(digit - base64_digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            b->ptr[to++] = (char)(bits >> have);
        }
    }
    b->len = to;
}

static void
write_file(const struct tried *t, const char *name, const struct buf *text)
{
    FILE *f = fopen(tmpdir_path(t->dir, name), "w");
    cr_assert_not_null(f, "%s", name);
    cr_assert_eq(fwrite(text->ptr, 1, text->len, f), text->len);
    cr_assert_eq(fclose(f), 0);
}

static void
run_lines(const struct tried *t, const struct buf *text)
{
    char *copy = strdup(text->ptr), *rest = copy, *line;
    while ((line = strsep(&rest, "\n")) != NULL)
        if (line[0] != '\0')
            ed_ex(t->ed, "%s", line);
    free(copy);
}

static void
open_chat(const struct tried *t, const struct buf *text)
{
    write_file(t, "example.deepchat.md", text);
    ed_ex(t->ed, "edit! %s", tmpdir_path(t->dir, "example.deepchat.md"));
}

/* The bytes of a request as it is printed over several lines. */
static void
join_lines(struct buf *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++)
        if (text->ptr[i] == '\n')
            while (i + 1 < text->len && text->ptr[i + 1] == ' ')
                i++;
        else
            text->ptr[to++] = text->ptr[i];
    text->ptr[to] = '\0';
    text->len = to;
}

static void
expect_request(struct tried *t, struct buf *want)
{
    join_lines(want);
    t->asked = true;
    cr_assert(server_wait_requests(t->sv, t->requests + 1, WAIT_MS),
              "%s: nothing was asked", t->name);
    char *got = server_request_body(t->sv, ++t->requests, NULL);
    cr_expect_str_eq(got, want->ptr, "%s:\ngot  %s\nwant %s", t->name, got,
                     want->ptr);
    free(got);
    cr_assert(ed_wait(t->ed, WAIT_MS, "!deepchat#buf#any_running()"), "%s",
              t->name);
}

static void
new_example(struct tried *t, const char *name)
{
    cr_expect(t->asked || t->name[0] == '\0', "%s shows no request", t->name);
    snprintf(t->name, sizeof t->name, "%s", name);
    t->asked = name[0] == '\0';
    t->examples += name[0] != '\0';
    ed_ex(t->ed, "silent! %%bwipeout!");
    run_lines(t, &t->settings);
    ed_ex(t->ed, "call extend(g:deepchat, g:places)");
}

static void
block(struct tried *t, const char *what, struct buf *text)
{
    const char *name = strchr(what, ' ');
    if (strcmp(what, "vim settings") == 0) {
        buf_add_str(&t->settings, buf_str(text));
    } else if (t->name[0] == '\0') {
        cr_assert_fail("a block before the first example: %s", what);
    } else if (strncmp(what, "text ", 5) == 0) {
        write_file(t, name + 1, text);
    } else if (strncmp(what, "base64 ", 7) == 0) {
        from_base64(text);
        write_file(t, name + 1, text);
    } else if (strcmp(what, "markdown") == 0) {
        open_chat(t, text);
    } else if (strcmp(what, "vim") == 0) {
        run_lines(t, text);
    } else if (strcmp(what, "json") == 0) {
        expect_request(t, text);
    } else {
        cr_assert_fail("%s: a block of what? %s", t->name, what);
    }
}

static void
try_all(struct tried *t, FILE *f)
{
    char line[4096], what[80] = "";
    bool inside = false;
    struct buf text;
    buf_init(&text, 1 << 20);
    while (fgets(line, sizeof line, f) != NULL) {
        bool fence = strncmp(line, "```", 3) == 0;
        if (fence && inside)
            block(t, what, &text);
        else if (fence)
            snprintf(what, sizeof what, "%.*s", (int)strcspn(line + 3, "\n"),
                     line + 3);
        else if (inside)
            buf_add_text(&text, line);
        else if (strncmp(line, "### ", 4) == 0)
            new_example(t, strtok_r(line + 4, "\n", &(char *){NULL}));
        inside = inside != fence;
        if (fence && !inside)
            buf_reset(&text);
    }
    buf_finish(&text);
}

Test(api, examples)
{
    struct tried t = {.sv = server_start(NULL), .dir = tmpdir_new()};
    server_script(t.sv, "t", "token Yes.\nfinish stop 8 2\ndone\n");
    buf_init(&t.settings, 1 << 16);
    t.ed = ed_start(server_url(t.sv, "t"), "'autosave': 0", NULL);
    ed_ex(t.ed, "set hidden | cd %s | let g:places = g:deepchat", t.dir);
    FILE *f = fopen("doc/api.md", "r");
    cr_assert_not_null(f);
    try_all(&t, f);
    new_example(&t, "");
    cr_expect_geq(t.examples, EXAMPLES_LEAST);
    fclose(f);
    buf_finish(&t.settings);
    ed_stop(t.ed);
    server_stop(t.sv);
    tmpdir_free(t.dir);
}
