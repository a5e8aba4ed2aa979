/*
 * The life of a connection: collect a request, let play.c answer it, send
 * what it queues, begin again. Input points into the same buffer until the
 * answer is over, so what a request says is used up in route.c at once.
 */
#include "conn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"
#include "play.h"
#include "route.h"

#define IN_MAX ((size_t)96 << 20)
#define HEAD_MAX ((size_t)1 << 20)
#define READ_SIZE ((size_t)64 << 10)
/* Read no further ahead than this while an answer runs. */
#define AHEAD_MAX ((size_t)64 << 10)

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

uint64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct conn *
conn_new(struct server *sv, struct net net, unsigned long number)
{
    struct conn *c = mem_alloc(sizeof *c);
    c->server = sv;
    c->net = net;
    c->number = number;
    buf_init(&c->in, IN_MAX);
    buf_init(&c->out, (size_t)256 << 20);
    return c;
}

static void
end_record(struct conn *c, const char *state)
{
    if (c->record == NULL)
        return;
    record_end(c->record, state, now_us());
    record_unref(c->record);
    c->record = NULL;
}

void
conn_free(struct conn *c)
{
    end_record(c, "client-closed");
    play_finish(c);
    if (c->net.fd >= 0)
        net_close(&c->net);
    buf_finish(&c->in);
    buf_finish(&c->out);
    free(c->marks);
    free(c);
}

static void
die(struct conn *c)
{
    end_record(c, "client-closed");
    c->state = CONN_DEAD;
}

/* ---- in ------------------------------------------------------------------ */

struct dc_str
request_header(const struct request *rq, const char *name)
{
    struct dc_str rest = rq->head;
    size_t len = strlen(name);
    while (rest.len > 0) {
        size_t n = str_find(rest, '\n');
        if (n > len && rest.ptr[len] == ':' &&
            strncasecmp(rest.ptr, name, len) == 0)
            return str_trim((struct dc_str){rest.ptr + len + 1, n - len - 1});
        n += n < rest.len;
        rest.ptr += n;
        rest.len -= n;
    }
    return (struct dc_str){"", 0};
}

static struct dc_str
take_word(struct dc_str *line)
{
    size_t n = str_find(*line, ' ');
    struct dc_str word = {line->ptr, n};
    n += n < line->len;
    line->ptr += n;
    line->len -= n;
    return word;
}

/* Of "http://host/path?query" as a proxy is asked, and of "/path?query". */
static void
split_target(struct request *rq, struct dc_str target)
{
    if (str_starts(target, "http://")) {
        target.ptr += 7;
        target.len -= 7;
        size_t host = str_find(target, '/');
        target.ptr += host;
        target.len -= host;
    }
    size_t n = str_find(target, '?');
    rq->path = (struct dc_str){target.ptr, n};
    n += n < target.len;
    rq->query = (struct dc_str){target.ptr + n, target.len - n};
}

static void
parse_head(struct conn *c)
{
    struct request *rq = &c->request;
    rq->head = (struct dc_str){c->in.ptr, c->head_len};
    rq->body = (struct dc_str){c->in.ptr + c->head_len, 0};
    struct dc_str line = {c->in.ptr, str_find(rq->head, '\r')};
    rq->method = take_word(&line);
    split_target(rq, take_word(&line));
}

/* Text that is no HTTP (a TLS greeting, say) gets an answer that is. */
static void
refuse(struct conn *c, int status)
{
    char text[96];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n"
                       "Connection: close\r\n\r\n",
                       status);
    net_write(&c->net, text, (size_t)len);
    net_end(&c->net, true);
    c->state = CONN_LINGER;
}

static bool
is_http(const struct conn *c)
{
    return c->in.len <= HEAD_MAX && c->in.ptr[0] >= 'A' && c->in.ptr[0] <= 'Z';
}

