/* Server-sent events: a table of streams, each cut in every way. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

/* Events are written "name|data;" so that a whole stream is one string. */
/* clang-format off */
static const struct {
    const char *title, *wire, *events;
} cases[] = {
    {"nothing",              "",                             ""},
    {"one event",            "data: hi\n\n",                 "|hi;"},
    {"two data lines",       "data: a\ndata: b\n\n",         "|a\nb;"},
    {"three, one empty",     "data: a\ndata\ndata: c\n\n",   "|a\n\nc;"},
    {"named event",          "event: error\ndata: x\n\n",    "error|x;"},
    {"name behind data",     "data: x\nevent: error\n\n",    "error|x;"},
    {"CRLF line ends",       "data: a\r\ndata: b\r\n\r\n",   "|a\nb;"},
    {"bare CR line ends",    "data: hi\r\rdata: yo\r\r",     "|hi;|yo;"},
    {"mixed line ends",      "data: a\rdata: b\n\n",         "|a\nb;"},
    {"CR, then CRLF",        "data: a\r\r\ndata: b\r\n\r\n", "|a;|b;"},
    {"LF, then CR",          "data: a\n\rdata: b\n\r",       "|a;|b;"},
    {"CRLF is one line end", "data: a\r\ndata: b\n\n",       "|a\nb;"},
    {"LF CR LF",             "data: a\n\r\ndata: b\n\r\n",   "|a;|b;"},
    {"last event line wins", "event: a\nevent: b\ndata\n\n", "b|;"},
    {"name is for one event","event: a\ndata: x\n\ndata: y\n\n", "a|x;|y;"},
    {"keep-alive comment",   ": ping\n\ndata: hi\n\n",       "|hi;"},
    {"bare colon",           ":\n\n:\n\ndata: hi\n\n",       "|hi;"},
    {"comment inside",       "data: a\n: x\ndata: b\n\n",    "|a\nb;"},
    {"no space after colon", "data:hi\n\n",                  "|hi;"},
    {"only one space eaten", "data:  hi\n\n",                "| hi;"},
    {"tab is no space",      "data:\thi\n\n",                "|\thi;"},
    {"colons in the value",  "data: a:b: c\n\n",             "|a:b: c;"},
    {"empty data line",      "data\ndata\n\n",               "|\n;"},
    {"data without a value", "data\n\n",                     "|;"},
    {"no empty line at end", "data: hi\n",                   "|hi;"},
    {"no line end at all",   "data: hi",                     "|hi;"},
    {"one CR at the end",    "data: hi\r",                   "|hi;"},
    {"event without data",   "event: ping\n\ndata: x\n\n",   "|x;"},
    {"name only at the end", "data: x\n\nevent: y",          "|x;"},
    {"similar field name",   "database: no\ndata: y\n\n",    "|y;"},
    {"upper case",           "DATA: no\ndata: y\n\n",        "|y;"},
    {"blank before a field", " data: no\ndata: y\n\n",       "|y;"},
    {"id and retry",         "id: 1\nretry: 5\ndata: y\n\n", "|y;"},
    {"BOM",                  "\xef\xbb\xbf" "data: y\n\n",   "|y;"},
    {"BOM once",  "\xef\xbb\xbf\xef\xbb\xbf" "data: n\n\ndata: y\n\n", "|y;"},
    {"BOM later",            "data: x\n\xef\xbb\xbf" "data: n\n\n", "|x;"},
    {"half a BOM",           "\xef\xbb" "data: n\n\ndata: y\n\n", "|y;"},
    {"nothing but half",     "\xef\xbb",                     ""},
    {"BOM, then LF",         "\xef\xbb\xbf\ndata: y\n\n",    "|y;"},
    {"error field",          "error: {\"a\":1}\n\n",         "error|{\"a\":1};"},
    {"error field, no JSON", "error: no\ndata: y\n\n",       "|y;"},
    {"many empty lines",     "\n\n\n\r\r\n\ndata: y\n\n\n",  "|y;"},
};
/* clang-format on */

struct got {
    char text[256];
    size_t used;
};

static enum dc_step
pull(struct dc_sse *sse, struct got *got)
{
    struct dc_sse_event ev;
    enum dc_step step;
    while ((step = dc_sse_next(sse, &ev, NULL)) == DC_ITEM)
        got->used += (size_t)snprintf(
            got->text + got->used, sizeof got->text - got->used, "%.*s|%.*s;",
            (int)ev.name.len, ev.name.len > 0 ? ev.name.ptr : "",
            (int)ev.data.len, ev.data.ptr);
    return step;
}

static void
feed(struct dc_sse *sse, const char *bytes, size_t len, struct got *got)
{
    cr_assert(dc_sse_feed(sse, (struct dc_str){bytes, len}, NULL));
    cr_expect_eq(pull(sse, got), DC_MORE);
}

/* first bytes, then pieces of the given size. */
static void
collect(const char *wire, size_t first, size_t piece, struct got *got)
{
    struct dc_sse *sse = dc_sse_new(1000);
    size_t len = strlen(wire);
    *got = (struct got){0};
    feed(sse, wire, first, got);
    for (size_t at = first; at < len; at += piece)
        feed(sse, wire + at, len - at < piece ? len - at : piece, got);
    dc_sse_end(sse);
    cr_expect_eq(pull(sse, got), DC_END);
    cr_expect_eq(pull(sse, got), DC_END);
    dc_sse_free(sse);
}

