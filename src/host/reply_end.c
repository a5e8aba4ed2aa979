/* Lines fit into one row of a terminal, with what happened first; the advice
 * behind it is what goes when room is short. */
#include "host/reply_end.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "host/budget.h"
#include "host/log.h"
#include "host/options.h"
#include "host/pairs.h"
#include "host/service.h"

/* Of a message, without "deepchat: ". */
enum { LINE_CELLS = 58 };

struct dc_summary
reply_summary(const struct dc_stream *stream)
{
    return reply_choice_summary(stream, 0);
}

struct dc_summary
reply_choice_summary(const struct dc_stream *stream, unsigned choice)
{
    struct dc_summary sum;
    dc_stream_choice(stream, choice, &sum);
    log_redact(sum.finish_text);
    log_redact(sum.model);
    log_redact(sum.service_tier);
    return sum;
}

const char *
reply_finish(const struct dc_summary *sum)
{
    switch (sum->finish) {
    case DC_FINISH_STOP:
        return "stop";
    case DC_FINISH_LENGTH:
        return "length";
    case DC_FINISH_TOOL_CALLS:
        return "tool_calls";
    case DC_FINISH_FILTER:
        return "filter";
    case DC_FINISH_CONTEXT:
        return "context";
    case DC_FINISH_NONE:
        return "interrupted";
    case DC_FINISH_OTHER:
        break;
    }
    return sum->finish_text[0] != '\0' ? sum->finish_text : "other";
}

const char *
reply_finish_line(const struct dc_summary *sum)
{
    switch (sum->finish) {
    case DC_FINISH_LENGTH:
        return "reply cut at the token limit; :DeepContinue goes on";
    case DC_FINISH_CONTEXT:
        return "reply cut: the model's context is full; kept";
    case DC_FINISH_FILTER:
        return "reply cut by the server's content filter; kept";
    case DC_FINISH_STOP:
    case DC_FINISH_TOOL_CALLS:
    case DC_FINISH_NONE:
    case DC_FINISH_OTHER:
        break;
    }
    return "";
}

const char *
reply_empty_line(const struct dc_summary *sum, bool asked)
{
    switch (sum->finish) {
    case DC_FINISH_TOOL_CALLS:
        return "the model asked for a tool, but none was offered";
    case DC_FINISH_FILTER:
        return "the server's content filter kept the reply back";
    case DC_FINISH_LENGTH:
        return asked ? "the server adds nothing more; all is kept"
                     : "no text within the token limit; raise max_tokens";
    case DC_FINISH_CONTEXT:
        return "the model's context is full; cut turns";
    case DC_FINISH_STOP:
    case DC_FINISH_NONE:
    case DC_FINISH_OTHER:
        break;
    }
    return "the server sent an empty reply; nothing lost";
}

/* "1,204" */
static void
add_count(struct buf *out, size_t count)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%zu", count);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_add_byte(out, ',');
        buf_add_byte(out, digits[i]);
    }
}

void
reply_wait_line(char *out, size_t size, const char *what, int attempt,
                int attempts, int64_t left_ms)
{
    long long left = left_ms > 0 ? (left_ms + 999) / 1000 : 0;
    snprintf(out, size, "%s, try %d/%d in %lld s (:DeepStop ends it)", what,
             attempt, attempts, left);
}

const char *
reply_cut_reason(enum dc_net net)
{
    if (net == DC_NET_OK)
        return "the server ended without a reason";
    if (net == DC_NET_IDLE_TIMEOUT)
        return "the server went silent";
    if (net == DC_NET_TOO_BIG)
        return "the reply is too large";
    return "connection lost";
}

/* The longest form of an offer that leaves room for what happened. */
static const char *
offer_that_fits(enum reply_offer offer, size_t used)
{
    static const char *const forms[][3] = {
        [OFFER_NOTHING] = {""},
        [OFFER_CONTINUE] = {"; :DeepContinue goes on", "; :DeepContinue", ""},
        [OFFER_RETRY] = {"; :DeepRetry asks again", "; :DeepRetry", ""},
    };
    const char *const *form = forms[offer];
    while ((*form)[0] != '\0' && used + strlen(*form) > LINE_CELLS)
        form++;
    return *form;
}

void
reply_cut_line(char *out, size_t size, const char *what, size_t pieces,
               enum reply_offer offer)
{
    struct buf line, kept;
    buf_init(&kept, LINE_CELLS);
    buf_add_text(&kept, ", ");
    add_count(&kept, pieces);
    buf_addf(&kept, " token%s kept", pieces == 1 ? "" : "s");
    buf_add_text(&kept, offer_that_fits(offer, strlen(what) + kept.len));
    buf_init(&line, LINE_CELLS);
    option_show(&line, str_of(what), LINE_CELLS - kept.len);
    buf_add_str(&line, buf_str(&kept));
    snprintf(out, size, "%s", line.ptr);
    buf_finish(&line);
    buf_finish(&kept);
}

void
reply_without_advice(char *out, size_t size, const char *line)
{
    snprintf(out, size, "%s", line);
    for (char *at = out; (at = strstr(at, "; ")) != NULL; at++)
        if (strstr(at + 1, "; ") == NULL)
            *at = '\0';
}

