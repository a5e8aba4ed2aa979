/*
 * From deltas to text: characters, line ends and think tags cut between two
 * chunks, and the ceilings of a reply.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "stream_run.h"

/* Deltas are written "T..." or "R...", divided by "|"; JSON escapes work. */
/* clang-format off */
static const struct {
    const char *title, *deltas, *want;
} cases[] = {
    {"plain",                 "Ta|Tb",                   "text 0: ab\n"},
    {"CR LF cut",             "Ta\\r|T\\nb",             "text 0: a\\nb\n"},
    {"CR alone cut",          "Ta\\r|Tb",                "text 0: a\\nb\n"},
    {"CR CR LF",              "Ta\\r\\r|T\\n|Tb",        "text 0: a\\n\\nb\n"},
    {"CR at the end",         "Ta\\r",                   "text 0: a\\n\n"},
    {"CR before reasoning",   "Ta\\r|R\\nb", "text 0: a\\n\nreasoning 0: \\nb\n"},
    {"LF CR",                 "Ta\\n\\rb",               "text 0: a\\n\\nb\n"},
    {"controls stay",         "Ta\\u001b[1m\\u007f",     "text 0: a\\x1b[1m\\x7f\n"},
    {"two bytes cut",         "T\xc3|T\xa9",             "text 0: \xc3\xa9\n"},
    {"four bytes cut thrice", "T\xf0|T\x9f|T\x98|T\x80", "text 0: \xf0\x9f\x98\x80\n"},
    {"cut and not completed", "T\xf0\x9f|Ta",            "text 0: \xef\xbf\xbd" "a\n"},
    {"cut at the end",        "Ta\xe2\x82",              "text 0: a\xef\xbf\xbd\n"},
    {"empty between halves",  "T\xc3|T|R|T\xa9",         "text 0: \xc3\xa9\n"},
    {"reasoning between",     "T\xc3|Rx|T\xa9",
     "text 0: \xef\xbf\xbd\nreasoning 0: x\ntext 0: \xef\xbf\xbd\n"},
    {"overlong",              "T\xc0\xaf",               "text 0: \xef\xbf\xbd\xef\xbf\xbd\n"},
    {"raw surrogate",         "T\xed\xa0\xbd|T\xed\xb8\x80",
     "text 0: \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n"},
    {"pair cut",              "T\\ud83d|T\\ude00",       "text 0: \xf0\x9f\x98\x80\n"},
    {"pair, lowest",          "T\\ud83d|T\\udc00",       "text 0: \xf0\x9f\x90\x80\n"},
    {"pair, last plane",      "T\\udbff|T\\udfff",       "text 0: \xf4\x8f\xbf\xbf\n"},
    {"pair in reasoning",     "R\\uD83D|R\\uDE00",       "reasoning 0: \xf0\x9f\x98\x80\n"},
    {"high alone",            "T\\ud83d|Tx",             "text 0: \xef\xbf\xbdx\n"},
    {"low alone",             "Tx\\ude00y",              "text 0: x\xef\xbf\xbdy\n"},
    {"high, then LF escape",  "T\\ud83d\\n",             "text 0: \xef\xbf\xbd\\n\n"},
    {"high, then bytes",      "T\\ud83d\xc3|T\xa9",      "text 0: \xef\xbf\xbd\xc3\xa9\n"},
    {"bytes, then high",      "T\xc3\\ud83d|T\\ude00",   "text 0: \xef\xbf\xbd\xf0\x9f\x98\x80\n"},
    {"forged half",           "T\xff\xa0\xbd|T\\ude00",
     "text 0: \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n"},
    {"NUL escape",            "Ta\\u0000b",              "text 0: a\xef\xbf\xbd" "b\n"},

    {"think",                 "T<think>a</think>b", "reasoning 0: a\ntext 0: b\n"},
    {"thinking",              "T<thinking>a</thinking>b", "reasoning 0: a\ntext 0: b\n"},
    {"tag by bytes", "T<|Tt|Th|Ti|Tn|Tk|T>|Ta|T<|T/|Tt|Th|Ti|Tn|Tk|T>|Tb",
     "reasoning 0: a\ntext 0: b\n"},
    {"blanks around tags",    "T \\n\\t<think> \\n  a\\n</think>\\n\\n  b",
     "reasoning 0:   a\\n\ntext 0:   b\n"},
    {"blanks in one line",    "T<think> a </think> b", "reasoning 0: a \ntext 0: b\n"},
    {"blanks stay elsewhere", "T\\n  |T b",              "text 0: \\n   b\n"},
    {"only blanks",           "T\\n|T ",                 "text 0: \\n \n"},
    {"the other closer",      "T<think>a</thinking>b",   "reasoning 0: a</thinking>b\n"},
    {"closer begins twice",   "T<think>a<</think>b", "reasoning 0: a<\ntext 0: b\n"},
    {"closer not finished",   "T<think>a</thin",         "reasoning 0: a</thin\n"},
    {"never closed",          "T<think>a",               "reasoning 0: a\n"},
    {"empty thought",         "T<think>\\n\\n</think>\\n\\nb", "text 0: b\n"},
    {"nothing but a thought", "T<think>a</think>\\n",    "reasoning 0: a\n"},
    {"tag not finished",      "T<thin",                  "text 0: <thin\n"},
    {"almost a tag",          "T<thin|Tg>a",             "text 0: <thing>a\n"},
    {"not at the start",      "Ta <think>b</think>",     "text 0: a <think>b</think>\n"},
    {"not a second time",     "T<think>a</think>b<think>c</think>",
     "reasoning 0: a\ntext 0: b<think>c</think>\n"},
    {"upper case",            "T<THINK>a",               "text 0: <THINK>a\n"},
    {"stray closer first",    "T</think>\\n\\nb",        "text 0: b\n"},
    {"stray closer later",    "Ta\\n</think>\\n\\nb",    "text 0: a\\n</think>\\n\\nb\n"},
    {"field, then tag",       "Ra|T<think>b</think>c", "reasoning 0: ab\ntext 0: c\n"},
    {"tags in a field",       "R<think>a",               "reasoning 0: <think>a\n"},
    {"field inside a tag",    "T<think>a</th|Rx|Tink>b",
     "reasoning 0: ax\ntext 0: b\n"},
};
/* clang-format on */

