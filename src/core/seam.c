/*
 * The seam: holds the head of a continuation back until it is judged, skips
 * what is being repeated, sets the blanks at the joint, and then steps aside.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/seam_joint.h"
#include "core/seam_judge.h"
#include "core/seam_rules.h"

enum phase {
    HEAD,  /* held is the head, in doubt */
    SKIP,  /* what comes is kept already */
    JOINT, /* held is blanks: what stands behind them is needed */
    DONE,
};

struct dc_seam {
    enum phase phase;
    char *text; /* the kept text */
    struct seam_kept kept;
    struct buf held;
    struct buf out;
    size_t next; /* length at which the head is judged again */
    bool known;
    bool line; /* left out up to the start of a line */
    struct seam_walk walk;
    struct buf head; /* of what is skipped */
    size_t from;     /* where in kept that came to */
    struct dc_seam_report report;
};

struct dc_seam *
dc_seam_new(const struct dc_seam_options *options)
{
    struct dc_seam *seam = mem_alloc(sizeof *seam);
    struct dc_seam_options own = *options;
    seam->text = mem_copy(options->kept.ptr, options->kept.len);
    own.kept.ptr = seam->text;
    seam->kept = seam_kept(&own);
    seam->next = 1;
    buf_init(&seam->held, SIZE_MAX / 2);
    buf_init(&seam->out, SIZE_MAX / 2);
    buf_init(&seam->head, DC_SEAM_HOLD);
    return seam;
}

void
dc_seam_free(struct dc_seam *seam)
{
    if (seam == NULL)
        return;
    buf_finish(&seam->held);
    buf_finish(&seam->out);
    buf_finish(&seam->head);
    free(seam->text);
    free(seam);
}

static void
set_joint(struct dc_seam *seam)
{
    struct dc_str rest = buf_str(&seam->held);
    bool silent = seam_skip(rest, 0) == rest.len;
    seam->report.dropped +=
        seam_joint(&seam->out, &seam->kept, rest, seam->line);
    buf_add_str(&seam->out, str_from(rest, seam_skip(rest, 0)));
    buf_reset(&seam->held);
    seam->phase = DONE;
    if (silent)
        seam->report.rule = DC_SEAM_EMPTY;
}

/* What was skipped since kept was at from. */
static void
give_back(struct dc_seam *seam, struct dc_str head, size_t from)
{
    size_t end = seam_walk_place(&seam->walk);
    size_t len = end > from ? end - from : 0;
    struct buf both;
    buf_init(&both, SIZE_MAX / 2);
    buf_add_str(&both, head);
    buf_add(&both, seam->kept.sent.ptr + from, len);
    buf_add_str(&both, buf_str(&seam->held));
    buf_finish(&seam->held);
    seam->held = both;
    size_t less = seam->report.dropped;
    seam->report.dropped -= head.len + len < less ? head.len + len : less;
    seam->report.rule = DC_SEAM_BOTH;
    seam->phase = JOINT;
}

/* It did not come to the end of kept. Then it was no repetition but text that
 * is like another part: all of it is given out. Only an answer that began
 * again and is long the same is a repetition all the same: of that both stay
 * from the line on in which they part. */
static void
part_ways(struct dc_seam *seam)
{
    struct dc_str sent = seam->kept.sent, none = {"", 0};
    size_t line = seam_walk_place(&seam->walk);
    if (seam->walk.start > 0 || line < SEAM_AGAIN) {
        give_back(seam, buf_str(&seam->head), seam->from);
        return;
    }
    while (line > 0 && sent.ptr[line - 1] != '\n')
        line--;
    give_back(seam, none, line);
    seam->report.new_turn = true;
}

