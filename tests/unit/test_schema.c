/* What a schema allows, and what is said about the rest. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

/* clang-format off */
/* said: "line pointer text" of each violation, ended by newlines. */
static const struct {
    const char *schema, *text, *said;
} cases[] = {
    /* booleans and emptiness */
    {"true", "1", ""},
    {"false", "1", "1  is not allowed here\n"},
    {"{}", "{\"a\":[1,null]}", ""},
    {"{\"title\":\"x\",\"format\":\"date\",\"pattern\":\"^a\"}", "\"b\"", ""},
    /* type */
    {"{\"type\":\"string\"}", "\"a\"", ""},
    {"{\"type\":\"string\"}", "5", "1  is 5, not string\n"},
    {"{\"type\":\"number\"}", "5", ""},
    {"{\"type\":\"number\"}", "\"5\"", "1  is \"5\", not number\n"},
    {"{\"type\":\"integer\"}", "5", ""},
    {"{\"type\":\"integer\"}", "-5.0", ""},
    {"{\"type\":\"integer\"}", "1.5e1", ""},
    {"{\"type\":\"integer\"}", "0.0", ""},
    {"{\"type\":\"integer\"}", "0.5e1", ""},
    {"{\"type\":\"integer\"}", "1.5", "1  is 1.5, not integer\n"},
    {"{\"type\":\"integer\"}", "1e-1", "1  is 1e-1, not integer\n"},
    {"{\"type\":\"integer\"}", "10.01", "1  is 10.01, not integer\n"},
    {"{\"type\":\"integer\"}", "9007199254740993.5",
     "1  is 9007199254740993.5, not integer\n"},
    {"{\"type\":\"integer\"}", "12345678901234567890123", ""},
    {"{\"type\":\"integer\"}", "1e999999999999999999999", ""},
    {"{\"type\":\"integer\"}", "1e-999999999999999999999",
     "1  is 1e-999999999999999999999, not integer\n"},
    {"{\"type\":\"boolean\"}", "true", ""},
    {"{\"type\":\"boolean\"}", "false", ""},
    {"{\"type\":\"boolean\"}", "null", "1  is null, not boolean\n"},
    {"{\"type\":\"null\"}", "null", ""},
    {"{\"type\":\"null\"}", "false", "1  is false, not null\n"},
    {"{\"type\":\"array\"}", "[]", ""},
    {"{\"type\":\"array\"}", "{}", "1  is an object, not array\n"},
    {"{\"type\":\"object\"}", "{}", ""},
    {"{\"type\":\"object\"}", "[1]", "1  is an array, not object\n"},
    {"{\"type\":[\"string\",\"null\"]}", "null", ""},
    {"{\"type\":[\"string\",\"null\"]}", "1", "1  is 1, not string or null\n"},
    {"{\"type\":[\"string\",\"null\",\"array\"]}", "1",
     "1  is 1, not string, null or array\n"},
    {"{\"type\":5}", "1", ""},
    {"{\"type\":[]}", "1", ""},
    {"{\"type\":{\"a\":\"b\"}}", "1", ""},
    {"{\"type\":\"\x7f" "x\"}", "1", "1  is 1, not ?x\n"},
    {"{\"type\":\"strnig\"}", "1", "1  is 1, not strnig\n"},
    /* enum and const */
    {"{\"enum\":[\"a\",2]}", "\"a\"", ""},
    {"{\"enum\":[\"a\",2]}", "2.0", ""},
    {"{\"enum\":[\"a\",2]}", "\"b\"", "1  is \"b\", not one of \"a\" or 2\n"},
    {"{\"enum\":[9007199254740993]}", "9007199254740992",
     "1  is 9007199254740992, not one of 9007199254740993\n"},
    {"{\"enum\":[\"\\u00e9\\ud83d\\ude00/\"]}",
     "\"\xc3\xa9\xf0\x9f\x98\x80\\/\"", ""},
    {"{\"enum\":[\"a\\u0000b\"]}", "\"a\\u0000c\"",
     "1  is \"a\\u0000c\", not one of \"a\\u0000b\"\n"},
    {"{\"enum\":[[1,{\"a\":2,\"b\":3}]]}", "[1.0,{\"b\":3,\"a\":2}]", ""},
    {"{\"enum\":[[1,2]]}", "[2,1]", "1  is an array, not one of an array\n"},
    {"{\"enum\":[[1]]}", "[1,1]", "1  is an array, not one of an array\n"},
    {"{\"enum\":[{\"a\":1}]}", "{\"b\":1}",
     "1  is an object, not one of an object\n"},
    {"{\"enum\":[]}", "1", ""},
    {"{\"const\":null}", "null", ""},
    {"{\"const\":null}", "0", "1  is 0, not null\n"},
    {"{\"const\":0}", "-0.00e5", ""},
    {"{\"const\":\"\\ud83d\\u0041\"}", "\"\\ufffdA\"", ""},
    {"{\"const\":\"\"}", "\"\"", ""},
    {"{\"const\":{\"a\":[]}}", "{\"a\":[0]}",
     "1  is not the one that is allowed\n"},
    /* bounds */
    {"{\"minimum\":0}", "0", ""},
    {"{\"minimum\":0}", "-0.0", ""},
    {"{\"minimum\":0}", "-1e-9", "1  is -1e-9, below the minimum of 0\n"},
    {"{\"minimum\":4}", "0.5e1", ""},
    {"{\"minimum\":-10}", "-9.99", ""},
    {"{\"minimum\":-10}", "-10.01", "1  is -10.01, below the minimum of -10\n"},
    {"{\"minimum\":1}", "\"0\"", ""},
    {"{\"minimum\":\"1\"}", "0", ""},
    {"{\"maximum\":100}", "1e2", ""},
    {"{\"maximum\":100}", "100.5", "1  is 100.5, above the maximum of 100\n"},
    {"{\"maximum\":9007199254740992}", "9007199254740993",
     "1  is 9007199254740993, above the maximum of 9007199254740992\n"},
    {"{\"maximum\":0.3}", "0.30000000000000001",
     "1  is 0.30000000000000001, above the maximum of 0.3\n"},
    {"{\"maximum\":9}", "10", "1  is 10, above the maximum of 9\n"},
    {"{\"exclusiveMinimum\":1}", "1.1", ""},
    {"{\"exclusiveMinimum\":1}", "1.0", "1  is 1.0, takes more than 1\n"},
    {"{\"exclusiveMaximum\":1}", "0.9", ""},
    {"{\"exclusiveMaximum\":1}", "1", "1  is 1, takes less than 1\n"},
    {"{\"minLength\":2}", "\"ab\"", ""},
    {"{\"minLength\":2}", "\"\xc3\xa9\"",
     "1  has 1 character, takes at least 2\n"},
    {"{\"maxLength\":2}", "\"\xc3\xa9\\u00e9\"", ""},
    {"{\"maxLength\":2.0}", "\"\xf0\x9f\x98\x80\\ud83d\\ude00\"", ""},
    {"{\"minLength\":3}", "\"a\\\"b\"", ""},
    {"{\"maxLength\":2}", "\"abc\"", "1  has 3 characters, takes at most 2\n"},
    {"{\"maxLength\":2}", "[1,2,3]", ""},
    {"{\"minItems\":1}", "[0]", ""},
    {"{\"minItems\":1}", "[]", "1  has 0 items, takes at least 1\n"},
    {"{\"maxItems\":1}", "[0]", ""},
    {"{\"maxItems\":1}", "[0,0]", "1  has 2 items, takes at most 1\n"},
    {"{\"minProperties\":1}", "{\"a\":0}", ""},
    {"{\"minProperties\":2}", "{\"a\":0}", "1  has 1 member, takes at least 2\n"},
    {"{\"maxProperties\":0}", "{}", ""},
    {"{\"maxProperties\":0}", "{\"a\":0}",
     "1  has 1 member, takes at most 0\n"},
    /* objects */
    {"{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":2}", ""},
    {"{\"required\":[\"a\",\"b\"]}", "{\"c\":1}",
     "1  \"a\" is missing\n1  \"b\" is missing\n"},
    {"{\"required\":[\"a\"]}", "[]", ""},
    {"{\"required\":[1]}", "{}", ""},
    {"{\"required\":[\"\xc3\xa9\"]}", "{\"\\u00E9\":0}", ""},
    {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}", ""},
    {"{\"properties\":{\"a\":{\"type\":\"string\"}}}",
     "{\n\"b\":1,\n\"a\":\n2}", "4 /a is 2, not string\n"},
    {"{\"properties\":{\"a\":false}}", "{\"a\":1}",
     "1 /a is not allowed here\n"},
    {"{\"properties\":{\"a\":{\"const\":1}}}", "{\"a\":1,\"a\":2}",
     "1 /a is 2, not 1\n"},
    {"{\"properties\":{\"a/b~c\\n\":{\"type\":\"null\"}}}",
     "{\"a/b~c\\n\":0}", "1 /a~1b~0c\\u000a is 0, not null\n"},
    {"{\"properties\":{\"\":{\"properties\":{\"\":false}}}}",
     "{\"\":{\"\":1}}", "1 // is not allowed here\n"},
    {"{\"properties\":[1]}", "{\"a\":1}", ""},
    {"{\"properties\":{\"a\":true},\"additionalProperties\":false}",
     "{\"a\":1}", ""},
    {"{\"properties\":{\"a\":true},\"additionalProperties\":false}",
     "{\"a\":1,\"b\":2}", "1 /b is not allowed here\n"},
    {"{\"additionalProperties\":false}", "{\"b\":2}",
     "1 /b is not allowed here\n"},
    {"{\"additionalProperties\":{\"type\":\"null\"},\"properties\":{\"a\":{}}}",
     "{\"a\":1,\"b\":2}", "1 /b is 2, not null\n"},
    {"{\"additionalProperties\":false,\"patternProperties\":{\"^b\":{}}}",
     "{\"b\":2}", ""},
    /* a property may have the name of a keyword */
    {"{\"properties\":{\"type\":{\"type\":\"number\"}}}",
     "{\"type\":\"x\"}", "1 /type is \"x\", not number\n"},
    /* lists */
    {"{\"items\":{\"type\":\"number\"}}", "[1,\"a\",2,null]",
     "1 /1 is \"a\", not number\n1 /3 is null, not number\n"},
    {"{\"items\":{\"items\":false}}", "[[],[[]]]",
     "1 /1/0 is not allowed here\n"},
    {"{\"items\":{\"type\":\"number\"}}", "{\"a\":\"b\"}", ""},
    {"{\"items\":[{\"type\":\"null\"}]}", "[1]", ""},
    {"{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false}",
     "[1,2]", ""},
    {"{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false}",
     "[2,2,2]", "1 /0 is 2, not 1\n1 /2 is not allowed here\n"},
    {"{\"prefixItems\":[{\"const\":1},{\"const\":2}]}", "[1]", ""},
    /* several at once, in the order of the schema */
    {"{\"type\":\"string\",\"minimum\":5,\"enum\":[1]}", "2",
     "1  is 2, not string\n1  is 2, below the minimum of 5\n"
     "1  is 2, not one of 1\n"},
    {"{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "2", ""},
    {"{\"allOf\":[{\"minimum\":1},{\"maximum\":3},{\"const\":4}]}", "5",
     "1  is 5, above the maximum of 3\n1  is 5, not 4\n"},
    {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", ""},
    {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "[]",
     "1  is an array, fits none of the 2 schemas in anyOf\n"},
    {"{\"anyOf\":[{\"properties\":{\"a\":{\"minimum\":5}}}]}", "{\"a\":1}",
     "1 /a is 1, below the minimum of 5\n"},
    {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1",
     "1  is 1, fits none of the 2 schemas in anyOf\n"},
    /* one of them takes values of this type */
    {"{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},{\"type\":\"null\"}],"
     "\"$defs\":{\"x\":{\"type\":\"object\",\"required\":[\"a\"]}}}",
     "{}", "1  \"a\" is missing\n"},
    {"{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"items\":"
     "{\"type\":\"null\"}}]}", "[null,1]", "1 /1 is 1, not null\n"},
    {"{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3},"
     "{\"type\":\"integer\",\"minimum\":4}]}", "2",
     "1  is 2, fits none of the 3 schemas in anyOf\n"},
    {"{\"anyOf\":[{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3}]},"
     "{\"type\":\"string\"}]}", "2",
     "1  is 2, fits none of the 2 schemas in anyOf\n"},
    {"{\"anyOf\":[]}", "1", ""},
    {"{\"oneOf\":[{\"minimum\":1},{\"maximum\":3}]}", "4", ""},
    {"{\"oneOf\":[{\"minimum\":1},{\"maximum\":3}]}", "2",
     "1  is 2, fits more than one of the 2 schemas in oneOf\n"},
    {"{\"oneOf\":[{\"minimum\":5},{\"const\":3}]}", "2",
     "1  is 2, fits none of the 2 schemas in oneOf\n"},
    {"{\"oneOf\":[{\"type\":\"number\"}]}", "\"a\"",
     "1  is \"a\", not number\n"},
    /* references */
    {"{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"type\":\"null\"}}}", "1",
     "1  is 1, not null\n"},
    {"{\"$ref\":\"#/definitions/x\",\"definitions\":{\"x\":{}}}", "1", ""},
    {"{\"$ref\":\"#/$defs/a~1b%20~0\",\"$defs\":{\"a/b ~\":false}}", "1",
     "1  is not allowed here\n"},
    {"{\"$ref\":\"#/allOf/1\",\"allOf\":[true,{\"minimum\":3}]}", "4", ""},
    {"{\"properties\":{\"n\":{\"$ref\":\"#\"},\"v\":{\"type\":\"number\"}}}",
     "{\"n\":{\"n\":{\"v\":\"x\"}},\"v\":1}",
     "1 /n/n/v is \"x\", not number\n"},
    {"{\"$ref\":\"https://example.com/x\"}", "1", ""},
    {"{\"$ref\":\"#anchor\"}", "1", ""},
    {"{\"$ref\":\"#/$defs/x\",\"minimum\":2,\"$defs\":{\"x\":{}}}", "1",
     "1  is 1, below the minimum of 2\n"},
    /* no JSON */
    {"{}", "", "1  is not JSON\n"},
    {"{}", "Sure!", "1  is not JSON\n"},
    {"{}", "{\"a\":", "1  is not JSON\n"},
    {"{}", "\"\xff\"", "1  is not JSON\n"},
    {"{}", " \n\t1 \n", ""},
    {"{\"type\":\"null\"}", " \n\n1\n", "3  is 1, not null\n"},
    /* values that are shown are cut */
    {"{\"type\":\"null\"}",
     "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"",
     "1  is \"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9..., not null\n"},
    {"{\"const\":1}", "\"a\x7f\"", "1  is \"a?\", not 1\n"},
};

/* No verdict: part of the line. */
static const struct {
    const char *schema, *text, *said;
} refused[] = {
    {"", "1", "not JSON"},
    {"{", "1", "not JSON"},
    {"null", "1", "no JSON object"},
    {"[]", "1", "no JSON object"},
    {"\"x\"", "1", "no JSON object"},
    {"{\"$ref\":\"#/$defs/x\"}", "1", "the schema has no \"#/$defs/x\""},
    {"{\"allOf\":[{}],\"$ref\":\"#/allOf/1\"}", "1", "has no"},
    {"{\"allOf\":[{}],\"$ref\":\"#/allOf/x\"}", "1", "has no"},
    {"{\"$ref\":\"#/\"}", "1", "has no"},
    {"{\"$ref\":\"#\"}", "1", "circles"},
    {"{\"allOf\":[{\"$ref\":\"#\"}]}", "1", "circles"},
    {"{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1", "circles"},
};
/* clang-format on */

/* In a block of its exact size, so that ASan sees reads past the end. */
static struct dc_str
exact(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    return (struct dc_str){copy, len};
}

static void
drop(struct dc_str s)
{
    free((void *)(uintptr_t)s.ptr);
}

/* Owned (buf_finish). */
static struct buf
verdict(const char *schema, const char *text, struct dc_error *err)
{
    struct buf out;
    struct dc_str s = exact(schema), t = exact(text);
    struct dc_schema_report *report = dc_schema_check(s, t, err);
    buf_init(&out, 1 << 20);
    drop(s);
    drop(t);
    buf_add_text(&out, "");
    if (report == NULL)
        buf_addf(&out, "no verdict: %s", err->text);
    for (size_t i = 0; report != NULL && i < report->count; i++) {
        const struct dc_violation *v = &report->items[i];
        buf_addf(&out, "%zu %.*s %.*s\n", v->line, (int)v->pointer.len,
                 v->pointer.ptr, (int)v->text.len, v->text.ptr);
    }
    dc_schema_report_free(report);
    return out;
}

Test(schema, says_what_is_not_allowed, .timeout = 10)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dc_error err = {0};
        struct buf got = verdict(cases[i].schema, cases[i].text, &err);
        cr_expect_str_eq(got.ptr != NULL ? got.ptr : "", cases[i].said,
                         "%s with %s: %s", cases[i].schema, cases[i].text,
                         got.ptr);
        buf_finish(&got);
    }
}

