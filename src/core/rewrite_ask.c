/*
 * The question. What is to be replaced stands between two tags, in its place
 * between the lines around it, so that nothing has to be described.
 */

#include "core/rewrite.h"

/* The last whole lines that fit. */
static struct dc_str
tail_lines(struct dc_str s, size_t budget)
{
    if (s.len <= budget)
        return s;
    size_t at = s.len - budget;
    while (at < s.len && s.ptr[at - 1] != '\n')
        at++;
    return (struct dc_str){s.ptr + at, s.len - at};
}

static struct dc_str
head_lines(struct dc_str s, size_t budget)
{
    if (s.len <= budget)
        return s;
    size_t len = budget;
    while (len > 0 && s.ptr[len - 1] != '\n')
        len--;
    return (struct dc_str){s.ptr, len};
}

static void
add_line(struct buf *out, struct dc_str text)
{
    buf_add_str(out, text);
    if (out->len > 0 && out->ptr[out->len - 1] != '\n')
        buf_add_byte(out, '\n');
}

/* Half of the budget for each side; what one does not need the other gets. */
static void
share(const struct dc_selection *sel, size_t budget, struct dc_str *before,
      struct dc_str *after)
{
    size_t half = budget / 2;
    size_t above = sel->after.len < half ? budget - sel->after.len : half;
    *before = tail_lines(sel->before, above);
    *after = head_lines(sel->after, budget - before->len);
}

static void
add_selection(struct buf *out, const struct dc_selection *sel,
              const char *const tags[2])
{
    bool lines = sel->text.len > 0 && sel->text.ptr[sel->text.len - 1] == '\n';
    buf_add_str(out, sel->head);
    buf_addf(out, "%s%s", tags[0], lines ? "\n" : "");
    buf_add_str(out, sel->text);
    buf_add_text(out, tags[1]);
    buf_add_str(out, sel->tail);
    if (out->ptr[out->len - 1] != '\n')
        buf_add_byte(out, '\n');
}

static void
add_place(struct buf *out, const struct dc_selection *sel)
{
    buf_add_text(out, "Rewrite a part of ");
    if (sel->file.len > 0)
        buf_add_str(out, sel->file);
    else
        buf_add_text(out, "a text");
    if (sel->filetype.len > 0)
        buf_addf(out, " (%.*s)", (int)sel->filetype.len, sel->filetype.ptr);
    buf_add_text(out, ".\n\n");
}

static void
add_style(struct buf *out, const struct dc_selection *sel)
{
    if (sel->indent > 0)
        buf_addf(out, "It is indented with %u spaces a level.", sel->indent);
    else
        buf_add_text(out, "It is indented with tabs.");
    if (sel->commentstring.len > 0)
        buf_addf(out, " A comment is written `%.*s`.",
                 (int)sel->commentstring.len, sel->commentstring.ptr);
    buf_add_byte(out, '\n');
}

static void
add_earlier(struct buf *out, const struct dc_selection *sel)
{
    if (sel->earlier.len > 0) {
        buf_add_text(out, "\nThis proposal was rejected:\n<rejected>\n");
        add_line(out, sel->earlier);
        buf_add_text(out, "</rejected>\n");
    }
    if (sel->reason.len > 0) {
        buf_add_text(out, "The reason: ");
        add_line(out, sel->reason);
    }
}

char *
dc_rewrite_ask(const struct dc_selection *sel, size_t budget, size_t *len)
{
    struct buf out;
    struct dc_str before, after;
    char open[24], close[24];
    buf_init(&out, SIZE_MAX / 4);
    share(sel, budget, &before, &after);
    rw_place_tags(sel->text, open, close);
    add_place(&out, sel);
    buf_add_text(&out, "<text>\n");
    add_line(&out, before);
    add_selection(&out, sel, (const char *const[]){open, close});
    add_line(&out, after);
    buf_add_text(&out, "</text>\n\nWhat to do: ");
    add_line(&out, sel->instruction);
    add_earlier(&out, sel);
    buf_add_byte(&out, '\n');
    add_style(&out, sel);
    buf_addf(&out,
             "Answer with the text that is to replace what stands between %s "
             "and %s, and with nothing else: no explanation, no code fence "
             "around it, no line from outside. Keep its indentation.\n",
             open, close);
    return buf_take(&out, len);
}
