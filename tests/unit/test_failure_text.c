/* The parts of a failure: bodies of every shape, whose key, which field, and
 * texts that would rather be something else. */
#include <stdio.h>
#include <stdlib.h>

#include "failure_case.h"

/* clang-format off */
static const struct {
    const char *body, *words;
} shapes[] = {
    {"", ""},
    {"  plain\r\n\twords ", "plain words"},
    {"{\"error\":{\"message\":\"a\"}}", "a"},
    {" [ {\"error\":{\"message\":\"in a list\"}} ]", "in a list"},
    {"{\"error\":{\"message\":\"a\",\"metadata\":{\"raw\":\"b\"}},"
        "\"message\":\"c\"}", "a: b"},
    {"{\"error\":{\"metadata\":{\"raw\":\"b\"}}}", "b"},
    {"{\"error\":\"text\",\"detail\":\"d\"}", "text"},
    {"{\"detail\":\"d\",\"message\":\"m\"}", "d"},
    {"{\"detail\":{\"error\":\"e\"}}", "e"},
    {"{\"detail\":{\"message\":\"m\"}}", "m"},
    {"{\"detail\":[{\"loc\":[\"body\",\"messages\",0,\"role\"],\"msg\":\"bad\"}"
        ",{\"loc\":[\"body\"],\"msg\":\"second\"}]}",
        "body.messages.0.role: bad"},
    {"{\"detail\":[{\"msg\":\"bad\"}]}", "bad"},
    {"{\"message\":\"m\"}", "m"},
    {"{\"code\":20012,\"message\":\"m\",\"data\":null}", "m"},
    {"{\"error\":null,\"message\":\"m\"}", "m"},
    {"{\"object\":\"error\",\"message\":\"m\"}", "m"},
    /* no words in there, or no JSON: as it is */
    {"{\"error\":{\"code\":503}}", "{\"error\":{\"code\":503}}"},
    {"{\"error\":{\"message\":\"\"}}", "{\"error\":{\"message\":\"\"}}"},
    {"{\"error\":{\"message\":\"cut", "{\"error\":{\"message\":\"cut"},
    {"[]", "[]"},
    {"[1]", "[1]"},
    {"{\"detail\":[]}", "{\"detail\":[]}"},
    /* what cJSON would not read or cut */
    {"{\"error\":\"a\\u0000b\"}", "a\xef\xbf\xbd" "b"},
    {"{\"error\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80"},
    /* pages */
    {"<html><head><title>\n 502 Bad  Gateway</title></head><body>x",
        "502 Bad Gateway"},
    {"<HTML><TITLE>Up</TITLE>", "Up"},
    {"<p>No <b>title</b>, but words", "No title, but words"},
    {"<title>", ""},
    {"<unclosed", ""},
};

/* what a terminal must not see */
static const struct {
    const char *text, *line;
} unfit[] = {
    {"a\x1b[31mred\x1b[0m.", "a red ."},
    {"a\x1b[38;5;1!pb", "a b"},
    {"a\x1b]0;title\ab", "a b"},
    {"a\x1b]8;;http://x\x1b\\b", "a b"},
    {"a\x1bPq#0\x1b\\b", "a b"},
    {"a\x1b]0;never closed", "a 0;never closed"},
    {"a\x1b(Bb", "a b"},
    {"a\x1b" "cb", "a b"},
    {"a\x1b", "a"},
    {"a\x1b[", "a"},
    {"a\x1b[\nb", "a b"},
    {"a\x1b[\xc3\xa4", "a \xc3\xa4"},
    {"a\rb\n\nc\td\x7f" "e\x01\x02", "a b c d e"},
    {"a\xc2\x9b" "31mb", "a 31mb"},
    {"a\xc2\x80" "b\xc2\x9f" "c\xc2\xa0" "d", "a b c\xc2\xa0" "d"},
    {"a\xe2\x80\xae" "b\xe2\x80\xa8" "c", "a b c"},
    {"a\xe2\x81\xa6" "b\xe2\x81\xa9" "c", "a b c"},
    {"a\xe2\x80\x8b" "b\xef\xbb\xbf" "c", "a b c"},
    {"a\xd8\x9c" "b\xf3\xa0\x81\x81" "c", "a b c"},
    {"a\xc2\xad" "b\xe1\xa0\x8e" "c", "a b c"},
    {"\xe2\x80\x90\xe2\x80\x95", "\xe2\x80\x90\xe2\x80\x95"},
    {"a\xff\xc3z", "a\xef\xbf\xbd\xef\xbf\xbdz"},
};
/* clang-format on */