Test(schema, refuses_a_verdict, .timeout = 10)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct dc_error err = {0};
        struct buf got = verdict(refused[i].schema, refused[i].text, &err);
        cr_expect(got.ptr != NULL && str_starts(buf_str(&got), "no verdict: "),
                  "%s: %s", refused[i].schema, got.ptr);
        cr_expect(strstr(err.text, refused[i].said) != NULL, "%s: %s",
                  refused[i].schema, err.text);
        buf_finish(&got);
    }
    cr_expect_null(dc_schema_check(str_of("{"), str_of("1"), NULL));
    dc_schema_report_free(NULL);
}

static void
add_times(struct buf *b, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        buf_add_text(b, text);
}

static enum dc_code
code_of(const char *schema, const struct buf *text, size_t *count)
{
    struct dc_error err = {0};
    struct dc_schema_report *report =
        dc_schema_check(str_of(schema), buf_str(text), &err);
    if (report != NULL && count != NULL)
        *count = report->count;
    dc_schema_report_free(report);
    return err.code;
}

Test(schema, is_as_deep_as_json, .timeout = 20)
{
    static const char *const deep[] = {
        "{\"items\":{\"$ref\":\"#\"}}",
        "{\"items\":{\"anyOf\":[{\"$ref\":\"#\"}]}}",
    };
    struct buf b;
    buf_init(&b, 1 << 20);
    add_times(&b, DC_JSON_DEPTH_MAX, "[");
    add_times(&b, DC_JSON_DEPTH_MAX, "]");
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        size_t count = 1;
        cr_expect_eq(code_of(deep[i], &b, &count), DC_OK);
        cr_expect_eq(count, 0);
    }
    /* The pointer is long, but there is an end to it. */
    struct dc_error err;
    struct dc_schema_report *report =
        dc_schema_check(str_of("{\"items\":{\"$ref\":\"#\"},\"minItems\":1}"),
                        buf_str(&b), &err);
    cr_assert(report != NULL && report->count == 1);
    struct dc_str pointer = report->items[0].pointer;
    cr_expect(pointer.len <= 1024 && pointer.len > 1000);
    cr_expect_eq(memcmp(pointer.ptr + pointer.len - 3, "...", 3), 0);
    dc_schema_report_free(report);
    buf_finish(&b);

    buf_init(&b, 1 << 20);
    add_times(&b, DC_JSON_DEPTH_MAX + 1, "[");
    add_times(&b, DC_JSON_DEPTH_MAX + 1, "]");
    size_t count = 0;
    cr_expect_eq(code_of("{}", &b, &count), DC_OK);
    cr_expect_eq(count, 1, "is not JSON");
    buf_finish(&b);
}

