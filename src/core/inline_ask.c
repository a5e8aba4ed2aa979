/*
 * How a model is asked to write on in a text. The answer so far is the end of
 * what stands before the place, so that a server that goes on with a last
 * assistant message begins in the middle of the sentence; one that is asked by
 * a further turn is told to go on with what it has "said".
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/inline.h"

enum {
    BEFORE_MAX = 32 * 1024,
    AFTER_MAX = 8 * 1024,
};

struct owned {
    struct dc_spot_ask ask; /* what the caller sees */
    char *user;
};

static const char system_text[] =
    "You write on in a text that the user has open in an editor, at the "
    "cursor. Your answer is put there exactly as it is. Write only the new "
    "text: no introduction, no explanation, no code fences around it, and "
    "nothing that stands behind the cursor already. Keep the language, the "
    "style, the indentation and the width of the lines. Stop when the "
    "sentence, the statement, the block or the section is complete, unless "
    "the user asks for more.";

/* The last part of text, from the start of a line or a character on. */
static struct dc_str
last_part(struct dc_str text)
{
    if (text.len <= BEFORE_MAX)
        return text;
    text = str_from(text, text.len - BEFORE_MAX);
    size_t line = str_find(text, '\n');
    if (line < text.len)
        return str_from(text, line + 1);
    while (text.len > 0 && ((unsigned char)text.ptr[0] & 0xc0) == 0x80)
        text = str_from(text, 1);
    return text;
}

/* The first part of text, in whole lines or characters. */
static struct dc_str
first_part(struct dc_str text)
{
    if (text.len <= AFTER_MAX)
        return text;
    size_t end = AFTER_MAX;
    while (end > 0 && text.ptr[end - 1] != '\n')
        end--;
    for (end = end > 0 ? end : AFTER_MAX;
         end > 0 && ((unsigned char)text.ptr[end] & 0xc0) == 0x80;)
        end--;
    text.len = end;
    return text;
}

static void
add_about(struct buf *b, const struct inline_style *style)
{
    const struct dc_spot *spot = &style->spot;
    if (spot->file.len > 0)
        buf_addf(b, "File: %.*s\n", (int)spot->file.len, spot->file.ptr);
    if (spot->filetype.len > 0)
        buf_addf(b, "File type: %.*s\n", (int)spot->filetype.len,
                 spot->filetype.ptr);
    if (style->width > 0)
        buf_addf(b, "Lines end before column %d.\n", style->width);
    if (b->len > 0)
        buf_add_byte(b, '\n');
}

static void
add_part(struct buf *b, const char *name, struct dc_str text)
{
    if (text.len == 0)
        return;
    buf_addf(b, "<%s>\n", name);
    buf_add_str(b, text);
    buf_addf(b, "%s</%s>\n\n", text.ptr[text.len - 1] == '\n' ? "" : "\n",
             name);
}

static void
add_task(struct buf *b, const struct inline_style *style)
{
    struct dc_str wish = str_trim(style->spot.instruction);
    bool mid = str_trim(style->rest).len > 0;
    if (style->spot.before.len > style->kept.len)
        buf_add_text(b, "Your answer goes on where <before> ends. ");
    if (style->spot.after.len > 0)
        buf_addf(b, "<after> follows it %s. ",
                 mid ? "in the same line" : "directly");
    if (wish.len > 0)
        buf_addf(b, "What to write there: %.*s", (int)wish.len, wish.ptr);
    else
        buf_add_text(b, "Write what stands there.");
}

struct dc_spot_ask *
dc_spot_ask_new(const struct dc_spot *spot)
{
    struct owned *own = mem_alloc(sizeof *own);
    struct inline_style style;
    inline_style_init(&style, spot);
    struct buf b;
    buf_init(&b, INLINE_NO_LIMIT);
    struct dc_str before = spot->before;
    before.len -= style.kept.len;
    add_about(&b, &style);
    add_part(&b, "before", last_part(before));
    add_part(&b, "after", first_part(spot->after));
    add_task(&b, &style);
    size_t len;
    own->user = buf_take(&b, &len);
    own->ask.kept = style.kept;
    own->ask.messages[0] = (struct dc_message){.role = DC_ROLE_SYSTEM,
                                               .text = str_of(system_text)};
    own->ask.messages[1] =
        (struct dc_message){.role = DC_ROLE_USER, .text = {own->user, len}};
    inline_style_finish(&style);
    return &own->ask;
}

void
dc_spot_ask_free(struct dc_spot_ask *ask)
{
    struct owned *own = (struct owned *)ask;
    if (own == NULL)
        return;
    free(own->user);
    free(own);
}
