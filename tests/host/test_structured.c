/* A reply that was to be JSON: what is shown of it and said about it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/structured.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BLOCK(text) "```json\n" text "\n```"
#define NOT_JSON "the reply is not JSON, kept as it came; :DeepRetry"
#define ONCE "reply kept, breaks the schema 1 time; :copen"
#define BOOK                                                                   \
    "{\"type\":\"object\",\"required\":[\"title\"],"                           \
    "\"properties\":{\"title\":{\"type\":\"string\"},"                         \
    "\"years\":{\"items\":{\"type\":\"integer\"}}}}"

/* clang-format off */
static const struct {
    const char *schema, *text;
    const char *shown; /* NULL: the text */
    const char *line;
    const char *violations; /* "line text" and a newline behind each */
} replies[] = {
    /* any JSON */
    {"", "{\"a\":1}", BLOCK("{\n  \"a\": 1\n}"), "", ""},
    {"", " \n{}\n\n", BLOCK("{}"), "", ""},
    {"", "[1.50,12345678901234567890]",
        BLOCK("[\n  1.50,\n  12345678901234567890\n]"), "", ""},
    {"", "\"\\u00e9 ```\"", BLOCK("\"\\u00e9 ```\""), "", ""},
    {"", "\"%% user\"", BLOCK("\"%% user\""), "", ""},
    {"", "true", BLOCK("true"), "", ""},

    /* a fence around it is the model's */
    {"", "```json\n{\"a\":1}\n```", BLOCK("{\n  \"a\": 1\n}"), "", ""},
    {"", "```\n\n1\n\n```\n", BLOCK("1"), "", ""},
    {"", "```json\n1```", BLOCK("1"), "", ""},
    {"", "```json\n1", NULL, NOT_JSON, ""},
    {"", "```json\n```", NULL, NOT_JSON, ""},
    {"", "```\n", NULL, NOT_JSON, ""},
    {"", "```", NULL, NOT_JSON, ""},
    {"", "```json\n1\n```\nHope this helps!", NULL, NOT_JSON, ""},

    /* no JSON */
    {"", "Here you are:\n%%% user\n{}\n", NULL, NOT_JSON, ""},
    {"", "{\"a\":1", NULL, NOT_JSON, ""},
    {"", "{\"a\":1}}", NULL, NOT_JSON, ""},
    {"", " \n ", NULL, NOT_JSON, ""},
    {"", "", NULL, "", ""},
    {BOOK, "Sorry.", NULL, NOT_JSON, ""},

    /* what the schema says */
    {BOOK, "{\"title\":\"x\"}", BLOCK("{\n  \"title\": \"x\"\n}"), "", ""},
    {BOOK, "{\"title\":7}", BLOCK("{\n  \"title\": 7\n}"), ONCE,
        "2 /title: is 7, not string\n"},
    {BOOK, "{\"years\":[1,\"2\",3,null]}",
        BLOCK("{\n  \"years\": [\n    1,\n    \"2\",\n    3,\n    null\n  ]\n}"),
        "reply kept, breaks the schema 3 times; :copen",
        "1 \"title\" is missing\n4 /years/1: is \"2\", not integer\n"
        "6 /years/3: is null, not integer\n"},
    {BOOK, "[]", BLOCK("[]"), ONCE, "1 is an array, not object\n"},
    {"{\"$ref\":\"#\"}", "{}", BLOCK("{}"),
        "reply kept unchecked: the schema goes round in circles", ""},
    {"{\"items\":{\"$ref\":\"#/$defs/of/another/schema\"}}", "[1]",
        BLOCK("[\n  1\n]"),
        "reply kept unchecked: the schema has no \"#/$defs/of/ano...", ""},
};
/* clang-format on */

static struct value *
about_new(const char *finish, const char *line)
{
    struct value *about = value_map();
    value_put(about, "finish", value_text(finish));
    value_put(about, "line", value_text(line));
    return about;
}

static void
expect_violations(const struct value *about, const char *want, const char *name)
{
    const struct value *pair, *list = value_get(about, "violations");
    struct buf all;
    buf_init(&all, 1 << 20);
    buf_add_text(&all, "");
    for (size_t i = 0; (pair = value_at(list, i)) != NULL; i++)
        buf_addf(&all, "%d %s\n", (int)value_as_int(value_at(pair, 0), -1),
                 value_as_text(value_at(pair, 1), "?"));
    cr_expect_str_eq(all.ptr, want, "%s: %s", name, all.ptr);
    buf_finish(&all);
}