const char *
reply_key_trouble(const struct child_result *result)
{
    if (!result->started)
        return "api_key_cmd cannot be run; nothing was sent";
    if (result->timed_out)
        return "api_key_cmd took over 20 s; nothing was sent";
    if (result->too_much)
        return "api_key_cmd printed more than a key; nothing was sent";
    if (result->status != 0)
        log_line(LOG_WARN, "api_key_cmd: status %d: %.*s", result->status,
                 (int)result->err.len, result->err.ptr);
    if (result->status != 0)
        return "api_key_cmd failed; nothing was sent (:DeepLog)";
    return NULL;
}

void
reply_pairs(char *out, size_t size, const char *finish, const struct rounds *rs)
{
    const struct dc_summary *sum = &rs->sum;
    const char *asked_model = config_model(rs->cfg);
    struct buf b;
    buf_init(&b, size - 1);
    pairs_add(&b, "finish", finish);
    pairs_add_count(&b, "in", sum->usage.tokens_in);
    pairs_add_count(&b, "out", sum->usage.tokens_out);
    if (sum->usage.cached > 0)
        pairs_add_count(&b, "cached", sum->usage.cached);
    pairs_add_cost(&b, "cost", sum->usage.cost);
    if (rs->est > 0)
        pairs_add_cost(&b, "est", rs->est);
    if (rs->parts > 1)
        pairs_add_count(&b, "parts", rs->parts);
    const char *tier = service_news(rs->cfg, sum->service_tier);
    if (tier[0] != '\0')
        pairs_add(&b, "tier", tier);
    if (sum->model[0] != '\0' && asked_model[0] != '\0' &&
        strcmp(sum->model, asked_model) != 0)
        pairs_add(&b, "model", sum->model);
    snprintf(out, size, "%s", b.ptr);
    buf_finish(&b);
}

/* ---- rounds ---- */

/* With digits that count, and two decimals at least; "" if neither what servers
 * said nor what was reckoned is known. */
static void
show_cost(char *out, size_t size, double cost, double est, int digits)
{
    double all = (cost > 0 ? cost : 0) + (est > 0 ? est : 0);
    int decimals = digits;
    out[0] = '\0';
    if (cost < 0 && est <= 0)
        return;
    for (double c = all; c > 0 && c < 0.1 && decimals < 12; c *= 10)
        decimals++;
    snprintf(out, size, "%s$%.*f", est > 0 ? "~" : "",
             decimals < 2 ? 2 : decimals, all);
}

void
reply_round_status(char *out, size_t size, const struct reply_round *round,
                   size_t pieces)
{
    char tokens[32], cost[64];
    double n = round->tokens_out >= 0 ? round->tokens_out : (double)pieces;
    budget_show(tokens, sizeof tokens, n);
    show_cost(cost, sizeof cost, round->cost, round->est, 1);
    snprintf(out, size, "continued %d/%d  %s tok%s%s", round->number,
             round->most, tokens, cost[0] != '\0' ? "  " : "", cost);
}

void
reply_held_status(char *out, size_t size, size_t pieces)
{
    char tokens[32];
    budget_show(tokens, sizeof tokens, (double)pieces);
    snprintf(out, size, "receiving, %s tok", tokens);
}

static void
done_line(char *out, size_t size, const struct rounds *rs)
{
    char tokens[32], cost[64];
    const struct dc_usage *u = &rs->sum.usage;
    budget_show(tokens, sizeof tokens,
                u->tokens_out >= 0 ? u->tokens_out : (double)rs->pieces);
    show_cost(cost, sizeof cost, u->cost, rs->est, 2);
    snprintf(out, size, "done in %d parts, %s tokens%s%s", rs->parts, tokens,
             cost[0] != '\0' ? ", " : "", cost);
}

static void
length_line(char *out, size_t size, const struct rounds *rs)
{
    const char *line = reply_finish_line(&rs->sum);
    if (rs->structured || rs->sum.calls > 0)
        line = rs->anew > 0 ? "reply still cut at the limit; raise max_tokens"
                            : "reply cut at the token limit; raise max_tokens";
    else if (!rounds_can_go_on(rs))
        line = reply_empty_line(&rs->sum, rs->asked);
    else if (rs->number > 0 && !rounds_gained(rs))
        line = "reply cut, and the server adds nothing more; kept";
    if (rs->parts > 1 && line == reply_finish_line(&rs->sum))
        snprintf(out, size, "still cut after %d parts; :DeepContinue goes on",
                 rs->parts);
    else
        snprintf(out, size, "%s", line);
}

/* Thoughts, and no answer. */
static const char *
thought_line(const struct rounds *rs)
{
    switch (rs->sum.finish) {
    case DC_FINISH_LENGTH:
        return "thinking took all of the tokens; raise max_tokens";
    case DC_FINISH_TOOL_CALLS:
    case DC_FINISH_FILTER:
    case DC_FINISH_CONTEXT:
        return reply_empty_line(&rs->sum, rs->asked);
    case DC_FINISH_STOP:
    case DC_FINISH_NONE:
    case DC_FINISH_OTHER:
        break;
    }
    return "only reasoning came, no answer; :DeepRetry asks again";
}

void
reply_last_line(char *out, size_t size, const struct rounds *rs)
{
    enum dc_finish finish = rs->sum.finish;
    bool well = finish == DC_FINISH_STOP || finish == DC_FINISH_OTHER;
    if (rs->reasoned && rs->parts == 0 && !rs->asked)
        snprintf(out, size, "%s", thought_line(rs));
    else if (finish == DC_FINISH_LENGTH)
        length_line(out, size, rs);
    else if (well && rs->parts > 1)
        done_line(out, size, rs);
    else
        snprintf(out, size, "%s", reply_finish_line(&rs->sum));
}
