/* What a send with json_schema asks for, and the files it cannot be sent
 * with. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/ask.h"
#include "host/file.h"
#include "host/json.h"
#include "host/reply_ask.h"
#include "lib/tmpdir.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NOT_SENT "; nothing was sent"

static char *top;
static char real_top[PATH_MAX];

static void
write_file(const char *name, struct dc_str text)
{
    struct dc_error err;
    cr_assert(file_replace(tmpdir_path(top, name), text, &err), "%s", err.text);
}

/* An object of len bytes. */
static void
write_long(const char *name, size_t len)
{
    struct buf text;
    buf_init(&text, len);
    buf_add_text(&text, "{\"title\":\"");
    while (text.len < len - 2)
        buf_add_byte(&text, 'x');
    buf_add_text(&text, "\"}");
    write_file(name, buf_str(&text));
    buf_finish(&text);
}

static void
build(void)
{
    top = tmpdir_new();
    cr_assert_not_null(realpath(top, real_top));
    cr_assert_eq(mkdir(tmpdir_path(top, "p"), 0700), 0);
    cr_assert_eq(mkdir(tmpdir_path(top, "p/dir"), 0700), 0);
    cr_assert_eq(mkdir(tmpdir_path(top, "chats"), 0700), 0);
    cr_assert_eq(mkfifo(tmpdir_path(top, "p/fifo"), 0600), 0);
    write_file("p/book.schema.json",
               str_of("\n {\"minimum\": 1.0,\n\t\"b\":2, \"a\":1} \n"));
    write_file("chats/book.schema.json", str_of("{\"beside\":true}"));
    write_file("secret.json", str_of("{}"));
    write_file("p/empty.json", str_of(""));
    write_file("p/text.json", str_of("type: object\n"));
    write_file("p/cut.json", str_of("{\"type\":\"object\""));
    write_file("p/list.json", str_of("[{\"type\":\"object\"}]"));
    write_file("p/true.json", str_of("true"));
    write_file("p/circle.json", str_of("{\"$ref\":\"#\"}"));
    write_file("p/lost.json", str_of("{\"$ref\":\"#/none\"}"));
    write_file("p/long.json",
               str_of("{\"$ref\":\"#/none/at/all/to/be/found\"}"));
    write_long("p/most.json", DC_JSON_MAX);
    write_long("p/more.json", DC_JSON_MAX + 1);
}

static void
clear(void)
{
    tmpdir_free(top);
}

/* The message of a chat; options is JSON, and "" for file is none. */
static struct value *
message(const char *options, const char *file)
{
    struct value *settings = json_parse(str_of(options)), *args = value_map();
    cr_assert_not_null(settings, "%s", options);
    value_put(settings, "base_url", value_text("http://127.0.0.1:1/v1"));
    value_put(settings, "model", value_text("m"));
    value_put(args, "settings", settings);
    value_put(args, "text", value_text("q\n"));
    value_put(args, "cwd", value_text(tmpdir_path(real_top, "p")));
    value_put(args, "project", value_text(tmpdir_path(real_top, "p")));
    if (file[0] != '\0')
        value_put(args, "file", value_text(tmpdir_path(real_top, file)));
    return args;
}

static void
finish(struct ask *ask, struct value *args)
{
    config_free(ask->request.cfg);
    ask_filter_free(&ask->filter);
    if (ask->free_own != NULL)
        ask->free_own(ask->own);
    value_free(args);
}

#define SENT(name, schema)                                                     \
    "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"" name "\","        \
    "\"strict\":true,\"schema\":" schema "}}"

