/* The breakages that put lines of their own before the rest. */
#include <string.h>

#include "seam/breakage.h"

enum { CHARS_MIN = 12 };

static const char *const preambles[] = {
    "Sure, here is the rest:",
    "Sure! Here's the continuation:",
    "Certainly! Here is the rest of the answer:",
    "Of course. Here is the rest of the code:",
    "Continuing from where I left off:",
    "Continuing:",
    "Continuing from where it was cut off...",
    "Here is the rest:",
    "Here's the rest of the text:",
    "Here is the continuation:",
    "(continued)",
    "...continued:",
    "**Continued:**",
    "I'll continue from where I left off:",
};

void
break_add_preamble(struct draw *d, struct buf *then)
{
    size_t count = sizeof preambles / sizeof *preambles;
    const char *line = preambles[draw(d, count)];
    if (draw_one_in(d, 6))
        buf_add_text(then, "\n\n");
    bool capitals = draw_one_in(d, 6);
    for (; *line; line++) {
        bool small = *line >= 'a' && *line <= 'z';
        buf_add_byte(then, capitals && small ? (char)(*line - 32) : *line);
    }
    buf_add_text(then, draw_one_in(d, 3) ? "\n" : "\n\n");
}

/* Just behind the next line end, if there is one. */
static void
cut_at_line(struct joint *j)
{
    const char *at = j->text.ptr + j->cut;
    const char *line = memchr(at, '\n', j->end - j->cut);
    if (line)
        joint_cut(j, j->cut + (size_t)(line - at) + 1);
}

/* A fence like the open one, perhaps with another name, perhaps indented. */
static void
add_fence(struct draw *d, struct seam_round *r, struct dc_str open, bool named)
{
    static const char *const names[] = {"text", "cpp", "py", "txt"};
    open = text_behind_blanks(open);
    size_t run = 0;
    while (run < open.len && open.ptr[run] == *open.ptr)
        run++;
    if (draw_one_in(d, 4))
        buf_add_text(&r->then, "  ");
    bool other = run == open.len || draw_one_in(d, 3);
    if (!named || other)
        buf_add_str(&r->then, (struct dc_str){open.ptr, run});
    else
        buf_add_str(&r->then, open);
    if (named && other)
        buf_add_text(&r->then, names[draw(d, 4)]);
    buf_add_byte(&r->then, '\n');
}

/* The fence that is open, with nothing to guess at the cut. */
static struct dc_str
fence_at_cut(struct draw *d, struct joint *j)
{
    if (!draw_one_in(d, 3))
        cut_at_line(j);
    struct dc_str open = joint_fence(j);
    bool good = break_clean(j) && joint_twin(j) == TWIN_NONE &&
                !strchr("`~", *text_behind_blanks(joint_rest(j)).ptr);
    return good ? open : (struct dc_str){"", 0};
}

bool
break_fence(struct draw *d, struct joint *j, struct seam_round *r)
{
    struct dc_str open = fence_at_cut(d, j);
    if (open.len == 0)
        return false;
    if (draw_one_in(d, 4))
        buf_add_text(&r->then, "\n\n");
    add_fence(d, r, open, true);
    buf_add_str(&r->then, joint_rest(j));
    return true;
}

bool
break_bare_fence(struct draw *d, struct joint *j, struct seam_round *r)
{
    struct dc_str open = joint_fence(j);
    size_t from = joint_line(j, draw(d, 4));
    if (open.len == 0 || from == 0 || j->text.ptr + from <= open.ptr + open.len)
        return false;
    add_fence(d, r, open, false);
    bool seen = break_again(r, j, from);
    buf_add_str(&r->then, joint_new(j));
    return seen && !r->weak;
}

static bool
mid_sentence(const struct joint *j)
{
    if (j->sent == 0)
        return false;
    char c = j->text.ptr[j->sent - 1], low = (char)(c | 0x20);
    return c == ',' || (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
           joint_fence(j).len > 0;
}

bool
break_preamble(struct draw *d, struct joint *j, struct seam_round *r)
{
    if (draw_one_in(d, 2))
        cut_at_line(j);
    if (!mid_sentence(j) || !break_clean(j) || joint_twin(j) != TWIN_NONE)
        return false;
    r->form = DC_FORM_TURN;
    break_add_preamble(d, &r->then);
    buf_add_str(&r->then, joint_rest(j));
    return true;
}

bool
break_preamble_fence(struct draw *d, struct joint *j, struct seam_round *r)
{
    struct dc_str open = fence_at_cut(d, j);
    if (open.len == 0)
        return false;
    r->form = DC_FORM_TURN;
    break_add_preamble(d, &r->then);
    add_fence(d, r, open, true);
    buf_add_str(&r->then, joint_rest(j));
    return true;
}

bool
break_preamble_overlap(struct draw *d, struct joint *j, struct seam_round *r)
{
    size_t from = joint_words_back(j, 2 + draw(d, 8));
    if (from == 0 || !mid_sentence(j))
        return false;
    r->form = DC_FORM_TURN;
    break_add_preamble(d, &r->then);
    bool seen = break_again(r, j, from);
    buf_add_str(&r->then, joint_new(j));
    return seen && !r->weak;
}