Test(sse, every_case_at_every_split, .timeout = 20)
{
    struct got got;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t len = strlen(cases[c].wire);
        for (size_t piece = 1; piece <= len + 1; piece++) {
            collect(cases[c].wire, 0, piece, &got);
            cr_expect_str_eq(got.text, cases[c].events, "%s, pieces of %zu",
                             cases[c].title, piece);
        }
        for (size_t first = 0; first <= len; first++) {
            collect(cases[c].wire, first, len + 1, &got);
            cr_expect_str_eq(got.text, cases[c].events, "%s, cut at %zu",
                             cases[c].title, first);
        }
    }
}

Test(sse, nul_bytes_are_data, .timeout = 5)
{
    static const char wire[] = "id: a\0b\ndata: x\0y\n\n";
    struct dc_sse *sse = dc_sse_new(100);
    struct dc_sse_event ev;
    cr_assert(dc_sse_feed(sse, (struct dc_str){wire, sizeof wire - 1}, NULL));
    cr_assert_eq(dc_sse_next(sse, &ev, NULL), DC_ITEM);
    cr_expect_eq(ev.data.len, 3);
    cr_expect_arr_eq(ev.data.ptr, "x\0y", 3);
    dc_sse_free(sse);
}

/* Events in front of the one that is too big must come out whole. */
static void
fill(size_t limit, size_t size, bool fits)
{
    static const char head[] = "data: a\n\n";
    char wire[64] = {0};
    struct dc_error err = {0};
    struct got got = {0};
    struct dc_sse *sse = dc_sse_new(limit);
    cr_assert(dc_sse_feed(sse, str_of(head), NULL));
    pull(sse, &got);
    memset(wire, 'x', sizeof wire);
    memcpy(wire, "data: ", 6);
    cr_expect_eq(dc_sse_feed(sse, (struct dc_str){wire, size}, &err), fits);
    enum dc_step step = pull(sse, &got);
    cr_expect_eq(step, fits ? DC_MORE : DC_FAIL);
    cr_expect_eq(pull(sse, &got), step);
    cr_expect_eq(err.code, fits ? DC_OK : DC_E_TOO_BIG);
    cr_expect_eq(dc_sse_feed(sse, str_of("\n"), &err), false);
    cr_expect_eq(pull(sse, &got), DC_FAIL);
    dc_sse_end(sse);
    cr_expect_eq(pull(sse, &got), DC_FAIL, "a failed parser stays failed");
    cr_expect_str_eq(got.text, "|a;");
    dc_sse_free(sse);
}

Test(sse, one_event_at_the_limit_and_past_it, .timeout = 5)
{
    fill(20, 20, true);
    fill(20, 21, false);
}

Test(sse, feed_too_big_keeps_what_fits, .timeout = 5)
{
    struct got got = {0};
    struct dc_sse *sse = dc_sse_new(20);
    static const char wire[] = "data: a\n\ndata: b\n\ndata: c\n\n";
    cr_expect_not(dc_sse_feed(sse, str_of(wire), NULL));
    cr_expect_eq(pull(sse, &got), DC_FAIL);
    cr_expect_str_eq(got.text, "|a;|b;");
    dc_sse_free(sse);
}

/* Short lines that are never closed grow the event, not the input. */
Test(sse, joined_data_has_a_ceiling, .timeout = 5)
{
    struct got got = {0};
    struct dc_sse *sse = dc_sse_new(20);
    enum dc_step step = DC_MORE;
    size_t lines = 0;
    for (; step == DC_MORE && lines < 100; lines++) {
        cr_assert(dc_sse_feed(sse, str_of("data: abcd\n"), NULL));
        step = pull(sse, &got);
    }
    cr_expect_eq(step, DC_FAIL);
    cr_expect_not(dc_sse_feed(sse, str_of("\n"), NULL));
    cr_expect_eq(lines, 5, "4 lines of 5 fit, not %zu", lines);
    cr_expect_str_eq(got.text, "");
    dc_sse_free(sse);
}

/* 4 MiB by single bytes and a million CR lines in one feed: neither may be
 * searched again and again. Quadratic time would need hours. */
Test(sse, time_is_linear, .timeout = 20)
{
    struct dc_sse_event ev;
    struct dc_sse *sse = dc_sse_new(DC_EVENT_MAX);
    cr_assert(dc_sse_feed(sse, str_of("data: "), NULL));
    for (size_t i = 0; i < DC_EVENT_MAX - 7; i++) {
        cr_assert(dc_sse_feed(sse, str_of("x"), NULL));
        cr_assert_eq(dc_sse_next(sse, &ev, NULL), DC_MORE);
    }
    dc_sse_free(sse);

    static char lines[2000000];
    size_t events = 0;
    for (size_t i = 0; i < sizeof lines; i += 8)
        memcpy(lines + i, "data:y\r\r", 8);
    sse = dc_sse_new(DC_EVENT_MAX);
    cr_assert(dc_sse_feed(sse, (struct dc_str){lines, sizeof lines}, NULL));
    while (dc_sse_next(sse, &ev, NULL) == DC_ITEM) {
        cr_assert(dc_sse_feed(sse, (struct dc_str){"", 0}, NULL));
        events++;
    }
    cr_expect_eq(events, sizeof lines / 8);
    dc_sse_free(sse);
}

Test(sse, free_of_nothing, .timeout = 5)
{
    dc_sse_free(NULL);
}
