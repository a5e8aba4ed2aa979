/* The breakages that repeat or leave out, and the table of all. */
#include "seam/breakage.h"

#include <string.h>

#include "base/utf8.h"

enum {
    CHARS_MIN = 12,    /* an overlap that has to be found */
    CHARS_MAX = 400,   /* bytes that are looked at */
    RESTART_MIN = 130, /* bytes that are kept before a restart is known */
    LINE_MIN = 4,      /* characters of a line that comes again */
};

static bool
exact(struct draw *d, struct joint *j, struct seam_round *r)
{
    (void)d;
    enum joint_twin twin = joint_twin(j);
    r->twin = twin == TWIN_OFTEN;
    buf_add_str(&r->then, joint_new(j));
    return twin != TWIN_ONCE;
}

static bool
half_character(struct draw *d, struct joint *j, struct seam_round *r)
{
    if (j->fixed || (unsigned char)j->text.ptr[j->cut] < 0xc0)
        return false;
    buf_add_text(&r->kept, UTF8_REPLACEMENT);
    return exact(d, j, r);
}

bool
break_clean(const struct joint *j)
{
    struct dc_str rest = joint_rest(j);
    if (rest.len == 0 || *rest.ptr == '\n' || *rest.ptr == '\r')
        return false;
    if (text_blank(*rest.ptr))
        return j->cut > j->sent && rest.ptr[-1] == '\n';
    bool line = memchr(j->text.ptr + j->sent, '\n', j->cut - j->sent);
    return line || j->cut == j->sent || !text_closes(rest);
}

/* Behind the next blanks; sometimes just behind their last line end. */
static void
cut_behind_blanks(struct draw *d, struct joint *j)
{
    size_t at = j->cut;
    bool line = draw_one_in(d, 2);
    while (at < j->end && !text_blank(j->text.ptr[at]))
        at++;
    size_t newline = 0;
    for (; at < j->end && text_blank(j->text.ptr[at]); at++)
        if (j->text.ptr[at] == '\n')
            newline = at + 1;
    joint_cut(j, line && newline ? newline : at);
}

static bool
blanks_left_out(struct draw *d, struct joint *j, struct seam_round *r)
{
    cut_behind_blanks(d, j);
    if (j->cut == j->sent || !break_clean(j))
        return false;
    enum joint_twin twin = joint_twin(j);
    r->twin = twin == TWIN_OFTEN;
    buf_add_str(&r->then, joint_rest(j));
    return twin != TWIN_ONCE;
}

static void
add_lead(struct draw *d, struct seam_round *r)
{
    static const char *const leads[] = {"\n", "\n\n", " "};
    if (draw_one_in(d, 4))
        buf_add_text(&r->then, leads[draw(d, 3)]);
}

static bool
echo(struct draw *d, struct joint *j, struct seam_round *r)
{
    if (j->sent >= RESTART_MIN)
        add_lead(d, r);
    buf_add_str(&r->then, joint_sent(j));
    buf_add_str(&r->then, joint_new(j));
    return true;
}

/* The same text with other blanks: longer lines, no empty ones, tabs. */
static void
add_folded(struct buf *out, struct dc_str text, size_t way)
{
    for (size_t at = 0; at < text.len;) {
        size_t n = at;
        while (n < text.len && text_blank(text.ptr[n]))
            n++;
        bool line = n - at == 1 && text.ptr[at] == '\n';
        if (n == at)
            buf_add_byte(out, text.ptr[n++]);
        else if (way == 0)
            buf_add_text(out, line ? " " : "\n");
        else
            buf_add_text(out, way == 1 ? "\n" : "\t");
        at = n;
    }
}

static bool
restart(struct draw *d, struct joint *j, struct seam_round *r)
{
    if (j->sent < RESTART_MIN)
        return false;
    if (draw_one_in(d, 2)) {
        r->form = DC_FORM_TURN;
        break_add_preamble(d, &r->then);
    } else {
        add_lead(d, r);
    }
    size_t way = draw(d, 4);
    if (way == 3)
        buf_add_str(&r->then, joint_sent(j));
    else
        add_folded(&r->then, joint_sent(j), way);
    buf_add_str(&r->then, joint_new(j));
    return true;
}

static bool
one_word(struct dc_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (text_blank(s.ptr[i]))
            return false;
    return true;
}

/* "mv a.c" and " a.c.old": a word may be there twice. */
static bool
second_word(const struct seam_round *r, const struct joint *j,
            struct dc_str words)
{
    bool apart = j->cut > j->sent || text_blank(*r->then.ptr);
    return apart && one_word(words);
}

/* "    return 0;" and "  return 0;": a line may be there twice, if it is
 * further in or out. */
