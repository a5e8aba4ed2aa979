/*
 * Looks into JSON by skipping over it. Forgiving on purpose: the client is
 * the one under test, and its body is recorded byte by byte anyway.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static size_t
skip_blank(struct dc_str s, size_t at)
{
    while (at < s.len && memchr(" \t\r\n,:", s.ptr[at], 6) != NULL)
        at++;
    return at;
}

static size_t
skip_string(struct dc_str s, size_t at)
{
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        if (s.ptr[at] == '\\')
            at++;
    return at < s.len ? at + 1 : s.len;
}

static size_t
skip_value(struct dc_str s, size_t at)
{
    size_t depth = 0;
    while (at < s.len) {
        char c = s.ptr[at];
        if (depth == 0 && memchr(",]} \t\r\n", c, 7) != NULL)
            return at;
        if (c == '"') {
            at = skip_string(s, at);
            if (depth == 0)
                return at;
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return at;
}

static bool
opens(struct dc_str s, char c)
{
    return s.len > 1 && s.ptr[0] == c;
}

static struct dc_str
slice(struct dc_str s, size_t from, size_t to)
{
    return (struct dc_str){s.ptr + from, to - from};
}

struct dc_str
json_member(struct dc_str object, const char *name)
{
    size_t at = opens(object, '{') ? skip_blank(object, 1) : object.len;
    while (at < object.len && object.ptr[at] == '"') {
        size_t key_end = skip_string(object, at);
        struct dc_str key = slice(object, at, key_end);
        size_t from = skip_blank(object, key_end);
        size_t to = skip_value(object, from);
        if (key.len == strlen(name) + 2 &&
            memcmp(key.ptr + 1, name, key.len - 2) == 0)
            return slice(object, from, to);
        at = skip_blank(object, to);
    }
    return (struct dc_str){"", 0};
}

struct dc_str
json_next(struct dc_str array, size_t *at)
{
    if (*at == 0)
        *at = opens(array, '[') ? skip_blank(array, 1) : array.len;
    size_t from = *at;
    if (from >= array.len || array.ptr[from] == ']')
        return (struct dc_str){"", 0};
    size_t to = skip_value(array, from);
    *at = to > from ? skip_blank(array, to) : array.len;
    return slice(array, from, to);
}

struct dc_str
json_item(struct dc_str array, size_t index)
{
    size_t at = 0;
    struct dc_str item = json_next(array, &at);
    while (index-- > 0 && item.len > 0)
        item = json_next(array, &at);
    return item;
}

static uint32_t
hex4(const char *at)
{
    char digits[5] = {at[0], at[1], at[2], at[3], '\0'};
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* s starts behind "\u"; returns the bytes used. */
static size_t
add_unicode(struct buf *out, struct dc_str s)
{
    if (s.len < 4)
        return s.len;
    uint32_t point = hex4(s.ptr);
    if (point >= 0xd800 && point < 0xdc00 && s.len >= 10 && s.ptr[4] == '\\' &&
        s.ptr[5] == 'u') {
        uint32_t low = hex4(s.ptr + 6);
        utf8_add_point(out, 0x10000 + ((point - 0xd800) << 10) +
                                ((low - 0xdc00) & 0x3ff));
        return 10;
    }
    utf8_add_point(out, point);
    return 4;
}

bool
json_text(struct buf *out, struct dc_str value)
{
    if (!opens(value, '"'))
        return false;
    for (size_t at = 1; at + 1 < value.len; at++) {
        if (value.ptr[at] != '\\') {
            buf_add_byte(out, value.ptr[at]);
            continue;
        }
        char c = value.ptr[++at];
        if (c == 'u')
            at += add_unicode(out, slice(value, at + 1, value.len - 1));
        else
            buf_add_byte(out, c == 'n'   ? '\n'
                              : c == 't' ? '\t'
                              : c == 'r' ? '\r'
                              : c == 'b' ? '\b'
                              : c == 'f' ? '\f'
                                         : c);
    }
    return true;
}

static void
escape_byte(struct buf *out, char c)
{
    if (c == '"' || c == '\\') {
        buf_add_byte(out, '\\');
        buf_add_byte(out, c);
    } else if (c == '\n') {
        buf_add_text(out, "\\n");
    } else if (c == '\t') {
        buf_add_text(out, "\\t");
    } else {
        buf_addf(out, "\\u%04x", (unsigned)(unsigned char)c);
    }
}

void
json_escape(struct buf *out, struct dc_str text)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len; at++) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, text.ptr + from, at - from);
        escape_byte(out, text.ptr[at]);
        from = at + 1;
    }
    buf_add(out, text.ptr + from, text.len - from);
}