static void
add_delta(struct buf *body, struct dc_str delta)
{
    buf_add_text(body, "data: {\"choices\":[{\"delta\":{\"");
    buf_add_text(body, delta.ptr[0] == 'R' ? "reasoning" : "content");
    buf_add_text(body, "\":\"");
    buf_add(body, delta.ptr + 1, delta.len - 1);
    buf_add_text(body, "\"}}]}\n\n");
}

static void
make_body(struct buf *body, const char *deltas)
{
    buf_reset(body);
    for (struct dc_str rest = str_of(deltas); rest.len > 0;) {
        size_t n = str_find(rest, '|');
        add_delta(body, (struct dc_str){rest.ptr, n});
        n += n < rest.len;
        rest = (struct dc_str){rest.ptr + n, rest.len - n};
    }
}

Test(stream_text, every_row_fast_slow_and_cut, .timeout = 30)
{
    struct buf body, got, want;
    buf_init(&body, 1 << 16);
    buf_init(&got, 1 << 16);
    buf_init(&want, 1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_body(&body, cases[i].deltas);
        buf_reset(&want);
        buf_addf(&want, "%sfinish: none ''\n", cases[i].want);
        run_whole(&got, buf_str(&body), false);
        cr_expect_str_eq(got.ptr, want.ptr, "%s: %s", cases[i].title, got.ptr);
        run_whole(&got, buf_str(&body), true);
        cr_expect_str_eq(got.ptr, want.ptr, "%s, slow: %s", cases[i].title,
                         got.ptr);
        run_cut(&got, buf_str(&body), 0, 1);
        cr_expect_str_eq(got.ptr, want.ptr, "%s, cut: %s", cases[i].title,
                         got.ptr);
    }
    buf_finish(&body);
    buf_finish(&got);
    buf_finish(&want);
}

/* Blanks in front of a tag are held, but not without end. */
Test(stream_text, blanks_before_a_tag_have_a_limit, .timeout = 5)
{
    struct stream_choice choice;
    size_t room = sizeof choice.held;
    struct buf body, got;
    buf_init(&body, 1 << 12);
    buf_init(&got, 1 << 12);
    for (size_t blanks = room - 7; blanks <= room; blanks++) {
        char delta[128] = "T";
        memset(delta + 1, ' ', blanks);
        memcpy(delta + 1 + blanks, "<think>a", 9);
        make_body(&body, delta);
        run_whole(&got, buf_str(&body), false);
        bool tag = strncmp(got.ptr, "reasoning 0: a\n", 15) == 0;
        cr_expect_eq(tag, blanks + 7 <= room, "%zu blanks: %s", blanks,
                     got.ptr);
        cr_expect(tag || strstr(got.ptr, " <think>a\n") != NULL, "%s", got.ptr);
    }
    buf_finish(&body);
    buf_finish(&got);
}

