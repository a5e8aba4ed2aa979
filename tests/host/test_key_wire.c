/* Which server is asked, and with which key, as the servers see it: every kind
 * of request, from every place where a server can be chosen. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/json.h"
#include "lib/fake_ed.h"
#include "lib/host_rig.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define FRONT(fields) "---\n" fields "---\n\n%% user\n\nhi\n"

enum { HOME, A, B, BARE, SERVERS, MS = 10000 };

static const char *const keys[SERVERS] = {"key-of-home", "key-of-a", "key-of-b",
                                          NULL};

struct rig {
    struct host_rig base;
    struct fake_ed ed;
    struct server *others[SERVERS]; /* but the first, which is base.sv */
    int64_t id;
};

static struct server *
server_of(struct rig *r, int which)
{
    return which == HOME ? r->base.sv : r->others[which];
}

static void
start(struct rig *r)
{
    *r = (struct rig){.id = 0};
    host_rig_start(&r->base);
    fake_start(&r->ed, 1 << 20);
    host_init(&r->base.host, r->base.lp, r->base.http, &r->ed.base);
    for (int i = A; i < SERVERS; i++)
        r->others[i] = server_start(NULL);
    for (int i = HOME; i < SERVERS; i++)
        server_script(server_of(r, i), "default",
                      "token x\nfinish stop\ndone\n");
    setenv("KEY_OF_HOME", keys[HOME], 1);
    setenv("KEY_OF_B", keys[B], 1);
    host_rig_op(&r->base, "hello", host_rig_hello(&r->base, DC_PROTOCOL));
}

static void
stop(struct rig *r)
{
    host_finish(&r->base.host, 0);
    fake_finish(&r->ed);
    for (int i = A; i < SERVERS; i++)
        server_stop(r->others[i]);
    host_rig_stop(&r->base);
}

/* ---- a message ---- */

static struct value *
entry(struct rig *r, int which)
{
    struct value *map = value_map();
    value_put(map, "base_url", value_text(server_url(server_of(r, which), 0)));
    if (which == A) /* the first of them is asked twice before it is there */
        value_put(map, "api_key_cmd",
                  json_parse(str_of("[\"echo\","
                                    "\"key-of-a\"]")));
    if (which == B)
        value_put(map, "api_key_env", value_text("KEY_OF_B"));
    return map;
}

/* Replace "@b" by the address of that server, and so on. Owned. */
static struct value *
parse(struct rig *r, const char *json)
{
    struct buf text;
    buf_init(&text, 2000);
    for (; *json != '\0'; json++)
        if (json[0] != '@')
            buf_add_byte(&text, *json);
        else
            buf_add_text(&text, server_url(server_of(r, *++json - 'a' + A), 0));
    struct value *v = json_parse(buf_str(&text));
    cr_assert_not_null(v, "%s", text.ptr);
    buf_finish(&text);
    return v;
}

struct row {
    const char *settings, *buffer, *text, *arguments;
    int want;
};

static struct value *
message(struct rig *r, const struct row *row)
{
    struct value *args = host_rig_send(&r->base, ++r->id, NULL, row->text);
    struct value *settings = value_get(args, "settings");
    struct value *providers = value_map(), *more = parse(r, row->settings);
    value_put(providers, "a", entry(r, A));
    value_put(providers, "groq", entry(r, B));
    value_put(providers, "bare", entry(r, BARE));
    value_put(settings, "api_key_env", value_text("KEY_OF_HOME"));
    value_put(settings, "providers", providers);
    for (size_t i = 0; i < more->count; i++)
        value_put(settings, more->keys[i], value_copy(more->items[i]));
    value_put(args, "buffer", parse(r, row->buffer));
    value_put(args, "arguments", parse(r, row->arguments));
    value_put(args, "buf", value_int(1));
    value_put(args, "lines", value_int(1));
    value_put(args, "first", value_int(0));
    value_put(args, "filetype", value_text("c"));
    value_put(args, "commentstring", value_text("/*%s*/"));
    value_put(args, "instruction", value_text("make it better"));
    value_put(args, "fresh", value_bool(true));
    value_put(args, "name", value_text("groq/x"));
    value_free(more);
    return args;
}

/* What the plugin answers. */
static struct value *
answer_to(const struct fake_call *call)
{
    struct value *words;
    if (strcmp(call->function, "deepchat#review#update") != 0)
        return host_rig_answer(call->function, call->args, true);
    words = value_list();
    for (size_t i = 0; i < value_at(call->args, 0)->count; i++)
        value_add(words, value_text("ok"));
    return words;
}

static void
run(struct rig *r, const char *op, struct value *args, const char *until)
{
    size_t before = fake_count(&r->ed, until);
    host_rig_op(&r->base, op, args);
    for (int64_t end = loop_now() + MS;
         fake_count(&r->ed, until) == before && loop_now() < end;) {
        struct fake_call *call = fake_waiting(&r->ed, "");
        if (call != NULL)
            fake_answer(call, answer_to(call), NULL);
        else
            loop_turn(r->base.lp, 5);
    }
    cr_expect_gt(fake_count(&r->ed, until), before, "%s: no %s", op, until);
}

/* ---- what the servers saw ---- */

/* The heads of the requests under path, joined. Owned. */
static char *
heads(struct server *sv, const char *path)
{
    struct buf all;
    buf_init(&all, 1 << 20);
    for (int i = 1;; i++) {
        char one[64];
        snprintf(one, sizeof one, "%s/%d/head", path, i);
        char *head = server_get(sv, one, NULL);
        if (head == NULL)
            break;
        buf_add_text(&all, head);
        free(head);
    }
    buf_add_text(&all, "");
    return buf_take(&all, NULL);
}

