/* Rewrites between an editor and the host: replies of every kind, and what the
 * editor is told of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "lib/review_rig.h"

enum { TEXT_MAX = 1 << 20 };

#define OLD "int\nmain(void)\n{\n    return 0;\n}\n"
#define NEW "int\nmain(void)\n{\n    puts(\"hi\");\n    return 1;\n}\n"
#define END "finish stop\ndone\n"

/* ---- ends ---- */

/* clang-format off */
static const struct {
    const char *title, *reply, *tail;
    const char *outcome, *finish, *text;
    size_t hunks, journals;
} ends[] = {
    {"a change", NEW, END, "hunks", "stop", NEW, 1, 1},
    {"all new", "a\nb\n", END, "hunks", "stop", "a\nb\n", 1, 1},
    {"no newline at the end", "int\nmain(void)\n{\n    return 1;\n}", END,
     "hunks", "stop", "int\nmain(void)\n{\n    return 1;\n}\n", 1, 1},
    {"the same", OLD, END, "same", "stop", OLD, 0, 1},
    {"empty", "", END, "empty", "error", OLD, 0, 0},
    {"prose", "I'm sorry, but I can't help with that.", END, "refused", "stop",
     OLD, 0, 1},
    {"cut by its length", "int\nmain(int argc)\n{\n    return 0;\n", 
     "finish length\ndone\n", "cut", "length",
     "int\nmain(int argc)\n{\n    return 0;\n}\n", 1, 1},
    {"cut in a hunk", "int\nmain(int argc)\n{ puts",
     "finish length\ndone\n", "cut", "length", OLD, 1, 1},
    {"lost", "int\nmain(int argc)\n{\n    return 0;\n", "rst\n", "cut", "interrupted",
     "int\nmain(int argc)\n{\n    return 0;\n}\n", 1, 1},
    {"an error", "", "status 401\njson {\"error\":{\"message\":\"no\"}}\n",
     "error", "error", OLD, 0, 0},
};
/* clang-format on */

static void
expect_end(struct review_rig *r, size_t i)
{
    int64_t id = (int64_t)i + 1;
    char name[16];
    snprintf(name, sizeof name, "end%zu", i);
    review_rig_script(r, name, ends[i].reply, 4, ends[i].tail);
    struct value *args = review_rig_args(r, id, name, OLD);
    value_put(value_get(args, "settings"), "continue_rounds", value_int(0));
    review_rig_ask(r, args, NULL);
    review_rig_serve(r, i + 1);
    review_rig_expect(r, id, ends[i].outcome, ends[i].finish, ends[i].text);
    const struct seen *seen = review_rig_seen(r, id);
    const char *line = value_as_text(value_get(seen->about, "line"), NULL);
    cr_assert_not_null(line);
    cr_expect_eq(line[0] == '\0', strcmp(ends[i].outcome, "hunks") == 0,
                 "%s: %s", ends[i].title, line);
    cr_expect_leq(strlen(line), 58, "%s", line);
    cr_expect_eq(seen->model.hunks->count, ends[i].hunks, "%s: %zu hunks",
                 ends[i].title, seen->model.hunks->count);
    cr_expect_eq(host_rig_journals(&r->base), ends[i].journals, "%s",
                 ends[i].title);
    review_rig_id(r, "rewrite_closed", id);
    cr_expect_eq(host_rig_journals(&r->base), 0, "%s", ends[i].title);
}

Test(review, ends, .timeout = 60)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        expect_end(&r, i);
    review_rig_idle(&r, 50);
    for (const struct seen *seen = r.seen; seen != NULL; seen = seen->next)
        cr_expect_eq(seen->finished, 1);
    review_rig_stop(&r);
}

/* ---- where the selection stands ---- */

