/*
 * Nothing is told from inside a call: whoever calls the editor is in the middle
 * of something, and what it is told may free what it works on.
 */
#include "host/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/log.h"

#define READ_SIZE ((size_t)64 << 10)
/* Bytes taken per round, so that a flood cannot starve the rest. */
#define READ_ROUND ((size_t)1 << 20)

/* ---- what the upper half is told, from the loop only ---- */

static void
report_failed(struct channel *ch)
{
    for (size_t i = 0; i < ch->call_count && !ch->closed; i++) {
        struct channel_call call = ch->calls[i];
        if (call.id == 0 || !call.failed)
            continue;
        ch->calls[i].id = 0;
        if (call.result != NULL)
            call.result(call.user, NULL, "not sent");
    }
}

static void
report(void *user)
{
    struct channel *ch = user;
    ch->report = 0;
    if (ch->closed)
        ch->events.closed(ch->events.user, ch->why);
    else
        report_failed(ch);
}

static void
report_soon(struct channel *ch)
{
    if (ch->report == 0)
        ch->report = loop_timer(ch->lp, 0, report, ch);
}

static void
close_channel(struct channel *ch, const char *why)
{
    if (ch->closed)
        return;
    ch->closed = true;
    ch->why = why != NULL ? mem_str(why) : NULL;
    loop_unwatch(ch->lp, ch->in);
    loop_unwatch(ch->lp, ch->out);
    report_soon(ch);
}

/* ---- out ---- */

static loop_fd_fn on_ready;

static void
watch_fds(struct channel *ch)
{
    unsigned write = ch->queue.len > 0 ? LOOP_WRITE : 0;
    if (ch->in == ch->out) {
        loop_watch(ch->lp, ch->in, LOOP_READ | write, on_ready, ch);
        return;
    }
    loop_watch(ch->lp, ch->in, LOOP_READ, on_ready, ch);
    if (write != 0)
        loop_watch(ch->lp, ch->out, write, on_ready, ch);
    else
        loop_unwatch(ch->lp, ch->out);
}

static void
flush(struct channel *ch)
{
    size_t done = 0;
    while (done < ch->queue.len) {
        ssize_t n = write(ch->out, ch->queue.ptr + done, ch->queue.len - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                close_channel(ch, NULL);
                return;
            }
            break;
        }
    }
    buf_drop(&ch->queue, done);
    watch_fds(ch);
}

void
channel_send(struct channel *ch, struct dc_str message)
{
    if (ch->closed)
        return;
    if (buf_add_str(&ch->queue, message))
        flush(ch);
    else
        close_channel(ch, "the editor reads nothing any more");
}

/* ---- calls ---- */

uint32_t
channel_remember(struct channel *ch, editor_result_fn *result, void *user)
{
    uint32_t id = ++ch->last_id != 0 ? ch->last_id : ++ch->last_id;
    size_t i = 0;
    while (i < ch->call_count && ch->calls[i].id != 0)
        i++;
    if (i == ch->call_count)
        ch->calls = mem_resize(ch->calls, ++ch->call_count, sizeof *ch->calls);
    ch->calls[i] = (struct channel_call){id, result, user, false};
    return id;
}

struct channel_call
channel_take(struct channel *ch, uint32_t id)
{
    struct channel_call found = {.id = 0};
    for (size_t i = 0; i < ch->call_count; i++)
        if (ch->calls[i].id == id && id != 0) {
            found = ch->calls[i];
            ch->calls[i].id = 0;
        }
    return found;
}

void
channel_fail(struct channel *ch, uint32_t id, const char *function)
{
    log_line(LOG_ERROR, "%s not sent: message too large", function);
    for (size_t i = 0; i < ch->call_count; i++)
        if (ch->calls[i].id == id && id != 0)
            ch->calls[i].failed = true;
    report_soon(ch);
}

/* ---- in ---- */

static void
read_some(struct channel *ch)
{
    char bytes[READ_SIZE];
    struct dc_error err = {.text = ""};
    for (size_t taken = 0; taken < READ_ROUND && !ch->closed;) {
        ssize_t n = read(ch->in, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            close_channel(ch, NULL);
            return;
        }
        taken += (size_t)n;
        if (!ch->bytes(ch->user, (struct dc_str){bytes, (size_t)n}, &err))
            close_channel(ch, err.text);
    }
}

static void
on_ready(void *user, int fd, unsigned ready)
{
    struct channel *ch = user;
    if (ready & LOOP_WRITE)
        flush(ch);
    if ((ready & LOOP_READ) && fd == ch->in && !ch->closed)
        read_some(ch);
}

/* ---- life ---- */

void
channel_init(struct channel *ch, struct loop *lp, int in, int out,
             struct editor_events events)
{
    ch->lp = lp;
    ch->in = in;
    ch->out = out;
    ch->events = events;
    buf_init(&ch->queue, CHANNEL_OUT_MAX);
    fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
    fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
    watch_fds(ch);
}

void
channel_finish(struct channel *ch)
{
    loop_timer_stop(ch->lp, ch->report);
    loop_unwatch(ch->lp, ch->in);
    loop_unwatch(ch->lp, ch->out);
    close(ch->in);
    if (ch->out != ch->in)
        close(ch->out);
    buf_finish(&ch->queue);
    free(ch->calls);
    free(ch->why);
}