static size_t
count_of(const char *text, const char *needle)
{
    size_t count = 0;
    for (; (text = strstr(text, needle)) != NULL; text++)
        count++;
    return count;
}

/* As many requests as want, each with the server's own key and no other. */
static void
expect_asked(struct rig *r, int which, bool want, const char *name, size_t row)
{
    static const char *const paths[] = {"/log", "/others"};
    size_t asked = 0;
    for (size_t i = 0; i < COUNT(paths); i++) {
        char own[64], *seen = heads(server_of(r, which), paths[i]);
        size_t requests = count_of(seen, " HTTP/1.1\r\n");
        snprintf(own, sizeof own, "Authorization: Bearer %s\r\n",
                 keys[which] != NULL ? keys[which] : "?");
        cr_expect_eq(count_of(seen, "Authorization:"), count_of(seen, own),
                     "%s %zu: another's key at %d:\n%s", name, row, which,
                     seen);
        cr_expect_eq(count_of(seen, own), keys[which] != NULL ? requests : 0,
                     "%s %zu: no key at %d:\n%s", name, row, which, seen);
        asked += requests;
        free(seen);
    }
    cr_expect_eq(asked > 0, want, "%s %zu: %zu requests at %d", name, row,
                 asked, which);
}

static void
expect_only(struct rig *r, int which, const char *name, size_t row)
{
    for (int i = HOME; i < SERVERS; i++) {
        expect_asked(r, i, i == which, name, row);
        server_reset(server_of(r, i));
    }
}

/* ---- */

/* clang-format off */
static const struct row rows[] = {
    {"{}", "{}", FRONT(""), "[]", HOME},
    {"{\"provider\":\"a\"}", "{}", FRONT(""), "[]", A},
    {"{}", "{\"provider\":\"a\"}", FRONT(""), "[]", A},
    {"{}", "{}", FRONT("provider: a\n"), "[]", A},
    {"{}", "{}", FRONT(""), "[\"++provider=a\"]", A},
    {"{}", "{}", FRONT("provider: groq\n"), "[]", B},
    {"{}", "{}", FRONT("provider: bare\n"), "[]", BARE},
    {"{\"provider\":\"groq\"}", "{\"provider\":\"a\"}", FRONT(""), "[]", A},
    {"{\"provider\":\"a\"}", "{}", FRONT(""), "[\"++provider=\"]", HOME},
    /* keys without a server beside them */
    {"{\"provider\":\"groq\"}", "{\"api_key_env\":\"KEY_OF_HOME\"}", FRONT(""),
     "[]", B},
    {"{}", "{\"api_key_env\":\"KEY_OF_HOME\",\"provider\":\"bare\"}", FRONT(""),
     "[]", BARE},
    {"{}", "{\"api_key_cmd\":[\"echo\",\"key-of-home\"]}",
     FRONT("provider: bare\n"), "[]", BARE},
    {"{\"provider\":\"bare\"}", "{}", FRONT(""),
     "[\"++api_key_env=KEY_OF_HOME\"]", BARE},
    /* servers without a key beside them */
    {"{\"provider\":\"a\"}", "{\"base_url\":\"@c\"}", FRONT(""), "[]", BARE},
    {"{}", "{\"base_url\":\"@c\"}", FRONT(""), "[]", BARE},
    {"{}", "{}", FRONT("provider: a\n"), "[\"++base_url=@c\"]", BARE},
    {"{}", "{\"providers\":{\"a\":{\"base_url\":\"@c\"}}}",
     FRONT("provider: a\n"), "[]", BARE},
    /* a choice of a buffer that has a server */
    {"{}", "{\"base_url\":\"@c\",\"provider\":\"groq\"}", FRONT(""), "[]", B},
};
/* clang-format on */

Test(key_wire, every_request, .timeout = 60)
{
    static const struct {
        const char *op, *until;
    } ops[] = {{"send", "deepchat#buf#finish"},
               {"models", "deepchat#model#models"},
               {"rewrite", "deepchat#review#finish"}};
    struct rig r;
    start(&r);
    /* whether groq/x is one of the models here */
    run(&r, "choose", message(&r, &rows[0]), "deepchat#model#chosen");
    expect_only(&r, HOME, "choose", 0);
    for (size_t o = 0; o < COUNT(ops); o++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            if (o == 2 && strstr(rows[i].text, "provider") != NULL)
                continue; /* that text is rewritten, and says nothing */
            run(&r, ops[o].op, message(&r, &rows[i]), ops[o].until);
            expect_only(&r, rows[i].want, ops[o].op, i);
        }
    stop(&r);
}

/* Who is sent elsewhere is told so, and does not go. */
Test(key_wire, elsewhere, .timeout = 30)
{
    static const struct row row = {"{\"provider\":\"groq\"}", "{}", FRONT(""),
                                   "[]", B};
    static const struct {
        const char *op, *until;
    } ops[] = {{"send", "deepchat#buf#finish"},
               {"models", "deepchat#model#models"}};
    struct rig r;
    char script[200];
    start(&r);
    for (int status = 301; status <= 308; status += status == 303 ? 4 : 1) {
        snprintf(script, sizeof script,
                 "status %d\nheader Location: %s/chat/completions\njson {}\n",
                 status, server_url(server_of(&r, A), NULL));
        server_script(server_of(&r, B), "default", script);
        server_script(server_of(&r, B), "default.models", script);
        for (size_t i = 0; i < COUNT(ops); i++) {
            run(&r, ops[i].op, message(&r, &row), ops[i].until);
            expect_only(&r, B, ops[i].op, (size_t)status);
        }
    }
    stop(&r);
}