/* clang-format off */
static const struct {
    const char *head, *text, *tail;
    const char *reply;
    const char *old, *new; /* whole lines */
} places[] = {
    {"x = ", "f(a)", ";", "g(a, b)", "x = f(a);\n", "x = g(a, b);\n"},
    {"x = ", "f(a)", ";", "```c\ng(a, b)\n```\n", "x = f(a);\n",
     "x = g(a, b);\n"},
    {"if (", "a &&\n    b", ")", "b &&\n    a", "if (a &&\n    b)\n",
     "if (b &&\n    a)\n"},
    {"x = ", "1;", "", "2;", "x = 1;\n", "x = 2;\n"},
    {"", "one\r\ntwo\r\nthree\r\n", "", "one\n2\nthree\n",
     "one\r\ntwo\r\nthree\r\n", "one\r\n2\r\nthree\r\n"},
    {"", "a\n", "", "%% user\n", "a\n", "%% user\n"},
    {"", "one\ntwo", "", "one\n2\n", "one\ntwo\n", "one\n2\n"},
    {"", "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81\n", "",
     "\xe4\xb8\xad\xe5\x9b\xbd e\xcc\x81\n",
     "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81\n",
     "\xe4\xb8\xad\xe5\x9b\xbd e\xcc\x81\n"},
};
/* clang-format on */

static void
ask_at(struct review_rig *r, size_t i)
{
    int64_t id = (int64_t)i + 1;
    char name[16];
    snprintf(name, sizeof name, "place%zu", i);
    review_rig_script(r, name, places[i].reply, 3, END);
    struct value *args = review_rig_args(r, id, name, places[i].text);
    value_put(args, "head", value_text(places[i].head));
    value_put(args, "tail", value_text(places[i].tail));
    review_rig_ask(r, args, places[i].old);
}

Test(review, places, .timeout = 60)
{
    struct review_rig r;
    size_t count = sizeof places / sizeof *places;
    review_rig_start(&r, TEXT_MAX);
    for (size_t i = 0; i < count; i++)
        ask_at(&r, i);
    review_rig_serve(&r, count);
    for (size_t i = 0; i < count; i++)
        review_rig_expect(&r, (int64_t)i + 1, "hunks", "stop", places[i].new);
    review_rig_stop(&r);
}

/* A line that is no text comes back with U+FFFD, and that is no change. */
Test(review, no_text, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    review_rig_script(&r, "s", "a\xef\xbf\xbd z\nb\nC\n", 3, END);
    struct value *args = review_rig_args(&r, 1, "s", "a\xff z\nb\nc\n");
    value_put(args, "before", value_text("\xc3(\n"));
    review_rig_ask(&r, args, NULL);
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", "a\xff z\nb\nC\n");
    char *body = server_request_body(r.base.sv, 1, NULL);
    cr_expect_null(strchr(body, '\xff'));
    free(body);
    review_rig_stop(&r);
}

/* What was taken away or put in is in the log. */
Test(review, log, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    review_rig_script(&r, "s", "Here is the code:\n```c\na\nb\n```\n", 3, END);
    review_rig_script(&r, "bare", "a\nb\n", 3, END);
    review_rig_rewrite(&r, 1, "s", "    a\n    c\n");
    review_rig_rewrite(&r, 2, "bare", "a\nc\n");
    review_rig_serve(&r, 2);
    review_rig_expect(&r, 1, "hunks", "stop", "    a\n    b\n");
    char *path = file_join(r.base.dir, "deepchat.log");
    struct buf log;
    buf_init(&log, 1 << 20);
    cr_assert(file_read(path, &log, NULL));
    cr_expect_not_null(strstr(log.ptr, "rewrite 1, not as it came: fence "
                                       "preamble indent\n"));
    cr_expect_null(strstr(log.ptr, "rewrite 2, not"));
    buf_finish(&log);
    free(path);
    review_rig_stop(&r);
}

/* Structured output that was cut is asked for anew. */
Test(review, anew, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "s",
                  "token {\\n  \"a\\\": 1,\\n  \"b\\\"\n"
                  "finish length\ndone\n---\n"
                  "token {\\n  \\\"c\\\": 2\\n}\\n\n" END);
    struct value *args = review_rig_args(&r, 1, "s", "{\n  x\n}\n");
    struct value *format = value_map();
    value_put(format, "type", value_text("json_object"));
    value_put(value_get(args, "settings"), "response_format", format);
    review_rig_ask(&r, args, NULL);
    review_rig_serve(&r, 1);
    cr_expect_eq(server_requests(r.base.sv), 2);
    review_rig_expect(&r, 1, "hunks", "stop", "{\n  \"c\": 2\n}\n");
    review_rig_stop(&r);
}