static bool
moved_line(const struct seam_round *r, const struct joint *j,
           struct dc_str words)
{
    size_t line = joint_line(j, 0), n = r->then.len - words.len;
    struct dc_str was = {j->text.ptr + line, 0};
    was.len = (size_t)(words.ptr - was.ptr);
    struct dc_str is = {r->then.ptr + n, 0};
    for (; n > 0 && r->then.ptr[n - 1] != '\n'; n--, is.len++)
        is.ptr--;
    bool first =
        words.ptr >= was.ptr && text_behind_blanks(was).ptr >= words.ptr;
    return first && r->then.len > words.len && !text_same(is, was);
}

bool
break_again(struct seam_round *r, const struct joint *j, size_t from)
{
    struct dc_str words = text_behind_blanks(joint_tail(j, from));
    buf_add_str(&r->then, joint_tail(j, from));
    r->twin = !joint_unique(j, words);
    r->weak = text_chars(words) < CHARS_MIN || !text_says_something(words) ||
              second_word(r, j, words) || moved_line(r, j, words);
    return r->then.len <= DC_SEAM_HOLD;
}

static bool
overlap(struct draw *d, struct joint *j, struct seam_round *r, size_t from)
{
    if (from == 0 || from >= j->sent)
        return false;
    add_lead(d, r);
    bool seen = break_again(r, j, from);
    buf_add_str(&r->then, joint_new(j));
    return seen;
}

static bool
characters(struct draw *d, struct joint *j, struct seam_round *r)
{
    size_t most = draw_one_in(d, 2) ? CHARS_MAX : 30;
    return overlap(d, j, r, joint_chars_back(j, 1 + draw(d, most)));
}

static bool
words(struct draw *d, struct joint *j, struct seam_round *r)
{
    return overlap(d, j, r, joint_words_back(j, 1 + draw(d, 8)));
}

static bool
lines(struct draw *d, struct joint *j, struct seam_round *r)
{
    return overlap(d, j, r, joint_line(j, 1 + draw(d, 4)));
}

/* A line that was cut is so much evidence that little of it is enough. One that
 * was whole, or stands below the cut one, or has but a blank before it (" very"
 * behind "very") is an overlap like others. */
static bool
line_again(struct draw *d, struct joint *j, struct seam_round *r)
{
    size_t from = joint_line(j, 0);
    struct dc_str line = text_behind_blanks(joint_tail(j, from));
    bool below = draw_one_in(d, 4);
    if (from == 0 || j->sent - from > CHARS_MAX || text_chars(line) < LINE_MIN)
        return false;
    if (below)
        buf_add_byte(&r->then, '\n');
    bool seen = break_again(r, j, from);
    bool amid = !memchr(j->text.ptr + j->sent, '\n', j->cut - j->sent);
    bool said = *r->then.ptr == ' ' && !text_blank(r->then.ptr[1]);
    if (!below && amid && !said)
        r->weak = !text_says_something(line);
    buf_add_str(&r->then, joint_new(j));
    return seen;
}

static bool
nothing(struct draw *d, struct joint *j, struct seam_round *r)
{
    (void)d;
    (void)r;
    j->end = j->cut;
    return true;
}

static bool
only_the_end(struct draw *d, struct joint *j, struct seam_round *r)
{
    size_t from = joint_chars_back(j, CHARS_MIN + draw(d, 100));
    if (from == 0)
        return false;
    j->end = j->cut;
    add_lead(d, r);
    return break_again(r, j, from) && !r->weak;
}

/* clang-format off */
const struct breakage seam_breakages[] = {
    {"went on exactly", 4, false, true, exact},
    {"half a character at the cut", 1, false, true, half_character},
    {"blanks at the cut left out", 2, false, true, blanks_left_out},
    {"echo", 2, false, true, echo},
    {"restart", 2, false, true, restart},
    {"overlap of characters, 12 or more", 3, false, true, characters},
    {"overlap of words, 12 characters or more", 2, false, true, words},
    {"overlap of lines, 12 characters or more", 2, false, true, lines},
    {"too little to tell", 0, true, false, characters},
    {"line from its start", 3, false, true, line_again},
    {"fence opened again", 6, false, true, break_fence},
    {"fence without a name, and an overlap", 3, false, true, break_bare_fence},
    {"preamble", 3, false, true, break_preamble},
    {"preamble and fence", 4, false, true, break_preamble_fence},
    {"preamble and overlap", 2, false, true, break_preamble_overlap},
    {"nothing", 1, false, true, nothing},
    {"only the end again", 1, false, true, only_the_end},
};
/* clang-format on */
const size_t seam_breakage_count =
    sizeof seam_breakages / sizeof *seam_breakages;
