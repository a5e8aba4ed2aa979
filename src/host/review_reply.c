/* What the reply of a rewrite brings, and what becomes of it at its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "host/about.h"
#include "host/log.h"
#include "host/review_state.h"

static const char no_change[] = "no change: the answer is the selection itself";

enum { SAID_MAX = 25 }; /* bytes of a refusal that fit into a line */

static void
on_started(void *user)
{
    (void)user;
}

static void
on_text(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct review *review = user;
    if (kind != DC_DELTA_TEXT)
        return;
    review->got_text = true;
    proposal_add(review->proposal, text);
}

static void
on_anew(void *user)
{
    struct review *review = user;
    review->got_text = false;
    proposal_again(review->proposal, 0);
}

static void
on_round(void *user, const struct reply_round *round)
{
    struct review *review = user;
    struct editor *editor = review->all->host->editor;
    if (editor == NULL)
        return;
    struct value *args = value_list();
    value_add(args, value_int(review->id));
    value_add(args, about_round(round));
    editor_call(editor, "deepchat#review#round", args, NULL, NULL);
}

static void
on_status(void *user, const char *text)
{
    review_status(user, text);
}

static void
on_notice(void *user, const char *text)
{
    struct review *review = user;
    struct editor *editor = review->all->host->editor;
    if (editor == NULL)
        return;
    struct value *args = value_list();
    value_add(args, value_text(text));
    editor_call(editor, "deepchat#buf#notice", args, NULL, NULL);
}

/* ---- the end ---- */

static bool
is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

/* The reply is not whole. What it decided stands. */
static const char *
incomplete(struct review *review, const struct reply_end *end)
{
    static const char *const cuts[] = {"length", "context", "interrupted",
                                       "filter", NULL};
    bool any = proposal_raw(review->proposal).len > 0;
    if (review->lost != NULL || strcmp(end->finish, "stopped") == 0)
        return "stopped";
    if (any &&
        (is_one_of(end->finish, cuts) || strcmp(end->finish, "error") == 0))
        return "cut";
    if (strcmp(end->finish, "error") != 0 && !is_one_of(end->finish, cuts))
        return NULL;
    return end->summary->finish == DC_FINISH_NONE ? "error" : "empty";
}

/* The first of its words; the log has them all. */
static void
say_refusal(char *line, size_t size, const struct review *review)
{
    struct dc_str said = proposal_report(review->proposal).said;
    struct dc_str raw = str_trim(proposal_raw(review->proposal));
    if (said.len == 0)
        said = raw;
    size_t n = utf8_fit(said, SAID_MAX);
    snprintf(line, size, "answered in words (:DeepLog): %.*s%s", (int)n,
             said.ptr, n < said.len ? "..." : "");
    log_line(LOG_WARN, "rewrite answered in words: %.*s",
             (int)utf8_fit(raw, 4096), raw.ptr);
}

/* Why lines of the answer are not in the text. */
static void
log_report(const struct review *review)
{
    struct dc_rewrite_report r = proposal_report(review->proposal);
    if (r.fence || r.preamble || r.postamble || r.think || r.echo || r.indent)
        log_line(LOG_INFO, "rewrite %lld, not as it came:%s%s%s%s%s%s",
                 (long long)review->id, r.fence ? " fence" : "",
                 r.preamble ? " preamble" : "", r.postamble ? " postamble" : "",
                 r.think ? " think" : "", r.echo ? " echo" : "",
                 r.indent ? " indent" : "");
}

static const char *
complete(struct review *review, char *line, size_t size)
{
    proposal_end(review->proposal, true);
    log_report(review);
    switch (proposal_report(review->proposal).outcome) {
    case DC_REWRITE_SAME:
        snprintf(line, size, "%s", no_change);
        return "same";
    case DC_REWRITE_EMPTY:
        snprintf(line, size, "the answer was empty; nothing is changed");
        return "empty";
    case DC_REWRITE_REFUSED:
        say_refusal(line, size, review);
        return "refused";
    case DC_REWRITE_OPEN:
    case DC_REWRITE_TEXT:
    default:
        return "hunks";
    }
}

static void
end_review(struct review *review, const char *outcome)
{
    review->state = ENDED;
    free(review->status);
    review->status = NULL;
    value_put(review->about, "outcome", value_text(outcome));
    review->resumable =
        review->proposal != NULL && review->lost == NULL &&
        proposal_raw(review->proposal).len > 0 &&
        (strcmp(outcome, "cut") == 0 || strcmp(outcome, "stopped") == 0);
    value_put(review->about, "goes_on", value_bool(review->resumable));
}

static void
judge(struct review *review, const struct reply_end *end)
{
    char line[256] = "";
    const char *outcome = incomplete(review, end);
    if (outcome != NULL)
        proposal_end(review->proposal, false);
    else
        outcome = complete(review, line, sizeof line);
    struct reply_end told = *end;
    if (line[0] != '\0')
        told.line = line;
    value_free(review->about);
    review->about = about_end(&told);
    end_review(review, outcome);
}

static void
on_ended(void *user, const struct reply_end *end)
{
    struct review *review = user;
    struct reviews *all = review->all;
    review->journal = reply_take_journal(review->reply);
    judge(review, end);
    reply_free(review->reply);
    review->reply = NULL;
    if (!all->detached)
        return;
    review_free(review);
    host_rest(all->host);
}

struct reply_events
review_events(struct review *review)
{
    return (struct reply_events){
        .started = on_started,
        .text = on_text,
        .anew = on_anew,
        .round = on_round,
        .status = on_status,
        .notice = on_notice,
        .ended = on_ended,
        .user = review,
    };
}

void
review_count_hunks(struct review *review)
{
    const char *outcome =
        value_as_text(value_get(review->about, "outcome"), "");
    if (strcmp(outcome, "hunks") != 0 || proposal_hunks(review->proposal) > 0)
        return;
    value_put(review->about, "outcome", value_text("same"));
    value_put(review->about, "line", value_text(no_change));
}

/* ---- without a reply ---- */

static void
end_early(struct review *review, const char *finish, const char *line,
          const char *outcome)
{
    review->got_text = false;
    value_free(review->about);
    review->about = about_refused(line);
    value_put(review->about, "finish", value_text(finish));
    if (review->proposal != NULL)
        proposal_end(review->proposal, false);
    end_review(review, outcome);
}

void
review_refuse(struct review *review, const char *line)
{
    bool any = review->goes_on;
    end_early(review, "error", line, any ? "cut" : "error");
}

void
review_stopped(struct review *review)
{
    end_early(review, "stopped", "", "stopped");
}
