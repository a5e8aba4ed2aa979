/*
 * A round goes on behind what was sent. The blanks after that are in doubt
 * until its first text is there: the seam is given them and gives out those
 * that belong, so that they are cut off what is kept as soon as it gives
 * anything, unless they stand where nobody may remove them.
 */
#include "host/reply_round.h"

#include <stdlib.h>
#include <string.h>

#include "host/log.h"
#include "host/members.h"

enum {
    ANEW_MAX = 2,
    MEND_MAX = 16, /* more than there are ways to ask */
};

void
rounds_init(struct rounds *rs, const struct reply_request *request)
{
    *rs = (struct rounds){.cfg = request->cfg,
                          .forms = request->forms,
                          .asked = request->kept.len > 0,
                          .fixed = request->fixed,
                          .structured = form_structured(request->cfg),
                          .many = request->many,
                          .most = request->rounds};
    if (rs->most < 0)
        rs->most = (int)config_number(rs->cfg, "continue_rounds");
    if (rs->forms == NULL)
        rs->forms = rs->own_forms = forms_new();
    buf_init(&rs->instruction, DC_REQUEST_MAX);
    buf_add_str(&rs->instruction, request->instruction);
    buf_init(&rs->kept, DC_REPLY_MAX);
    rs->full = !buf_add_str(&rs->kept, request->kept);
    rs->sent = dc_seam_sent(buf_str(&rs->kept));
    rs->sum.usage = (struct dc_usage){-1, -1, -1, -1, -1};
    rs->est = -1;
}

void
rounds_finish(struct rounds *rs)
{
    dc_seam_free(rs->seam);
    forms_free(rs->own_forms);
    buf_finish(&rs->instruction);
    buf_finish(&rs->kept);
}

size_t
rounds_stands(const struct rounds *rs)
{
    return rs->fixed ? rs->kept.len : rs->sent;
}

/* ---- asking ---- */

static void
ask_to_go_on(struct rounds *rs)
{
    rs->how.form = form_of(rs->forms, rs->cfg);
    if (rs->number == 0 && rs->instruction.len > 0) {
        rs->how.form = DC_FORM_TURN;
        rs->how.instruction = buf_str(&rs->instruction);
    }
    rs->how.thinking_off = form_thinking_off(rs->forms, rs->cfg);
    rs->how.effort_none = rs->reasoned && form_effort_none(rs->forms, rs->cfg);
    rs->how.kept = (struct dc_str){rs->kept.ptr, rs->sent};
    struct dc_seam_options options = {
        .kept = buf_str(&rs->kept),
        .fixed = rs->fixed,
        .form = rs->how.form,
    };
    rs->seam = dc_seam_new(&options);
}

/* What was refused before is not asked again. */
static uint32_t
refused_of(struct rounds *rs)
{
    struct members m;
    reply_members(&m, rs->cfg, &rs->how);
    uint32_t refused = form_refused(rs->forms, rs->cfg, &m);
    rs->left_bits = form_left_out(rs->forms, rs->cfg, &m, false, rs->left_out,
                                  sizeof rs->left_out);
    members_finish(&m);
    return refused;
}

void
rounds_ask(struct rounds *rs)
{
    dc_seam_free(rs->seam);
    rs->seam = NULL;
    rs->waiting = 0;
    rs->how = (struct reply_how){
        .max_tokens = rs->max_tokens > 0 ? rs->max_tokens : rs->room,
        .single = !rs->many || rs->asked || rs->number > 0,
    };
    if (!rs->fresh && rs->sent > 0)
        ask_to_go_on(rs);
    rs->how.refused = refused_of(rs);
}

/* Only one form has room for an instruction. */
static bool
next_form(struct rounds *rs)
{
    return rs->how.instruction.len == 0 &&
           form_next(rs->forms, rs->cfg, rs->how.form) != DC_FORM_NONE;
}

/* Another reply may have been told the same meanwhile. */
static bool
refuse_thinking(struct rounds *rs)
{
    if (rs->how.thinking_off)
        return next_form(rs);
    form_think_refused(rs->forms, rs->cfg);
    return true;
}

