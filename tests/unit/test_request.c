/* Request bodies, byte by byte. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/json_text.h"
#include "deepchat.h"

#define S(text)                                                                \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }
#define HI                                                                     \
    {                                                                          \
        .role = DC_ROLE_USER, .text = S("hi")                                  \
    }
#define HI_JSON "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define USAGE ",\"stream_options\":{\"include_usage\":true}"

/* clang-format off */
static const struct {
    const char *title;
    struct dc_message messages[6];
    size_t message_count;
    const char *model;
    bool stream;
    struct dc_param params[4];
    size_t param_count;
    const char *extra;
    const char *body; /* NULL: refused, for the reason in error */
    const char *error;
} cases[] = {
    {"a minimal one", {HI}, 1, "m", true, {{0}}, 0, "",
        "{\"model\":\"m\"," HI_JSON ",\"stream\":true" USAGE "}", NULL},
    {"no model, no stream", {HI}, 1, "", false, {{0}}, 0, "",
        "{" HI_JSON ",\"stream\":false}", NULL},
    {"no message", {{0}}, 0, "m", false, {{0}}, 0, "",
        "{\"model\":\"m\",\"messages\":[],\"stream\":false}", NULL},
    {"the roles", {
        {.role = DC_ROLE_SYSTEM, .text = S("be brief")},
        HI,
        {.role = DC_ROLE_ASSISTANT, .text = S("ho")},
        {.role = DC_ROLE_USER, .text = S("")}}, 4,
        "a/b:v1", false, {{0}}, 0, "",
        "{\"model\":\"a/b:v1\",\"messages\":["
        "{\"role\":\"system\",\"content\":\"be brief\"},"
        "{\"role\":\"user\",\"content\":\"hi\"},"
        "{\"role\":\"assistant\",\"content\":\"ho\"},"
        "{\"role\":\"user\",\"content\":\"\"}],\"stream\":false}", NULL},
    {"calls alone", {
        HI,
        {.role = DC_ROLE_CALL, .id = S("c1"), .name = S("read"),
            .text = S("{\"p\":\"a\\nb\"}")},
        {.role = DC_ROLE_CALL, .id = S("c2"), .name = S("ls"), .text = S("{}")},
        {.role = DC_ROLE_TOOL, .id = S("c1"), .name = S("read"),
            .text = S("one")},
        {.role = DC_ROLE_TOOL, .id = S("c2"), .text = S("two")}}, 5,
        "", false, {{0}}, 0, "",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
        "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"read\","
        "\"arguments\":\"{\\\"p\\\":\\\"a\\\\nb\\\"}\"}},"
        "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"ls\","
        "\"arguments\":\"{}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"one\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"two\"}],"
        "\"stream\":false}", NULL},
    {"calls behind words", {
        {.role = DC_ROLE_ASSISTANT, .text = S("let me see")},
        {.role = DC_ROLE_CALL, .id = S("c"), .name = S("f"), .text = S("{}")},
        HI,
        {.role = DC_ROLE_CALL, .id = S("d"), .name = S("f"), .text = S("")}}, 4,
        "", false, {{0}}, 0, "",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":\"let me see\","
        "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
        "{\"role\":\"user\",\"content\":\"hi\"},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"d\","
        "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}"
        "}]}],\"stream\":false}", NULL},
    {"escapes", {{.role = DC_ROLE_USER,
            .text = S("\"\\/\b\t\n\f\r\x01\x1f\x7f\xc3\xa4")}}, 1,
        "", false, {{0}}, 0, "",
        "{\"messages\":[{\"role\":\"user\",\"content\":"
        "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\xc3\xa4\"}],"
        "\"stream\":false}", NULL},
    {"what is not UTF-8", {{.role = DC_ROLE_USER,
            .text = S("\xff" "a\0b\"\xe2\x82")}}, 1,
        "\xc3", false, {{0}}, 0, "",
        "{\"model\":\"\xef\xbf\xbd\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"\xef\xbf\xbd" "a\xef\xbf\xbd" "b\\\"\xef\xbf\xbd\"}],"
        "\"stream\":false}", NULL},
    {"all digits and the order are kept", {HI}, 1, "m", true, {
        {"seed", S("18446744073709551615")},
        {"temperature", S("0.70")},
        {"response_format", S(" {\"type\" : \"text\"}\n")},
        {"seed_2", S("-9223372036854775808")}}, 4, "",
        "{\"model\":\"m\"," HI_JSON ",\"seed\":18446744073709551615,"
        "\"temperature\":0.70,\"response_format\":{\"type\" : \"text\"},"
        "\"seed_2\":-9223372036854775808,\"stream\":true" USAGE "}", NULL},
    {"a param that is no JSON", {HI}, 1, "m", true,
        {{"stop", S("[\"a\"")}}, 1, "", NULL, "the value of stop is not JSON"},
    {"a param of two values", {HI}, 1, "m", true,
        {{"a", S("1")}, {"seed", S("1 2")}}, 2, "", NULL,
        "the value of seed is not JSON"},
    {"a param that would break out", {HI}, 1, "m", true,
        {{"seed", S("1,\"x\":2")}}, 1, "", NULL,
        "the value of seed is not JSON"},
    {"an empty param", {HI}, 1, "m", true, {{"n", S("")}}, 1, "", NULL,
        "the value of n is not JSON"},
    {"a bad param that extra replaces", {HI}, 1, "m", true, {{"n", S("x")}}, 1,
        "{\"n\":1}", NULL, "the value of n is not JSON"},
    {"extra comes last", {HI}, 1, "m", false, {{"seed", S("1")}}, 1,
        " { \"top_k\" : 5, \"x\":[1] }\n",
        "{\"model\":\"m\"," HI_JSON ",\"seed\":1,\"stream\":false,"
        "\"top_k\" : 5, \"x\":[1]}", NULL},
    {"empty extras", {HI}, 1, "m", false, {{0}}, 0, " { } ",
        "{\"model\":\"m\"," HI_JSON ",\"stream\":false}", NULL},
    {"blank extras", {HI}, 1, "m", false, {{0}}, 0, " \n",
        "{\"model\":\"m\"," HI_JSON ",\"stream\":false}", NULL},
    {"extra replaces", {HI}, 1, "m", true,
        {{"seed", S("1")}, {"Seed", S("2")}}, 2,
        "{\"model\":\"n\",\"seed\":7,\"stream_options\":null}",
        "{" HI_JSON ",\"Seed\":2,\"stream\":true,"
        "\"model\":\"n\",\"seed\":7,\"stream_options\":null}", NULL},
    {"extra replaces all", {HI}, 1, "m", true, {{0}}, 0,
        "{\"messages\":[],\"model\":\"n\",\"stream\":false}",
        "{\"messages\":[],\"model\":\"n\",\"stream\":false}", NULL},
    {"extra turns the stream off", {HI}, 1, "", true, {{0}}, 0,
        "{\"stream\":false}", "{" HI_JSON ",\"stream\":false}", NULL},
    {"extra turns the stream on", {HI}, 1, "", false, {{0}}, 0,
        "{\"stream\":true}", "{" HI_JSON USAGE ",\"stream\":true}", NULL},
    {"extra keeps digits", {HI}, 1, "", false, {{0}}, 0,
        "{\"id\":12345678901234567890,\"s\":\"{\"}",
        "{" HI_JSON ",\"stream\":false,\"id\":12345678901234567890,"
        "\"s\":\"{\"}", NULL},
    {"extra is a list", {HI}, 1, "", false, {{0}}, 0, "[1]", NULL,
        "extra_body is not a JSON object"},
    {"extra is no JSON", {HI}, 1, "", false, {{0}}, 0, "{\"a\":1", NULL,
        "extra_body is not a JSON object"},
    {"extra is two objects", {HI}, 1, "", false, {{0}}, 0, "{}{}", NULL,
        "extra_body is not a JSON object"},
    {"extra has a raw control", {HI}, 1, "", false, {{0}}, 0, "{\"a\":\"\t\"}",
        NULL, "extra_body is not a JSON object"},
};
/* clang-format on */

