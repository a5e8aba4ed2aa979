/*
 * Taking the head of a continuation apart: empty think tags, preambles, a
 * fence. Each place behind one of them is a stage; which stage counts is
 * judged by what the text is from there on (seam_judge.c).
 */
#include "core/seam_head.h"

#include <string.h>

#include "base/buf.h"
#include "core/seam_match.h"
#include "core/seam_rules.h"
#include "core/seam_words.h"

struct scan {
    const struct seam_kept *kept;
    struct dc_str text;
    bool all;
    size_t at;
    bool preamble; /* one was found */
    bool doubtful; /* but perhaps it is of the text */
    struct seam_head head;
};

static void
add_stage(struct scan *s, size_t begin, enum dc_seam_rule rule, bool doubtful)
{
    if (s->head.count < SEAM_STAGES)
        s->head.stages[s->head.count++] =
            (struct seam_stage){begin, rule, doubtful};
    s->at = begin;
}

/* The line at at, without newline; false if its end has not come. */
static bool
line_at(const struct scan *s, size_t at, struct dc_str *line)
{
    *line = str_from(s->text, at);
    size_t len = str_find(*line, '\n');
    bool complete = len < line->len || s->all;
    line->len = len;
    return complete;
}

/* Bytes of word at the start of s, 0 if it is another text; *part: as much of
 * it as there is. */
static size_t
starts_with(struct dc_str s, const char *word, bool *part)
{
    size_t n = strlen(word);
    if (s.len < n)
        *part = memcmp(s.ptr, word, s.len) == 0;
    return s.len >= n && memcmp(s.ptr, word, n) == 0 ? n : 0;
}

/* Tags with nothing in them: the template's, not the answer's. */
static bool
scan_think(struct scan *s)
{
    bool part = false;
    size_t at = seam_skip(s->text, s->at);
    size_t n = starts_with(str_from(s->text, at), "<think>", &part);
    if (n > 0) {
        at = seam_skip(s->text, at + n);
        n = starts_with(str_from(s->text, at), "</think>", &part);
    }
    s->head.open = s->head.open || (part && !s->all);
    if (n == 0)
        return false;
    at = seam_skip(s->text, at + n);
    add_stage(s, at, DC_SEAM_PREAMBLE, false);
    return true;
}

/* Where a sentence goes on, or code, nobody says "Sure". */
static bool
may_be_preamble(const struct scan *s, enum seam_words words)
{
    const struct seam_kept *kept = s->kept;
    if (words == SEAM_WORDS_BARE && kept->inside && kept->gap.len == 0)
        return false; /* the rest of a word */
    if (kept->fence.len == 0 && seam_kept_quotes(kept))
        return words == SEAM_WORDS_SURE; /* else somebody speaks */
    if (kept->form == DC_FORM_TURN || s->preamble)
        return true;
    if (kept->fence.len > 0)
        return words >= SEAM_WORDS_STRONG ||
               (kept->inside && kept->gap.len == 0);
    if (seam_kept_ended(kept))
        return false;
    return words >= SEAM_WORDS_STRONG || kept->gap.len == 0;
}

/* The line and an empty one behind it; more is of the text. */
static size_t
past_line(const struct scan *s, size_t end)
{
    size_t at = end < s->text.len ? end + 1 : end;
    size_t next = at;
    while (next < s->text.len &&
           (s->text.ptr[next] == ' ' || s->text.ptr[next] == '\r'))
        next++;
    return next < s->text.len && s->text.ptr[next] == '\n' ? next + 1 : at;
}

static bool
scan_preamble(struct scan *s)
{
    size_t at = seam_skip(s->text, s->at);
    struct dc_str gap = {s->text.ptr + s->at, at - s->at};
    struct dc_str line;
    if (gap.len > 0 && !seam_has_newline(gap) && !s->preamble)
        return false; /* " Sure" goes on in the sentence */
    bool complete = line_at(s, at, &line);
    enum seam_words words = seam_words(line, complete);
    if (words == SEAM_WORDS_MAYBE) {
        s->head.open = true;
        return false;
    }
    if (words == SEAM_WORDS_NONE)
        return false;
    s->head.new_turn = true;
    bool doubtful = !may_be_preamble(s, words);
    if (doubtful && words < SEAM_WORDS_STRONG)
        return false;
    s->preamble = true;
    s->doubtful = s->doubtful || doubtful;
    add_stage(s, past_line(s, at + line.len), DC_SEAM_PREAMBLE, s->doubtful);
    return true;
}

/* An example of Markdown holds fences of its own. */
static bool
is_example(const struct seam_fence *open, const struct seam_fence *line)
{
    bool markdown = str_is(open->info, "markdown") || str_is(open->info, "md");
    return markdown && !str_is(line->info, "markdown") &&
           !str_is(line->info, "md");
}

static bool
is_fence_part(struct dc_str line)
{
    size_t at = seam_skip(line, 0);
    return at == line.len || line.ptr[at] == '`' || line.ptr[at] == '~';
}

static bool
begins_alike(const struct seam_kept *kept, struct dc_str line)
{
    struct dc_str last = str_from(kept->sent, kept->line);
    last = str_from(last, seam_skip(last, 0));
    line = str_from(line, seam_skip(line, 0));
    return line.len >= last.len && memcmp(line.ptr, last.ptr, last.len) == 0;
}

static void
scan_fence(struct scan *s)
{
    const struct seam_fence *open = &s->kept->fence;
    size_t at = s->at;
    while (at < s->text.len &&
           (s->text.ptr[at] == '\n' || s->text.ptr[at] == '\r'))
        at++;
    struct dc_str line;
    bool complete = line_at(s, at, &line);
    if (open->len == 0 || line.len > SEAM_FENCE_MAX)
        return;
    if (!complete) {
        s->head.open = s->head.open || is_fence_part(line);
        return;
    }
    struct seam_fence fence = seam_fence_line(line);
    if (fence.len == 0)
        return;
    bool other = fence.mark != open->mark || fence.len < open->len ||
                 is_example(open, &fence);
    if (other && !s->preamble)
        return;
    /* The kept text ends in its own fence line: the line end is needed. */
    bool own = open->line == s->kept->line && s->kept->inside;
    if (own && begins_alike(s->kept, line))
        return; /* the line that was cut, again */
    size_t end = at + line.len;
    add_stage(s, !own && end < s->text.len ? end + 1 : end, DC_SEAM_FENCE,
              s->doubtful || fence.info.len == 0);
}

static bool
is_heading(struct dc_str text)
{
    size_t marks = 0;
    while (marks < text.len && text.ptr[marks] == '#')
        marks++;
    return marks > 0 && marks <= 6 && marks < text.len &&
           text.ptr[marks] == ' ';
}

struct seam_head
seam_head(const struct seam_kept *kept, struct dc_str text, bool all)
{
    struct scan s = {.kept = kept, .text = text, .all = all};
    add_stage(&s, 0, DC_SEAM_EXACT, false);
    while (scan_think(&s) && s.head.count < 3)
        ;
    for (int i = 0; i < SEAM_PREAMBLES && scan_preamble(&s); i++)
        ;
    scan_fence(&s);
    bool amid = !seam_kept_ended(kept) && kept->fence.len == 0;
    s.head.new_turn = s.head.new_turn || (amid && is_heading(text));
    return s.head;
}
