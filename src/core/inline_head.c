/*
 * The start of a continuation. Models like to wrap what they write in a code
 * fence and to say a word before it; neither belongs into a text. A fence stays
 * where the text is Markdown and its author may have opened one. What stands
 * inside a fence that is left out may begin with words that are there already,
 * so it passes a seam of its own.
 */
#include <string.h>

#include "core/inline.h"

enum {
    PREAMBLE_MAX = 200,
    BLANKS_MAX = 256, /* nobody has a fence or a word behind as many */
};

static const char *const openers[] = {
    "Sure", "Certainly",  "Here",  "Of course",        "Okay",
    "OK",   "Continuing", "Below", "The continuation", "The completed",
    NULL,
};
static const char *const topics[] = {
    "continu", "rest of", "remain", "complet", "code",
    "text",    "snippet", "insert", NULL,
};
static const char *const languages[] = {"markdown", "md", "text", "txt", NULL};

void
inline_head_init(struct inline_head *head, const struct inline_style *style)
{
    *head = (struct inline_head){.style = style, .at_start = true};
    head->skip_lines = style->kept.len == 0 && style->line.len == 0;
    buf_init(&head->held, INLINE_NO_LIMIT);
}

void
inline_head_finish(struct inline_head *head)
{
    buf_finish(&head->held);
    dc_seam_free(head->seam);
}

/* ---- does it begin with something that does not belong there? ---- */

enum judgement { UNKNOWN, BELONGS, LEAVE_OUT };

/* True if s is the start of prefix, or begins with it. */
static bool
may_be(struct dc_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(s.ptr, prefix, s.len < n ? s.len : n) == 0;
}

static bool
opens_like(struct dc_str s, const char *const *words)
{
    while (*words != NULL && !may_be(s, *words))
        words++;
    return *words != NULL;
}

static bool
has_topic(struct dc_str line)
{
    for (const char *const *topic = topics; *topic != NULL; topic++)
        for (size_t at = 0; at < line.len; at++)
            if (str_starts(str_from(line, at), *topic))
                return true;
    return false;
}

/* line: the first one, up to its LF if that has come. */
static enum judgement
judge_preamble(struct dc_str line, bool whole)
{
    if (!opens_like(line, openers) || line.len > PREAMBLE_MAX)
        return BELONGS;
    if (!whole)
        return UNKNOWN;
    line = str_trim(line);
    if (line.len < 4 || !has_topic(line))
        return BELONGS;
    return line.ptr[line.len - 1] == ':' ? LEAVE_OUT : BELONGS;
}

/* A fence may be meant in Markdown, unless it is one around Markdown. */
static enum judgement
judge_fence(const struct inline_style *style, struct dc_str line, bool whole)
{
    size_t ticks = 0;
    while (ticks < line.len && line.ptr[ticks] == line.ptr[0])
        ticks++;
    if (ticks < 3 && ticks < line.len)
        return BELONGS;
    if (!whole)
        return UNKNOWN;
    if (inline_fence(line) == 0)
        return BELONGS;
    struct dc_str language = str_trim(str_from(line, ticks));
    bool around_text = inline_word_in(language, languages);
    bool alone = str_trim(style->line).len == 0;
    return style->prose && style->markdown && alone && !around_text ? BELONGS
                                                                    : LEAVE_OUT;
}

static enum judgement
judge(const struct inline_style *style, struct dc_str text, bool final,
      size_t *line_len)
{
    struct dc_str line = {text.ptr, str_find(text, '\n')};
    bool whole = line.len < text.len || final;
    *line_len = line.len < text.len ? line.len + 1 : line.len;
    if (text.ptr[0] == '`' || text.ptr[0] == '~')
        return judge_fence(style, line, whole);
    if (final && *line_len == text.len)
        return BELONGS; /* nothing else came */
    return judge_preamble(line, whole);
}

static size_t
blank_len(struct dc_str s)
{
    size_t n = 0;
    while (n < s.len && (inline_blank(s.ptr[n]) || s.ptr[n] == '\n'))
        n++;
    return n;
}

static void
open_fence(struct inline_head *head, struct dc_str line)
{
    head->fence = inline_fence(line);
    head->state = HEAD_FENCED;
    struct dc_seam_options options = {
        .kept = head->style->kept, .fixed = true, .form = DC_FORM_TURN};
    head->seam = dc_seam_new(&options);
}

/* Empty lines: behind a preamble, and where one stands already. */
static void
drop_lines(struct inline_head *head)
{
    while (head->held.len > 0 && head->held.ptr[0] == '\n')
        buf_drop(&head->held, 1);
}

/* True if the state has changed, so that there may be more to do. */
static bool
look_at_start(struct inline_head *head, bool final)
{
    if (head->skip_lines)
        drop_lines(head);
    struct dc_str all = buf_str(&head->held);
    size_t blanks = blank_len(all), line;
    struct dc_str text = str_from(all, blanks);
    if (blanks > BLANKS_MAX)
        head->state = HEAD_PASS;
    if (text.len == 0 || head->state == HEAD_PASS)
        return false;
    enum judgement found = judge(head->style, text, final, &line);
    if (found == UNKNOWN)
        return false;
    if (found == BELONGS) {
        head->state = HEAD_PASS;
    } else {
        bool fence = text.ptr[0] == '`' || text.ptr[0] == '~';
        if (fence)
            open_fence(head, (struct dc_str){text.ptr, line});
        buf_drop(&head->held, blanks + line);
        head->skip_lines = head->skip_lines || !fence;
    }
    return true;
}

/* ---- inside of a fence ---- */

static void
pass_seam(struct inline_head *head, struct dc_str text, bool final,
          struct buf *out)
{
    buf_add_str(out, dc_seam_add(head->seam, text, final));
}

/* True if the line so far may become the fence's end. */
static bool
may_close(struct dc_str line)
{
    size_t at = inline_indent(line);
    line = str_trim(str_from(line, at));
    if (line.len == 0)
        return true;
    size_t n = 0;
    while (n < line.len && line.ptr[n] == line.ptr[0])
        n++;
    return n == line.len && (line.ptr[0] == '`' || line.ptr[0] == '~');
}

/* Hand on what is held as far as it is no end of the fence. True if a line was
 * handed on and more is held. */
static bool
look_inside(struct inline_head *head, bool final, struct buf *out)
{
    if (head->skip_lines)
        drop_lines(head);
    struct dc_str text = buf_str(&head->held);
    struct dc_str line = {text.ptr, str_find(text, '\n')};
    bool whole = line.len < text.len;
    if (text.len == 0)
        return false;
    if (head->at_start && may_close(line)) {
        if (!whole && !final)
            return false;
        if (inline_fence(line) >= head->fence) {
            head->state = HEAD_END;
            pass_seam(head, (struct dc_str){"", 0}, true, out);
            return false;
        }
    }
    line.len += whole;
    head->skip_lines = false;
    pass_seam(head, line, false, out);
    head->at_start = whole;
    buf_drop(&head->held, line.len);
    return head->held.len > 0;
}

void
inline_head_add(struct inline_head *head, struct dc_str text, bool final,
                struct buf *out)
{
    if (head->state == HEAD_END)
        return;
    buf_add_str(&head->held, text);
    while (head->state == HEAD_START && look_at_start(head, final))
        ;
    if (head->state == HEAD_FENCED) {
        while (look_inside(head, final, out))
            ;
        if (final && head->state == HEAD_FENCED)
            pass_seam(head, (struct dc_str){"", 0}, true, out);
    } else if (head->state == HEAD_PASS || final) {
        buf_add_str(out, buf_str(&head->held));
        buf_reset(&head->held);
    }
}