Test(request, bodies, .timeout = 10)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dc_request req = {
            .model = str_of(cases[i].model),
            .messages = cases[i].messages,
            .message_count = cases[i].message_count,
            .stream = cases[i].stream,
            .params = cases[i].params,
            .param_count = cases[i].param_count,
            .extra = str_of(cases[i].extra),
        };
        struct dc_error err = {.code = DC_OK};
        size_t len = 0;
        char *body = dc_request_body(&req, &len, &err);
        if (cases[i].body == NULL) {
            cr_expect_null(body, "%s", cases[i].title);
            cr_expect_eq(err.code, DC_E_SYNTAX, "%s", cases[i].title);
            cr_expect_str_eq(err.text, cases[i].error, "%s", cases[i].title);
            cr_expect_null(dc_request_body(&req, NULL, NULL));
            continue;
        }
        cr_assert_not_null(body, "%s: %s", cases[i].title, err.text);
        cr_expect_str_eq(body, cases[i].body, "%s: %s", cases[i].title, body);
        cr_expect_eq(strlen(body), len, "%s", cases[i].title);
        cr_expect(json_text(str_of(body)), "%s", cases[i].title);
        dc_free(body);
    }
}

/* A server may take no stream_options; what the user has set there stays. */
Test(request, without_usage, .timeout = 10)
{
    static const struct {
        bool stream;
        const char *extra, *body;
    } rows[] = {
        {true, "", "\"stream\":true"},
        {false, "", "\"stream\":false"},
        {false, "{\"stream\":true}", "\"stream\":true"},
        {true, "{\"stream_options\":{}}",
         "\"stream\":true,\"stream_options\":{}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dc_request req = {.stream = rows[i].stream,
                                 .no_usage = true,
                                 .extra = str_of(rows[i].extra)};
        char want[128];
        snprintf(want, sizeof want, "{\"messages\":[],%s}", rows[i].body);
        char *body = dc_request_body(&req, NULL, NULL);
        cr_expect_str_eq(body, want, "%s", body);
        dc_free(body);
    }
}

