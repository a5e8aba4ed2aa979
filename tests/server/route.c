/*
 * Paths: /s/NAME/... plays script NAME (NAME.models for its model list, NAME.X
 * for any other /s/NAME/.../X), any
 * other .../chat/completions plays "default" or the built-in answer. Every
 * answer is a script, also the server's own.
 */
#include "route.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "emit.h"
#include "json.h"
#include "play.h"

#define ANSWER_MAX ((size_t)64 << 20)

static struct script **
find_slot(struct server *sv, struct dc_str name)
{
    for (size_t i = 0; i < sv->script_count; i++)
        if (str_is(name, sv->scripts[i]->name))
            return &sv->scripts[i];
    return NULL;
}

static struct script *
find_script(struct server *sv, struct dc_str name)
{
    struct script **slot = find_slot(sv, name);
    return slot != NULL ? *slot : NULL;
}

bool
route_script(struct server *sv, const char *name, struct dc_str text,
             struct dc_error *err)
{
    struct script *sc = script_parse(name, text, err);
    if (sc == NULL)
        return false;
    struct script **slot = find_slot(sv, str_of(name));
    if (slot == NULL) {
        sv->scripts = mem_resize(sv->scripts, sv->script_count + 1,
                                 sizeof(struct script *));
        slot = &sv->scripts[sv->script_count++];
        *slot = NULL;
    }
    script_unref(*slot);
    *slot = sc;
    return true;
}

struct gate *
gate_find(struct server *sv, const char *name)
{
    for (struct gate *g = sv->gates; g != NULL; g = g->next)
        if (strcmp(g->name, name) == 0)
            return g;
    struct gate *g = mem_alloc(sizeof *g);
    g->name = mem_str(name);
    g->next = sv->gates;
    sv->gates = g;
    return g;
}

void
route_finish(struct server *sv)
{
    for (size_t i = 0; i < sv->script_count; i++)
        script_unref(sv->scripts[i]);
    free(sv->scripts);
    while (sv->gates != NULL) {
        struct gate *g = sv->gates;
        sv->gates = g->next;
        free(g->name);
        free(g);
    }
    record_clear(&sv->chats);
    record_clear(&sv->others);
    tour_free(sv->tour);
}

static void
add_record(struct conn *c, struct journal *log)
{
    struct record *r = record_add(log);
    const struct request *rq = &c->request;
    r->conn = c->number;
    r->method = mem_copy(rq->method.ptr, rq->method.len);
    r->path = mem_copy(rq->path.ptr, rq->path.len);
    buf_add_str(&r->head, rq->head);
    buf_add_str(&r->body, rq->body);
    r->at_us = c->at_us;
    r->ready_us = now_us();
    c->record = r;
    if (c->server->record_dir != NULL && log == &c->server->chats)
        record_save(r, c->server->record_dir);
}

/* Play a script that exists for this answer only. */
static void
play_text(struct conn *c, struct dc_str text)
{
    struct dc_error err;
    struct script *sc = script_parse("built-in", text, &err);
    if (sc == NULL)
        sc = script_parse("built-in", str_of("status 500"), &err);
    play_start(c, sc);
}

static void
play_json(struct conn *c, int status, struct dc_str json)
{
    struct buf text;
    buf_init(&text, ANSWER_MAX);
    buf_addf(&text, "status %d\njson ", status);
    buf_add_str(&text, json);
    play_text(c, buf_str(&text));
    buf_finish(&text);
}

static void
play_error(struct conn *c, int status, const char *message, struct dc_str what)
{
    struct buf json;
    buf_init(&json, ANSWER_MAX);
    buf_addf(&json, "{\"error\":{\"message\":\"%s ", message);
    json_escape(&json, what);
    buf_addf(&json, "\",\"type\":\"scripted_server\",\"code\":%d}}", status);
    play_json(c, status, buf_str(&json));
    buf_finish(&json);
}

static bool
ends_with(struct dc_str s, const char *end)
{
    size_t len = strlen(end);
    return s.len >= len && memcmp(s.ptr + s.len - len, end, len) == 0;
}

