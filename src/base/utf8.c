/* Runs of ASCII are passed at once: they are most of any text. */
#include "base/utf8.h"

#include <string.h>

/* How many bytes a sequence with this first byte has, and the range that the
 * second byte must be in (Unicode 15, table 3-7). */
static int
lead(unsigned char c, unsigned char *low, unsigned char *high)
{
    *low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    *high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef)
        return 3;
    return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

int
utf8_len(struct dc_str s)
{
    unsigned char low, high;
    int want = lead((unsigned char)s.ptr[0], &low, &high);
    if (want == 0)
        return -1;
    for (int i = 1; i < want; i++) {
        if ((size_t)i == s.len)
            return 0;
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < low || c > high)
            return -i;
        low = 0x80;
        high = 0xbf;
    }
    return want;
}

/* True if none of these eight bytes is a NUL or part of a longer character. */
static bool
are_plain(const char *bytes)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return ((word | (word - ones)) & ones << 7) == 0;
}

/* Length of the run at the start of s that needs no second look. */
static size_t
plain_run(struct dc_str s)
{
    size_t n = 0;
    while (s.len - n >= sizeof(uint64_t) && are_plain(s.ptr + n))
        n += sizeof(uint64_t);
    while (n < s.len && (unsigned char)s.ptr[n] < 0x80 && s.ptr[n] != '\0')
        n++;
    return n;
}

bool
utf8_clean(struct dc_str s)
{
    for (size_t at = plain_run(s); at < s.len;) {
        int n = utf8_len((struct dc_str){s.ptr + at, s.len - at});
        if (n <= 0 || s.ptr[at] == '\0')
            return false;
        at += (size_t)n;
        at += plain_run((struct dc_str){s.ptr + at, s.len - at});
    }
    return true;
}

size_t
utf8_add_clean(struct buf *out, struct dc_str s, bool last)
{
    size_t at = 0;
    while (at < s.len) {
        struct dc_str rest = {s.ptr + at, s.len - at};
        size_t run = plain_run(rest);
        if (run > 0) {
            buf_add(out, rest.ptr, run);
            at += run;
            continue;
        }
        int n = utf8_len(rest);
        if (n == 0 && !last)
            break;
        if (n > 0 && rest.ptr[0] != '\0') {
            buf_add(out, rest.ptr, (size_t)n);
            at += (size_t)n;
        } else {
            buf_add_text(out, UTF8_REPLACEMENT);
            at += n > 0 ? 1 : n < 0 ? (size_t)-n : rest.len;
        }
    }
    return at;
}

bool
utf8_add_point(struct buf *out, uint32_t point)
{
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        point = 0xfffd;
    if (point < 0x80)
        return buf_add_byte(out, (char)point);
    char bytes[4];
    size_t n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    bytes[0] = (char)(first[n] | point);
    return buf_add(out, bytes, n);
}

size_t
utf8_fit(struct dc_str s, size_t max)
{
    if (s.len <= max)
        return s.len;
    while (max > 0 && ((unsigned char)s.ptr[max] & 0xc0) == 0x80)
        max--;
    return max;
}
