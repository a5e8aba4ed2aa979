/*
 * One function for each verb. It returns false to be called again: after the
 * time in wake_us, when the socket has taken what is queued, or when a gate
 * opens. begun and begun_us tell the calls of one operation apart.
 */
#include "play.h"

#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "route.h"
#include "words.h"

/* Stop making more when this much waits for the socket. */
#define BACKLOG_HIGH ((size_t)128 << 10)
#define HEADERS_MAX ((size_t)32 << 20)

typedef bool op_fn(struct conn *c, const struct op *op);

static struct dc_str
bytes_of(const struct op *op)
{
    return (struct dc_str){op->bytes, op->len};
}

static bool
op_status(struct conn *c, const struct op *op)
{
    c->play.status = (int)op->num[0];
    return true;
}

static bool
op_header(struct conn *c, const struct op *op)
{
    buf_add_str(&c->play.headers, bytes_of(op));
    buf_add_text(&c->play.headers, "\r\n");
    return true;
}

static bool
op_noheader(struct conn *c, const struct op *op)
{
    buf_addf(&c->play.dropped, "%s:\n", op->word);
    return true;
}

static bool
op_chunked(struct conn *c, const struct op *op)
{
    c->play.chunked = strcmp(op->word, "on") == 0;
    return true;
}

static bool
op_length(struct conn *c, const struct op *op)
{
    c->play.sized = true;
    c->play.chunked = false;
    c->play.length = (size_t)op->num[0];
    return true;
}

static bool
op_head(struct conn *c, const struct op *op)
{
    (void)op;
    struct play *p = &c->play;
    if (p->raw && !p->sized)
        p->chunked = true;
    emit_head(c);
    return true;
}

static bool
op_crlf(struct conn *c, const struct op *op)
{
    c->play.crlf = strcmp(op->word, "on") == 0;
    return true;
}

static bool
op_split(struct conn *c, const struct op *op)
{
    if (!conn_flushed(c))
        return false;
    struct split split = {0};
    double pause = op->num[0];
    if (strcmp(op->word, "every") == 0) {
        split.size = 1;
    } else if (strcmp(op->word, "random") == 0) {
        split.size = 64;
        split.seed = op->num[0] >= 0 ? 2 * (uint64_t)op->num[0] + 1 : 1;
        pause = op->num[1];
    } else {
        split.size = strtoul(op->word, NULL, 10); /* "off" is 0 */
    }
    split.pause_us = pause > 0 ? (uint64_t)(pause * 1000) : 0;
    c->split = split;
    return true;
}

static bool
op_sse(struct conn *c, const struct op *op)
{
    emit_event(c, bytes_of(op));
    emit_count(c, bytes_of(op));
    return true;
}

static bool
op_role(struct conn *c, const struct op *op)
{
    (void)op;
    emit_role(c);
    return true;
}

static bool
op_token(struct conn *c, const struct op *op)
{
    emit_content(c, bytes_of(op));
    return true;
}

/* May token number index go out now? If not, say when. */
static bool
is_due(struct conn *c, double rate, uint64_t now)
{
    struct play *p = &c->play;
    if (conn_backlog(c) >= BACKLOG_HIGH)
        return false;
    if (rate <= 0)
        return true;
    uint64_t due = p->begun_us + (uint64_t)((double)p->index * 1e6 / rate);
    p->wake_us = due > now ? due : 0;
    return due <= now;
}

struct dc_str
play_token(struct dc_str text, size_t at)
{
    size_t end = at;
    while (end < text.len && strchr(" \n\t", text.ptr[end]) != NULL &&
           text.ptr[end] != '\0')
        end++;
    size_t word = end;
    while (end < text.len && end - word < 16 &&
           (text.ptr[end] == '\0' || strchr(" \n\t", text.ptr[end]) == NULL))
        end++;
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xc0) == 0x80)
        end++;
    return (struct dc_str){text.ptr + at, end - at};
}

static bool
stream_text(struct conn *c, struct dc_str text, double rate)
{
    struct play *p = &c->play;
    uint64_t now = now_us();
    while (p->at < text.len) {
        if (!is_due(c, rate, now))
            return false;
        struct dc_str token = play_token(text, p->at);
        emit_content(c, token);
        p->at += token.len;
        p->index++;
    }
    return true;
}

static bool
op_text(struct conn *c, const struct op *op)
{
    return stream_text(c, bytes_of(op), op->num[0]);
}

static bool
op_echo(struct conn *c, const struct op *op)
{
    return stream_text(c, buf_str(&c->play.text), op->num[0]);
}

static bool
op_words(struct conn *c, const struct op *op)
{
    struct play *p = &c->play;
    uint64_t now = now_us();
    for (; p->index < (size_t)op->num[0]; p->index++) {
        if (!is_due(c, op->num[1], now))
            return false;
        char token[WORDS_MAX];
        emit_content(c, (struct dc_str){token, words_token(p->index, token)});
    }
    return true;
}

static bool
op_reasoning(struct conn *c, const struct op *op)
{
    emit_reasoning(c, bytes_of(op));
    return true;
}

static bool
op_finish(struct conn *c, const struct op *op)
{
    emit_finish(c, op->word, op->given > 0 ? op->num : NULL);
    return true;
}

static bool
op_usage(struct conn *c, const struct op *op)
{
    emit_usage(c, op->num);
    return true;
}

static bool
op_done(struct conn *c, const struct op *op)
{
    (void)op;
    emit_event(c, str_of("[DONE]"));
    return true;
}

static bool
op_comment(struct conn *c, const struct op *op)
{
    emit_comment(c, bytes_of(op));
    return true;
}