/* clang-format off */
static const struct {
    const char *options, *file;
    const char *error;  /* NULL: it is sent */
    const char *format; /* "": none */
    bool filter;
} sends[] = {
    {"{}", "", NULL, "", false},
    {"{\"json_schema\":\"\"}", "", NULL, "", false},

    /* byte by byte */
    {"{\"json_schema\":\"book.schema.json\"}", "", NULL,
        SENT("book", "{\"minimum\": 1.0,\n\t\"b\":2, \"a\":1}"), true},
    {"{\"json_schema\":\"book.schema.json\"}", "chats/c.deepchat.md", NULL,
        SENT("book", "{\"beside\":true}"), true},
    {"{\"json_schema\":\"../p/book.schema.json\"}", "chats/c.deepchat.md", NULL,
        SENT("book", "{\"minimum\": 1.0,\n\t\"b\":2, \"a\":1}"), true},
    {"{\"json_schema\":\"most.json\"}", "", NULL, NULL, true},
    {"{\"json_schema\":\"book.schema.json\","
        "\"response_format\":{\"type\":\"text\"}}", "", NULL,
        SENT("book", "{\"minimum\": 1.0,\n\t\"b\":2, \"a\":1}"), true},

    /* without a file */
    {"{\"response_format\":{\"type\":\"text\"}}", "", NULL,
        "{\"type\":\"text\"}", false},
    {"{\"response_format\":{\"type\":\"regex\",\"regex\":\"(yes|no)\"}}", "",
        NULL, "{\"type\":\"regex\",\"regex\":\"(yes|no)\"}", false},
    {"{\"response_format\":{\"type\":\"json_object\"}}", "", NULL,
        "{\"type\":\"json_object\"}", true},
    {"{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
        "{\"schema\":{\"type\":\"array\"}}}}", "", NULL,
        "{\"type\":\"json_schema\",\"json_schema\":"
        "{\"schema\":{\"type\":\"array\"}}}", true},
    {"{\"extra_body\":{\"response_format\":{\"type\":\"json_object\"}}}", "",
        NULL, "{\"type\":\"json_object\"}", true},
    {"{\"extra_body\":{\"response_format\":null},"
        "\"response_format\":{\"type\":\"json_object\"}}", "", NULL, "null",
        false},

    /* nothing that could be sent */
    {"{\"json_schema\":\"none.json\"}", "", "no file none.json" NOT_SENT, "",
        false},
    {"{\"json_schema\":\"../secret.json\"}", "",
        "../secret.json is outside the project" NOT_SENT, "", false},
    {"{\"json_schema\":\"dir\"}", "", "dir is a directory" NOT_SENT, "",
        false},
    {"{\"json_schema\":\"fifo\"}", "", "fifo is no regular file" NOT_SENT, "",
        false},
    {"{\"json_schema\":\"empty.json\"}", "", "empty.json is not JSON" NOT_SENT,
        "", false},
    {"{\"json_schema\":\"text.json\"}", "", "text.json is not JSON" NOT_SENT,
        "", false},
    {"{\"json_schema\":\"cut.json\"}", "", "cut.json is not JSON" NOT_SENT, "",
        false},
    {"{\"json_schema\":\"list.json\"}", "",
        "list.json is no JSON schema" NOT_SENT, "", false},
    {"{\"json_schema\":\"true.json\"}", "",
        "true.json is no JSON schema" NOT_SENT, "", false},
    {"{\"json_schema\":\"circle.json\"}", "",
        "the schema goes round in circles" NOT_SENT, "", false},
    {"{\"json_schema\":\"lost.json\"}", "",
        "the schema has no \"#/none\"" NOT_SENT, "", false},
    {"{\"json_schema\":\"long.json\"}", "",
        "the schema has no \"#/none/at/all/to..." NOT_SENT, "", false},
    {"{\"json_schema\":\"more.json\"}", "", "more.json is over 1 MB" NOT_SENT,
        "", false},
    {"{\"json_schema\":\"book.schema.json\",\"extra_body\":"
        "{\"response_format\":{\"type\":\"text\"}}}", "",
        "json_schema, but extra_body has a response_format", "", false},
};
/* clang-format on */

static void
check_format(const struct ask *ask, size_t i)
{
    struct reply_how how = {.form = DC_FORM_NONE};
    char *format = reply_carried(ask->request.cfg, &how, "response_format");
    if (sends[i].format != NULL)
        cr_expect_str_eq(format != NULL ? format : "", sends[i].format, "%s",
                         sends[i].options);
    cr_expect_eq(ask->filter.add != NULL, sends[i].filter, "%s",
                 sends[i].options);
    free(format);
}

Test(ask_schema, sends, .timeout = 20, .init = build, .fini = clear)
{
    for (size_t i = 0; i < COUNT(sends); i++) {
        struct ask ask = {.request.rounds = 0};
        struct dc_error err = {.text = ""};
        struct value *args = message(sends[i].options, sends[i].file);
        bool ok = ask_send(&ask, args, &err);
        cr_expect_str_eq(err.text, sends[i].error != NULL ? sends[i].error : "",
                         "%s: %s", sends[i].options, err.text);
        cr_expect_eq(ok, sends[i].error == NULL, "%s", sends[i].options);
        cr_expect_leq(strlen(err.text), (size_t)58, "%s", err.text);
        if (ok)
            check_format(&ask, i);
        finish(&ask, args);
    }
}

/* What a response_format says is checked as what a file says. */
Test(ask_schema, inline_schema, .timeout = 10, .init = build, .fini = clear)
{
    static const char *const options[] = {
        "{\"json_schema\":\"list\"}",
        "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
        "{\"schema\":{\"type\":\"array\"}}}}",
        "{\"response_format\":{\"type\":\"json_object\","
        "\"schema\":{\"type\":\"array\"}}}",
        "{\"extra_body\":{\"response_format\":{\"type\":\"json_schema\","
        "\"json_schema\":{\"schema\":{\"type\":\"array\"}}}}}",
    };
    write_file("p/list", str_of("{\"type\":\"array\"}"));
    for (size_t i = 0; i < COUNT(options); i++) {
        struct ask ask = {.request.rounds = 0};
        struct dc_error err = {.text = ""};
        struct value *args = message(options[i], ""), *about = value_map();
        cr_assert(ask_send(&ask, args, &err), "%s: %s", options[i], err.text);
        ask_filter_add(&ask.filter, str_of("void"), false);
        ask_filter_anew(&ask.filter);
        ask_filter_add(&ask.filter, str_of("{}"), true);
        ask_filter_tell(&ask.filter, about);
        struct value *first = value_at(value_get(about, "violations"), 0);
        cr_expect(
            str_is(value_as_str(value_at(first, 1)), "is an object, not array"),
            "%s", options[i]);
        value_free(about);
        finish(&ask, args);
    }
}

/* Where text is written on, there is no form to follow. */
Test(ask_schema, elsewhere, .timeout = 10, .init = build, .fini = clear)
{
    struct ask ask = {.request.rounds = 0};
    struct dc_error err = {.text = ""};
    struct value *args = message("{\"json_schema\":\"book.schema.json\"}", "");
    cr_expect_not(ask_inline(&ask, args, &err));
    cr_expect_str_eq(err.text, "json_schema is for chats" NOT_SENT);
    finish(&ask, args);
}
