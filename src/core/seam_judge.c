/*
 * The judge. From every stage of the head it compares with all places where a
 * server may have begun again, and waits while one of them may still turn out
 * to be right; then the rule that explains most of the head wins.
 */
#include "core/seam_judge.h"

#include "core/seam_claim.h"
#include "core/seam_head.h"
#include "core/seam_rules.h"

/* What is known while the stages are gone through. */
struct trial {
    const struct seam_kept *kept;
    struct dc_str head;
    bool all; /* of the stream */
    struct seam_stage stage;
    struct dc_str text; /* the head from the first character of the stage on */
    bool after_line;    /* a line was left out before it */
    bool alive;
    bool doubt; /* a part was the same, but is no evidence */
    size_t end; /* of what is the best so far */
    enum dc_seam_rule rule;
    struct seam_walk walk; /* alive and recognised, the longest */
};

static struct dc_str
tail(struct dc_str s, size_t len)
{
    return str_from(s, s.len > len ? s.len - len : 0);
}

static struct dc_str
lead(const struct trial *t)
{
    size_t at = t->stage.begin;
    return (struct dc_str){t->head.ptr + at, t->head.len - t->text.len - at};
}

static struct seam_claim
claim_of(const struct trial *t, size_t len)
{
    return (struct seam_claim){t->kept, lead(t), t->text,
                               len,     t->all,  t->after_line};
}

static enum dc_seam_rule
rule_of(const struct trial *t, const struct seam_walk *walk)
{
    if (walk->start == 0)
        return walk->folded || t->after_line ? DC_SEAM_RESTART : DC_SEAM_ECHO;
    bool line = walk->start == t->kept->line && t->kept->inside;
    return line ? DC_SEAM_LINE : DC_SEAM_OVERLAP;
}

static void
set_best(struct trial *t, size_t len, enum dc_seam_rule rule)
{
    size_t end = t->head.len - t->text.len + len;
    if (end <= t->end)
        return;
    t->end = end;
    t->rule = rule;
}

/* used: bytes of the text that were the same. */
static void
weigh_walk(struct trial *t, const struct seam_walk *walk, size_t used)
{
    struct seam_claim claim = claim_of(t, used);
    bool line = walk->start == t->kept->line && seam_is_line(&claim);
    enum dc_seam_rule rule = rule_of(t, walk);
    if (rule == DC_SEAM_LINE && seam_is_full_line(&claim) &&
        used >= SEAM_OVERLAP_BYTES)
        rule = DC_SEAM_OVERLAP;
    if (line || (walk->start == 0 && seam_is_whole(&claim)) ||
        seam_is_overlap(&claim))
        set_best(t, used, rule);
    else
        t->doubt = t->doubt || used >= SEAM_OVERLAP_BYTES;
}

/* As much of it stands nowhere else: a text of equal parts proves nothing. */
static bool
is_known(const struct trial *t, const struct seam_walk *walk)
{
    struct dc_str near = tail(t->kept->sent, SEAM_UNIQUE);
    size_t far = t->kept->sent.len - near.len;
    size_t own = walk->start >= far ? 1 : 0;
    return walk->solid >= SEAM_KNOWN && walk->solid > t->walk.solid &&
           (walk->folded || seam_overlap(near, t->text).places <= own) &&
           !seam_weigh(t->text).repeats;
}

static void
try_walk(struct trial *t, size_t start)
{
    struct seam_walk walk = seam_walk_from(t->kept->sent, start);
    size_t used = seam_walk_step(&walk, t->kept->sent, t->text);
    if (walk.done) {
        t->alive = t->alive || used == t->text.len;
        weigh_walk(t, &walk, used);
    } else if (!walk.dead) {
        t->alive = true;
        if (is_known(t, &walk))
            t->walk = walk;
    }
    t->doubt = t->doubt || (!walk.done && walk.solid >= SEAM_KNOWN);
}

