/* How the rest of an answer is asked for, byte by byte. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/json_text.h"
#include "deepchat.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ASK                                                                    \
    "Your last message was cut off. Continue it from exactly where it "        \
    "stopped. Do not repeat any of it, add no preamble, and open no new code " \
    "fence where it stopped inside one. It ended with:\\n"
#define HI "{\"role\":\"user\",\"content\":\"hi\"}"
#define ANSWER(text) "{\"role\":\"assistant\",\"content\":\"" text "\"}"
#define TURN(text)                                                             \
    HI "," ANSWER(text) ",{\"role\":\"user\",\"content\":\"" ASK text "\"}"
#define END ",\"stream\":false}"
#define FLAGS ",\"add_generation_prompt\":false,\"continue_final_message\":true"
#define FFFD "\xef\xbf\xbd"

static const struct dc_message hi = {
    .role = DC_ROLE_USER,
    .text = {"hi", 2},
};

/* clang-format off */
static const struct {
    const char *title;
    enum dc_form form;
    const char *kept, *extra, *messages, *rest;
} cases[] = {
    {"not asked for", DC_FORM_NONE, "one", "", HI, END},
    {"last", DC_FORM_LAST, "one two", "", HI "," ANSWER("one two"), END},
    {"flags", DC_FORM_FLAGS, "one", "", HI "," ANSWER("one"), FLAGS END},
    {"prefix", DC_FORM_PREFIX, "one", "",
        HI ",{\"role\":\"assistant\",\"content\":\"one\",\"prefix\":true}",
        END},
    {"turn", DC_FORM_TURN, "one", "", TURN("one"), END},
    {"nothing kept", DC_FORM_LAST, "", "", HI, END},
    {"nothing but blanks, flags", DC_FORM_FLAGS, " \n\t\n", "", HI, END},
    {"nothing but blanks, prefix", DC_FORM_PREFIX, "\n", "", HI, END},
    {"nothing but half a character", DC_FORM_TURN, FFFD " ", "", HI, END},
    {"blanks at the end", DC_FORM_LAST, " a \n b\t\n \n", "",
        HI "," ANSWER(" a \\n b"), END},
    {"half a character at the end", DC_FORM_LAST, "a" FFFD "b \n" FFFD, "",
        HI "," ANSWER("a" FFFD "b"), END},
    {"blanks and quotes, turn", DC_FORM_TURN, "x = \"\\\"\n\t", "",
        TURN("x = \\\"\\\\\\\""), END},
    {"the user's own flag", DC_FORM_FLAGS, "one",
        "{\"continue_final_message\":false}", HI "," ANSWER("one"),
        ",\"add_generation_prompt\":false,\"stream\":false,"
        "\"continue_final_message\":false}"},
    {"the user's own flags", DC_FORM_FLAGS, "one",
        "{\"add_generation_prompt\":true,\"continue_final_message\":false}",
        HI "," ANSWER("one"), ",\"stream\":false,"
        "\"add_generation_prompt\":true,\"continue_final_message\":false}"},
};
/* clang-format on */

static char *
body_of(enum dc_form form, struct dc_str kept, const char *extra, size_t count)
{
    struct dc_error err = {.code = DC_OK};
    struct dc_request req = {
        .messages = count > 0 ? &hi : NULL,
        .message_count = count,
        .form = form,
        .kept = kept,
        .extra = str_of(extra),
    };
    char *body = dc_request_body(&req, NULL, &err);
    cr_assert_not_null(body, "%s", err.text);
    cr_assert(json_text(str_of(body)), "%s", body);
    return body;
}

Test(request_form, bodies, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf want;
        buf_init(&want, 4096);
        buf_addf(&want, "{\"messages\":[%s]%s", cases[i].messages,
                 cases[i].rest);
        char *body =
            body_of(cases[i].form, str_of(cases[i].kept), cases[i].extra, 1);
        cr_expect_str_eq(body, want.ptr, "%s: %s", cases[i].title, body);
        dc_free(body);
        buf_finish(&want);
    }
}

Test(request_form, odd_ones, .timeout = 10)
{
    char *body = body_of(DC_FORM_LAST, str_of("one"), "", 0);
    cr_expect_str_eq(body, "{\"messages\":[" ANSWER("one") "]" END, "%s", body);
    dc_free(body);
    /* all is said in extra_body: nothing of it is touched */
    body = body_of(DC_FORM_FLAGS, str_of("one"), "{\"messages\":[]}", 1);
    cr_expect_str_eq(body, "{\"stream\":false,\"messages\":[]}", "%s", body);
    dc_free(body);
    /* not read: it may be anything */
    body = body_of(DC_FORM_NONE, (struct dc_str){NULL, 5}, "", 1);
    cr_expect_str_eq(body, "{\"messages\":[" HI "]" END, "%s", body);
    dc_free(body);

    struct dc_param flag = {"add_generation_prompt", {"true", 4}};
    struct dc_request req = {
        .messages = &hi,
        .message_count = 1,
        .form = DC_FORM_FLAGS,
        .kept = {"one", 3},
        .params = &flag,
        .param_count = 1,
    };
    body = dc_request_body(&req, NULL, NULL);
    cr_expect_str_eq(body,
                     "{\"messages\":[" HI
                     "," ANSWER("one") "],\"add_generation_prompt\":true,"
                                       "\"continue_final_message\":true" END,
                     "%s", body);
    dc_free(body);
}

