/*
 * What tests ask of the server; README.md lists it. These requests are not
 * recorded.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "route.h"

static size_t
number_of(struct dc_str s)
{
    size_t number = 0;
    for (size_t i = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        number = number * 10 + (size_t)(s.ptr[i] - '0');
    return number;
}

/* What stands behind prefix; false if path does not start so. */
static bool
behind(struct dc_str path, const char *prefix, struct dc_str *rest)
{
    if (!str_starts(path, prefix))
        return false;
    size_t n = strlen(prefix);
    *rest = (struct dc_str){path.ptr + n, path.len - n};
    return true;
}

static int
put_script(struct conn *c, struct dc_str name, struct buf *reply)
{
    struct dc_error err;
    char *text = mem_copy(name.ptr, name.len);
    bool done = route_script(c->server, text, c->request.body, &err);
    free(text);
    if (!done)
        buf_addf(reply, "%s\n", err.text);
    return done ? 200 : 400;
}

/* ?n=3 lets three pass, nothing opens it for good. */
static void
release(struct conn *c, struct dc_str name)
{
    char *text = mem_copy(name.ptr, name.len);
    struct gate *gate = gate_find(c->server, text);
    free(text);
    if (str_starts(c->request.query, "n="))
        gate->permits += number_of((struct dc_str){c->request.query.ptr + 2,
                                                   c->request.query.len - 2});
    else
        gate->open = true;
    c->server->again = true;
}

static void
print_held(struct conn *c, struct dc_str name, struct buf *reply)
{
    char *text = mem_copy(name.ptr, name.len);
    buf_addf(reply, "%zu\n", gate_find(c->server, text)->waiting);
    free(text);
}

static void
print_times(const struct record *r, struct buf *reply)
{
    for (size_t at = 0; at < r->times.len; at += sizeof(uint64_t)) {
        uint64_t time;
        memcpy(&time, r->times.ptr + at, sizeof time);
        buf_addf(reply, "%" PRIu64 "\n", time);
    }
}

static int
print_part(const struct record *r, struct dc_str part, struct buf *reply)
{
    if (part.len == 0)
        record_print(reply, r);
    else if (str_is(part, "/body"))
        buf_add_str(reply, buf_str(&r->body));
    else if (str_is(part, "/head"))
        buf_add_str(reply, buf_str(&r->head));
    else if (str_is(part, "/sent"))
        buf_add(reply, r->content.ptr, r->sent);
    else if (str_is(part, "/times"))
        print_times(r, reply);
    else
        return 404;
    return 200;
}

static int
print_log(const struct journal *log, struct dc_str rest, struct buf *reply)
{
    for (size_t i = 0; rest.len == 0 && i < log->count; i++)
        record_print(reply, log->items[i]);
    if (rest.len == 0)
        return 200;
    size_t number = number_of((struct dc_str){rest.ptr + 1, rest.len - 1});
    if (rest.ptr[0] != '/' || number == 0 || number > log->count)
        return 404;
    struct dc_str part = {rest.ptr + 1, rest.len - 1};
    size_t digits = str_find(part, '/');
    part.ptr += digits;
    part.len -= digits;
    return print_part(log->items[number - 1], part, reply);
}

static void
reset(struct server *sv)
{
    record_clear(&sv->chats);
    record_clear(&sv->others);
    for (size_t i = 0; i < sv->script_count; i++)
        sv->scripts[i]->served = 0;
    for (struct gate *g = sv->gates; g != NULL; g = g->next) {
        g->open = false;
        g->permits = 0;
    }
}

static bool
is_new_connection(const struct journal *log, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (log->items[i]->conn == log->items[index]->conn)
            return false;
    return true;
}

static void
print_count(const struct server *sv, struct buf *reply)
{
    const struct journal *log = &sv->chats;
    size_t open = 0, conns = 0;
    for (size_t i = 0; i < log->count; i++) {
        open += log->items[i]->end_us == 0;
        conns += is_new_connection(log, i);
    }
    buf_addf(reply, "%zu requests\n%zu open\n%zu others\n%zu connections\n",
             log->count, open, sv->others.count, conns);
}

static bool
put_request(struct conn *c, int *status, struct buf *reply)
{
    struct dc_str path = c->request.path, rest;
    if (behind(path, "/script/", &rest))
        *status = put_script(c, rest, reply);
    else if (behind(path, "/release/", &rest))
        release(c, rest);
    else if (str_is(path, "/reset"))
        reset(c->server);
    else
        return false;
    return true;
}

static bool
get_request(struct conn *c, int *status, struct buf *reply)
{
    struct server *sv = c->server;
    struct dc_str path = c->request.path, rest;
    if (behind(path, "/held/", &rest))
        print_held(c, rest, reply);
    else if (behind(path, "/log", &rest))
        *status = print_log(&sv->chats, rest, reply);
    else if (behind(path, "/others", &rest))
        *status = print_log(&sv->others, rest, reply);
    else if (str_is(path, "/count"))
        print_count(sv, reply);
    else
        return false;
    return true;
}

bool
control_request(struct conn *c, int *status, struct buf *reply)
{
    if (str_is(c->request.method, "PUT"))
        return put_request(c, status, reply);
    if (str_is(c->request.method, "GET"))
        return get_request(c, status, reply);
    return false;
}