/* NAME of /s/NAME/..., or "". */
static struct dc_str
script_name(struct dc_str path)
{
    if (!str_starts(path, "/s/"))
        return (struct dc_str){"", 0};
    struct dc_str rest = {path.ptr + 3, path.len - 3};
    rest.len = str_find(rest, '/');
    return rest;
}

/* NAME.LAST of /s/NAME/.../LAST; NULL if there is none. */
static struct script *
other_script(struct conn *c)
{
    struct dc_str path = c->request.path, name = script_name(path);
    size_t last = path.len;
    while (last > 0 && path.ptr[last - 1] != '/')
        last--;
    struct buf full;
    buf_init(&full, 4096);
    buf_addf(&full, "%.*s.%.*s", (int)name.len, name.ptr,
             (int)(path.len - last), path.ptr + last);
    struct script *sc = find_script(c->server, buf_str(&full));
    buf_finish(&full);
    return sc;
}

static const char models[] =
    "{\"object\":\"list\",\"data\":["
    "{\"id\":\"deepseek-ai/DeepSeek-V3\",\"object\":\"model\","
    "\"created\":1700000000,\"owned_by\":\"deepinfra\",\"metadata\":{"
    "\"description\":\"scripted\",\"context_length\":163840,"
    "\"max_tokens\":163840,\"pricing\":{\"input_tokens\":0.3,"
    "\"output_tokens\":0.9,\"cache_read_tokens\":0.15},"
    "\"tags\":[\"chat\"]}},"
    "{\"id\":\"meta-llama/Llama-3.3-70B-Instruct\",\"object\":\"model\","
    "\"created\":1700000000,\"owned_by\":\"deepinfra\",\"metadata\":{"
    "\"description\":\"scripted\",\"context_length\":131072,"
    "\"max_tokens\":131072,\"pricing\":{\"input_tokens\":0.1,"
    "\"output_tokens\":0.3},\"tags\":[\"chat\"]}},"
    "{\"id\":\"BAAI/bge-m3\",\"object\":\"model\",\"created\":1700000000,"
    "\"owned_by\":\"deepinfra\",\"metadata\":{\"context_length\":8192,"
    "\"tags\":[\"embed\"]}}]}";

/* Text of the last user message; returns how many there are. */
static size_t
last_user(struct dc_str body, struct buf *text)
{
    struct dc_str messages = json_member(body, "messages"), content = {"", 0};
    size_t count = 0;
    struct dc_str item;
    for (size_t at = 0; (item = json_next(messages, &at)).len > 0;)
        if (str_is(json_member(item, "role"), "\"user\"")) {
            content = json_member(item, "content");
            count++;
        }
    if (json_text(text, content))
        return count;
    for (size_t at = 0; (item = json_next(content, &at)).len > 0;)
        json_text(text, json_member(item, "text"));
    return count;
}

static void
add_quoted(struct buf *out, struct dc_str text)
{
    buf_add_text(out, "You wrote:\n\n> ");
    for (size_t i = 0; i < text.len; i++) {
        buf_add_byte(out, text.ptr[i]);
        if (text.ptr[i] == '\n')
            buf_add_text(out, "> ");
    }
    buf_add_text(out, "\n\nThis answer is scripted, **no model** is running.");
}

static void
make_answer(struct conn *c, struct buf *out)
{
    struct buf text;
    buf_init(&text, ANSWER_MAX);
    size_t count = last_user(c->request.body, &text);
    if (c->server->tour != NULL)
        buf_add_str(out, tour_answer(c->server->tour, buf_str(&text), count));
    else
        add_quoted(out, buf_str(&text));
    buf_finish(&text);
}

static void
play_whole(struct conn *c, struct dc_str answer)
{
    struct buf json;
    buf_init(&json, ANSWER_MAX);
    buf_add_text(&json,
                 "{\"id\":\"chatcmpl-0\",\"object\":\"chat.completion\","
                 "\"created\":1763800000,\"model\":\"scripted\",\"choices\":[{"
                 "\"index\":0,\"message\":{\"role\":\"assistant\","
                 "\"content\":\"");
    json_escape(&json, answer);
    buf_addf(&json,
             "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":"
             "%zu,\"completion_tokens\":%zu,\"estimated_cost\":1e-05}}",
             c->request.body.len / 4, answer.len / 4);
    play_json(c, 200, buf_str(&json));
    buf_finish(&json);
}

