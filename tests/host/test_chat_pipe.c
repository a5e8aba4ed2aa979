/* The real channels, and an editor that dies at every point of a reply: while
 * something is written to it, and while it is waited for. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/command.h"
#include "host/file.h"
#include "host/journal.h"
#include "host/json.h"
#include "host/rpc.h"
#include "lib/host_rig.h"

enum { MS = 10000, QUEUE_MAX = 1 << 26 };

typedef struct editor *make_fn(struct loop *lp, int in, int out,
                               struct editor_events events);

static const struct {
    const char *name;
    make_fn *make;
} kinds[] = {{"nvim", nvim_new}, {"vim", vim_new}};

struct rig {
    struct host_rig base;
    struct editor *ed;
    int fd; /* the editor's end; -1 once it is gone */
    struct rpc *rpc;
    struct buf in;
    int closed;
    int messages;
    bool inside;   /* the test is in the host's hands */
    size_t calls;  /* that came to the editor */
    size_t die_at; /* it goes with this call: 0 never */
    bool answers;  /* the call that it goes with */
    bool saved;
    bool is_vim;
};

static void
on_message(void *user, const char *op, const struct value *args)
{
    struct rig *r = user;
    cr_expect_eq(r->closed, 0);
    r->messages++;
    command_run(&r->base.host, op, args);
}

static void
on_closed(void *user, const char *why)
{
    struct rig *r = user;
    (void)why;
    cr_expect_eq(r->closed++, 0, "closed twice");
    cr_expect_not(r->inside, "told from inside a call");
    host_editor_gone(&r->base.host);
}

static void
start(struct rig *r, size_t kind)
{
    int ends[2];
    *r = (struct rig){.is_vim = kind == 1, .answers = true};
    host_rig_start(&r->base);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    r->fd = ends[1];
    fcntl(r->fd, F_SETFL, O_NONBLOCK);
    r->rpc = rpc_new(RPC_IN_MAX);
    buf_init(&r->in, QUEUE_MAX);
    struct editor_events events = {on_message, on_closed, r};
    r->ed = kinds[kind].make(r->base.lp, ends[0], dup(ends[0]), events);
    host_init(&r->base.host, r->base.lp, r->base.http, r->ed);
    server_script(r->base.sv, "t",
                  "reasoning hm\ntoken one\nhold g\ntoken  two\nhold g\n"
                  "finish stop\ndone\n");
}

static void
stop(struct rig *r)
{
    host_finish(&r->base.host, 0);
    editor_free(r->ed);
    rpc_free(r->rpc);
    buf_finish(&r->in);
    if (r->fd >= 0)
        close(r->fd);
}

static void
op(struct rig *r, const char *name, struct value *args)
{
    r->inside = true;
    host_rig_op(&r->base, name, args);
    r->inside = false;
}

/* ---- the editor's end ---- */

static void
die(struct rig *r)
{
    close(r->fd);
    r->fd = -1;
}

static void
say(struct rig *r, struct buf *bytes)
{
    if (r->fd >= 0)
        cr_assert(file_write_all(r->fd, buf_str(bytes)));
    buf_finish(bytes);
}

static void
answer(struct rig *r, int64_t id, struct value *result)
{
    struct buf out;
    buf_init(&out, QUEUE_MAX);
    if (r->is_vim) {
        struct value *list = value_list(), *message = value_list();
        value_add(list, result);
        value_add(message, value_int(-id));
        value_add(message, list);
        json_print(&out, message);
        buf_add_byte(&out, '\n');
        value_free(message);
    } else {
        rpc_response(&out, (uint32_t)id, NULL, result);
        value_free(result);
    }
    say(r, &out);
}

static void
on_call(struct rig *r, int64_t id, const char *function,
        const struct value *args)
{
    if (r->fd < 0)
        return;
    bool last = ++r->calls == r->die_at;
    if (!last || r->answers)
        answer(r, id, host_rig_answer(function, args, r->saved));
    if (last)
        die(r);
}

static void
read_nvim(struct rig *r)
{
    struct rpc_message m;
    rpc_feed(r->rpc, buf_str(&r->in), NULL);
    buf_reset(&r->in);
    while (rpc_next(r->rpc, &m, NULL) == DC_ITEM) {
        on_call(r, m.id, value_as_text(value_at(m.params, 0), ""),
                value_at(m.params, 1));
        rpc_message_finish(&m);
    }
}

static void
read_vim(struct rig *r)
{
    size_t end;
    while ((end = str_find(buf_str(&r->in), '\n')) < r->in.len) {
        struct value *m = json_parse((struct dc_str){r->in.ptr, end});
        const struct value *call = value_at(m, 2);
        if (call != NULL)
            on_call(r, -value_as_int(value_at(m, 3), 0),
                    value_as_text(value_at(call, 0), ""), value_at(call, 1));
        value_free(m);
        buf_drop(&r->in, end + 1);
    }
}

static void
turn(struct rig *r)
{
    char bytes[65536];
    ssize_t n;
    loop_turn(r->base.lp, 5);
    while (r->fd >= 0 && (n = read(r->fd, bytes, sizeof bytes)) > 0)
        buf_add(&r->in, bytes, (size_t)n);
    if (r->is_vim)
        read_vim(r);
    else
        read_nvim(r);
}

