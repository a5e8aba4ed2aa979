/* Both editors' channels over a socketpair, with the test as the editor: what
 * comes in is cut everywhere, what goes out is read back. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/editor.h"
#include "host/json.h"
#include "lib/proc.h"

enum { MS = 10000, LOG_SIZE = 1 << 20 };

typedef struct editor *make_fn(struct loop *lp, int in, int out,
                               struct editor_events events);

/* What the host was told is written out as text. */
struct rig {
    struct loop *lp;
    struct editor *ed;
    int fd; /* the editor's end */
    struct buf said;
    bool closed;
};

static void
on_message(void *user, const char *op, const struct value *args)
{
    struct rig *r = user;
    buf_addf(&r->said, "%s ", op);
    json_print(&r->said, args);
    buf_add_text(&r->said, ";");
}

static void
on_closed(void *user, const char *why)
{
    struct rig *r = user;
    cr_expect_not(r->closed, "closed twice");
    r->closed = true;
    buf_addf(&r->said, "closed %s;", why != NULL ? why : "-");
}

static void
on_result(void *user, const struct value *result, const char *error)
{
    struct rig *r = user;
    buf_add_text(&r->said, error != NULL ? "error " : "result ");
    if (error != NULL)
        buf_add_text(&r->said, error);
    else if (result == NULL || !json_print(&r->said, result))
        buf_add_text(&r->said, "none");
    buf_add_text(&r->said, ";");
}

static void
start(struct rig *r, make_fn *make)
{
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    *r = (struct rig){.lp = loop_new(), .fd = ends[1]};
    buf_init(&r->said, LOG_SIZE);
    r->ed = make(r->lp, ends[0], dup(ends[0]),
                 (struct editor_events){on_message, on_closed, r});
    fcntl(r->fd, F_SETFL, O_NONBLOCK);
}

static void
stop(struct rig *r)
{
    editor_free(r->ed);
    loop_free(r->lp);
    close(r->fd);
    buf_finish(&r->said);
}

/* Until what was to be told has been told. */
static void
settle(struct rig *r)
{
    for (int i = 0; i < 3; i++)
        loop_turn(r->lp, 0);
}

/* As the editor: all of it, and until the host has nothing more to do. */
static void
feed(struct rig *r, struct dc_str bytes, size_t piece)
{
    for (size_t at = 0; at < bytes.len && !r->closed; at += piece) {
        size_t n = bytes.len - at < piece ? bytes.len - at : piece;
        proc_write(r->fd, bytes.ptr + at, n);
        loop_turn(r->lp, 1000);
    }
    settle(r);
}

static struct value *
one(struct value *item)
{
    struct value *list = value_list();
    value_add(list, item);
    return list;
}

static void
expect_said(struct rig *r, const char *name, const char *want)
{
    buf_add_text(&r->said, "");
    const char *got = r->said.ptr != NULL ? r->said.ptr : "";
    cr_expect_str_eq(got, want, "%s\n got: <%s>\nwant: <%s>", name, got, want);
    buf_reset(&r->said);
}

#define LITERAL(s)                                                             \
    {                                                                          \
        s, sizeof(s) - 1                                                       \
    }

/* ---- what Vim says ---- */

/* Two calls are out, numbers 1 and 2. closed: it must end there. */
static const struct {
    const char *name;
    struct dc_str wire;
    const char *want;
} lines[] = {
    {"a message", LITERAL("[1,[\"op\",{\"a\":1}]]\n"), "op [{\"a\":1}];"},
    {"two at once", LITERAL("[1,[\"a\",0]]\n[2,[\"b\",null]]\n"),
     "a [0];b [null];"},
    {"number 0", LITERAL("[0,[\"a\",1]]\n"), "a [1];"},
    {"blanks and empty lines", LITERAL("\n \r\n [1 , [\"a\" , 2 ] ]\r\n\n"),
     "a [2];"},
    {"unfinished", LITERAL("[1,[\"a\",0]]"), ""},
    {"no arguments", LITERAL("[1,[\"a\"]]\n"), "a [null];"},
    {"an answer", LITERAL("[-1,[\"x\"]]\n"), "result \"x\";"},
    {"answers in any order", LITERAL("[-2,[2]]\n[-1,[1]]\n"),
     "result 2;result 1;"},
    {"an error", LITERAL("[-1,[0,\"E11: no\"]]\n"), "error E11: no;"},
    {"no such function", LITERAL("[-1,\"ERROR\"]\n"), "error ERROR;"},
    {"another answer", LITERAL("[-1,[1]]\n[-1,[1]]\n[-9,[1]]\n"), "result 1;"},
    {"UTF-8", LITERAL("[1,[\"a\",\"\xc3\xa9\xf0\x9f\x98\x80\"]]\n"),
     "a [\"\xc3\xa9\xf0\x9f\x98\x80\"];"},
    {"a NUL byte", LITERAL("[1,[\"a\",\"x\0y\"]]\n"),
     "a [\"x\xef\xbf\xbdy\"];"},
    {"an escaped NUL", LITERAL("[1,[\"a\",\"x\\u0000y\"]]\n"),
     "a [\"x\xef\xbf\xbdy\"];"},
    {"invalid bytes", LITERAL("[1,[\"a\",\"x\xff\xc3y\"]]\n"),
     "a [\"x\xef\xbf\xbd\xef\xbf\xbdy\"];"},
    {"no JSON", LITERAL("Hello, host\n[1,[\"a\",0]]\n"),
     "closed not a message: Hello, host;"},
    {"cut JSON", LITERAL("[1,[\"a\",\n"), "closed not a message: [1,[\"a\",;"},
    {"no list", LITERAL("{\"a\":1}\n"), "closed not a message: {\"a\":1};"},
    {"no body", LITERAL("[1]\n"), "closed not a message: [1];"},
    {"a message, then none", LITERAL("[1,[\"a\",0]]\n]\n"),
     "a [0];closed not a message: ];"},
};