static bool
find_head(struct conn *c)
{
    const char *end = memmem(c->in.ptr, c->in.len, "\r\n\r\n", 4);
    if (end == NULL && is_http(c))
        return false;
    if (end == NULL || c->in.ptr[0] < 'A' || c->in.ptr[0] > 'Z') {
        refuse(c, 400);
        return false;
    }
    c->head_len = (size_t)(end - c->in.ptr) + 4;
    parse_head(c);
    if (request_header(&c->request, "Transfer-Encoding").len > 0) {
        refuse(c, 411);
        return false;
    }
    struct dc_str length = request_header(&c->request, "Content-Length");
    char digits[24] = "";
    memcpy(digits, length.ptr, length.len < 23 ? length.len : 23);
    c->body_len = strtoul(digits, NULL, 10);
    if (request_header(&c->request, "Expect").len > 0)
        conn_put(c, str_of("HTTP/1.1 100 Continue\r\n\r\n"));
    return true;
}

/* Begin the answer if the whole request is there. */
static void
take_request(struct conn *c)
{
    if (c->in.len == 0 || c->blind)
        return;
    if (c->head_len == 0 && !find_head(c))
        return;
    parse_head(c); /* the buffer may have moved */
    route_early(c);
    if (!c->blind) {
        if (c->in.len - c->head_len < c->body_len)
            return;
        c->request.body.len = c->body_len;
        route_request(c);
    }
    c->state = CONN_PLAYING;
}

/* Input ended or broke. */
static void
hang_up(struct conn *c)
{
    if (c->state == CONN_READING && c->in.len > 0 && !c->blind &&
        (c->head_len > 0 || find_head(c))) {
        parse_head(c);
        c->request.body.len = c->in.len - c->head_len;
        route_lost(c);
    }
    die(c);
}

static void
read_input(struct conn *c)
{
    char scrap[4096];
    for (;;) {
        bool drop = c->state == CONN_LINGER;
        char *to = drop ? scrap : buf_room(&c->in, READ_SIZE);
        if (to == NULL) {
            die(c);
            return;
        }
        bool first = c->in.len == 0;
        ssize_t n = net_read(&c->net, to, drop ? sizeof scrap : READ_SIZE);
        if (n == NET_AGAIN)
            return;
        if (n == 0 || n == NET_ERROR) {
            hang_up(c);
            return;
        }
        if (first)
            c->at_us = now_us();
        if (!drop)
            c->in.len += (size_t)n;
    }
}

static bool
wants_input(const struct conn *c)
{
    if (c->state == CONN_PLAYING && c->net.ssl == NULL)
        return !c->blind && c->in.len < c->head_len + c->body_len + AHEAD_MAX;
    return !c->blind;
}

void
conn_event(struct conn *c, short events)
{
    if (wants_input(c)) {
        if (events & (POLLIN | POLLHUP | POLLERR) || !c->net.shaken)
            read_input(c);
    } else if (events & (POLLHUP | POLLERR | POLLRDHUP)) {
        die(c);
    }
}

/* ---- out ----------------------------------------------------------------- */

void
conn_put(struct conn *c, struct dc_str bytes)
{
    buf_add_str(&c->out, bytes);
    c->queued += bytes.len;
}

void
conn_mark(struct conn *c)
{
    if (c->mark_first + c->mark_count == c->mark_cap) {
        c->mark_cap = c->mark_cap > 0 ? 2 * c->mark_cap : 64;
        c->marks = mem_resize(c->marks, c->mark_cap, sizeof *c->marks);
    }
    c->marks[c->mark_first + c->mark_count++] =
        (struct mark){c->queued, c->record->content.len};
}

size_t
conn_backlog(const struct conn *c)
{
    return c->out.len - c->out_at;
}

bool
conn_flushed(const struct conn *c)
{
    return conn_backlog(c) == 0;
}

/* The bytes up to here are on the wire: so is the content before them. */
static void
pass_marks(struct conn *c, uint64_t now)
{
    struct record *r = c->record;
    while (c->mark_count > 0 && c->marks[c->mark_first].wire_end <= r->wire) {
        r->sent = c->marks[c->mark_first].content_end;
        buf_add(&r->times, &now, sizeof now);
        c->mark_first++;
        c->mark_count--;
    }
    if (c->mark_count == 0)
        c->mark_first = 0;
}

static void
count_sent(struct conn *c, size_t n)
{
    c->out_at += n;
    if (conn_flushed(c)) {
        buf_reset(&c->out);
        c->out_at = 0;
    }
    if (c->record == NULL)
        return;
    c->record->wire += n;
    pass_marks(c, now_us());
}