static char *
body_of(const char *text, size_t len, size_t *size, struct dc_error *err)
{
    struct dc_message m = {.role = DC_ROLE_USER, .text = {text, len}};
    struct dc_request req = {.messages = &m, .message_count = 1};
    return dc_request_body(&req, size, err);
}

/* What is sent is what was there: every pair of bytes, as cJSON reads it. */
Test(request, any_bytes_make_json, .timeout = 20)
{
    for (unsigned i = 0; i < 0x10000; i++) {
        char text[] = {'x', (char)(i >> 8), (char)i, 'y'};
        size_t len;
        char *body = body_of(text, sizeof text, &len, NULL);
        cr_assert(json_text((struct dc_str){body, len}), "%04x", i);
        struct buf want;
        buf_init(&want, 64);
        utf8_add_clean(&want, (struct dc_str){text, sizeof text}, true);
        cJSON *json = cJSON_ParseWithLength(body, len);
        const cJSON *first = cJSON_GetArrayItem(
            cJSON_GetObjectItemCaseSensitive(json, "messages"), 0);
        const char *got = cJSON_GetStringValue(
            cJSON_GetObjectItemCaseSensitive(first, "content"));
        cr_assert(got != NULL && strcmp(got, want.ptr) == 0, "%04x", i);
        cJSON_Delete(json);
        buf_finish(&want);
        dc_free(body);
    }
}

/* A longer conversation begins with the bytes of the shorter one. */
Test(request, shares_its_beginning, .timeout = 10)
{
    struct dc_message m[9];
    struct dc_param seed = {"seed", S("1")};
    struct dc_request req = {.model = S("m"), .messages = m, .stream = true};
    char *last = NULL;
    size_t last_len = 0;
    for (size_t n = 1; n <= 9; n++) {
        m[n - 1] = (struct dc_message){.role = n % 2 ? DC_ROLE_USER
                                                     : DC_ROLE_ASSISTANT,
                                       .text = S("some words")};
        req.message_count = n;
        req.params = &seed;
        req.param_count = n % 2; /* options may change on the way */
        size_t len;
        char *body = dc_request_body(&req, &len, NULL);
        const char *end = last != NULL ? strstr(last, "}]") : NULL;
        if (end != NULL)
            cr_expect_eq(memcmp(body, last, (size_t)(end + 1 - last)), 0);
        cr_expect(len > last_len || n % 2 == 0);
        dc_free(last);
        last = body;
        last_len = len;
    }
    dc_free(last);
}

/* At the limit and one past it, also where the text has to be cleaned. */
Test(request, has_a_limit, .timeout = 60)
{
    size_t frame;
    dc_free(body_of("", 0, &frame, NULL));
    size_t most = DC_REQUEST_MAX - frame, len;
    char *text = mem_alloc(most + 1);
    memset(text, 'x', most + 1);
    char *body = body_of(text, most, &len, NULL);
    cr_expect(body != NULL && len == DC_REQUEST_MAX);
    dc_free(body);
    struct dc_error err = {.code = DC_OK};
    cr_expect_null(body_of(text, most + 1, NULL, &err));
    cr_expect_eq(err.code, DC_E_TOO_BIG);
    cr_expect_str_eq(err.text, "the request is over 64 MB; cut turns");

    text[0] = '\xff'; /* grows by two */
    cr_expect_null(body_of(text, most - 1, NULL, &err));
    body = body_of(text, most - 2, &len, NULL);
    cr_expect(body != NULL && len == DC_REQUEST_MAX);
    dc_free(body);
    memset(text, '\xff', most + 1);
    cr_expect_null(body_of(text, most, NULL, &err), "its cleaned text is over");
    free(text);
}