/* So does the indentation behind one; what is over it is dropped. */
Test(stream_text, indentation_has_a_limit, .timeout = 5)
{
    struct stream_choice choice;
    size_t room = sizeof choice.held;
    struct buf body, got;
    buf_init(&body, 1 << 12);
    buf_init(&got, 1 << 12);
    for (size_t blanks = room - 1; blanks < room + 3; blanks++) {
        char delta[128] = "T<think>\\n";
        memset(delta + 10, ' ', blanks);
        delta[10 + blanks] = 'a';
        make_body(&body, delta);
        run_whole(&got, buf_str(&body), false);
        const char *text = got.ptr + strlen("reasoning 0: ");
        size_t kept = strspn(text, " ");
        cr_expect_eq(kept, blanks < room ? blanks : room);
    }
    buf_finish(&body);
    buf_finish(&got);
}

/* Each delta by itself is whole characters, not only their sum. */
Test(stream_text, every_delta_is_clean, .timeout = 5)
{
    static const char *const rows[] = {"T\xe2|T\x82|T\xac|T\\ud83d|T\\ude00",
                                       "Ta\\r|T\xff|T\xc3\xa9\\r|T\\n"};
    struct buf body;
    buf_init(&body, 1 << 16);
    for (size_t i = 0; i < 2; i++) {
        struct dc_stream *st = dc_stream_new();
        struct dc_delta delta;
        make_body(&body, rows[i]);
        cr_assert(dc_stream_feed(st, buf_str(&body), NULL));
        dc_stream_end(st);
        while (dc_stream_next(st, &delta, NULL) == DC_ITEM) {
            cr_expect(utf8_clean(delta.text));
            cr_expect_gt(delta.text.len, 0);
            cr_expect_eq(str_find(delta.text, '\r'), delta.text.len);
        }
        dc_stream_free(st);
    }
    buf_finish(&body);
}

/* ---- ceilings ------------------------------------------------------------ */

struct feeder {
    struct dc_stream *st;
    struct dc_error err;
    size_t text;
    enum dc_step step;
};

static bool
feeder_add(struct feeder *f, struct dc_str bytes)
{
    struct dc_delta delta;
    bool fed = dc_stream_feed(f->st, bytes, &f->err);
    while ((f->step = dc_stream_next(f->st, &delta, &f->err)) == DC_ITEM)
        f->text += delta.text.len;
    return fed;
}

static void
feeder_start(struct feeder *f)
{
    *f = (struct feeder){.st = dc_stream_new()};
}

static void
expect_too_big(struct feeder *f)
{
    cr_expect_eq(f->step, DC_FAIL);
    cr_expect_eq(f->err.code, DC_E_TOO_BIG);
    cr_expect_not(feeder_add(f, str_of("data: x\n\n")));
    dc_stream_end(f->st);
    feeder_add(f, str_of(""));
    cr_expect_eq(f->step, DC_FAIL, "a failed stream stays failed");
}

static struct buf
big_event(size_t text)
{
    struct buf delta, body;
    buf_init(&delta, text + 1);
    buf_init(&body, text + 100);
    memset(buf_room(&delta, text + 1), 'T', text + 1);
    delta.len = text + 1;
    add_delta(&body, buf_str(&delta));
    buf_finish(&delta);
    return body;
}

static void
fill_reply(struct feeder *f, size_t text)
{
    feeder_start(f);
    for (size_t piece = (size_t)1 << 20; text > 0; text -= piece) {
        piece = text < piece ? text : piece;
        struct buf body = big_event(piece);
        feeder_add(f, buf_str(&body));
        buf_finish(&body);
    }
}

Test(stream_text, reply_at_its_limit_and_past_it, .timeout = 30)
{
    struct feeder f;
    fill_reply(&f, DC_REPLY_MAX);
    cr_expect_eq(f.step, DC_MORE);
    cr_expect_eq(f.text, DC_REPLY_MAX);
    dc_stream_free(f.st);
    fill_reply(&f, DC_REPLY_MAX + 1);
    cr_expect_eq(f.text, DC_REPLY_MAX);
    expect_too_big(&f);
    dc_stream_free(f.st);
}