static bool
refuse_effort(struct rounds *rs, const struct dc_failure *failure)
{
    if (!rs->how.effort_none || strncmp(failure->field, "reasoning", 9) != 0)
        return false;
    form_effort_refused(rs->forms, rs->cfg);
    return true;
}

/* It goes by its other name already. */
static bool
is_renamed(const struct rounds *rs, const char *name)
{
    const char *other = quirk_other(name);
    return other != NULL && (rs->how.refused & quirk_bit(other));
}

/* Another name is for a server that knows none of the first: one that finds
 * the limit too high must not get it where nobody looks. */
static bool
refuse_field(struct rounds *rs, const struct dc_failure *failure)
{
    const char *name = failure->field;
    bool rename = quirk_other(name) != NULL;
    if (quirk_bit(name) == 0 || (rename && !failure->unknown) ||
        is_renamed(rs, name))
        return false;
    char *value = reply_carried(rs->cfg, &rs->how, name);
    if (value == NULL)
        return false;
    bool always = failure->unknown || strcmp(name, "stream_options") == 0;
    if (form_field_refused(rs->forms, rs->cfg, name, always ? NULL : value))
        quirk_line(rs->told, sizeof rs->told, form_server(rs->cfg), name);
    free(value);
    return true;
}

static bool
mend(struct rounds *rs, const struct dc_failure *failure)
{
    if (failure->fault == DC_FAULT_FIELD)
        return refuse_effort(rs, failure) || refuse_field(rs, failure);
    if (rs->how.form == DC_FORM_NONE)
        return false;
    if (failure->fault == DC_FAULT_FORM)
        return next_form(rs);
    return failure->fault == DC_FAULT_THINK && refuse_thinking(rs);
}

bool
rounds_mend(struct rounds *rs, const struct dc_failure *failure)
{
    rs->told[0] = '\0';
    if (rs->mended == MEND_MAX || !mend(rs, failure))
        return false;
    rs->mended++;
    return true;
}

/* ---- text ---- */

/* The blanks that were in doubt come with the text, or not at all. */
static void
first_given(struct rounds *rs)
{
    rs->gave = true;
    rs->loose = false;
    if (!rs->fixed)
        buf_cut(&rs->kept, rs->sent);
}

static struct dc_str
give(struct rounds *rs, struct dc_str text)
{
    if (text.len == 0)
        return text;
    if (!rs->gave)
        first_given(rs);
    rs->full = !buf_add_str(&rs->kept, text);
    if (rs->full)
        return (struct dc_str){"", 0};
    if (!rs->counted && dc_seam_sent(text) > 0) {
        rs->counted = true;
        rs->parts++;
    }
    rs->pieces += rs->waiting;
    rs->waiting = 0;
    return text;
}

struct dc_str
rounds_add(struct rounds *rs, struct dc_str text)
{
    rs->waiting++;
    if (rs->seam == NULL)
        return give(rs, text);
    struct dc_str out = give(rs, dc_seam_add(rs->seam, text, false));
    if (!dc_seam_pending(rs->seam)) /* what is skipped is nothing new */
        rs->waiting = 0;
    return out;
}

/* Blanks alone are nothing new behind an answer that has its own. */
struct dc_str
rounds_flush(struct rounds *rs)
{
    struct dc_str text = {"", 0};
    if (rs->seam != NULL)
        text = dc_seam_add(rs->seam, text, true);
    if (rs->asked && rs->parts == 0 && dc_seam_sent(text) == 0)
        text.len = 0;
    return give(rs, text);
}

struct dc_str
rounds_decide(struct rounds *rs)
{
    return give(rs, dc_seam_decide(rs->seam));
}

bool
rounds_pending(const struct rounds *rs)
{
    return rs->seam != NULL && dc_seam_pending(rs->seam);
}

void
rounds_reasoned(struct rounds *rs)
{
    rs->reasoned = true;
    rs->pieces++;
}

struct dc_str
rounds_loose(const struct rounds *rs)
{
    size_t at = rs->loose ? rs->sent : rs->kept.len;
    return (struct dc_str){rs->kept.ptr + at, rs->kept.len - at};
}

/* ---- the end of a round ---- */