static bool
op_raw(struct conn *c, const struct op *op)
{
    struct play *p = &c->play;
    if (!p->head_done) {
        p->head_done = true; /* the script writes its own */
        p->raw = true;
        p->chunked = false;
    }
    conn_put(c, bytes_of(op));
    return true;
}

static bool
op_chunk(struct conn *c, const struct op *op)
{
    emit_body(c, bytes_of(op));
    return true;
}

static bool
op_json(struct conn *c, const struct op *op)
{
    emit_whole(c, "application/json", bytes_of(op));
    return true;
}

static bool
op_body(struct conn *c, const struct op *op)
{
    emit_whole(c, "text/plain", bytes_of(op));
    return true;
}

static bool
op_wait(struct conn *c, const struct op *op)
{
    struct play *p = &c->play;
    uint64_t due = p->begun_us + (uint64_t)(op->num[0] * 1000);
    p->wake_us = due;
    return now_us() >= due;
}

static bool
op_hold(struct conn *c, const struct op *op)
{
    struct play *p = &c->play;
    if (!conn_flushed(c))
        return false;
    struct gate *gate = gate_find(c->server, op->word);
    if (p->gate == NULL) {
        p->gate = gate;
        gate->waiting++;
    }
    if (!gate->open && gate->permits == 0)
        return false;
    if (!gate->open)
        gate->permits--;
    gate->waiting--;
    p->gate = NULL;
    return true;
}

static bool
op_stall(struct conn *c, const struct op *op)
{
    (void)c;
    (void)op;
    return false;
}

/* Reading was stopped when the head came; see route_early(). */
static bool
op_noread(struct conn *c, const struct op *op)
{
    (void)c;
    (void)op;
    return true;
}

static bool
op_end(struct conn *c, const struct op *op)
{
    struct play *p = &c->play;
    if (op->verb == VERB_CLOSE) {
        emit_end(c);
        p->end = PLAY_CLOSE;
    } else {
        p->end = op->verb == VERB_RST   ? PLAY_RST
                 : op->verb == VERB_FIN ? PLAY_FIN
                                        : PLAY_FIN_BARE;
    }
    return true;
}

static op_fn *const op_table[] = {
    [VERB_STATUS] = op_status,
    [VERB_HEADER] = op_header,
    [VERB_NOHEADER] = op_noheader,
    [VERB_CHUNKED] = op_chunked,
    [VERB_LENGTH] = op_length,
    [VERB_HEAD] = op_head,
    [VERB_CRLF] = op_crlf,
    [VERB_SPLIT] = op_split,
    [VERB_SSE] = op_sse,
    [VERB_ROLE] = op_role,
    [VERB_TOKEN] = op_token,
    [VERB_TEXT] = op_text,
    [VERB_WORDS] = op_words,
    [VERB_ECHO] = op_echo,
    [VERB_REASONING] = op_reasoning,
    [VERB_FINISH] = op_finish,
    [VERB_USAGE] = op_usage,
    [VERB_DONE] = op_done,
    [VERB_COMMENT] = op_comment,
    [VERB_RAW] = op_raw,
    [VERB_CHUNK] = op_chunk,
    [VERB_JSON] = op_json,
    [VERB_BODY] = op_body,
    [VERB_WAIT] = op_wait,
    [VERB_HOLD] = op_hold,
    [VERB_STALL] = op_stall,
    [VERB_NOREAD] = op_noread,
    [VERB_RST] = op_end,
    [VERB_FIN] = op_end,
    [VERB_TLS_TRUNCATE] = op_end,
    [VERB_CLOSE] = op_end,
};

void
play_start(struct conn *c, struct script *sc)
{
    struct play *p = &c->play;
    *p = (struct play){.script = sc, .status = 200, .chunked = true};
    p->attempt = script_serve(sc);
    p->prompt = c->request.body.len;
    buf_init(&p->headers, HEADERS_MAX);
    buf_init(&p->dropped, HEADERS_MAX);
    buf_init(&p->event, (size_t)64 << 20);
    buf_init(&p->start, (size_t)64 << 10);
    buf_init(&p->text, (size_t)64 << 20);
    emit_prepare(c);
    c->split = (struct split){0};
    c->piece = 0;
    c->piece_us = 0;
}

void
play_finish(struct conn *c)
{
    struct play *p = &c->play;
    if (p->gate != NULL)
        p->gate->waiting--;
    script_unref(p->script);
    buf_finish(&p->headers);
    buf_finish(&p->dropped);
    buf_finish(&p->event);
    buf_finish(&p->start);
    buf_finish(&p->text);
    *p = (struct play){0};
}

/* Carry out the current operation once; false if it is not over. */
static bool
run_op(struct conn *c)
{
    struct play *p = &c->play;
    const struct op *op = &p->attempt->ops[p->pc];
    if (!p->begun) {
        p->begun = true;
        p->begun_us = now_us();
        p->at = p->index = 0;
    }
    if (!op_table[op->verb](c, op))
        return false;
    p->begun = false;
    if (++p->round >= op->times) {
        p->round = 0;
        p->pc++;
    }
    return true;
}

bool
play_run(struct conn *c)
{
    struct play *p = &c->play;
    p->wake_us = 0;
    while (p->end == PLAY_OPEN && conn_backlog(c) < BACKLOG_HIGH) {
        if (p->pc == p->attempt->count)
            emit_end(c);
        else if (!run_op(c))
            return conn_backlog(c) >= BACKLOG_HIGH;
        else
            p->wake_us = 0;
    }
    return p->end == PLAY_OPEN;
}