/* The last part of kept as the user turn quotes it; owned (free). */
static char *
quoted(struct dc_str kept)
{
    char *body = body_of(DC_FORM_TURN, kept, "", 1);
    cJSON *json = cJSON_Parse(body);
    const cJSON *messages = cJSON_GetObjectItemCaseSensitive(json, "messages");
    cr_assert_eq(cJSON_GetArraySize(messages), 3);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
        cJSON_GetArrayItem(messages, 2), "content"));
    const char *at = strstr(text, "It ended with:\n");
    cr_assert_not_null(at, "%s", text);
    char *copy = mem_str(at + strlen("It ended with:\n"));
    cJSON_Delete(json);
    dc_free(body);
    return copy;
}

/* count times piece, then end; owned (free). */
static char *
many(const char *piece, int count, const char *end)
{
    struct buf out;
    buf_init(&out, 100000);
    for (int i = 0; i < count; i++)
        buf_add_text(&out, piece);
    buf_add_text(&out, end);
    return buf_take(&out, NULL);
}

/* clang-format off */
static const struct {
    const char *piece;
    int count;
    const char *end;     /* of kept */
    int want;            /* pieces in the quotation */
} tails[] = {
    {"x", 200, "", 200},
    {"x", 201, "", 200},
    {"x", 500, "", 200},
    {"x", 199, " \n", 199},
    {"\xc3\xa4", 200, "", 200},
    {"\xc3\xa4", 201, "", 200},
    {"\xf0\x9f\x98\x80", 300, "", 200},
    {"word ", 40, "x", 39},        /* 201: the cut word is left out */
    {"word ", 39, "words", 39},    /* 200: all */
    {"a line\n", 28, "1234", 28},  /* 200: all */
    {"a line\n", 28, "12345", 27}, /* 201: from a line */
    {"a b c d e\n", 100, "x", 19},
};
/* clang-format on */

Test(request_form, the_end_is_quoted, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(tails); i++) {
        const char *end = tails[i].end;
        char *kept = many(tails[i].piece, tails[i].count, end);
        char *got = quoted(str_of(kept));
        bool blank = str_trim(str_of(end)).len == 0;
        char *want = many(tails[i].piece, tails[i].want, blank ? "" : end);
        cr_expect_str_eq(got, want, "%zu: %s", i, got);
        free(want);
        free(got);
        free(kept);
    }
    /* a line that begins beyond the half leaves too little */
    char *kept = many("many words ", 30, "\nand a short line");
    char *got = quoted(str_of(kept));
    cr_expect(strlen(got) > 190 && strlen(got) <= 200, "%s", got);
    cr_expect_eq(strncmp(got, "words many", 10), 0, "%s", got);
    free(got);
    free(kept);
}

/* Bytes that are no UTF-8, and texts of every length around the limit, in
 * memory of their own. */
Test(request_form, any_text, .timeout = 20)
{
    static const char *const pieces[] = {"\x80", "a", "\xc3\xa4 ", "\xff\n",
                                         "\xf0\x9f"};
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (int count = 0; count < 420; count += 3) {
            char *text = many(pieces[i], count, "");
            size_t len = strlen(text);
            char *exact = mem_resize(NULL, len, 1);
            memcpy(exact, text, len);
            char *body =
                body_of(DC_FORM_TURN, (struct dc_str){exact, len}, "", 1);
            cr_expect(utf8_clean(str_of(body)));
            dc_free(body);
            free(exact);
            free(text);
        }
}

/* The question and what is kept come in the same bytes every time, so that the
 * prompt cache can be used. */
Test(request_form, shares_its_beginning, .timeout = 10)
{
    char *first = body_of(DC_FORM_NONE, str_of(""), "", 1);
    char *last = body_of(DC_FORM_LAST, str_of("one"), "", 1);
    char *more = body_of(DC_FORM_LAST, str_of("one two"), "", 1);
    size_t len = (size_t)(strstr(first, "]") - first);
    cr_expect_eq(strncmp(first, last, len), 0);
    len = (size_t)(strstr(last, "\"}]") - last);
    cr_expect_eq(strncmp(last, more, len), 0);
    dc_free(first);
    dc_free(last);
    dc_free(more);
}

Test(request_form, two_answers, .timeout = 5)
{
    static const struct dc_message both[] = {
        {.role = DC_ROLE_USER, .text = {"hi", 2}},
        {.role = DC_ROLE_ASSISTANT, .text = {"zero", 4}},
    };
    struct dc_request req = {
        .messages = both,
        .message_count = COUNT(both),
        .form = DC_FORM_LAST,
        .kept = {"one", 3},
    };
    char *body = dc_request_body(&req, NULL, NULL);
    cr_expect_not_null(strstr(body, HI "," ANSWER("zero\\n\\none") "]"), "%s",
                       body);
    dc_free(body);
}
