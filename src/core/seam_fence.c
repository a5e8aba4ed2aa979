/*
 * Which code fence is open at the end of a text. One thing is unlike
 * CommonMark: a line that leaves the list item does not close the fence in it,
 * since models indent carelessly, and a fence believed closed too early makes
 * its end look like an opening.
 */
#include "core/seam_fence.h"

#include <string.h>

#include "base/buf.h"

enum {
    INDENT_MAX = 3, /* more is indented code */
    DEPTH = 8,      /* list items in each other that are told apart */
};

/* The list items that are open: where their content begins. */
struct items {
    size_t at[DEPTH];
    size_t count;
};

struct cursor {
    struct dc_str line;
    size_t at;
    size_t cell;
};

static char
peek(const struct cursor *c)
{
    return c->at < c->line.len ? c->line.ptr[c->at] : '\n';
}

static void
blanks(struct cursor *c)
{
    for (; peek(c) == ' ' || peek(c) == '\t'; c->at++)
        c->cell = peek(c) == '\t' ? (c->cell / 4 + 1) * 4 : c->cell + 1;
}

static void
pass(struct cursor *c, size_t n)
{
    c->at += n;
    c->cell += n;
}

static bool
is_end(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Bytes of "-", "*", "+" or "12." with a blank behind, or 0. */
static size_t
item_mark(const struct cursor *c)
{
    const char *s = c->line.ptr + c->at;
    size_t left = c->line.len - c->at, n = 0;
    if (left > 0 && (*s == '-' || *s == '*' || *s == '+'))
        n = 1;
    while (n == 0 && left > 0 && *s >= '0' && *s <= '9') {
        size_t digits = 1;
        while (digits < left && digits < 9 && s[digits] >= '0' &&
               s[digits] <= '9')
            digits++;
        if (digits == left || (s[digits] != '.' && s[digits] != ')'))
            return 0;
        n = digits + 1;
    }
    return n > 0 && (n == left || is_end(s[n])) ? n : 0;
}

static size_t
inner(const struct items *items)
{
    return items->count > 0 ? items->at[items->count - 1] : 0;
}

static void
enter(struct items *items, struct cursor *c, size_t mark)
{
    pass(c, mark);
    size_t content = c->cell + 1;
    blanks(c);
    if (c->cell > content && c->cell < content + 4)
        content = c->cell;
    if (items->count < DEPTH)
        items->at[items->count++] = content;
}

/* Past quote marks and list marks; false if the rest is indented code. */
static bool
past_containers(struct items *items, struct cursor *c)
{
    for (;;) {
        blanks(c);
        if (peek(c) == '\n' || peek(c) == '\r')
            return false;
        while (items->count > 0 && c->cell < inner(items))
            items->count--;
        if (c->cell > inner(items) + INDENT_MAX)
            return false;
        size_t mark = item_mark(c);
        if (mark > 0) {
            enter(items, c, mark);
        } else if (peek(c) == '>') {
            pass(c, 1);
            items->count = 0;
            c->cell = 0;
            if (peek(c) == ' ')
                c->at++;
        } else {
            return true;
        }
    }
}

static struct seam_fence
fence_at(const struct cursor *c)
{
    struct seam_fence fence = {.mark = peek(c), .indent = c->cell};
    if (fence.mark != '`' && fence.mark != '~')
        return (struct seam_fence){0};
    size_t at = c->at;
    while (at < c->line.len && c->line.ptr[at] == fence.mark)
        at++;
    fence.len = at - c->at;
    fence.info = str_trim((struct dc_str){c->line.ptr + at, c->line.len - at});
    bool code_span = fence.mark == '`' && fence.info.len > 0 &&
                     memchr(fence.info.ptr, '`', fence.info.len) != NULL;
    if (fence.len < 3 || code_span)
        return (struct seam_fence){0};
    return fence;
}

struct seam_fence
seam_fence_line(struct dc_str line)
{
    struct cursor c = {.line = line};
    blanks(&c);
    return fence_at(&c);
}

/* Quote marks before it are those of the quote it was opened in; the one cell
 * is the blank behind them. */
static bool
closes(const struct seam_fence *open, struct dc_str line)
{
    struct cursor c = {.line = line};
    for (blanks(&c); peek(&c) == '>'; blanks(&c)) {
        c.at++;
        c.cell = 0;
    }
    struct seam_fence fence = fence_at(&c);
    return fence.mark == open->mark && fence.len >= open->len &&
           fence.info.len == 0 && c.cell <= open->indent + INDENT_MAX + 1;
}

struct seam_fence
seam_fence_open(struct dc_str text)
{
    struct seam_fence open = {0};
    struct items items = {.count = 0};
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t len =
            end != NULL ? (size_t)(end - text.ptr) - at : text.len - at;
        struct cursor c = {.line = {text.ptr + at, len}};
        if (open.len > 0) {
            if (closes(&open, c.line))
                open = (struct seam_fence){0};
        } else if (past_containers(&items, &c)) {
            open = fence_at(&c);
            open.line = at;
            open.body = at + len + 1;
        }
        at += len + 1;
    }
    return open;
}