Test(schema, has_limits, .timeout = 20)
{
    struct buf b;
    buf_init(&b, DC_JSON_MAX + 1);
    buf_add_byte(&b, '"');
    add_times(&b, DC_JSON_MAX - 2, "a");
    buf_add_byte(&b, '"');
    size_t count = 9;
    cr_expect_eq(b.len, DC_JSON_MAX);
    cr_expect_eq(code_of("{\"type\":\"null\"}", &b, &count), DC_OK);
    cr_expect_eq(count, 1);
    buf_add_byte(&b, ' ');
    cr_expect_eq(code_of("{}", &b, NULL), DC_E_TOO_BIG);
    cr_expect_eq(code_of(b.ptr, &b, NULL), DC_E_TOO_BIG);
    buf_finish(&b);
}

Test(schema, says_a_hundred_things, .timeout = 20)
{
    for (size_t n = DC_VIOLATIONS_MAX - 1; n <= DC_VIOLATIONS_MAX + 1; n++) {
        struct buf b;
        buf_init(&b, 1 << 20);
        buf_add_text(&b, "[1");
        add_times(&b, n - 1, ",\n1");
        buf_add_byte(&b, ']');
        struct dc_schema_report *report =
            dc_schema_check(str_of("{\"items\":false}"), buf_str(&b), NULL);
        cr_assert_not_null(report);
        cr_expect_eq(report->count,
                     n < DC_VIOLATIONS_MAX ? n : DC_VIOLATIONS_MAX);
        cr_expect_eq(report->more, n > DC_VIOLATIONS_MAX);
        cr_expect_eq(report->items[report->count - 1].line, report->count);
        dc_schema_report_free(report);
        buf_finish(&b);
    }
}

/* Work that doubles at every step ends, and the largest honest text passes. */
Test(schema, does_not_run_away, .timeout = 20)
{
    struct buf schema, text;
    buf_init(&schema, 1 << 20);
    buf_add_text(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 60; i++)
        buf_addf(&schema,
                 "\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},"
                 "{\"$ref\":\"#/$defs/%d\"}]},",
                 i, i + 1, i + 1);
    buf_add_text(&schema, "\"60\":{}}}");
    buf_init(&text, DC_JSON_MAX);
    buf_add_text(&text, "1");
    cr_expect_eq(code_of(schema.ptr, &text, NULL), DC_E_TOO_BIG);
    buf_finish(&schema);
    buf_finish(&text);

    buf_init(&text, DC_JSON_MAX);
    buf_add_text(&text, "[1");
    add_times(&text, DC_JSON_MAX / 2 - 2, ",1");
    buf_add_text(&text, "]");
    size_t count = 9;
    cr_expect_eq(code_of("{\"items\":{\"type\":\"integer\",\"minimum\":1}}",
                         &text, &count),
                 DC_OK);
    cr_expect_eq(count, 0);
    buf_finish(&text);
}
