/*
 * The life of reviews. A reply begins, and the editor is called, just before
 * the loop waits: so what one message has asked for goes out together.
 */
#include "host/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/log.h"
#include "host/review_state.h"

enum {
    TOLD_MAX = 64,   /* that may still go on */
    JOURNALS = 2000, /* of closed files, that are removed in the end */
};
static const char too_many[] =
    "1,000 rewrites wait already; nothing was sent for this one";

struct reviews *
reviews_new(struct host *host)
{
    struct reviews *all = mem_alloc(sizeof *all);
    all->host = host;
    all->journals = kept_new();
    kept_remember(all->journals, JOURNALS);
    loop_hook(host->lp, review_calls, all);
    return all;
}

static void
destroy(struct review *review)
{
    reply_free(review->reply);
    journal_close(review->journal);
    proposal_free(review->proposal);
    value_free(review->args);
    value_free(review->about);
    free(review->status);
    free(review->lost);
    free(review);
}

void
review_free(struct review *review)
{
    struct review **at = &review->all->first;
    while (*at != review)
        at = &(*at)->next;
    *at = review->next;
    review->all->count--;
    destroy(review);
}

void
reviews_free(struct reviews *all)
{
    if (all == NULL)
        return;
    while (all->first != NULL)
        review_free(all->first);
    kept_free(all->journals);
    free(all->flight);
    free(all);
}

struct review *
review_find(struct reviews *all, int64_t id)
{
    struct review *review = all->first;
    while (review != NULL && review->id != id)
        review = review->next;
    return review;
}

static size_t
count(const struct reviews *all, enum review_state state)
{
    size_t n = 0;
    for (const struct review *r = all->first; r != NULL; r = r->next)
        n += r->state == state;
    return n;
}

size_t
reviews_running(const struct reviews *all)
{
    return count(all, RUNNING);
}

/* ---- asking ---- */

/* As the last of all, with a copy of args. */
static struct review *
add(struct reviews *all, int64_t id, const struct value *args)
{
    struct review **end = &all->first, *review = mem_alloc(sizeof *review);
    while (*end != NULL)
        end = &(*end)->next;
    *end = review;
    all->count++;
    review->all = all;
    review->id = id;
    review->args = args != NULL ? value_copy(args) : NULL;
    return review;
}

static bool
is_full(const struct reviews *all)
{
    return count(all, WAITING) + count(all, RUNNING) >=
           REVIEW_RUNNING_MAX + REVIEW_WAITING_MAX;
}

void
reviews_ask(struct reviews *all, const struct value *args)
{
    int64_t id = value_as_int(value_get(args, "id"), 0);
    if (id <= 0 || review_find(all, id) != NULL ||
        kept_has(all->journals, id)) {
        log_line(LOG_ERROR, "rewrite ignored: id %lld is taken", (long long)id);
        return;
    }
    bool full = is_full(all);
    struct review *review = add(all, id, full ? NULL : args);
    const char *why = full ? too_many : review_read(review);
    if (why != NULL)
        review_refuse(review, why);
    else
        review->proposal = proposal_new(&review->selection);
}

/* Then the editor has dropped nothing of it. */
static bool
was_cut(const struct review *review)
{
    const char *outcome =
        value_as_text(value_get(review->about, "outcome"), "");
    return strcmp(outcome, "cut") == 0;
}

void
reviews_go_on(struct reviews *all, int64_t id)
{
    struct review *review = review_find(all, id);
    if (review != NULL && review->state == TOLD) {
        review->goes_on = true;
        if (!was_cut(review))
            proposal_retell(review->proposal);
        review->state = WAITING;
    } else if (id > 0 && review == NULL) {
        review_refuse(add(all, id, NULL),
                      "this rewrite cannot go on; ask for it again");
    }
}

void
reviews_start(struct reviews *all)
{
    size_t running = count(all, RUNNING);
    for (struct review *r = all->first; r != NULL; r = r->next) {
        if (r->state != WAITING)
            continue;
        if (running < REVIEW_RUNNING_MAX) {
            review_ask(r);
            running += r->state == RUNNING;
        } else if (!r->queued) {
            r->queued = true;
            review_status(r, "queued");
        }
    }
}

/* ---- the end ---- */

static void
stop(struct review *review)
{
    if (review->state == RUNNING)
        reply_stop(review->reply);
    else if (review->state == WAITING)
        review_stopped(review);
}

void
reviews_stop(struct reviews *all, int64_t id)
{
    for (struct review *r = all->first; r != NULL; r = r->next)
        if (id == 0 || r->id == id)
            stop(r);
}

/* The oldest that may go on cannot any more, if there are too many. */
static void
forget_oldest(struct reviews *all)
{
    if (count(all, TOLD) <= TOLD_MAX)
        return;
    struct review *oldest = all->first;
    while (oldest->state != TOLD)
        oldest = oldest->next;
    review_free(oldest);
}

void
review_settle(struct review *review, bool told)
{
    struct reviews *all = review->all;
    struct journal *journal = review->journal;
    review->journal = NULL;
    if (told && !review->got_text) {
        journal_remove(journal);
    } else if (told && review->lost == NULL) {
        kept_add(all->journals, review->id, journal);
    } else {
        if (told && journal != NULL)
            journal_lost(journal, "deleted", NULL);
        journal_close(journal);
    }
    if (told && review->lost == NULL && review->resumable) {
        review->state = TOLD;
        forget_oldest(all);
    } else {
        review_free(review);
    }
}

void
reviews_closed(struct reviews *all, int64_t id)
{
    struct review *review = review_find(all, id);
    if (review != NULL) {
        if (review->reply != NULL)
            review->journal = reply_take_journal(review->reply);
        journal_remove(review->journal);
        review->journal = NULL;
        review_free(review);
    }
    kept_saved(all->journals, id);
}

void
reviews_detach(struct reviews *all)
{
    all->detached = true;
    for (struct review *r = all->first, *next; r != NULL; r = next) {
        next = r->next;
        if (r->state == RUNNING)
            reply_detached(r->reply);
        else
            review_free(r);
    }
    kept_free(all->journals);
    all->journals = kept_new();
}
