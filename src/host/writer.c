/*
 * The editor's side is deepchat#buf#append([[id, seq, kind, text], ...]), kind
 * being text, anew (text that replaces what is there) or reasoning, with a
 * fifth member, the choice, for the answers besides the first; it answers a
 * list with one word for each: ok, dup, retry, deleted, undone, gone. Lanes
 * share the frame, so that all go out in one call, but each has its own time
 * after "retry". A batch that failed as a whole (the user pressed Ctrl-C) is
 * sent again too: what did get in is answered with "dup".
 */
#include "host/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/log.h"
#include "host/pace.h"

enum {
    RETRY_MS = 30,
    RETRY_MAX_MS = 250,
    ERRORS_MAX = 10, /* failed calls in a row: about two seconds of them */
};

struct writer_lane {
    struct writer *w;
    int64_t id;
    unsigned choice;
    uint64_t serial;
    struct writer_events events;

    struct buf text[2]; /* by dc_delta_kind; reasoning goes first */
    struct buf sent;    /* the piece in flight, kept for a resend */
    const char *sent_kind;
    int64_t seq;

    int64_t next_us; /* no edit before this */
    int retry_ms;    /* 0: the last piece went well */
    int errors;      /* calls with a piece of it that failed in a row */
    bool cut;        /* the last piece could not hold all there was */

    bool started; /* the first text has been sent */
    bool anew;    /* the next text replaces what is there */
    bool last;    /* nothing follows */
    bool high;
    bool lost;
    struct writer_lane *next;
};

struct writer {
    struct loop *lp;
    struct editor *ed;
    struct writer_lane *lanes; /* who was served last stands last */

    bool in_flight;
    uint64_t serial;  /* of the newest lane */
    uint64_t *flight; /* serials of the batch, in its order */
    size_t flight_count;
    int64_t sent_us;
    bool opens_frame; /* the batch does */
    int64_t next_us;  /* the next frame */
    writer_frame_fn *on_frame;
    void *frame_user;
};

static loop_hook_fn before_wait;

struct writer *
writer_new(struct loop *lp, struct editor *ed)
{
    struct writer *w = mem_alloc(sizeof *w);
    w->lp = lp;
    w->ed = ed;
    loop_hook(lp, before_wait, w);
    return w;
}

static void
destroy(struct writer_lane *lane)
{
    buf_finish(&lane->text[0]);
    buf_finish(&lane->text[1]);
    buf_finish(&lane->sent);
    free(lane);
}

void
writer_free(struct writer *w)
{
    if (w == NULL)
        return;
    while (w->lanes != NULL) {
        struct writer_lane *lane = w->lanes;
        w->lanes = lane->next;
        destroy(lane);
    }
    free(w->flight);
    free(w);
}

void
writer_on_frame(struct writer *w, writer_frame_fn *fn, void *user)
{
    w->on_frame = fn;
    w->frame_user = user;
}

struct writer_lane *
writer_open(struct writer *w, int64_t id, struct writer_events events)
{
    return writer_open_choice(w, id, 0, events);
}

struct writer_lane *
writer_open_choice(struct writer *w, int64_t id, unsigned choice,
                   struct writer_events events)
{
    struct writer_lane *lane = mem_alloc(sizeof *lane);
    lane->w = w;
    lane->id = id;
    lane->choice = choice;
    lane->serial = ++w->serial;
    lane->events = events;
    lane->lost = w->ed == NULL;
    buf_init(&lane->text[0], DC_REPLY_MAX * 2);
    buf_init(&lane->text[1], DC_REPLY_MAX * 2);
    buf_init(&lane->sent, DC_REPLY_MAX * 2);
    lane->next = w->lanes;
    w->lanes = lane;
    return lane;
}

void
writer_close(struct writer_lane *lane)
{
    if (lane == NULL)
        return;
    struct writer_lane **at = &lane->w->lanes;
    while (*at != lane)
        at = &(*at)->next;
    *at = lane->next;
    destroy(lane);
}

