/*
 * What the editor is told. Of each kind of call one is out at a time, so that
 * an editor that does not answer is not flooded: updates in one batch of all
 * reviews, at most one a frame; states and ends one after the other. A call
 * that failed, because the user pressed Ctrl-C, is made again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/pace.h"
#include "host/review_state.h"

enum {
    RETRY_MS = 30,
    RETRY_MAX_MS = 250,
    ERRORS_MAX = 10, /* failed calls in a row */
    /* Comparing goes on for so long, then the others wait for the next one. */
    BUSY_US = 4000,
};

/* ---- trouble ---- */

static void
try_later(struct review *review)
{
    review->retry_ms = review->retry_ms == 0 ? RETRY_MS : review->retry_ms * 2;
    if (review->retry_ms > RETRY_MAX_MS)
        review->retry_ms = RETRY_MAX_MS;
    review->at_us = loop_now_us() + (int64_t)review->retry_ms * 1000;
}

/* False once it makes no sense any more. */
static bool
try_again(struct review *review)
{
    try_later(review);
    return ++review->errors < ERRORS_MAX;
}

static void
went_well(struct review *review)
{
    review->errors = 0;
    review->retry_ms = 0;
    review->at_us = 0;
}

/* The editor has no place for it any more. */
static void
lose(struct review *review, const char *why)
{
    if (review->lost != NULL)
        return;
    review->lost = mem_str(why);
    went_well(review);
    if (review->state == RUNNING)
        reply_stop(review->reply);
    else if (review->about != NULL)
        value_put(review->about, "outcome", value_text("stopped"));
}

/* ---- updates ---- */

static bool
has_news(const struct review *review)
{
    return review->lost == NULL && review->proposal != NULL &&
           (review->state == RUNNING || review->state == ENDED) &&
           proposal_news(review->proposal);
}

/* When it may be told; INT64_MAX if there is nothing. The first and the last
 * wait for no frame, nor does the rest of what one could not hold. */
static int64_t
due_us(const struct review *review)
{
    if (!has_news(review))
        return INT64_MAX;
    bool at_once = !review->shown || review->state == ENDED ||
                   proposal_more(review->proposal);
    int64_t frame = at_once ? 0 : review->all->next_us;
    return review->at_us > frame ? review->at_us : frame;
}

static void
put_aboard(struct reviews *all, int64_t id)
{
    all->flight =
        mem_resize(all->flight, all->flight_count + 1, sizeof *all->flight);
    all->flight[all->flight_count++] = id;
}

/* Those that are due, as far as time and room allow. Those that were served
 * change to the end, so that the others come first next time. */
static struct value *
gather(struct reviews *all, int64_t now)
{
    struct value *batch = value_list();
    size_t room = editor_text_max(all->host->editor), used = 0;
    struct review *served = NULL, **end = &served, **at = &all->first;
    all->flight_count = 0;
    while (*at != NULL && used < room && loop_now_us() - now < BUSY_US) {
        struct review *review = *at;
        struct value *update = NULL;
        if (due_us(review) <= now)
            update = proposal_update(review->proposal, review->id, room, &used);
        if (update == NULL) {
            at = &review->next;
            continue;
        }
        value_add(batch, update);
        put_aboard(all, review->id);
        review->shown = true;
        *at = review->next;
        *end = review;
        end = &review->next;
    }
    *end = NULL;
    while (*at != NULL)
        at = &(*at)->next;
    *at = served;
    return batch;
}

static void
judge(struct review *review, const char *word, const char *error)
{
    if (error != NULL || word == NULL) {
        if (!try_again(review))
            lose(review, error != NULL ? error : "no answer");
    } else if (strcmp(word, "ok") == 0) {
        went_well(review);
        proposal_told(review->proposal);
    } else if (strcmp(word, "retry") == 0) {
        try_later(review);
    } else {
        lose(review, word);
    }
}