/* ---- what is asked ---- */

Test(review, request, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "s", "token x\\n\n" END);
    struct value *args = review_rig_args(&r, 1, "s", "SELECTED\n");
    value_put(args, "before", value_text("ABOVE\n"));
    value_put(args, "after", value_text("BELOW\n"));
    value_put(args, "earlier", value_text("EARLIER\n"));
    value_put(args, "reason", value_text("REASON"));
    value_put(args, "instruction", value_text("INSTRUCTION"));
    review_rig_ask(&r, args, NULL);
    review_rig_serve(&r, 1);
    char *body = server_request_body(r.base.sv, 1, NULL);
    static const char *const words[] = {
        "SELECTED", "ABOVE",       "BELOW", "EARLIER",
        "REASON",   "INSTRUCTION", "a.c",   "\"role\":\"user\"",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_not_null(strstr(body, words[i]), "%s in %s", words[i], body);
    cr_expect_null(strstr(body, "assistant"));
    free(body);
    review_rig_stop(&r);
}

/* ---- what cannot be asked ---- */

static const struct {
    const char *key, *value, *line;
} refusals[] = {
    {"text", "", "nothing is selected; nothing was sent"},
    {"instruction", " \n", "no instruction; nothing was sent"},
};

Test(review, refusals, .timeout = 30)
{
    struct review_rig r;
    size_t count = sizeof refusals / sizeof *refusals;
    review_rig_start(&r, TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        struct value *args = review_rig_args(&r, (int64_t)i + 1, "s", OLD);
        value_put(args, refusals[i].key, value_text(refusals[i].value));
        review_rig_ask(&r, args, OLD);
    }
    struct value *args = review_rig_args(&r, 9, "s", OLD);
    value_put(value_get(args, "settings"), "temperature", value_text("hot"));
    review_rig_ask(&r, args, NULL);
    review_rig_serve(&r, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct value *about = review_rig_seen(&r, (int64_t)i + 1)->about;
        review_rig_expect(&r, (int64_t)i + 1, "error", "error", OLD);
        cr_expect_str_eq(value_as_text(value_get(about, "line"), ""),
                         refusals[i].line);
        cr_expect(value_as_bool(value_get(about, "refused"), false));
    }
    review_rig_expect(&r, 9, "error", "error", OLD);
    cr_expect_eq(server_requests(r.base.sv), 0);
    cr_expect_eq(host_rig_journals(&r.base), 0);
    review_rig_stop(&r);
}

/* The largest selection that can be asked about, and one over. */
Test(review, largest, .timeout = 60)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "s", "token x\\n\n" END);
    char *text = mem_alloc(DC_REPLY_MAX + 2);
    memset(text, 'x', DC_REPLY_MAX + 1);
    text[DC_REPLY_MAX] = '\n';
    review_rig_rewrite(&r, 1, "s", text);
    text[DC_REPLY_MAX - 1] = '\n';
    text[DC_REPLY_MAX] = '\0';
    review_rig_rewrite(&r, 2, "s", text);
    review_rig_serve(&r, 2);
    cr_expect_str_eq(
        value_as_text(value_get(review_rig_seen(&r, 1)->about, "line"), ""),
        "the selection is over 16 MiB; nothing was sent");
    review_rig_expect(&r, 2, "hunks", "stop", "x\n");
    free(text);
    review_rig_stop(&r);
}

/* ---- pieces ---- */

Test(review, every_size_of_piece, .timeout = 60)
{
    struct review_rig r;
    size_t len = strlen(NEW);
    review_rig_start(&r, TEXT_MAX);
    for (size_t piece = 1; piece <= len; piece++) {
        char name[16];
        snprintf(name, sizeof name, "piece%zu", piece);
        review_rig_script(&r, name, NEW, piece, END);
        review_rig_rewrite(&r, (int64_t)piece, name, OLD);
    }
    review_rig_serve(&r, len);
    for (size_t piece = 1; piece <= len; piece++)
        review_rig_expect(&r, (int64_t)piece, "hunks", "stop", NEW);
    review_rig_stop(&r);
}
