/* What is shown of a request: long data is cut, the rest is as it is; and a
 * line for a shell. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/inspect.h"
#include "host/json.h"
#include "lib/proc.h"

static bool
shorten(const char *json, size_t max, struct buf *out)
{
    buf_init(out, 1 << 20);
    return inspect_shorten(str_of(json), max, out);
}

/* n times text, owned. */
static char *
many(const char *text, size_t n)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < n; i++)
        buf_add_text(&b, text);
    return buf_take(&b, NULL);
}

Test(inspect_text, data, .timeout = 20)
{
    static const struct {
        const char *start, *piece;
        size_t count, max;
        bool cut;
    } rows[] = {
        {"data:image/png;base64,", "A", 20, 1 << 20, false},
        {"data:image/png;base64,", "A", 96, 1 << 20, false},
        {"data:image/png;base64,", "A", 97, 1 << 20, true},
        {"data:image/png;base64,", "A", 100000, 1 << 20, true},
        {"Data:", "A", 100000, 1 << 20, false},
        {"text data:", "A", 100000, 1 << 20, false},
        /* long texts only where all of it is too long */
        {"", "word ", 10000, 50012, false},
        {"", "word ", 10000, 50011, true},
        {"", "word ", 700, 100, false},
        {"", "word ", 900, 100, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = many(rows[i].piece, rows[i].count);
        size_t size = strlen(text) + 100;
        char *json = mem_alloc(size);
        snprintf(json, size, "{\"a\": \"%s%s\"}\n\n\n", rows[i].start, text);
        struct buf out;
        cr_expect_eq(shorten(json, rows[i].max, &out), rows[i].cut, "%zu", i);
        cr_expect_eq(strcmp(out.ptr, json) != 0, rows[i].cut, "%zu", i);
        if (rows[i].cut) {
            size_t bytes = 0;
            const char *at = strstr(out.ptr, "... (");
            cr_assert_not_null(at, "%zu", i);
            sscanf(at, "... (%zu", &bytes);
            /* what stands there and what is said to be missing is all */
            cr_expect_eq((size_t)(at - out.ptr) + bytes + strlen("\"}\n\n\n"),
                         strlen(json), "%zu: %zu", i, bytes);
        }
        buf_finish(&out);
        free(json);
        free(text);
    }
}

/* A cut in front of each byte of what must not be cut. */
Test(inspect_text, not_in_the_middle, .timeout = 20)
{
    static const char *const pieces[] = {
        "\\\\", "\\\"", "\\u00e9", "\xc3\xa9", "\xf0\x9f\x98\x80", "\\n", "a",
    };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        for (size_t before = 0; before < 8; before++) {
            char *text = many(pieces[i], 3000), *pad = many("x", before);
            size_t size = strlen(text) + 100;
            char *json = mem_alloc(size);
            snprintf(json, size, "[\"%s%s\",1]", pad, text);
            struct buf out;
            bool cut = shorten(json, 10, &out);
            struct value *v = json_parse(buf_str(&out));
            cr_expect_not_null(v, "%s, %zu: %.20s", pieces[i], before, out.ptr);
            cr_expect_eq(cut, strlen(text) + before + 2 > 4000, "%s",
                         pieces[i]);
            cr_expect_eq(value_as_int(value_at(v, 1), 0), 1);
            value_free(v);
            buf_finish(&out);
            free(json);
            free(pad);
            free(text);
        }
}

/* ---- the shell ---- */

static char *
lines_of(const struct value *lines)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < lines->count; i++)
        buf_addf(&out, "%s\n", value_as_text(value_at(lines, i), ""));
    return buf_take(&out, NULL);
}

Test(inspect_text, curl, .timeout = 20)
{
    struct value *lines = inspect_curl("http://h/v1/chat/completions", "$KEY",
                                       str_of("{\"a\":\"it's\"}"), true);
    char *text = lines_of(lines);
    cr_expect_str_eq(text, "curl -N 'http://h/v1/chat/completions' \\\n"
                           "  -H \"Authorization: Bearer $KEY\" \\\n"
                           "  -H 'Content-Type: application/json' \\\n"
                           "  --data-binary '{\"a\":\"it'\\''s\"}'\n");
    /* a shell makes the body of it again */
    char *at = strstr(text, "--data-binary ") + strlen("--data-binary ");
    struct buf script;
    buf_init(&script, 1 << 16);
    buf_addf(&script, "printf %%s %s", at);
    struct proc p;
    proc_start(&p, (const char *const[]){"sh", "-c", script.ptr, NULL},
               PROC_OUT);
    char *body = proc_read_until(p.out, NULL, 5000);
    cr_expect_str_eq(body, "{\"a\":\"it's\"}");
    proc_stop(&p);
    free(body);
    buf_finish(&script);
    free(text);
    value_free(lines);

    lines = inspect_curl("http://h/", "", (struct dc_str){"", 0}, false);
    text = lines_of(lines);
    cr_expect_str_eq(text, "curl 'http://h/' \\\n"
                           "  -H 'Content-Type: application/json' \\\n"
                           "  --data-binary '@request.json'\n");
    free(text);
    value_free(lines);
}
