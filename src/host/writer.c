/*
 * The editor's side is deepchat#buf#append([[id, seq, kind, text], ...]); it
 * answers a list with one word for each: ok, dup, retry, deleted, undone, gone.
 */
#include "host/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/log.h"

enum {
    FRAME_US = 33000,
    FRAME_MAX_US = 50000,
    COST_FACTOR = 10, /* a frame is at least this many answer times long */
    RETRY_MS = 30,
    RETRY_MAX_MS = 250,
};

struct writer_lane {
    struct writer *w;
    int64_t id;
    struct writer_events events;

    struct buf text[2]; /* by dc_delta_kind; reasoning goes first */
    struct buf sent;    /* the piece in flight, kept for a resend */
    enum dc_delta_kind sent_kind;
    int64_t seq;

    bool started; /* the first text has been sent */
    bool last;    /* nothing follows */
    bool high;
    bool lost;
    struct writer_lane *next;
};

struct writer {
    struct loop *lp;
    struct editor *ed;
    struct writer_lane *lanes;

    bool in_flight;
    int64_t *flight; /* ids of the batch, in its order */
    size_t flight_count;
    int64_t sent_us;
    int64_t next_us; /* no edit before this */
    bool cut;        /* the last batch could not hold all there was */
    int retry_ms;    /* 0: the last batch went well */
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

void
writer_detach(struct writer *w)
{
    w->ed = NULL;
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next)
        lane->lost = true;
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
    struct writer_lane *lane = mem_alloc(sizeof *lane);
    lane->w = w;
    lane->id = id;
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

void
writer_last(struct writer_lane *lane)
{
    lane->last = true;
}

/* ---- sending ---- */

/* Move the next piece of a lane into sent, at most max bytes. */
static void
take_piece(struct writer_lane *lane, size_t max)
{
    lane->sent_kind = lane->text[DC_DELTA_REASONING].len > 0
                          ? DC_DELTA_REASONING
                          : DC_DELTA_TEXT;
    struct buf *from = &lane->text[lane->sent_kind];
    size_t n = utf8_fit(buf_str(from), max);
    buf_add(&lane->sent, from->ptr, n);
    buf_drop(from, n);
    lane->seq++;
}

static struct value *
piece(const struct writer_lane *lane)
{
    struct value *item = value_list();
    value_add(item, value_int(lane->id));
    value_add(item, value_int(lane->seq));
    value_add(item, value_text(lane->sent_kind == DC_DELTA_TEXT ? "text"
                                                                : "reasoning"));
    value_add(item, value_str(buf_str(&lane->sent)));
    return item;
}

static editor_result_fn on_answer;

static bool
has_text(const struct writer_lane *lane)
{
    return !lane->lost && (lane->sent.len > 0 || waiting(lane) > 0);
}

static void
send_batch(struct writer *w)
{
    struct value *batch = value_list();
    size_t room = editor_text_max(w->ed);
    w->flight_count = 0;
    w->cut = false;
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next) {
        if (!has_text(lane))
            continue;
        if (lane->sent.len == 0)
            take_piece(lane, room);
        w->cut = w->cut || waiting(lane) > 0 || lane->sent.len > room;
        if (lane->sent.len > room)
            break;
        room -= lane->sent.len;
        lane->started = true;
        w->flight =
            mem_resize(w->flight, w->flight_count + 1, sizeof *w->flight);
        w->flight[w->flight_count++] = lane->id;
        value_add(batch, piece(lane));
    }
    struct value *args = value_list();
    value_add(args, batch);
    w->in_flight = true;
    w->sent_us = loop_now_us();
    editor_call(w->ed, "deepchat#buf#append", args, on_answer, w);
}

/* Before the loop waits: send if it is time, else say when it will be. */
static int
before_wait(void *user)
{
    struct writer *w = user;
    if (w->ed == NULL || w->in_flight)
        return -1;
    bool any = false, now = false;
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next)
        if (has_text(lane)) {
            any = true;
            now = now || !lane->started || lane->last;
        }
    if (!any)
        return -1;
    int64_t left = w->next_us - loop_now_us();
    if (left > 0 && !(now && w->retry_ms == 0))
        return (int)((left + 999) / 1000);
    send_batch(w);
    return -1;
}

/* ---- the answer ---- */

static struct writer_lane *
lane_of(struct writer *w, int64_t id)
{
    for (struct writer_lane *lane = w->lanes; lane; lane = lane->next)
        if (lane->id == id)
            return lane;
    return NULL;
}

static void
piece_done(struct writer_lane *lane)
{
    buf_reset(&lane->sent);
    if (lane->high && waiting(lane) < WRITER_LOW) {
        lane->high = false;
        lane->events.pressure(lane->events.user, false);
    }
    if (writer_idle(lane))
        lane->events.drained(lane->events.user);
}

static void
lose(struct writer_lane *lane, const char *why)
{
    if (lane->lost)
        return;
    lane->lost = true;
    buf_finish(&lane->text[0]);
    buf_finish(&lane->text[1]);
    buf_finish(&lane->sent);
    lane->events.lost(lane->events.user, why);
}

/* True if the piece must be sent again. */
static bool
judge(struct writer_lane *lane, const char *word)
{
    if (strcmp(word, "retry") == 0)
        return true;
    if (strcmp(word, "ok") == 0 || strcmp(word, "dup") == 0)
        piece_done(lane);
    else
        lose(lane, word);
    return false;
}

/* A frame is long enough that the editor is busy a tenth of it at most. */
static void
set_pace(struct writer *w, bool again)
{
    int64_t now = loop_now_us();
    int64_t frame = (now - w->sent_us) * COST_FACTOR;
    if (frame < FRAME_US)
        frame = FRAME_US;
    if (frame > FRAME_MAX_US)
        frame = FRAME_MAX_US;
    w->retry_ms = !again ? 0 : w->retry_ms == 0 ? RETRY_MS : w->retry_ms * 2;
    if (w->retry_ms > RETRY_MAX_MS)
        w->retry_ms = RETRY_MAX_MS;
    w->next_us = again    ? now + (int64_t)w->retry_ms * 1000
                 : w->cut ? now
                          : w->sent_us + frame;
    if (w->on_frame != NULL && !again)
        w->on_frame(w->frame_user, w->next_us);
}

static void
on_answer(void *user, const struct value *result, const char *error)
{
    struct writer *w = user;
    bool again = false;
    for (size_t i = 0; i < w->flight_count; i++) {
        struct writer_lane *lane = lane_of(w, w->flight[i]);
        const char *word = value_as_text(value_at(result, i), "no answer");
        if (lane != NULL)
            again = judge(lane, error != NULL ? error : word) || again;
    }
    w->in_flight = false;
    set_pace(w, again);
}