static void
skip(struct dc_seam *seam)
{
    struct dc_str text = buf_str(&seam->held);
    size_t used = seam_walk_step(&seam->walk, seam->kept.sent, text);
    seam->report.dropped += used;
    buf_drop(&seam->held, used);
    if (seam->walk.dead) {
        part_ways(seam);
    } else if (seam->walk.done) {
        if (seam->walk.folded && seam->report.rule == DC_SEAM_ECHO)
            seam->report.rule = DC_SEAM_RESTART;
        seam->report.new_turn =
            seam->report.new_turn || seam->report.rule == DC_SEAM_RESTART;
        seam->phase = JOINT;
    }
}

/* The lines that a song begins with may be its end. */
static bool
is_refrain(const struct dc_seam *seam)
{
    struct dc_str sent = seam->kept.sent;
    size_t at = seam->walk.blank ? seam->walk.run : seam->walk.at;
    struct dc_str blanks = {sent.ptr + at, seam_skip(sent, at) - at};
    return at < SEAM_AGAIN && seam_has_newline(blanks);
}

/* The round ended before it came to the end of kept. */
static void
end_amid(struct dc_seam *seam)
{
    if (seam->walk.start > 0 || is_refrain(seam)) {
        give_back(seam, buf_str(&seam->head), seam->from);
        return;
    }
    seam->report.new_turn = true;
    seam->phase = JOINT;
}

static void
take(struct dc_seam *seam, const struct seam_verdict *verdict, size_t judged)
{
    size_t drop = verdict->skip ? judged : verdict->drop;
    seam->report.rule = verdict->rule;
    seam->report.new_turn = verdict->new_turn;
    seam->report.dropped = drop;
    seam->walk = verdict->walk;
    seam->from = seam_walk_place(&seam->walk);
    if (verdict->skip)
        buf_add(&seam->head, seam->held.ptr, drop);
    buf_drop(&seam->held, drop);
    seam->line = verdict->line;
    seam->phase = verdict->skip ? SKIP : JOINT;
}

/* Judging at these lengths only costs linear time, and is the same however the
 * text was cut. */
static void
judge(struct dc_seam *seam, enum seam_how how)
{
    struct dc_str held = buf_str(&seam->held);
    struct seam_verdict verdict = {.wait = true};
    size_t len = 0;
    while (verdict.wait && seam->next <= held.len) {
        len = seam->next;
        verdict =
            seam_judge(&seam->kept, (struct dc_str){held.ptr, len}, SEAM_MORE);
        seam->next += len / 4 + 1;
        if (seam->next > DC_SEAM_HOLD)
            seam->next = DC_SEAM_HOLD;
        seam->known = verdict.known;
    }
    if (verdict.wait && how != SEAM_MORE) {
        len = held.len;
        verdict = seam_judge(&seam->kept, held, how);
    }
    if (!verdict.wait)
        take(seam, &verdict, len);
}

static struct dc_str
advance(struct dc_seam *seam, enum seam_how how)
{
    buf_reset(&seam->out);
    if (seam->phase == HEAD)
        judge(seam, how);
    if (seam->phase == SKIP)
        skip(seam);
    if (seam->phase == SKIP && how == SEAM_FINAL)
        end_amid(seam);
    struct dc_str held = buf_str(&seam->held);
    bool enough = how != SEAM_MORE || held.len >= DC_SEAM_HOLD ||
                  seam_skip(held, 0) < held.len;
    if (seam->phase == JOINT && enough)
        set_joint(seam);
    return buf_str(&seam->out);
}

struct dc_str
dc_seam_add(struct dc_seam *seam, struct dc_str text, bool final)
{
    if (seam->phase == DONE)
        return text;
    buf_add_str(&seam->held, text);
    return advance(seam, final ? SEAM_FINAL : SEAM_MORE);
}

struct dc_str
dc_seam_decide(struct dc_seam *seam)
{
    if (seam->phase == DONE || seam->phase == SKIP || seam->held.len == 0)
        return (struct dc_str){"", 0};
    return advance(seam, SEAM_LATE);
}

bool
dc_seam_pending(const struct dc_seam *seam)
{
    return seam->held.len > 0 && !seam->known;
}

struct dc_seam_report
dc_seam_report(const struct dc_seam *seam)
{
    return seam->report;
}