Test(failure_text, shapes_of_bodies, .timeout = 10)
{
    struct dc_asked asked = failure_asked();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct dc_failure f = failure_of(418, str_of(shapes[i].body), &asked);
        cr_expect_str_eq(f.server, shapes[i].words, "%s: %s", shapes[i].body,
                         f.server);
    }
}

Test(failure_text, nothing_but_text, .timeout = 10)
{
    struct dc_asked asked = failure_asked();
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        struct dc_failure f = failure_of(418, str_of(unfit[i].text), &asked);
        cr_expect_str_eq(f.server, unfit[i].line, "row %zu: %s", i, f.server);
        asked.host = unfit[i].text; /* nor in our own words */
        f = failure_of(418, str_of(""), &asked);
        cr_expect(strstr(f.line, unfit[i].line) != NULL, "%zu: %s", i, f.line);
    }
}

/* Every pair of bytes; a field must be a name to be shown. */
Test(failure_text, any_bytes, .timeout = 20)
{
    struct dc_asked asked = failure_asked();
    for (unsigned i = 0; i < 0x10000; i++) {
        char body[64];
        char two[] = {(char)(i >> 8), (char)i};
        if (two[0] == '"' || two[1] == '"' || two[0] == '\\' || two[1] == '\\')
            continue;
        struct buf b;
        buf_init(&b, sizeof body);
        buf_add_text(&b, "{\"error\":{\"message\":\"m");
        buf_add(&b, two, 2);
        buf_add_text(&b, "\",\"param\":\"p");
        buf_add(&b, two, 2);
        buf_add_text(&b, "\"}}");
        failure_of(400, buf_str(&b), &asked);
        buf_finish(&b);
    }
}

/* clang-format off */
static const struct {
    const char *key, *source;
    int status;
    const char *body, *line;
} keys[] = {
    {NULL, NULL, 401, "", "no key for api.deepinfra.com (401); see :h deepchat-key"},
    {"", "", 401, "", "no key for api.deepinfra.com (401); see :h deepchat-key"},
    {NULL, NULL, 403, "{\"detail\":{\"error\":\"Not authenticated\"}}",
        "no key for api.deepinfra.com (403); see :h deepchat-key"},
    {NULL, NULL, 403, "moderated", "not allowed (403): moderated"},
    {"k", NULL, 401, "", "key from your settings refused (401); nothing lost"},
    {"k", "api_key_cmd", 401, "", "key from api_key_cmd refused (401); nothing lost"},
    {"k", "api_key_cmd", 403, "", "key from api_key_cmd refused (403); nothing lost"},
    {"k", "api_key_cmd", 403, "bad token", "key from api_key_cmd refused (403); nothing lost"},
    {"k", "$A_VERY_LONG_NAME_OF_A_VARIABLE_FOR_THE_KEY", 401, "",
        "key from $A_VERY_LONG_NAME_OF_A_VARIABLE_...; nothing lost"},
};

