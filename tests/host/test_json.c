/* JSON text and value trees: what is read, what is refused, what is printed. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/json.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define FFFD "\xef\xbf\xbd"

/* Text as read and printed again, or "no" if it is refused; owned. The bytes
 * are copied so that reading past them is found. */
static char *
again(const char *text, size_t len)
{
    char *copy = mem_resize(NULL, len, 1);
    struct buf out;
    if (len > 0)
        memcpy(copy, text, len);
    struct value *v = json_parse((struct dc_str){copy, len});
    free(copy);
    buf_init(&out, 1 << 20);
    if (v == NULL)
        buf_add_text(&out, "no");
    else
        cr_expect(json_print(&out, v));
    value_free(v);
    return buf_take(&out, NULL);
}

/* clang-format off */
static const struct {
    const char *text, *want;
} cases[] = {
    {"null", "null"}, {"true", "true"}, {"false", "false"}, {"\"\"", "\"\""},
    {" {\"a\" : [1, 2.5, \"x\"]}\r\n", "{\"a\":[1,2.5,\"x\"]}"},
    {"{}", "{}"}, {"[]", "[]"}, {"[[],{}]", "[[],{}]"},
    {"{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}"},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}"},
    /* not JSON */
    {"", "no"}, {" ", "no"}, {"END", "no"}, {"nul", "no"}, {"truex", "no"},
    {"1 2", "no"}, {"{} x", "no"}, {"{}{}", "no"}, {"[1,]", "no"},
    {"{\"a\":}", "no"}, {"{a:1}", "no"}, {"\"x", "no"}, {"x\"", "no"},
    {"\"x\\", "no"}, {"\"\\u12\"", "no"}, {"\"\\q\"", "no"}, {"[", "no"},
    {"]", "no"}, {"NaN", "no"}, {"\xef\xbb\xbf{}", "no"}, {"\v1", "no"},
    {"1\f", "no"}, {"\"\\u00zz\"", "no"},
    /* numbers */
    {"0", "0"}, {"-0", "0"}, {"-1", "-1"}, {"1.0", "1"}, {"1e3", "1000"},
    {"0.7", "0.7"}, {"0.1", "0.1"}, {"1.5e-7", "1.5e-07"},
    {"0.30000000000000004", "0.30000000000000004"},
    {"1000000000000000", "1000000000000000"},
    {"9007199254740991", "9007199254740991"},
    {"-9007199254740992", "-9007199254740992"},
    {"1e300", "1e+300"}, {"1e999", "no"}, {"[1e999]", "no"},
    {"01", "no"}, {"1.", "no"}, {".5", "no"}, {"+1", "no"}, {"-", "no"},
    {"1e", "no"}, {"1e+", "no"}, {"0x10", "no"}, {"1-2", "no"}, {"-.5", "no"},
    /* strings */
    {"\"\\u00e9\\n\\t\\\"\\\\\\/\"", "\"\xc3\xa9\\n\\t\\\"\\\\/\""},
    {"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
    {"\"x\\ud83dy\"", "\"x" FFFD "y\""}, {"\"\\ud83d\"", "\"" FFFD "\""},
    {"\"\\udc00\"", "\"" FFFD "\""}, {"\"\\uD83D\\uD83D\"",
     "\"" FFFD FFFD "\""},
    {"\"\\ud83d\\u0041\"", "\"" FFFD "A\""},
    {"\"\\ud83d\\ue000\"", "\"" FFFD "\xee\x80\x80\""},
    {"\"ab\\u0000cd\"", "\"ab" FFFD "cd\""},
    {"{\"a\\u0000b\":1}", "{\"a" FFFD "b\":1}"},
    {"\"\\\\ud83d\"", "\"\\\\ud83d\""}, {"\"\\\\u0000\"", "\"\\\\u0000\""},
    {"\"\\u0001\\u001f\"", "\"\\u0001\\u001f\""},
    {"\"\\b\\f\\r\"", "\"\\b\\f\\r\""}, {"\"a\tb\"", "\"a\\tb\""},
    {"\"\xff\"", "\"" FFFD "\""}, {"\"a\xc3\"", "\"a" FFFD "\""},
    {"\"\xed\xa0\x80z\"", "\"" FFFD FFFD FFFD "z\""},
};
/* clang-format on */

Test(json, reads_and_prints, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = again(cases[i].text, strlen(cases[i].text));
        cr_expect_str_eq(got, cases[i].want, "%s gave %s", cases[i].text, got);
        free(got);
    }
    static const char raw[] = "\"a\0b\"", outside[] = "1\0";
    char *got = again(raw, sizeof raw - 1);
    cr_expect_str_eq(got, "\"a" FFFD "b\"");
    free(got);
    got = again(outside, sizeof outside - 1);
    cr_expect_str_eq(got, "no");
    free(got);
}

/* However many members there are: of two with the same name the last one holds,
 * and it does not take long. */
