/* What is JSON, and what only cJSON would take for it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/json_text.h"

/* clang-format off */
static const char *const good[] = {
    "0", "-0", "12", "-1.5", "1e5", "1E+5", "0.25e-3", "18446744073709551615",
    "true", "false", "null", " \t\r\n1 \t\r\n", "\"\"", "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u00e9\\uD83D\"", "\"\xc3\xa9\x7f\"",
    "[]", "[ ]", "[1]", "[1 , 2]", "[[],{}]", "{}", "{ }", "{\"a\":1}",
    "{ \"a\" : [ { \"b\" : null } ] , \"a\" : 2 }",
};
static const char *const bad[] = {
    "", " ", "01", "-", "-01", "1.", ".5", "1.e5", "1e", "1e+", "+1", "1 2",
    "0x10", "1-2", "NaN", "Infinity", "tru", "truE", "nulll", "'a'", "\"",
    "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "\"\\u123",
    "\"a\tb\"", "\"a\nb\"", "\"\x01\"", "\"\xff\"", "\"\xc3\"", ("\xef\xbb\xbf" "1"),
    "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"}",
    "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\":1]", "{\"a\" 1}",
    "{\"a\":1 \"b\":2}", "{} {}", "[]]", "1,", "\v1", "// x\n1", "/**/1",
};
/* clang-format on */

/* In a block of its exact size, so that ASan sees reads past the end. */
static bool
is_json(const char *text, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, text, len);
    bool yes = json_text((struct dc_str){exact, len});
    free(exact);
    return yes;
}

Test(json_text, tells_them_apart, .timeout = 10)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(is_json(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(!is_json(bad[i], strlen(bad[i])), "%s", bad[i]);
    cr_expect(!is_json("1\0", 2) && !is_json("\"\0\"", 3));
}

/* No beginning of a text in brackets or quotes is a text. */
Test(json_text, needs_all_of_it, .timeout = 10)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (strchr("[{\"", good[i][0]) != NULL)
            for (size_t cut = 0; cut < strlen(good[i]); cut++)
                cr_expect(!is_json(good[i], cut), "%s at %zu", good[i], cut);
}

static bool
nested(size_t depth, char opener, const char *step, char closer)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < depth; i++) {
        buf_add_byte(&b, opener);
        if (i + 1 < depth)
            buf_add_text(&b, step);
    }
    for (size_t i = 0; i < depth; i++)
        buf_add_byte(&b, closer);
    bool yes = json_text(buf_str(&b));
    buf_finish(&b);
    return yes;
}

Test(json_text, has_a_depth, .timeout = 10)
{
    cr_expect(nested(DC_JSON_DEPTH_MAX, '[', "", ']'));
    cr_expect(!nested(DC_JSON_DEPTH_MAX + 1, '[', "", ']'));
    cr_expect(nested(DC_JSON_DEPTH_MAX, '{', "\"a\":", '}'));
    cr_expect(!nested(DC_JSON_DEPTH_MAX + 1, '{', "\"a\":", '}'));

    struct buf wide;
    buf_init(&wide, 1 << 20);
    buf_add_text(&wide, "[[]");
    for (int i = 0; i < DC_JSON_DEPTH_MAX; i++)
        buf_add_text(&wide, ",{}");
    buf_add_byte(&wide, ']');
    cr_expect(json_text(buf_str(&wide)), "width is no depth");
    buf_finish(&wide);
}