static void
play_builtin(struct conn *c)
{
    struct buf answer;
    buf_init(&answer, ANSWER_MAX);
    make_answer(c, &answer);
    if (!str_is(json_member(c->request.body, "stream"), "true")) {
        play_whole(c, buf_str(&answer));
    } else {
        struct buf text;
        buf_init(&text, 256);
        buf_addf(&text, "role\necho %g\nfinish stop auto\ndone\n",
                 c->server->rate);
        play_text(c, buf_str(&text));
        buf_finish(&text);
        buf_add_str(&c->play.text, buf_str(&answer));
    }
    buf_finish(&answer);
}

static void
play_named(struct conn *c, struct dc_str name)
{
    struct script *sc = find_script(c->server, name);
    if (sc == NULL) {
        play_error(c, 404, "there is no script", name);
        return;
    }
    play_start(c, script_ref(sc));
    make_answer(c, &c->play.text);
}

static void
play_chat(struct conn *c)
{
    struct dc_str name = script_name(c->request.path);
    add_record(c, &c->server->chats);
    if (name.len == 0 && find_script(c->server, str_of("default")) != NULL)
        name = str_of("default");
    if (name.len > 0)
        play_named(c, name);
    else
        play_builtin(c);
}

static void
play_models(struct conn *c)
{
    add_record(c, &c->server->others);
    struct script *sc = other_script(c);
    if (sc != NULL)
        play_start(c, script_ref(sc));
    else
        play_json(c, 200, str_of(models));
}

static void
play_other(struct conn *c)
{
    add_record(c, &c->server->others);
    struct script *sc = other_script(c);
    if (sc != NULL)
        play_start(c, script_ref(sc));
    else
        play_error(c, 404, "nothing here:", c->request.path);
}

/* As a proxy: the script "connect", or a tunnel that ends in this server. */
static void
play_connect(struct conn *c)
{
    add_record(c, &c->server->others);
    struct script *sc = find_script(c->server, str_of("connect"));
    if (sc != NULL) {
        play_start(c, script_ref(sc));
    } else if (c->server->tls == NULL) {
        play_error(c, 502, "no TLS here for", c->request.path);
    } else {
        play_text(c, str_of("raw HTTP/1.1 200 Connection established\\r\\n"
                            "\\r\\n"));
        c->play.tunnel = true;
    }
}

void
route_request(struct conn *c)
{
    const struct request *rq = &c->request;
    int status = 200;
    struct buf reply;
    buf_init(&reply, ANSWER_MAX);
    if (control_request(c, &status, &reply)) {
        play_text(c, str_of(""));
        c->play.status = status;
        emit_whole(c, "text/plain", buf_str(&reply));
    } else if (str_is(rq->method, "CONNECT")) {
        play_connect(c);
    } else if (ends_with(rq->path, "/chat/completions")) {
        play_chat(c);
    } else if (ends_with(rq->path, "/models")) {
        play_models(c);
    } else if (str_is(rq->path, "/health")) {
        play_json(c, 200, str_of("{\"status\":\"ok\"}"));
    } else {
        play_other(c);
    }
    buf_finish(&reply);
}

void
route_lost(struct conn *c)
{
    if (ends_with(c->request.path, "/chat/completions"))
        add_record(c, &c->server->chats);
}

void
route_early(struct conn *c)
{
    struct dc_str name = script_name(c->request.path);
    struct script *sc = find_script(c->server, name);
    if (sc == NULL || !ends_with(c->request.path, "/chat/completions"))
        return;
    const struct attempt *at = script_peek(sc);
    if (at->count == 0 || at->ops[0].verb != VERB_NOREAD)
        return;
    c->blind = true;
    add_record(c, &c->server->chats);
    play_start(c, script_ref(sc));
}