static size_t
next_piece(struct conn *c)
{
    struct split *s = &c->split;
    if (s->size == 0)
        return conn_backlog(c);
    if (c->piece == 0 && s->seed != 0) {
        s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
        c->piece = 1 + (size_t)((s->seed >> 33) % s->size);
    } else if (c->piece == 0) {
        c->piece = s->size;
    }
    return c->piece < conn_backlog(c) ? c->piece : conn_backlog(c);
}

/* A piece at a time, so that other connections get their turn. */
static void
flush(struct conn *c)
{
    for (int turn = 0; turn < 64 && !conn_flushed(c); turn++) {
        if (c->split.pause_us > 0 && now_us() < c->piece_us)
            return;
        size_t want = next_piece(c);
        ssize_t n = net_write(&c->net, c->out.ptr + c->out_at, want);
        if (n == NET_AGAIN)
            return;
        if (n == NET_ERROR) {
            die(c);
            return;
        }
        if (c->split.size > 0)
            c->piece -= (size_t)n;
        if (c->split.pause_us > 0)
            c->piece_us = now_us() + c->split.pause_us;
        count_sent(c, (size_t)n);
    }
}

/* ---- life ---- */

static void
next_request(struct conn *c)
{
    bool tunnel = c->play.tunnel;
    play_finish(c);
    buf_drop(&c->in, c->head_len + c->body_len);
    c->head_len = c->body_len = 0;
    c->queued = 0;
    c->at_us = now_us();
    c->state = CONN_READING;
    if (tunnel)
        net_start_tls(&c->net, c->server->tls);
}

static bool
asked_to_close(struct conn *c)
{
    parse_head(c);
    struct dc_str value = request_header(&c->request, "Connection");
    return value.len == 5 && strncasecmp(value.ptr, "close", 5) == 0;
}

/* Everything is sent: end as the script wants it. */
static void
finish_answer(struct conn *c)
{
    enum play_end end = c->play.end;
    if (end == PLAY_RST && !net_drained(&c->net)) {
        c->play.wake_us = now_us() + 500;
        return;
    }
    if (end == PLAY_KEEP && !c->blind && !asked_to_close(c)) {
        end_record(c, "finished");
        next_request(c);
        return;
    }
    bool whole = end == PLAY_KEEP || end == PLAY_CLOSE;
    end_record(c, whole ? "finished" : "cut");
    if (end == PLAY_RST) {
        net_reset(&c->net);
        c->state = CONN_DEAD;
        return;
    }
    net_end(&c->net, end != PLAY_FIN_BARE);
    c->state = c->blind ? CONN_DEAD : CONN_LINGER;
}

void
conn_step(struct conn *c)
{
    bool more = true;
    for (int turn = 0; more && turn < 8; turn++) {
        if (c->state == CONN_READING && c->net.shaken)
            take_request(c);
        if (c->state != CONN_PLAYING)
            return;
        bool full = play_run(c);
        bool waited = !conn_flushed(c); /* "hold" and "split" wait for it */
        flush(c);
        if (c->state != CONN_PLAYING || !conn_flushed(c))
            return;
        more = full || waited || c->play.end != PLAY_OPEN;
        if (c->play.end != PLAY_OPEN)
            finish_answer(c);
        if (c->play.wake_us != 0)
            return;
    }
    if (more && c->state == CONN_PLAYING)
        c->play.wake_us = now_us();
}

short
conn_events(const struct conn *c)
{
    short events = wants_input(c) ? POLLIN : POLLRDHUP;
    bool pausing = c->split.pause_us > 0;
    if (!conn_flushed(c) && !pausing)
        events |= POLLOUT;
    return (short)(events | c->net.want);
}

uint64_t
conn_wake(const struct conn *c)
{
    uint64_t wake = c->state == CONN_PLAYING ? c->play.wake_us : 0;
    bool pausing = c->split.pause_us > 0 && !conn_flushed(c);
    if (pausing && (wake == 0 || c->piece_us < wake))
        wake = c->piece_us;
    return wake;
}