#define UNTIL(r, cond)                                                         \
    for (int64_t end_ = loop_now() + MS; !(cond) && loop_now() < end_;)        \
    turn(r)

/* ---- dying ---- */

/* Two replies and a save; true if the editor lived through all of it. */
static bool
session(struct rig *r)
{
    op(r, "hello", host_rig_hello(&r->base, DC_PROTOCOL));
    op(r, "send", host_rig_send(&r->base, 1, "t", NULL));
    op(r, "send", host_rig_send(&r->base, 2, "t", NULL));
    UNTIL(r, server_wait_held(r->base.sv, "g", 2, 0));
    server_release(r->base.sv, "g");
    UNTIL(r, server_ended(r->base.sv, 1) && server_ended(r->base.sv, 2));
    for (int i = 0; i < 20; i++)
        turn(r);
    return r->fd >= 0;
}

/* Every reply is whole in a journal, or (as the editor said) in a file. */
static void
expect_journals(struct rig *r)
{
    size_t count;
    char *dir = file_join(r->base.dir, "journal");
    struct journal_entry *entries = journal_list(dir, &count);
    cr_expect_leq(count, 2);
    cr_expect(r->saved || count == 2, "%zu journals", count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(entries[i].finish, "stop");
        cr_expect(str_is(entries[i].text, "one two"), "%.*s",
                  (int)entries[i].text.len, entries[i].text.ptr);
    }
    journal_entries_free(entries, count);
    free(dir);
}

/* Dies with each call there is. Returns how many that are. */
static size_t
die_with_each(size_t kind, bool answers, bool saved)
{
    for (size_t at = 1;; at++) {
        struct rig r;
        start(&r, kind);
        r.die_at = at;
        r.answers = answers;
        r.saved = saved;
        bool lived = session(&r);
        cr_expect_eq(r.closed, !lived, "%s: call %zu", kinds[kind].name, at);
        stop(&r);
        if (!lived)
            expect_journals(&r);
        host_rig_stop(&r.base);
        if (lived)
            return at - 1;
    }
}

Test(chat_pipe, dies_with_each_call, .timeout = 200)
{
    for (size_t kind = 0; kind < 2; kind++)
        for (int how = 0; how < 4; how++) {
            size_t calls = die_with_each(kind, how & 1, how & 2);
            cr_expect_geq(calls, 8, "%s: %zu calls", kinds[kind].name, calls);
        }
}

/* It is gone when the host says something for the first time, in each of the
 * places where that can be. */
static const char *const first_words[] = {"hello", "resume", "send", "attach"};

Test(chat_pipe, is_gone_already, .timeout = 60)
{
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t i = 0; i < sizeof first_words / sizeof *first_words; i++) {
            struct rig r;
            start(&r, kind);
            op(&r, "hello", host_rig_hello(&r.base, DC_PROTOCOL));
            turn(&r);
            die(&r);
            op(&r, first_words[i],
               strcmp(first_words[i], "hello") == 0
                   ? host_rig_hello(&r.base, DC_PROTOCOL)
                   : host_rig_send(&r.base, 1, "nothing", "%% assistant\n"));
            op(&r, "stop", value_map());
            cr_expect_eq(r.closed, 0);
            UNTIL(&r, r.closed > 0);
            cr_expect_eq(r.closed, 1, "%s", first_words[i]);
            op(&r, "send", host_rig_send(&r.base, 2, "nothing", NULL));
            turn(&r);
            stop(&r);
            host_rig_stop(&r.base);
        }
}

/* The first of two messages has an answer, which it does not read any more. */
Test(chat_pipe, half_gone, .timeout = 30)
{
    for (size_t kind = 0; kind < 2; kind++) {
        struct rig r;
        struct buf out;
        start(&r, kind);
        buf_init(&out, QUEUE_MAX);
        struct value *args = value_list();
        value_add(args, host_rig_hello(&r.base, DC_PROTOCOL));
        for (int i = 0; i < 2; i++)
            if (r.is_vim) {
                buf_add_text(&out, "[1,[\"hello\",");
                json_print(&out, value_at(args, 0));
                buf_add_text(&out, "]]\n");
            } else {
                rpc_notify(&out, "hello", args);
            }
        value_free(args);
        say(&r, &out);
        shutdown(r.fd, SHUT_RD);
        UNTIL(&r, r.closed > 0);
        cr_expect_eq(r.messages, 1, "%s: %d", kinds[kind].name, r.messages);
        stop(&r);
        host_rig_stop(&r.base);
    }
}

/* ---- an editor that does not read ---- */

Test(chat_pipe, given_up_at_the_limit, .timeout = 60)
{
    enum { PIECE = 8000 };
    static char text[PIECE + 1];
    memset(text, 'x', PIECE);
    for (size_t kind = 0; kind < 2; kind++) {
        struct rig r;
        start(&r, kind);
        size_t sent = 0;
        while (r.closed == 0 && sent < ((size_t)80 << 20)) {
            struct value *args = value_list();
            value_add(args, value_text(text));
            editor_call(r.ed, "f", args, NULL, NULL);
            sent += PIECE;
            if (sent % (PIECE * 256) == 0)
                loop_turn(r.base.lp, 0);
        }
        cr_expect(r.closed == 1 && sent > (60u << 20) && sent < (72u << 20),
                  "%s: %zu", kinds[kind].name, sent);
        stop(&r);
        host_rig_stop(&r.base);
    }
}