static const struct {
    const char *param, *message, *field;
} fields[] = {
    {"temperature", "x", "temperature"},
    {"stream_options.include_usage", "x", "stream_options"},
    {"tools[0].function", "x", "tools"},
    {"messages[0].content", "x", "messages[0].content"},
    {"two words", "x", ""},
    {"", "Unsupported parameter: 'max_tokens' is not supported. Use "
        "'max_completion_tokens' instead.", "max_tokens"},
    {"", "Unknown: max_completion_tokens", "max_completion_tokens"},
    {"", "stream_options is for streams", "stream_options"},
    {"", "my_stream_options or stream_options2", ""},
    {"", "xtop_p top_p", "top_p"},
    {"", "bad service_tier", "service_tier"},
    {"", "`reasoning_effort`", "reasoning_effort"},
    {"", "prompt_cache_key?", "prompt_cache_key"},
    {"", "fail_fast", "fail_fast"},
    {"", "Temperature is too high", "temperature"},
    {"", "please stop sending tools", ""},
};
/* clang-format on */

Test(failure_text, whose_key, .timeout = 10)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct dc_asked asked = failure_asked();
        asked.key = keys[i].key;
        asked.key_source = keys[i].source;
        struct dc_failure f =
            failure_of(keys[i].status, str_of(keys[i].body), &asked);
        cr_expect_str_eq(f.line, keys[i].line, "%s", f.line);
        cr_expect_eq(f.fault, DC_FAULT_KEY);
    }
}

Test(failure_text, which_field, .timeout = 10)
{
    struct dc_asked asked = failure_asked();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct buf b;
        buf_init(&b, 512);
        buf_addf(&b, "{\"error\":{\"message\":\"%s\",\"param\":\"%s\"}}",
                 fields[i].message, fields[i].param);
        struct dc_failure f = failure_of(400, buf_str(&b), &asked);
        cr_expect_str_eq(f.field, fields[i].field, "row %zu: %s", i, f.field);
        bool named = f.field[0] != '\0';
        cr_expect_eq(f.fault, named ? DC_FAULT_FIELD : DC_FAULT_OTHER);
        buf_finish(&b);
    }
}

Test(failure_text, redirects, .timeout = 10)
{
    struct dc_asked asked = failure_asked();
    static const struct {
        const char *location, *line;
    } rows[] = {
        {"https://x.org/v1",
         "redirects to x.org/v1; set base_url if you trust it"},
        {"http://127.0.0.1:12345/v1/chat",
         "redirects to 127.0.0.1:12345; set base_url if you trust it"},
        {"https://api.example.com/v1",
         "redirects to api.example.com; set base_url if you trust it"},
        {"https://api2.example.com/v1",
         "redirects to api2.example...; set base_url if you trust it"},
        {"/v2", "redirects to /v2; set base_url if you trust it"},
        {"/a/path/that/is/long",
         "redirects to /a/path/that...; set base_url if you trust it"},
        {"file:///etc/passwd",
         "redirects to /etc/passwd; set base_url if you trust it"},
        {"", "redirects to nowhere; set base_url if you trust it"},
    };
    for (int status = 300; status < 400; status++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct dc_response response = {
                .status = status,
                .location = str_of(rows[i].location),
            };
            struct dc_failure f;
            dc_failure_read(&f, &response, &asked);
            failure_check(&f);
            cr_expect_str_eq(f.line, rows[i].line, "%s", f.line);
            cr_expect(f.fault == DC_FAULT_PATH && !f.retry);
            cr_expect_str_eq(f.server, rows[i].location, "for the log");
        }
}

/* A page that does not look like one. */
Test(failure_text, content_types, .timeout = 10)
{
    static const struct {
        const char *type, *body, *line;
    } rows[] = {
        {"Text/HTML; charset=utf-8", "Log in",
         "api.deepinfra.com sent a web page: Log in; see base_url"},
        {"text/html", "{\"error\":\"odd\"}", "api.deepinfra.com: odd"},
        {"text/plain", "Log in",
         "api.deepinfra.com sent no chat reply; see base_url"},
    };
    struct dc_asked asked = failure_asked();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dc_response response = {.status = 200};
        response.content_type = str_of(rows[i].type);
        response.body = str_of(rows[i].body);
        struct dc_failure f;
        dc_failure_read(&f, &response, &asked);
        cr_expect_str_eq(f.line, rows[i].line, "%s", f.line);
    }
}

