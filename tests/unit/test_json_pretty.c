/* JSON laid out: only blanks change. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

/* clang-format off */
static const struct {
    const char *text, *pretty;
} cases[] = {
    {"1", "1"},
    {" \t\r\n-1.50E+05 \n", "-1.50E+05"},
    {"12345678901234567890.0000", "12345678901234567890.0000"},
    {"true", "true"}, {"false", "false"}, {"null", "null"},
    {"\"a\"", "\"a\""},
    {"\"\\u00e9 \\\" [{,:}] \\\\\"", "\"\\u00e9 \\\" [{,:}] \\\\\""},
    {"[]", "[]"}, {"[ \n ]", "[]"}, {"{}", "{}"}, {" { } ", "{}"},
    {"[1]", "[\n  1\n]"},
    {"[1,2 , 3]", "[\n  1,\n  2,\n  3\n]"},
    {"[[],{},[[]]]", "[\n  [],\n  {},\n  [\n    []\n  ]\n]"},
    {"{\"a\":1}", "{\n  \"a\": 1\n}"},
    {"{\"a\" : [ ] , \"a\":{\"b\":\"c,d\"}}",
     "{\n  \"a\": [],\n  \"a\": {\n    \"b\": \"c,d\"\n  }\n}"},
    {"[true,null,{\"\":-0}]",
     "[\n  true,\n  null,\n  {\n    \"\": -0\n  }\n]"},
};
static const char *const bad[] = {
    "", " ", "[", "[1,]", "{\"a\"}", "01", "\"a", "\"\xff\"", "nul", "1 2",
};
/* clang-format on */

/* In a block of its exact size, so that ASan sees reads past the end. */
static char *
pretty(const char *text, size_t limit, size_t *len, struct dc_error *err)
{
    size_t size = strlen(text);
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, text, size);
    char *out = dc_json_pretty((struct dc_str){copy, size}, limit, len, err);
    free(copy);
    return out;
}

Test(json_pretty, lays_it_out, .timeout = 10)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = 0;
        char *out = pretty(cases[i].text, 1000, &len, NULL);
        cr_assert_not_null(out, "%s", cases[i].text);
        cr_expect_str_eq(out, cases[i].pretty);
        cr_expect_eq(len, strlen(cases[i].pretty));
        char *again = pretty(out, 1000, NULL, NULL);
        cr_expect_str_eq(again, out);
        dc_free(again);
        dc_free(out);
    }
}

Test(json_pretty, refuses_the_rest, .timeout = 10)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dc_error err = {0};
        cr_expect_null(pretty(bad[i], 1000, NULL, &err), "%s", bad[i]);
        cr_expect_eq(err.code, DC_E_SYNTAX);
    }
}

Test(json_pretty, has_a_limit, .timeout = 10)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = strlen(cases[i].pretty);
        struct dc_error err = {0};
        char *out = pretty(cases[i].text, len, NULL, &err);
        cr_expect_not_null(out, "%s", cases[i].text);
        dc_free(out);
        cr_expect_null(pretty(cases[i].text, len - 1, NULL, &err));
        cr_expect_eq(err.code, DC_E_TOO_BIG);
    }
}

/* Each level costs two blanks, so depth makes much of little. */
Test(json_pretty, is_as_deep_as_json, .timeout = 10)
{
    for (int deep = DC_JSON_DEPTH_MAX; deep <= DC_JSON_DEPTH_MAX + 1; deep++) {
        struct buf b;
        buf_init(&b, 1 << 20);
        for (int i = 0; i < deep; i++)
            buf_add_byte(&b, '[');
        for (int i = 0; i < deep; i++)
            buf_add_byte(&b, ']');
        size_t len = 0;
        char *out = dc_json_pretty(buf_str(&b), DC_REPLY_MAX, &len, NULL);
        cr_expect_eq(out != NULL, deep == DC_JSON_DEPTH_MAX);
        if (out != NULL)
            cr_expect_eq(len,
                         (size_t)2 * DC_JSON_DEPTH_MAX * DC_JSON_DEPTH_MAX);
        dc_free(out);
        buf_finish(&b);
    }
}
