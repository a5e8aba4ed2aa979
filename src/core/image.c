/*
 * A picture is a line of its own, "![words](target)", as Markdown has it, with
 * the difference that blanks in the target need no "<>" around it. The words
 * and a title are not sent. autoload/deepchat/image.vim reads lines by the same
 * rules, to show and to ask about them.
 */
#include "core/image.h"

#include <string.h>

static struct dc_str
slice(struct dc_str s, size_t from, size_t to)
{
    return (struct dc_str){s.ptr + from, to - from};
}

/* Position of a text of two bytes, or s.len. */
static size_t
find_pair(struct dc_str s, const char *pair)
{
    for (size_t i = 0; i + 1 < s.len; i++)
        if (s.ptr[i] == pair[0] && s.ptr[i + 1] == pair[1])
            return i;
    return s.len;
}

/* What is between "](" and the ")" that ends the line. */
static struct dc_str
inner(struct dc_str line)
{
    enum { INDENT_MAX = 3 }; /* more is indented code */
    struct dc_str none = {"", 0}, core = str_trim(line);
    size_t indent = 0;
    while (indent < line.len && line.ptr[indent] == ' ')
        indent++;
    if (indent > INDENT_MAX || line.ptr + indent != core.ptr)
        return none;
    size_t open = find_pair(core, "](");
    if (!str_starts(core, "![") || open == core.len ||
        core.ptr[core.len - 1] != ')')
        return none;
    return str_trim(slice(core, open + 2, core.len - 1));
}

/* Without a title in double quotes at its end. */
static struct dc_str
without_title(struct dc_str s)
{
    if (s.len == 0 || s.ptr[s.len - 1] != '"')
        return s;
    size_t at = find_pair(s, " \"");
    return at + 2 < s.len ? str_trim(slice(s, 0, at)) : s;
}

/* Two pictures in one line are not one whose target is all between them. */
static bool
is_balanced(struct dc_str s)
{
    int depth = 0;
    for (size_t i = 0; i < s.len && depth >= 0; i++)
        depth += s.ptr[i] == '(' ? 1 : s.ptr[i] == ')' ? -1 : 0;
    return depth == 0;
}

struct dc_str
image_target(struct dc_str line)
{
    struct dc_str none = {"", 0};
    struct dc_str s = without_title(inner(line));
    if (s.len > 0 && s.ptr[0] == '<') {
        size_t end = str_find(s, '>');
        return end + 1 == s.len ? str_trim(slice(s, 1, end)) : none;
    }
    return is_balanced(s) ? s : none;
}

static bool
is_closed_by(const struct seam_fence *open, const struct seam_fence *fence)
{
    return fence->mark == open->mark && fence->len >= open->len &&
           fence->info.len == 0;
}

/* True if the line is a fence, or code in one. */
static bool
pass_fence(struct image_scan *scan, struct dc_str line)
{
    struct seam_fence fence = seam_fence_line(line);
    if (scan->fence.len == 0) {
        scan->fence = fence;
        return fence.len > 0;
    }
    if (is_closed_by(&scan->fence, &fence))
        scan->fence.len = 0;
    return true;
}

bool
image_next(struct image_scan *scan, struct dc_image *out)
{
    while (scan->at < scan->text.len) {
        struct dc_str rest = slice(scan->text, scan->at, scan->text.len);
        struct dc_str line = slice(rest, 0, str_find(rest, '\n'));
        struct dc_image image = {.at = scan->at, .len = line.len};
        scan->at += line.len + 1;
        if (pass_fence(scan, line))
            continue;
        image.target = image_target(line);
        if (image.target.len > 0) {
            *out = image;
            return true;
        }
    }
    return false;
}

const char *
dc_image_type(struct dc_str bytes)
{
    if (str_starts(bytes, "\x89PNG\r\n\x1a\n"))
        return "image/png";
    if (str_starts(bytes, "\xff\xd8\xff"))
        return "image/jpeg";
    if (str_starts(bytes, "GIF87a") || str_starts(bytes, "GIF89a"))
        return "image/gif";
    if (bytes.len >= 12 && memcmp(bytes.ptr, "RIFF", 4) == 0 &&
        memcmp(bytes.ptr + 8, "WEBP", 4) == 0)
        return "image/webp";
    return NULL;
}

void
image_add_base64(struct buf *out, struct dc_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = (bytes.len + 2) / 3 * 4;
    char *to = buf_room(out, len);
    if (to == NULL)
        return;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        const unsigned char *from = (const unsigned char *)bytes.ptr + i;
        unsigned word = (unsigned)from[0] << 16;
        word |= left > 1 ? (unsigned)from[1] << 8 : 0;
        word |= left > 2 ? from[2] : 0;
        *to++ = digits[word >> 18];
        *to++ = digits[word >> 12 & 63];
        *to++ = left > 1 ? digits[word >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[word & 63] : '=';
    }
    out->len += len;
}
