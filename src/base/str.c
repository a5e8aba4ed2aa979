/* A slice without bytes may have no ptr either, which memcmp() and memchr()
 * must not see. */
#include "base/str.h"

#include <string.h>

struct dc_str
str_of(const char *text)
{
    return (struct dc_str){text, strlen(text)};
}

bool
str_is(struct dc_str s, const char *text)
{
    return str_same(s, str_of(text));
}

bool
str_same(struct dc_str a, struct dc_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
str_starts(struct dc_str s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && (len == 0 || memcmp(s.ptr, prefix, len) == 0);
}

size_t
str_find(struct dc_str s, char c)
{
    const char *at = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at != NULL ? (size_t)(at - s.ptr) : s.len;
}

struct dc_str
str_from(struct dc_str s, size_t at)
{
    if (s.ptr == NULL)
        return (struct dc_str){"", 0};
    if (at > s.len)
        at = s.len;
    return (struct dc_str){s.ptr + at, s.len - at};
}

struct dc_str
str_cut(struct dc_str *rest, char c)
{
    struct dc_str head = {rest->ptr, str_find(*rest, c)};
    *rest = str_from(*rest, head.len + 1);
    return head;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct dc_str
str_trim(struct dc_str s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

struct dc_str
str_trim_lines(struct dc_str s)
{
    struct dc_str core = str_trim(s);
    if (core.len == 0)
        return (struct dc_str){NULL, 0};
    while (core.ptr > s.ptr && core.ptr[-1] != '\n') {
        core.ptr--;
        core.len++;
    }
    struct dc_str tail = str_from(s, (size_t)(core.ptr - s.ptr) + core.len);
    core.len += str_find(tail, '\n');
    return core;
}

uint64_t
str_hash(struct dc_str s)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(1099511628211);
    return hash;
}