Test(channel, vim_lines_at_every_cut, .timeout = 60)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t piece = 1; piece <= lines[i].wire.len; piece++) {
            struct rig r;
            start(&r, vim_new);
            editor_call(r.ed, "f", value_list(), on_result, &r);
            editor_call(r.ed, "f", value_list(), on_result, &r);
            feed(&r, lines[i].wire, piece);
            expect_said(&r, lines[i].name, lines[i].want);
            stop(&r);
        }
}

/* [1,["a",[[...]]]]: levels in all. */
static void
feed_nested(struct rig *r, int levels)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_add_text(&b, "[1,[\"a\",");
    for (int i = 2; i < levels; i++)
        buf_add_byte(&b, '[');
    for (int i = 0; i < levels; i++)
        buf_add_byte(&b, ']');
    buf_add_byte(&b, '\n');
    feed(r, buf_str(&b), b.len);
    buf_finish(&b);
}

Test(channel, vim_depth, .timeout = 30)
{
    for (int over = 0; over < 2; over++) {
        struct rig r;
        start(&r, vim_new);
        feed_nested(&r, VALUE_DEPTH_MAX + over);
        cr_expect_eq(r.closed, over == 1, "%d over", over);
        stop(&r);
    }
}

/* ---- what is said to Vim ---- */

/* All that has come to the editor; owned. */
static char *
receive(struct rig *r, size_t *len)
{
    struct buf got;
    char bytes[65536];
    buf_init(&got, 64 << 20);
    for (int quiet = 0; quiet < 3;) {
        loop_turn(r->lp, 0);
        ssize_t n = read(r->fd, bytes, sizeof bytes);
        if (n > 0)
            buf_add(&got, bytes, (size_t)n);
        quiet = n > 0 ? 0 : quiet + 1;
    }
    return buf_take(&got, len);
}

Test(channel, vim_calls, .timeout = 30)
{
    struct rig r;
    start(&r, vim_new);
    editor_call(r.ed, "f#g", one(value_text("a\"\n\xff")), on_result, &r);
    editor_call(r.ed, "h", one(value_int(7)), NULL, NULL);
    char *got = receive(&r, NULL);
    cr_expect_str_eq(got, "[\"call\",\"deepchat#host#call\",[\"f#g\","
                          "[\"a\\\"\\n\xef\xbf\xbd\"]],-1]\n[0,0]\n"
                          "[\"call\",\"deepchat#host#call\",[\"h\",[7]],-2]\n"
                          "[0,0]\n");
    free(got);
    feed(&r, str_of("[-2,[0]]\n[-1,[5]]\n"), 100);
    expect_said(&r, "answers", "result 5;");
    stop(&r);
}

static struct value *
long_text(size_t len)
{
    char *text = mem_alloc(len + 1);
    memset(text, 'x', len);
    struct value *v = value_str((struct dc_str){text, len});
    free(text);
    return v;
}

/* The arguments of the one call in lines, put together as the plugin does. */
static struct value *
put_together(char *text, size_t *longest, size_t *count)
{
    struct buf json;
    buf_init(&json, 64 << 20);
    struct value *args = NULL;
    *longest = *count = 0;
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        size_t len = (size_t)(end - text) + 1;
        struct value *m = json_parse((struct dc_str){text, len});
        const char *function = value_as_text(value_at(m, 1), "");
        const struct value *given = value_at(m, 2);
        *longest = len > *longest ? len : *longest;
        *count += 1;
        if (strcmp(function, "deepchat#host#call") == 0)
            args = value_copy(value_at(given, 1));
        else if (strcmp(function, "deepchat#host#part") == 0)
            buf_add_str(&json, value_as_str(value_at(given, 0)));
        else if (strcmp(function, "deepchat#host#whole") == 0)
            args = json_parse(buf_str(&json));
        value_free(m);
    }
    buf_finish(&json);
    return args;
}