static void
on_updated(void *user, const struct value *result, const char *error)
{
    struct reviews *all = user;
    all->updating = false;
    all->next_us = all->sent_us + pace_frame_us(loop_now_us() - all->sent_us);
    for (size_t i = 0; i < all->flight_count; i++) {
        struct review *review = review_find(all, all->flight[i]);
        if (review != NULL && review->proposal != NULL)
            judge(review, value_as_text(value_at(result, i), NULL), error);
    }
}

static void
update(struct reviews *all, int64_t now)
{
    struct value *batch = gather(all, now);
    if (batch->count == 0) {
        value_free(batch);
        return;
    }
    struct value *args = value_list();
    value_add(args, batch);
    all->updating = true;
    all->sent_us = now;
    editor_call(all->host->editor, "deepchat#review#update", args, on_updated,
                all);
}

/* ---- states ---- */

static struct value *
with_id(int64_t id, struct value *more)
{
    struct value *args = value_list();
    value_add(args, value_int(id));
    value_add(args, more);
    return args;
}

void
review_status(struct review *review, const char *text)
{
    free(review->status);
    review->status = mem_str(text);
}

static void
on_told(void *user, const struct value *result, const char *error)
{
    (void)result;
    (void)error; /* the next one may be seen */
    struct reviews *all = user;
    all->telling = 0;
}

static void
tell_status(struct reviews *all)
{
    struct review *review = all->first;
    while (review != NULL && review->status == NULL)
        review = review->next;
    if (review == NULL)
        return;
    all->telling = review->id;
    editor_call(all->host->editor, "deepchat#review#status",
                with_id(review->id, value_text(review->status)), on_told, all);
    free(review->status);
    review->status = NULL;
}

/* ---- ends ---- */

static void
on_finished(void *user, const struct value *result, const char *error)
{
    struct reviews *all = user;
    struct review *review = review_find(all, all->finishing);
    all->finishing = 0;
    if (review == NULL || review->state != ENDED)
        return;
    const char *word = value_as_text(result, "");
    if (error != NULL) {
        if (!try_again(review))
            review_settle(review, false);
    } else if (strcmp(word, "retry") == 0) {
        try_later(review);
    } else {
        went_well(review);
        review_settle(review, true);
    }
}

static bool
may_finish(const struct review *review)
{
    return review->state == ENDED && !has_news(review);
}

static void
finish(struct review *review)
{
    review_count_hunks(review);
    struct value *about = value_copy(review->about);
    if (review->lost != NULL)
        value_put(about, "lost", value_text(review->lost));
    review->all->finishing = review->id;
    editor_call(review->all->host->editor, "deepchat#review#finish",
                with_id(review->id, about), on_finished, review->all);
}

/* ---- all of them ---- */

/* The next call of a kind is due then. */
static void
sooner(int64_t *due, int64_t at)
{
    if (at < *due)
        *due = at;
}

static int64_t
due_update(struct reviews *all)
{
    int64_t due = INT64_MAX;
    for (const struct review *r = all->first; r != NULL; r = r->next)
        sooner(&due, due_us(r));
    return due;
}

/* Finish one that is due; when there may be another. */
static int64_t
finish_next(struct reviews *all, int64_t now)
{
    int64_t due = INT64_MAX;
    for (struct review *r = all->first; r != NULL; r = r->next) {
        if (!may_finish(r))
            continue;
        if (r->at_us <= now) {
            finish(r);
            return INT64_MAX;
        }
        sooner(&due, r->at_us);
    }
    return due;
}

int
review_calls(void *user)
{
    struct reviews *all = user;
    int64_t due = INT64_MAX, now = loop_now_us();
    if (all->host->editor == NULL || all->first == NULL)
        return -1;
    reviews_start(all);
    if (!all->updating) {
        due = due_update(all);
        if (due <= now) {
            update(all, now);
            due = all->updating ? INT64_MAX : due_update(all);
        }
    }
    if (all->finishing == 0)
        sooner(&due, finish_next(all, now));
    if (all->telling == 0)
        tell_status(all);
    if (due == INT64_MAX)
        return -1;
    now = loop_now_us();
    return due > now ? (int)((due - now + 999) / 1000) : 0;
}