static size_t
waiting(const struct writer_lane *lane)
{
    return lane->text[0].len + lane->text[1].len;
}

bool
writer_idle(const struct writer_lane *lane)
{
    return lane->lost || (waiting(lane) == 0 && lane->sent.len == 0);
}

void
writer_add(struct writer_lane *lane, enum dc_delta_kind kind,
           struct dc_str text)
{
    if (lane->lost || text.len == 0)
        return;
    if (!buf_add_str(&lane->text[kind], text))
        log_line(LOG_ERROR, "reply %lld: text over the limit dropped",
                 (long long)lane->id);
    if (!lane->high && waiting(lane) > WRITER_HIGH) {
        lane->high = true;
        lane->events.pressure(lane->events.user, true);
    }
}

static void
relieve(struct writer_lane *lane)
{
    if (!lane->high)
        return;
    lane->high = false;
    lane->events.pressure(lane->events.user, false);
}

void
writer_anew(struct writer_lane *lane)
{
    buf_reset(&lane->text[DC_DELTA_TEXT]);
    lane->anew = true;
    relieve(lane);
}

void
writer_last(struct writer_lane *lane)
{
    lane->last = true;
}

/* ---- a lane that has no place any more ---- */

static void
forget_text(struct writer_lane *lane)
{
    lane->lost = true;
    buf_finish(&lane->text[0]);
    buf_finish(&lane->text[1]);
    buf_finish(&lane->sent);
}

static void
lose(struct writer_lane *lane, const char *why)
{
    if (lane->lost)
        return;
    forget_text(lane);
    lane->events.lost(lane->events.user, why);
}

void
writer_detach(struct writer *w)
{
    w->ed = NULL;
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next) {
        forget_text(lane);
        relieve(lane);
    }
}

/* ---- sending ---- */

/* Move the next piece of a lane into sent, at most max bytes. False if not
 * even a character fits. */
static bool
take_piece(struct writer_lane *lane, size_t max)
{
    enum dc_delta_kind kind = lane->text[DC_DELTA_REASONING].len > 0
                                  ? DC_DELTA_REASONING
                                  : DC_DELTA_TEXT;
    struct buf *from = &lane->text[kind];
    size_t n = utf8_fit(buf_str(from), max);
    if (n == 0)
        return false;
    lane->sent_kind = kind == DC_DELTA_REASONING ? "reasoning"
                      : lane->anew               ? "anew"
                                                 : "text";
    lane->anew = lane->anew && kind == DC_DELTA_REASONING;
    buf_add(&lane->sent, from->ptr, n);
    buf_drop(from, n);
    lane->cut = from->len > 0;
    lane->seq++;
    return true;
}

static struct value *
piece(const struct writer_lane *lane)
{
    struct value *item = value_list();
    value_add(item, value_int(lane->id));
    value_add(item, value_int(lane->seq));
    value_add(item, value_text(lane->sent_kind));
    value_add(item, value_str(buf_str(&lane->sent)));
    if (lane->choice > 0)
        value_add(item, value_int(lane->choice));
    return item;
}

static editor_result_fn on_answer;

/* When text of this lane may go out: INT64_MAX if it has none. The first text
 * and the last wait for no frame, nor does the rest of a piece. */
static int64_t
due_us(const struct writer_lane *lane)
{
    if (lane->lost || (lane->sent.len == 0 && waiting(lane) == 0))
        return INT64_MAX;
    if (lane->retry_ms == 0 && (!lane->started || lane->last || lane->cut))
        return 0;
    return lane->next_us > lane->w->next_us ? lane->next_us : lane->w->next_us;
}

/* Put the next piece of a lane into the batch if it fits into room. */
static bool
serve(struct writer_lane *lane, struct value *batch, size_t *room)
{
    struct writer *w = lane->w;
    if (lane->sent.len == 0 && !take_piece(lane, *room))
        return false;
    if (lane->sent.len > *room)
        return false;
    *room -= lane->sent.len;
    lane->started = true;
    w->flight = mem_resize(w->flight, w->flight_count + 1, sizeof *w->flight);
    w->flight[w->flight_count++] = lane->serial;
    value_add(batch, piece(lane));
    return true;
}

