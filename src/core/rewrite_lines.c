/* Lines and slices as rewrite looks at them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/rewrite.h"

void
rw_lines_finish(struct rw_lines *lines)
{
    free(lines->at);
    *lines = (struct rw_lines){0};
}

void
rw_lines_add(struct rw_lines *lines, struct dc_str line)
{
    if (lines->count == lines->cap) {
        lines->cap = lines->cap > 0 ? 2 * lines->cap : 16;
        lines->at = mem_resize(lines->at, lines->cap, sizeof *lines->at);
    }
    lines->at[lines->count++] = line;
}

void
rw_lines_split(struct rw_lines *lines, struct dc_str text)
{
    lines->count = 0;
    for (size_t at = 0; at < text.len;) {
        struct dc_str rest = {text.ptr + at, text.len - at};
        size_t len = str_find(rest, '\n');
        at += len + 1;
        rest.len = len > 0 && rest.ptr[len - 1] == '\r' ? len - 1 : len;
        rw_lines_add(lines, rest);
    }
}

bool
rw_blank(struct dc_str line)
{
    return str_trim(line).len == 0;
}

size_t
rw_full(const struct rw_lines *lines, size_t from, size_t end)
{
    while (from < end && rw_blank(lines->at[from]))
        from++;
    return from;
}

size_t
rw_lead(struct dc_str line)
{
    size_t n = 0;
    while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
        n++;
    return n;
}

bool
rw_alike(struct dc_str a, struct dc_str b)
{
    return str_same(str_trim(a), str_trim(b));
}

bool
rw_among(const struct rw_lines *lines, struct dc_str line)
{
    for (size_t i = 0; i < lines->count; i++)
        if (rw_alike(lines->at[i], line))
            return true;
    return false;
}

bool
rw_telling(struct dc_str line)
{
    size_t letters = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        letters += c >= 0x80 || (c >= '0' && c <= '9') ||
                   ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    return letters >= 4;
}

size_t
rw_find(struct dc_str s, const char *needle)
{
    size_t len = strlen(needle);
    for (size_t at = 0; at + len <= s.len; at++) {
        struct dc_str rest = {s.ptr + at, s.len - at};
        at += str_find(rest, needle[0]);
        if (at + len <= s.len && memcmp(s.ptr + at, needle, len) == 0)
            return at;
    }
    return s.len;
}
