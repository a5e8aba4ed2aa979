/*
 * The stages of writing on, one behind the other, and the blanks at the end of
 * it all: models end with a line end, which a text that has one already does
 * not need.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/inline.h"

struct dc_inline {
    char *text[7]; /* copies of the spot's strings */
    struct inline_style style;
    struct inline_head head;
    struct inline_line line;
    struct inline_stop stop;
    struct inline_wrap wrap;

    struct buf a, b;   /* between stages */
    struct buf blanks; /* at the end, held back */
    struct buf out;
    bool lines; /* a line end was given out */
    bool done;
};

static struct dc_str
keep(char **slot, struct dc_str s)
{
    *slot = mem_copy(s.ptr, s.len);
    return (struct dc_str){*slot, s.len};
}

static void
init_stages(struct dc_inline *in)
{
    inline_head_init(&in->head, &in->style);
    inline_line_init(&in->line, &in->style);
    inline_stop_init(&in->stop, &in->style);
    inline_wrap_init(&in->wrap, &in->style);
}

static void
finish_stages(struct dc_inline *in)
{
    inline_head_finish(&in->head);
    inline_line_finish(&in->line);
    inline_stop_finish(&in->stop);
    inline_wrap_finish(&in->wrap);
}

struct dc_inline *
dc_inline_new(const struct dc_spot *spot)
{
    struct dc_inline *in = mem_alloc(sizeof *in);
    struct dc_spot own = {
        .before = keep(&in->text[0], spot->before),
        .after = keep(&in->text[1], spot->after),
        .file = keep(&in->text[2], spot->file),
        .filetype = keep(&in->text[3], spot->filetype),
        .instruction = keep(&in->text[4], spot->instruction),
        .comments = keep(&in->text[5], spot->comments),
        .commentstring = keep(&in->text[6], spot->commentstring),
        .textwidth = spot->textwidth,
    };
    inline_style_init(&in->style, &own);
    init_stages(in);
    buf_init(&in->a, INLINE_NO_LIMIT);
    buf_init(&in->b, INLINE_NO_LIMIT);
    buf_init(&in->blanks, INLINE_NO_LIMIT);
    buf_init(&in->out, INLINE_NO_LIMIT);
    return in;
}

void
dc_inline_free(struct dc_inline *in)
{
    if (in == NULL)
        return;
    finish_stages(in);
    inline_style_finish(&in->style);
    buf_finish(&in->a);
    buf_finish(&in->b);
    buf_finish(&in->blanks);
    buf_finish(&in->out);
    for (size_t i = 0; i < sizeof in->text / sizeof *in->text; i++)
        free(in->text[i]);
    free(in);
}

void
dc_inline_reset(struct dc_inline *in)
{
    finish_stages(in);
    init_stages(in);
    buf_reset(&in->blanks);
    in->lines = false;
    in->done = false;
}

/* Line ends at the end that the text has already, or that would break a line
 * in two. */
static bool
is_idle_end(const struct dc_inline *in)
{
    bool at_line_end = str_trim(in->style.rest).len == 0;
    bool at_line_start = str_trim(in->style.line).len == 0;
    return at_line_end || (!in->lines && !at_line_start);
}

static void
give(struct dc_inline *in, struct dc_str text)
{
    size_t end = text.len;
    while (end > 0 &&
           (inline_blank(text.ptr[end - 1]) || text.ptr[end - 1] == '\n'))
        end--;
    if (end > 0) {
        buf_add_str(&in->out, buf_str(&in->blanks));
        buf_reset(&in->blanks);
        buf_add(&in->out, text.ptr, end);
        in->lines |= str_find(buf_str(&in->out), '\n') < in->out.len;
    }
    buf_add_str(&in->blanks, str_from(text, end));
}

static void
give_blanks(struct dc_inline *in)
{
    struct dc_str blanks = buf_str(&in->blanks);
    if (is_idle_end(in))
        blanks.len = str_find(blanks, '\n');
    if (str_trim(in->style.rest).len == 0)
        blanks.len = 0;
    buf_add_str(&in->out, blanks);
    buf_reset(&in->blanks);
}

struct dc_str
dc_inline_add(struct dc_inline *in, struct dc_str text, bool final)
{
    buf_reset(&in->out);
    if (in->done)
        return buf_str(&in->out);
    buf_reset(&in->a);
    inline_head_add(&in->head, text, final, &in->a);
    bool last = final || in->head.state == HEAD_END;
    buf_reset(&in->b);
    inline_line_add(&in->line, buf_str(&in->a), last, &in->b);
    buf_reset(&in->a);
    inline_stop_add(&in->stop, buf_str(&in->b), last, &in->a);
    last = last || in->stop.done;
    buf_reset(&in->b);
    inline_wrap_add(&in->wrap, buf_str(&in->a), last, &in->b);
    give(in, buf_str(&in->b));
    if (last)
        give_blanks(in);
    in->done = last;
    return buf_str(&in->out);
}

bool
dc_inline_done(const struct dc_inline *in)
{
    return in->done;
}