Test(json, members, .timeout = 20)
{
    static const size_t counts[] = {1, 255, 256, 257, 300000};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct buf text;
        buf_init(&text, 1 << 24);
        buf_add_text(&text, "{\"twice\":0");
        for (size_t k = 2; k < counts[i]; k++)
            buf_addf(&text, ",\"k%zu\":%zu", k, k);
        buf_add_text(&text, counts[i] > 1 ? ",\"twice\":1}" : "}");
        struct value *v = json_parse(buf_str(&text));
        cr_assert_not_null(v);
        size_t want = counts[i] > 1 ? counts[i] - 1 : 1;
        cr_expect_eq(v->count, want, "%zu: %zu", counts[i], v->count);
        cr_expect_eq(value_as_int(value_get(v, "twice"), -1), counts[i] > 1);
        if (counts[i] > 254)
            cr_expect_eq(value_as_int(value_get(v, "k250"), -1), 250);
        struct value *copy = value_copy(v);
        cr_expect_eq(copy->count, want);
        value_free(copy);
        value_free(v);
        buf_finish(&text);
    }
    struct buf bad;
    buf_init(&bad, 1 << 16);
    buf_add_text(&bad, "{\"a\":1e999");
    for (size_t k = 0; k < 300; k++)
        buf_addf(&bad, ",\"k%zu\":[]", k);
    buf_add_text(&bad, "}");
    cr_expect_null(json_parse(buf_str(&bad)));
    buf_finish(&bad);
}

/* A whole text cut anywhere is none. */
Test(json, refuses_every_prefix, .timeout = 20)
{
    const char *text = "{\"a\":[1,-2.5e+3,null,true,\"\\ud83d\\ude00\\u0000"
                       "\xc3\xa9\\n\"],\"b\":{}}";
    for (size_t len = 0; len < strlen(text); len++) {
        char *got = again(text, len);
        cr_expect_str_eq(got, "no", "at %zu", len);
        free(got);
    }
}

static char *
nested(int depth, char open, char close)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (int i = 0; i < depth; i++)
        buf_add_text(&out, open == '[' ? "[" : i > 0 ? "\"k\":{" : "{");
    for (int i = 0; i < depth; i++)
        buf_add_byte(&out, close);
    return buf_take(&out, NULL);
}

static struct value *
tree(int depth)
{
    struct value *v = value_list();
    for (int i = 1; i < depth; i++) {
        struct value *outer = value_list();
        value_add(outer, v);
        v = outer;
    }
    return v;
}

Test(json, depth, .timeout = 20)
{
    static const char pairs[][2] = {{'[', ']'}, {'{', '}'}};
    struct buf out;
    for (size_t i = 0; i < COUNT(pairs); i++)
        for (int more = 0; more < 2; more++) {
            char *text =
                nested(VALUE_DEPTH_MAX + more, pairs[i][0], pairs[i][1]);
            struct value *v = json_parse(str_of(text));
            cr_expect_eq(v != NULL, more == 0);
            value_free(v);
            free(text);
        }
    buf_init(&out, 1000);
    buf_add_text(&out, "x");
    for (int more = 0; more < 2; more++) {
        struct value *v = tree(VALUE_DEPTH_MAX + more);
        cr_expect_eq(json_print(&out, v), more == 0);
        cr_expect_eq(out.len, 1 + (size_t)VALUE_DEPTH_MAX * 2);
        value_free(v);
    }
    buf_finish(&out);
    char *far = nested(100000, '[', ']');
    cr_expect_null(json_parse(str_of(far)));
    free(far);
}

Test(json, prints_what_no_text_gives, .timeout = 20)
{
    static const struct {
        int64_t integer;
        const char *want;
    } ints[] = {
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
        {9007199254740993, "9007199254740993"},
    };
    static const struct {
        double number;
        const char *want;
    } floats[] = {
        {NAN, "null"}, {INFINITY, "null"}, {0.1F, "0.10000000149011612"}};
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < COUNT(ints); i++) {
        struct value *v = value_int(ints[i].integer);
        cr_expect(json_print(&out, v));
        cr_expect_str_eq(out.ptr, ints[i].want);
        buf_reset(&out);
        value_free(v);
    }
    for (size_t i = 0; i < COUNT(floats); i++) {
        struct value *v = value_float(floats[i].number);
        cr_expect(json_print(&out, v));
        cr_expect_str_eq(out.ptr, floats[i].want);
        buf_reset(&out);
        value_free(v);
    }
    struct value *v = value_str((struct dc_str){"a\0b", 3});
    cr_expect(json_print(&out, v));
    cr_expect_str_eq(out.ptr, "\"a" FFFD "b\"");
    value_free(v);
    buf_finish(&out);
}

Test(json, prints_up_to_the_ceiling, .timeout = 20)
{
    const char *text = "{\"a\":[1,\"\\n\xc3\xa9\",null,2.5]}";
    struct value *v = json_parse(str_of(text));
    for (size_t limit = 0; limit <= strlen(text); limit++) {
        struct buf out;
        buf_init(&out, limit);
        bool ok = json_print(&out, v);
        cr_expect_eq(ok, limit == strlen(text), "limit %zu", limit);
        cr_expect_eq(out.len, ok ? limit : 0);
        buf_finish(&out);
    }
    value_free(v);
}
