/* What follows from a selection and its surroundings. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/rewrite.h"

enum { AROUND = 200 }; /* lines of the surroundings that are compared */

static const char *const prose_types[] = {
    "",          "text",     "mail",
    "gitcommit", "help",     "tex",
    "plaintex",  "rst",      "org",
    "asciidoc",  "markdown", "deepchat",
    "rmd",       "quarto",   "vimwiki",
    "typst",     "html",     "NeogitCommitMessage",
};

static const char *const markdown_types[] = {
    "markdown", "deepchat", "rmd", "quarto", "vimwiki",
};

static bool
is_one_of(struct dc_str s, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(s, names[i]))
            return true;
    return false;
}

#define ONE_OF(s, names) is_one_of(s, names, sizeof(names) / sizeof *(names))

static bool
mentions(struct dc_str instruction, const char *const *words, size_t count)
{
    struct buf lower;
    buf_init(&lower, SIZE_MAX / 4);
    for (size_t i = 0; i < instruction.len; i++) {
        char c = instruction.ptr[i];
        buf_add_byte(&lower, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = rw_find(buf_str(&lower), words[i]) < lower.len;
    buf_finish(&lower);
    return found;
}

#define MENTIONS(s, words) mentions(s, words, sizeof(words) / sizeof *(words))

static const char *const indent_words[] = {"indent", "einr\xc3\xbc", "tabs",
                                           "spaces"};
static const char *const blank_words[] = {"blank", "empty line", "newline",
                                          "leerzeile"};
static const char *const fence_words[] = {
    "fence", "code block", "codeblock", "```", "code-block", "codebl\xc3\xb6"};

static size_t
count_fences(const struct rw_lines *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < lines->count; i++)
        count += rw_fence_read(lines->at[i]).mark != 0;
    return count;
}

/* The lines that are not blank, the last of them or the first. */
static void
nearest(struct rw_lines *out, const struct rw_lines *all, bool last)
{
    size_t have = 0;
    for (size_t i = 0; i < all->count; i++)
        have += !rw_blank(all->at[i]);
    size_t skip = last && have > AROUND ? have - AROUND : 0;
    for (size_t i = 0; i < all->count && out->count < AROUND; i++) {
        if (rw_blank(all->at[i]))
            continue;
        if (skip > 0)
            skip--;
        else
            rw_lines_add(out, all->at[i]);
    }
}

static void
read_around(struct rw_place *p)
{
    struct rw_lines all = {0};
    rw_lines_split(&all, p->sel.after);
    nearest(&p->after, &all, false);
    rw_lines_split(&all, p->sel.before);
    nearest(&p->before, &all, true);
    /* In a fence of Markdown there is code. */
    bool inside = count_fences(&all) % 2 == 1;
    p->markdown = ONE_OF(p->sel.filetype, markdown_types) && !inside;
    p->text = ONE_OF(p->sel.filetype, prose_types) && !inside;
    rw_lines_finish(&all);
}

/* Behind it there is its end, or the NUL of a copy. */
bool
rw_ends_crlf(struct dc_str line)
{
    return line.ptr[line.len] == '\r';
}

static void
read_text(struct rw_place *p)
{
    struct dc_str text = p->sel.text;
    rw_lines_split(&p->lines, text);
    size_t count = p->lines.count;
    while (p->lead < count && rw_blank(p->lines.at[p->lead]))
        p->lead++;
    while (p->trail < count && rw_blank(p->lines.at[count - 1 - p->trail]))
        p->trail++;
    if (p->lead == count)
        p->lead = p->trail = 0;
    p->newline = text.len > 0 && text.ptr[text.len - 1] == '\n';
    p->fences = count_fences(&p->lines) > 0;
    struct dc_str where = text;
    if (str_find(where, '\n') == where.len)
        where = p->sel.before.len > 0 ? p->sel.before : p->sel.after;
    size_t end = str_find(where, '\n');
    p->crlf = end > 0 && end < where.len && where.ptr[end - 1] == '\r';
    for (size_t i = 0; i + !p->newline < count; i++)
        p->mixed = p->mixed || rw_ends_crlf(p->lines.at[i]) != p->crlf;
}

static void
keep(struct dc_str *s)
{
    s->ptr = mem_copy(s->ptr, s->len);
}

static struct dc_str *const *
strings(struct dc_selection *sel, struct dc_str *list[12])
{
    list[0] = &sel->text;
    list[1] = &sel->head;
    list[2] = &sel->tail;
    list[3] = &sel->before;
    list[4] = &sel->after;
    list[5] = &sel->file;
    list[6] = &sel->filetype;
    list[7] = &sel->commentstring;
    list[8] = &sel->instruction;
    list[9] = &sel->earlier;
    list[10] = &sel->reason;
    list[11] = NULL;
    return list;
}

void
rw_place_tags(struct dc_str text, char open[24], char close[24])
{
    snprintf(open, 24, "<selection>");
    snprintf(close, 24, "</selection>");
    for (int i = 2; rw_find(text, close) < text.len; i++) {
        snprintf(open, 24, "<selection%d>", i);
        snprintf(close, 24, "</selection%d>", i);
    }
}

void
rw_place_init(struct rw_place *p, const struct dc_selection *sel)
{
    *p = (struct rw_place){.sel = *sel};
    struct dc_str *list[12];
    for (struct dc_str *const *s = strings(&p->sel, list); *s != NULL; s++)
        keep(*s);
    read_around(p);
    read_text(p);
    p->told_indent = MENTIONS(sel->instruction, indent_words);
    p->told_blanks = MENTIONS(sel->instruction, blank_words);
    p->told_fence = MENTIONS(sel->instruction, fence_words);
    rw_place_tags(p->sel.text, p->open_tag, p->close_tag);
}

void
rw_place_finish(struct rw_place *p)
{
    rw_lines_finish(&p->lines);
    rw_lines_finish(&p->before);
    rw_lines_finish(&p->after);
    free((void *)(uintptr_t)p->sel.text.ptr);
    struct dc_str *list[12];
    for (struct dc_str *const *s = strings(&p->sel, list) + 1; *s != NULL; s++)
        free((void *)(uintptr_t)(*s)->ptr);
    *p = (struct rw_place){0};
}