/* The lanes that are due, as far as they fit. Those that got something change
 * to the end, so that the others come first next time. */
static struct value *
gather(struct writer *w, int64_t now)
{
    struct value *batch = value_list();
    size_t most = editor_text_max(w->ed);
    size_t room = most < WRITER_PIECE ? most : WRITER_PIECE;
    struct writer_lane *served = NULL, **end = &served, **at = &w->lanes;
    w->flight_count = 0;
    while (*at != NULL) {
        struct writer_lane *lane = *at;
        if (due_us(lane) > now || !serve(lane, batch, &room)) {
            at = &lane->next;
            continue;
        }
        *at = lane->next;
        *end = lane;
        end = &lane->next;
    }
    *end = NULL;
    *at = served;
    return batch;
}

static void
send_batch(struct writer *w, int64_t now)
{
    struct value *args = value_list();
    value_add(args, gather(w, now));
    w->in_flight = true;
    w->sent_us = now;
    w->opens_frame = now >= w->next_us;
    editor_call(w->ed, "deepchat#buf#append", args, on_answer, w);
}

/* Before the loop waits: send if it is time, else say when it will be. */
static int
before_wait(void *user)
{
    struct writer *w = user;
    if (w->ed == NULL || w->in_flight)
        return -1;
    int64_t due = INT64_MAX, now = loop_now_us();
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next)
        if (due_us(lane) < due)
            due = due_us(lane);
    if (due == INT64_MAX)
        return -1;
    if (due > now)
        return (int)((due - now + 999) / 1000);
    send_batch(w, now);
    return -1;
}

/* ---- the answer ---- */

static struct writer_lane *
lane_of(struct writer *w, uint64_t serial)
{
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next)
        if (lane->serial == serial)
            return lane;
    return NULL;
}

/* next_us: when its next piece may go. */
static void
piece_done(struct writer_lane *lane, int64_t next_us)
{
    lane->next_us = next_us;
    lane->retry_ms = 0;
    lane->errors = 0;
    buf_reset(&lane->sent);
    if (waiting(lane) < WRITER_LOW)
        relieve(lane);
    if (writer_idle(lane))
        lane->events.drained(lane->events.user);
}

static void
try_later(struct writer_lane *lane)
{
    lane->retry_ms = lane->retry_ms == 0 ? RETRY_MS : lane->retry_ms * 2;
    if (lane->retry_ms > RETRY_MAX_MS)
        lane->retry_ms = RETRY_MAX_MS;
    lane->next_us = loop_now_us() + (int64_t)lane->retry_ms * 1000;
}

/* The call that a piece was in failed, or its answer makes no sense. */
static void
call_failed(struct writer_lane *lane, const char *error)
{
    if (++lane->errors < ERRORS_MAX)
        try_later(lane);
    else
        lose(lane, error);
}

static void
judge(struct writer_lane *lane, const char *word, int64_t next_us)
{
    if (strcmp(word, "ok") == 0 || strcmp(word, "dup") == 0)
        piece_done(lane, next_us);
    else if (strcmp(word, "retry") == 0)
        try_later(lane);
    else
        lose(lane, word);
}

static void
on_answer(void *user, const struct value *result, const char *error)
{
    struct writer *w = user;
    int64_t next = w->sent_us + pace_frame_us(loop_now_us() - w->sent_us);
    for (size_t i = 0; i < w->flight_count; i++) {
        struct writer_lane *lane = lane_of(w, w->flight[i]);
        const char *word = value_as_text(value_at(result, i), NULL);
        if (lane == NULL)
            continue;
        if (error != NULL || word == NULL)
            call_failed(lane, error != NULL ? error : "no answer");
        else
            judge(lane, word, next);
    }
    w->in_flight = false;
    if (!w->opens_frame)
        return;
    w->next_us = next;
    if (w->on_frame != NULL)
        w->on_frame(w->frame_user, next);
}