static void
expect_sent(size_t len, size_t messages)
{
    struct rig r;
    size_t longest, count;
    start(&r, vim_new);
    editor_call(r.ed, "f", one(long_text(len)), on_result, &r);
    char *got = receive(&r, NULL);
    struct value *args = put_together(got, &longest, &count);
    cr_expect_eq(value_as_str(value_at(args, 0)).len, len, "%zu", len);
    cr_expect_leq(longest, 65536, "%zu: a message of %zu bytes", len, longest);
    cr_expect(messages == 0 || count == messages, "%zu: %zu messages", len,
              count);
    expect_said(&r, "nothing", "");
    value_free(args);
    free(got);
    stop(&r);
}

Test(channel, vim_sizes, .timeout = 60)
{
    const size_t frame = strlen("[\"call\",\"deepchat#host#call\",[\"f\",[\"\"]"
                                "],-1]\n");
    expect_sent(65536 - frame, 2);
    expect_sent(65536 - frame + 1, 10);
    expect_sent(1 << 20, 0);
    /* the JSON of the arguments may have 4 MiB */
    expect_sent((4 << 20) - 4, 0);
    struct rig r;
    start(&r, vim_new);
    editor_call(r.ed, "f", one(long_text((4 << 20) - 3)), on_result, &r);
    settle(&r);
    expect_said(&r, "one over", "error not sent;");
    char *got = receive(&r, NULL);
    cr_expect_str_eq(got, "", "a piece of it");
    free(got);
    editor_call(r.ed, "f", one(value_int(1)), on_result, &r);
    feed(&r, str_of("[-2,[1]]\n"), 100);
    expect_said(&r, "the next", "result 1;");
    stop(&r);
}

/* Text in a piece is not cut inside a character, and may be of any kind. */
Test(channel, vim_parts_hold_any_text, .timeout = 30)
{
    struct rig r;
    struct buf b;
    size_t longest, count;
    start(&r, vim_new);
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 9000; i++)
        buf_add_text(&b, "\"\\\n\x01\xc3\xa9\xf0\x9f\x98\x80");
    editor_call(r.ed, "f", one(value_str(buf_str(&b))), NULL, NULL);
    char *got = receive(&r, NULL);
    struct value *args = put_together(got, &longest, &count);
    struct dc_str back = value_as_str(value_at(args, 0));
    cr_expect_eq(back.len, b.len);
    cr_expect(back.len == b.len && memcmp(back.ptr, b.ptr, b.len) == 0);
    cr_expect_leq(longest, 65536);
    value_free(args);
    free(got);
    buf_finish(&b);
    stop(&r);
}

/* ---- both ---- */

static const struct {
    const char *name;
    make_fn *make;
    struct dc_str message, garbage;
} kinds[] = {
    {"nvim", nvim_new,
     LITERAL("\x93\x02\xa1"
             "a\x91\x05"),
     LITERAL("\x93\x02\xa1"
             "a\x91\x05\xc1")},
    {"vim", vim_new, LITERAL("[1,[\"a\",5]]\n"),
     LITERAL("[1,[\"a\",5]]\n\x93\n")},
};

/* An editor that does not read: all is kept, and comes when it does. */
static void
hold_up(size_t kind)
{
    struct rig r;
    size_t len;
    start(&r, kinds[kind].make);
    for (int i = 0; i < 300; i++) {
        editor_call(r.ed, "f", one(long_text(8000)), NULL, NULL);
        loop_turn(r.lp, 0);
    }
    feed(&r, kinds[kind].message, 100);
    expect_said(&r, kinds[kind].name, "a [5];");
    char *got = receive(&r, &len);
    cr_expect_geq(len, 300 * 8000, "%s: %zu bytes", kinds[kind].name, len);
    free(got);
    stop(&r);
}

static void
end(size_t kind)
{
    struct rig r;
    start(&r, kinds[kind].make);
    shutdown(r.fd, SHUT_WR);
    loop_turn(r.lp, 1000);
    settle(&r);
    expect_said(&r, kinds[kind].name, "closed -;");
    editor_call(r.ed, "f", value_list(), on_result, &r);
    settle(&r);
    expect_said(&r, kinds[kind].name, "");
    stop(&r);
    /* its end is gone while something is on its way */
    start(&r, kinds[kind].make);
    close(r.fd);
    r.fd = open("/dev/null", O_RDONLY);
    editor_call(r.ed, "f", value_list(), NULL, NULL);
    settle(&r);
    expect_said(&r, kinds[kind].name, "closed -;");
    stop(&r);
}

static void
nonsense(size_t kind)
{
    for (size_t piece = 1; piece <= kinds[kind].garbage.len; piece++) {
        struct rig r;
        start(&r, kinds[kind].make);
        feed(&r, kinds[kind].garbage, piece);
        cr_expect(r.closed, "%s", kinds[kind].name);
        cr_expect_eq(strncmp(r.said.ptr, "a [5];closed ", 13), 0, "%s",
                     r.said.ptr);
        cr_expect_neq(r.said.ptr[13], '-', "%s: no reason", r.said.ptr);
        stop(&r);
    }
}

Test(channel, both_kinds, .timeout = 60)
{
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        hold_up(i);
        end(i);
        nonsense(i);
    }
}
