/* What of a chat is asked when its answer is to go on. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/ask.h"

#define Q "%% user\n\nq\n\n"

static const struct {
    const char *name;
    const char *text;
    int line; /* of the marker */
    const char *error;
    const char *messages; /* "role:text" with a blank behind each */
    const char *kept, *pairs, *user;
} asks[] = {
    {"answered", Q "%% assistant finish=length in=1\n\nOne\n\n%% user\n", 5,
     NULL, "user:q ", "One", " finish=length in=1", "q"},
    {"blanks are its own", Q "%% assistant\n\n One \n\n\n", 5, NULL, "user:q ",
     " One \n", "", "q"},
    {"the first of two",
     Q "%% assistant\n\na\n\n%% user\n\nr\n\n%% assistant\n\nb\n", 5, NULL,
     "user:q ", "a", "", "q"},
    {"the second of two",
     Q "%% assistant\n\na\n\n%% user\n\nr\n\n%% assistant\n\nb\n", 13, NULL,
     "user:q assistant:a user:r ", "b", "", "r"},
    {"what is no message",
     Q "%% reasoning\n\nhm\n\n%% alternate\n\nold\n\n%% assistant\n\na\n", 13,
     NULL, "user:q ", "a", "", "q"},
    {"below a system turn", "%% system\n\ns\n\n" Q "%% assistant\n\na\n", 9,
     NULL, "system:s user:q ", "a", "", "q"},
    {"escaped", Q "%% assistant\n\n%%% user\n", 5, NULL, "user:q ", "%% user",
     "", "q"},
    {"empty", Q "%% assistant\n\n \n\n%% user\n", 5,
     "the answer is empty; take it out, then send", "", "", "", ""},
    {"no question", "%% system\n\ns\n\n%% assistant\n\na\n", 5,
     "nothing to continue: no question above the answer", "", "", "", ""},
    {"nothing above", "%% assistant\n\na\n", 1,
     "nothing to continue: no question above the answer", "", "", "", ""},
    {"another line", Q "%% assistant\n\na\n", 6,
     "nothing to continue: no answer there", "", "", "", ""},
    {"another role", Q "%% assistant\n\na\n", 1,
     "nothing to continue: no answer there", "", "", "", ""},
    {"no chat", "", 0, "nothing to continue: no answer there", "", "", "", ""},
};

static struct value *
message(const char *text, int line, bool most, const char *instruction)
{
    struct value *settings = value_map(), *args = value_map();
    value_put(settings, "base_url", value_text("http://127.0.0.1:1/v1"));
    value_put(settings, "model", value_text("m"));
    value_put(args, "settings", settings);
    value_put(args, "text", value_text(text));
    value_put(args, "line", value_int(line));
    value_put(args, "most", value_bool(most));
    value_put(args, "instruction", value_text(instruction));
    value_put(args, "file", value_text("/a/file"));
    return args;
}

static void
finish(struct ask *ask, struct value *args)
{
    config_free(ask->request.cfg);
    if (ask->free_own != NULL)
        ask->free_own(ask->own);
    value_free(args);
}

static void
expect_str(struct dc_str got, const char *want, const char *name)
{
    cr_expect(str_is(got, want), "%s: got <%.*s>, want <%s>", name,
              (int)got.len, got.ptr, want);
}

static void
check_asked(const struct ask *ask, size_t i)
{
    const struct reply_request *request = &ask->request;
    struct buf all;
    buf_init(&all, 4096);
    for (size_t k = 0; k < request->message_count; k++) {
        buf_addf(&all, "%s:", dc_role_name(request->messages[k].role));
        buf_add_str(&all, request->messages[k].text);
        buf_add_byte(&all, ' ');
    }
    expect_str(buf_str(&all), asks[i].messages, asks[i].name);
    expect_str(request->kept, asks[i].kept, asks[i].name);
    expect_str(ask->pairs, asks[i].pairs, asks[i].name);
    expect_str(request->journal.user, asks[i].user, asks[i].name);
    cr_expect_str_eq(request->journal.chat, "/a/file");
    cr_expect(!request->fixed && !request->plain);
    buf_finish(&all);
}

Test(ask, an_answer_goes_on, .timeout = 10)
{
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        struct ask ask = {.request.rounds = 0};
        struct dc_error err = {.text = ""};
        struct value *args = message(asks[i].text, asks[i].line, false, "");
        bool ok = ask_continue(&ask, args, &err);
        cr_expect_eq(ok, asks[i].error == NULL, "%s: %s", asks[i].name,
                     err.text);
        if (ok)
            check_asked(&ask, i);
        else
            cr_expect_str_eq(err.text, asks[i].error, "%s", asks[i].name);
        finish(&ask, args);
    }
}

Test(ask, how_far_and_how, .timeout = 10)
{
    for (int most = 0; most < 2; most++) {
        struct ask ask = {.request.rounds = 0};
        struct dc_error err;
        struct value *args =
            message(Q "%% assistant\n\na\n", 5, most, "in French");
        cr_expect(ask_continue(&ask, args, &err));
        cr_expect_eq(ask.request.rounds, most ? 64 : -1);
        expect_str(ask.request.instruction, "in French", "instruction");
        finish(&ask, args);
    }
}