/* A server that repeats the key, whole or in part, in any place. */
Test(failure_text, the_key_is_not_shown, .timeout = 20)
{
    static const char *const frames[] = {
        "Bad key %s!",
        "{\"error\":\"Bad %s\"}",
        "{\"error\":{\"message\":\"%s\",\"param\":\"%s\"}}",
        "{\"detail\":[{\"loc\":[\"%s\"],\"msg\":\"%s\"}]}",
        "<title>%s</title>",
    };
    struct dc_asked asked = failure_asked();
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        for (size_t from = 0; from + 8 <= strlen(FAILURE_KEY); from++)
            for (int status = 200; status < 600; status += 20) {
                struct buf b;
                const char *rest = frames[i];
                buf_init(&b, 512);
                for (const char *at; (at = strstr(rest, "%s")) != NULL;
                     rest = at + 2) {
                    buf_add(&b, rest, (size_t)(at - rest));
                    buf_add_text(&b, &FAILURE_KEY[from]);
                }
                buf_add_text(&b, rest);
                struct dc_failure f = failure_of(status, buf_str(&b), &asked);
                const char *piece = &FAILURE_KEY[strlen(FAILURE_KEY) - 8];
                cr_expect_null(strstr(f.line, piece), "%s", f.line);
                cr_expect_null(strstr(f.server, piece), "%s", f.server);
                cr_expect_null(strstr(f.field, piece), "%s", f.field);
                buf_finish(&b);
            }
}

/* A key that was pasted into the wrong setting, and one that, cut out, must
 * not go on to mean something. */
Test(failure_text, the_key_in_odd_places, .timeout = 10)
{
    struct dc_asked asked = failure_asked();
    asked.model = FAILURE_KEY;
    struct dc_failure f = failure_of(404, str_of("model not found"), &asked);
    cr_expect_str_eq(f.line,
                     "no model *** at api.deepinfra.com; try :DeepModel");
    asked.key = "1234 too many tokens";
    f = failure_of(400, str_of(asked.key), &asked);
    cr_expect_str_eq(f.line, "refused (400): ***");
    cr_expect_eq(f.fault, DC_FAULT_OTHER);
}

/* Long names and words are cut between characters, the advice never. */
Test(failure_text, cuts, .timeout = 20)
{
    char name[600];
    struct dc_asked asked = failure_asked();
    for (size_t len = 1; len < 200; len++) {
        size_t size = 0;
        for (size_t i = 0; i < len; i++, size += 3)
            memcpy(name + size, "\xe2\x82\xac", 4);
        asked.host = asked.model = asked.key_source = name;
        struct dc_failure f =
            failure_of(404, str_of("model not found"), &asked);
        cr_expect(strstr(f.line, "; try :DeepModel") != NULL, "%s", f.line);
        f = failure_of(401, str_of(name), &asked);
        cr_expect(strstr(f.line, "; nothing lost") != NULL, "%s", f.line);
        failure_of(503, str_of(name), &asked);
    }
    asked = (struct dc_asked){.host = NULL};
    struct dc_failure f = failure_of(404, str_of("model not found"), &asked);
    cr_expect_str_eq(f.line, "no model named at the server; try :DeepModel");
}

/* A body at its limit, of each kind. */
Test(failure_text, long_bodies, .timeout = 20)
{
    struct dc_asked asked = failure_asked();
    static const char *const starts[] = {
        "x",     "<", "<title>", "{\"error\":\"", "[", "\xe2\x82\xac",
        "\x1b]", "\\"};
    char *body = malloc(DC_ERROR_BODY_MAX);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        for (int fill = 0; fill < 3; fill++) {
            memset(body,
                   fill == 0   ? 'y'
                   : fill == 1 ? '\xff'
                               : '[',
                   DC_ERROR_BODY_MAX);
            memcpy(body, starts[i], strlen(starts[i]));
            memcpy(body + DC_ERROR_BODY_MAX - 2, "\"}", 2);
            failure_of(500, (struct dc_str){body, DC_ERROR_BODY_MAX}, &asked);
        }
    free(body);
}