/* In pieces of size bytes. */
static void
check_reply(size_t i, size_t size)
{
    const char *text = replies[i].text;
    struct structured *s = structured_new(str_of(replies[i].schema));
    structured_add(s, str_of("void"), false);
    structured_reset(s);
    for (size_t at = 0; at < strlen(text); at += size) {
        size_t left = strlen(text) - at;
        struct dc_str piece = {text + at, left < size ? left : size};
        cr_expect_eq(structured_add(s, piece, false).len, 0);
    }
    const char *want = replies[i].shown != NULL ? replies[i].shown : text;
    struct dc_str shown = structured_add(s, str_of(""), true);
    cr_expect(str_is(shown, want), "%s: %.*s", text, (int)shown.len, shown.ptr);
    struct value *about = about_new("stop", "");
    structured_tell(s, about);
    cr_expect_str_eq(value_as_text(value_get(about, "line"), "?"),
                     replies[i].line, "%s: %s", text,
                     value_as_text(value_get(about, "line"), "?"));
    expect_violations(about, replies[i].violations, text);
    value_free(about);
    structured_free(s);
}

Test(structured, replies, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(replies); i++)
        for (size_t size = 1; size <= strlen(replies[i].text) + 1; size++)
            check_reply(i, size);
}

/* ---- how it ended ---- */

/* clang-format off */
static const struct {
    const char *text, *finish, *line;
    const char *want;
    bool violated;
} ends[] = {
    {"{\"title\":7}", "stop", "", ONCE, true},
    {"{\"title\":7}", "length", "cut", "cut", true},
    {"{\"title\":7}", "stopped", "", "", true},
    {"{\"title\":", "stopped", "", "", false},
    {"{\"title\":", "interrupted", "lost", "lost", false},
    {"{\"title\":", "length", "still cut", "still cut", false},
    {"{\"title\":", "stop", "", NOT_JSON, false},
    {"", "error", "nothing came", "nothing came", false},
};
/* clang-format on */

Test(structured, ends, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct structured *s = structured_new(str_of(BOOK));
        struct value *about = about_new(ends[i].finish, ends[i].line);
        structured_add(s, str_of(ends[i].text), true);
        structured_tell(s, about);
        cr_expect_str_eq(value_as_text(value_get(about, "line"), "?"),
                         ends[i].want, "%zu", i);
        cr_expect_eq(value_get(about, "violations") != NULL, ends[i].violated,
                     "%zu", i);
        value_free(about);
        structured_free(s);
    }
}

/* ---- limits ---- */

/* A list of count numbers, as short as can be. Owned. */
static struct dc_str
numbers(size_t count)
{
    struct buf text;
    struct dc_str out;
    buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < count; i++)
        buf_add_text(&text, i == 0 ? "[1" : ",1");
    buf_add_byte(&text, ']');
    out.ptr = buf_take(&text, &out.len);
    return out;
}

static void
check_numbers(size_t count, const char *schema, size_t violations,
              const char *line)
{
    struct structured *s = structured_new(str_of(schema));
    struct value *about = about_new("stop", "");
    struct dc_str text = numbers(count);
    struct dc_str shown = structured_add(s, text, true);
    cr_expect(str_starts(shown, "```json\n["), "%zu", count);
    cr_expect_eq(shown.ptr[shown.len - 4], '\n', "%zu", count);
    structured_tell(s, about);
    const struct value *list = value_get(about, "violations");
    cr_expect_eq(list != NULL ? list->count : 0, violations, "%zu", count);
    cr_expect_str_eq(value_as_text(value_get(about, "line"), "?"), line, "%zu",
                     count);
    free((char *)(uintptr_t)text.ptr);
    value_free(about);
    structured_free(s);
}

Test(structured, limits, .timeout = 60)
{
    static const char strings[] = "{\"items\":{\"type\":\"string\"}}";
    static const char line[] = "reply kept, breaks the schema %s100 times; "
                               ":copen";
    char want[80];
    snprintf(want, sizeof want, line, "");
    check_numbers(100, strings, 100, want);
    snprintf(want, sizeof want, line, "over ");
    check_numbers(101, strings, 100, want);
    /* laid out, an item has five bytes, and two are left */
    check_numbers((DC_JSON_MAX - 2) / 5, "{}", 0, "");
    check_numbers((DC_JSON_MAX - 2) / 5 + 1, "{}", 0,
                  "reply kept unchecked: over 1 MB, not checked");
    /* it gets longer than a reply may be when it is laid out */
    check_numbers(DC_REPLY_MAX / 2 - 1, "", 0, "");
}

/* ---- what is asked for ---- */

static const struct {
    const char *name, *want;
} names[] = {
    {"book", "book"},
    {"My-book_2", "My-book_2"},
    {"a b\"\xc3\xa9", "a_b___"},
    {"", "reply"},
    {"0123456789012345678901234567890123456789012345678901234567890123",
     "0123456789012345678901234567890123456789012345678901234567890123"},
    {"01234567890123456789012345678901234567890123456789012345678901234",
     "0123456789012345678901234567890123456789012345678901234567890123"},
};

Test(structured, format, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        struct dc_str schema = str_of("{\"minimum\": 1.0}");
        struct dc_str format = structured_format(schema, str_of(names[i].name));
        char want[256];
        snprintf(want, sizeof want,
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"%s\","
                 "\"strict\":true,\"schema\":{\"minimum\": 1.0}}}",
                 names[i].want);
        cr_expect(str_is(format, want), "%.*s", (int)format.len, format.ptr);
        free((char *)(uintptr_t)format.ptr);
    }
}
