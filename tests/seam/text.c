/* Helpers on text; see joint.h. */
#include <string.h>

#include "base/buf.h"
#include "seam/joint.h"

bool
text_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct dc_str
text_behind_blanks(struct dc_str s)
{
    while (s.len > 0 && text_blank(*s.ptr))
        s = (struct dc_str){s.ptr + 1, s.len - 1};
    return s;
}

size_t
text_chars(struct dc_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return count;
}

bool
text_same(struct dc_str a, struct dc_str b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

bool
text_begins(struct dc_str s, struct dc_str with)
{
    return s.len >= with.len &&
           text_same((struct dc_str){s.ptr, with.len}, with);
}

bool
text_ends(struct dc_str s, struct dc_str with)
{
    return s.len >= with.len &&
           text_same((struct dc_str){s.ptr + s.len - with.len, with.len}, with);
}

/* Of a letter or a digit; emoji and joiners are none. */
static bool
is_letter(unsigned char c)
{
    unsigned char low = c | 0x20;
    bool other = c >= 0xc3 && c < 0xf0 && c != 0xe2;
    return other || (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
}

bool
text_says_something(struct dc_str s)
{
    bool seen[256] = {false};
    size_t letters = 0, distinct = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!is_letter(c))
            continue;
        letters += c < 0x80 ? 1 : 2;
        distinct += (seen[c] ? 0u : 1u) + (c >= 0x80 ? 1u : 0u);
        seen[c] = true;
    }
    return letters >= 4 && distinct >= 3;
}

bool
text_closes(struct dc_str s)
{
    static const char *const signs[] = {
        ")",  "]",  "}",  ",",  ".",  ";",  ":",  "!",  "?",
        "%",  "»",  "”",  "’",  "…",  "，", "。", "、", "；",
        "：", "！", "？", "）", "」", "』", "】", "》",
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (str_starts(s, signs[i]))
            return true;
    return false;
}