/* The blanks in front took the room for the last bytes of an overlap. */
static void
try_rest(struct trial *t, const struct seam_overlap *found, size_t window)
{
    size_t left = window - found->place;
    if (t->head.len < DC_SEAM_HOLD || found->places != 1 ||
        left > DC_SEAM_HOLD || t->walk.solid > 0 || seam_weigh(t->text).repeats)
        return;
    t->walk = seam_walk_from(t->kept->sent, t->kept->sent.len - left);
    seam_walk_step(&t->walk, t->kept->sent, t->text);
}

static void
try_overlap(struct trial *t)
{
    struct dc_str window = tail(t->kept->sent, SEAM_WINDOW);
    struct seam_overlap found = seam_overlap(window, t->text);
    t->alive = t->alive || found.places > 0 || found.len == t->text.len;
    if (found.places > 0)
        try_rest(t, &found, window.len);
    if (found.len == 0)
        return;
    struct seam_claim claim = claim_of(t, found.len);
    if (seam_is_overlap(&claim))
        set_best(t, found.len, DC_SEAM_OVERLAP);
    else
        t->doubt = t->doubt || found.len >= SEAM_OVERLAP_BYTES;
}

static void
try_stage(struct trial *t, const struct seam_stage *stage)
{
    size_t at = seam_skip(t->head, stage->begin);
    t->stage = *stage;
    t->text = str_from(t->head, at);
    t->after_line = stage->begin > 0;
    if (t->text.len == 0)
        t->alive = t->after_line;
    if (t->kept->sent.len == 0 || t->text.len == 0)
        return;
    try_walk(t, 0);
    if (t->kept->fence.len > 0) {
        try_walk(t, t->kept->fence.line);
        if (t->kept->fence.body < t->kept->sent.len)
            try_walk(t, t->kept->fence.body);
    }
    if (t->kept->line > 0)
        try_walk(t, t->kept->line);
    try_overlap(t);
}

/* Without evidence from the text: what the stages leave out by themselves. */
static void
drop_stages(struct seam_verdict *v, const struct seam_head *head)
{
    size_t most = 0;
    v->rule = DC_SEAM_EXACT;
    for (size_t i = 1; i < head->count; i++) {
        const struct seam_stage *stage = &head->stages[i];
        if (stage->doubtful)
            continue;
        size_t len = stage->begin - head->stages[i - 1].begin;
        v->drop = stage->begin;
        v->line = stage->rule == DC_SEAM_FENCE;
        if (len > most)
            v->rule = stage->rule;
        most = len > most ? len : most;
    }
}

static void
decide(struct seam_verdict *v, const struct trial *t,
       const struct seam_head *head)
{
    drop_stages(v, head);
    if (t->walk.solid > 0) {
        v->skip = true;
        v->walk = t->walk;
        v->rule = rule_of(t, &t->walk);
    } else if (t->end > 0) {
        if (t->end > 2 * v->drop || v->drop == 0)
            v->rule = t->rule;
        v->line = v->line && t->end <= v->drop;
        v->drop = t->end > v->drop ? t->end : v->drop;
    } else if (v->drop == 0 && t->doubt) {
        v->rule = DC_SEAM_BOTH;
    }
    v->new_turn = head->new_turn || v->rule == DC_SEAM_RESTART;
}

struct seam_verdict
seam_judge(const struct seam_kept *kept, struct dc_str head, enum seam_how how)
{
    struct seam_verdict v = {.rule = DC_SEAM_UNDECIDED};
    struct seam_head stages = seam_head(kept, head, how == SEAM_FINAL);
    struct trial t = {.kept = kept, .head = head, .all = how == SEAM_FINAL};
    for (size_t i = 0; i < stages.count; i++)
        try_stage(&t, &stages.stages[i]);
    v.known = t.walk.solid > 0;
    v.wait = how == SEAM_MORE && head.len < DC_SEAM_HOLD &&
             (stages.open || t.alive || seam_skip(head, 0) == head.len);
    if (!v.wait)
        decide(&v, &t, &stages);
    return v;
}