Test(stream_text, event_at_its_limit_and_past_it, .timeout = 30)
{
    struct buf frame = big_event(0);
    for (size_t past = 0; past < 2; past++) {
        struct feeder f;
        feeder_start(&f);
        feeder_add(&f,
                   str_of("data: {\"choices\":[{\"delta\":{\"content\":\"a\""
                          "}}]}\n\n"));
        struct buf body = big_event(DC_EVENT_MAX - frame.len + 1 + past);
        buf_cut(&body, body.len - 1);
        cr_assert_eq(body.len, DC_EVENT_MAX + past);
        cr_expect_eq(feeder_add(&f, buf_str(&body)), past == 0);
        if (past > 0)
            expect_too_big(&f);
        else
            cr_expect_eq(f.step, DC_MORE);
        dc_stream_free(f.st);
        buf_finish(&body);
    }
    buf_finish(&frame);
}

Test(stream_text, body_at_its_limit_and_past_it, .timeout = 30)
{
    static const char head[] =
        "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}";
    for (size_t past = 0; past < 2; past++) {
        struct feeder f;
        feeder_start(&f);
        size_t len = DC_REPLY_MAX + past;
        char *body = mem_alloc(len);
        memset(body, ' ', len);
        memcpy(body, head, sizeof head - 1);
        cr_expect_eq(feeder_add(&f, (struct dc_str){body, len}), past == 0);
        if (past > 0) {
            expect_too_big(&f);
        } else {
            dc_stream_end(f.st);
            feeder_add(&f, str_of(""));
            cr_expect_eq(f.step, DC_END);
            cr_expect_eq(f.text, 1);
        }
        dc_stream_free(f.st);
        free(body);
    }
}

static void
add_call(struct feeder *f, int index, const char *arguments, size_t len)
{
    struct buf body;
    buf_init(&body, len + 200);
    buf_addf(&body,
             "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,"
             "\"function\":{\"arguments\":\"",
             index);
    buf_add(&body, arguments, len);
    buf_add_text(&body, "\"}}]}}]}\n\n");
    feeder_add(f, buf_str(&body));
    buf_finish(&body);
}

Test(stream_text, calls_at_their_limits_and_past_them, .timeout = 30)
{
    struct feeder f;
    feeder_start(&f);
    for (int i = 0; i < (int)DC_CALLS_MAX; i++)
        add_call(&f, i, "{}", 2);
    cr_expect_eq(f.step, DC_MORE);
    cr_expect_null(dc_stream_call(f.st, 0), "not before the end");
    add_call(&f, 32, "{}", 2);
    expect_too_big(&f);
    dc_stream_free(f.st);

    feeder_start(&f);
    char *arguments = mem_alloc(DC_ARGUMENTS_MAX);
    memset(arguments, 'x', DC_ARGUMENTS_MAX);
    add_call(&f, 0, arguments, DC_ARGUMENTS_MAX - 1);
    add_call(&f, 0, arguments, 1);
    cr_expect_eq(f.step, DC_MORE);
    add_call(&f, 1, "y", 1);
    cr_expect_eq(f.step, DC_MORE);
    add_call(&f, 0, arguments, 1);
    expect_too_big(&f);
    dc_stream_free(f.st);
    free(arguments);
}

/* JSON nests to 1,000; what is deeper is skipped, whatever its size. */
Test(stream_text, depth_at_its_limit_and_past_it, .timeout = 30)
{
    static const size_t depths[] = {10, 998, 999, 1000, 1000000};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        struct feeder f;
        struct buf body;
        feeder_start(&f);
        buf_init(&body, DC_EVENT_MAX);
        buf_add_text(&body, "data: {\"x\":");
        for (size_t n = 0; n < depths[i]; n++)
            buf_add_byte(&body, '[');
        for (size_t n = 0; n < depths[i]; n++)
            buf_add_byte(&body, ']');
        buf_add_text(&body, "}\n\n");
        feeder_add(&f, buf_str(&body));
        /* The object around the arrays is one level, too. */
        cr_expect_eq(dc_stream_summary(f.st)->malformed,
                     depths[i] + 1 > DC_JSON_DEPTH_MAX, "%zu", depths[i]);
        cr_expect_eq(f.step, DC_MORE);
        dc_stream_free(f.st);
        buf_finish(&body);
    }
}