static void
add(double *sum, double more)
{
    if (more >= 0)
        *sum = *sum >= 0 ? *sum + more : more;
}

void
rounds_learn(struct rounds *rs)
{
    if (rs->seam == NULL)
        return;
    struct dc_seam_report report = dc_seam_report(rs->seam);
    log_line(LOG_INFO, "round %d: form %d, seam: %s, %zu bytes dropped%s",
             rs->number, (int)rs->how.form, dc_seam_rule_name(report.rule),
             report.dropped, report.new_turn ? ", a new turn" : "");
    if (report.new_turn)
        next_form(rs);
}

void
rounds_sum(struct rounds *rs, const struct dc_summary *sum)
{
    struct dc_usage u = rs->sum.usage;
    struct dc_summary before = rs->sum;
    add(&u.tokens_in, sum->usage.tokens_in);
    add(&u.tokens_out, sum->usage.tokens_out);
    add(&u.cached, sum->usage.cached);
    add(&u.reasoning, sum->usage.reasoning);
    add(&u.cost, sum->usage.cost);
    rs->sum = *sum;
    rs->sum.usage = u;
    if (sum->model[0] == '\0')
        memcpy(rs->sum.model, before.model, sizeof before.model);
    if (sum->service_tier[0] == '\0')
        memcpy(rs->sum.service_tier, before.service_tier,
               sizeof before.service_tier);
}

void
rounds_sum_est(struct rounds *rs, double est)
{
    add(&rs->est, est);
}

bool
rounds_gained(const struct rounds *rs)
{
    return rs->gave && dc_seam_sent(buf_str(&rs->kept)) > rs->sent;
}

bool
rounds_can_go_on(const struct rounds *rs)
{
    return !rs->structured && rs->sum.calls == 0 && !rs->fresh &&
           dc_seam_sent(buf_str(&rs->kept)) > 0;
}

struct reply_round
rounds_round(const struct rounds *rs)
{
    return (struct reply_round){
        .number = rs->number,
        .most = rs->most,
        .tokens_out = rs->sum.usage.tokens_out,
        .cost = rs->sum.usage.cost,
        .est = rs->est,
    };
}

/* Twice the room that was not enough; 0 if nobody knows what that was. */
static int64_t
more_tokens(const struct rounds *rs)
{
    struct members m;
    if (rs->room > 0)
        return 0; /* the context ends there */
    members_init(&m, rs->cfg);
    double had =
        rs->max_tokens > 0 ? (double)rs->max_tokens : members_max_tokens(&m);
    members_finish(&m);
    if (had < rs->sum.usage.tokens_out && rs->anew == 0)
        had = rs->sum.usage.tokens_out;
    if (had < (double)rs->pieces)
        had = (double)rs->pieces;
    return had < INT32_MAX ? (int64_t)had * 2 : 0;
}

enum round_next
rounds_next(const struct rounds *rs)
{
    bool cut = rs->sum.finish == DC_FINISH_LENGTH && rs->number < rs->most;
    if (cut && (rs->structured || rs->sum.calls > 0))
        return rs->anew < ANEW_MAX && !rs->asked && more_tokens(rs) > 0
                   ? ROUND_ANEW
                   : ROUND_LAST;
    return cut && rounds_gained(rs) ? ROUND_ON : ROUND_LAST;
}

/* The blanks of a round that gave nothing are still where they were. */
void
rounds_go_on(struct rounds *rs, size_t held)
{
    rs->number++;
    rs->mended = 0;
    if (rs->gave) {
        rs->sent = dc_seam_sent(buf_str(&rs->kept));
        rs->fixed = held < rs->kept.len - rs->sent;
        rs->loose = !rs->fixed && held > 0;
    }
    rs->gave = rs->counted = false;
}

void
rounds_go_anew(struct rounds *rs)
{
    rs->max_tokens = more_tokens(rs);
    rs->number++;
    rs->anew++;
    rs->mended = 0;
    rs->fresh = true;
}

void
rounds_void(struct rounds *rs)
{
    buf_reset(&rs->kept);
    rs->fresh = rs->fixed = rs->loose = rs->gave = rs->counted = false;
    rs->sent = rs->pieces = 0;
    rs->parts = 0;
}
