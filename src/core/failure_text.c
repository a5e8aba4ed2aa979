/*
 * What comes from a server, a proxy or a settings file is shown in a terminal
 * next to our own words. It must not move the cursor, hide, turn around or
 * imitate anything, nor show the key.
 */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/failure.h"
#include "deepchat.h"

/* ---- finding ---- */

static unsigned char
lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

size_t
failure_find(struct dc_str text, const char *needle)
{
    size_t n = strlen(needle);
    for (size_t at = 0; at + n <= text.len; at++) {
        size_t i = 0;
        while (i < n && lower(text.ptr[at + i]) == lower(needle[i]))
            i++;
        if (i == n)
            return at;
    }
    return text.len;
}

static bool
is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

size_t
failure_find_word(struct dc_str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at < text.len; at++) {
        at += failure_find((struct dc_str){text.ptr + at, text.len - at}, word);
        bool whole =
            (at == 0 || !is_word_byte(text.ptr[at - 1])) &&
            (at + len >= text.len || !is_word_byte(text.ptr[at + len]));
        if (whole)
            return at;
    }
    return text.len;
}

/* ---- one clean line ---- */

/* Length of a string such as OSC, whose first bytes are s; only its introducer
 * if nothing ends it. */
static size_t
control_string(struct dc_str s)
{
    for (size_t at = 2; at < s.len; at++) {
        if (s.ptr[at] == '\a')
            return at + 1;
        if (s.ptr[at] == '\x1b' && at + 1 < s.len && s.ptr[at + 1] == '\\')
            return at + 2;
    }
    return 2;
}

/* Length of the escape sequence at the start of s (ECMA-48). */
static size_t
escape_sequence(struct dc_str s)
{
    if (s.len < 2)
        return 1;
    if (strchr("]PX^_", s.ptr[1]) != NULL)
        return control_string(s);
    size_t at = 1;
    if (s.ptr[1] == '[')
        for (at = 2; at < s.len && s.ptr[at] >= 0x30 && s.ptr[at] <= 0x3f;)
            at++;
    while (at < s.len && s.ptr[at] >= 0x20 && s.ptr[at] <= 0x2f)
        at++;
    bool final = at < s.len && s.ptr[at] >= 0x30 && s.ptr[at] <= 0x7e;
    return final ? at + 1 : at;
}

static unsigned long
point(struct dc_str s, size_t len)
{
    unsigned long value = (unsigned char)s.ptr[0];
    if (len > 1)
        value &= 0x7fu >> len;
    for (size_t i = 1; i < len; i++)
        value = value << 6 | ((unsigned char)s.ptr[i] & 0x3f);
    return value;
}

/* Controls, and what is there without being seen: soft hyphen, bidi and
 * zero-width characters, line separators, BOM, tags. */
static bool
is_unfit(unsigned long c)
{
    static const struct {
        unsigned long first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},
        {0x61c, 0x61c},   {0x180e, 0x180e},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfeff, 0xfeff},
        {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* text is clean and ends with a NUL. */
static void
add_fit(struct buf *out, struct dc_str text)
{
    bool gap = false;
    while (text.len > 0) {
        size_t n = (size_t)utf8_len(text);
        bool blank = text.ptr[0] == ' ' || is_unfit(point(text, n));
        if (text.ptr[0] == '\x1b')
            n = escape_sequence(text);
        if (!blank) {
            if (out->len + n + 1 > out->limit)
                return;
            if (gap && out->len > 0)
                buf_add_byte(out, ' ');
            buf_add(out, text.ptr, n);
        }
        gap = blank;
        text.ptr += n;
        text.len -= n;
    }
}

void
failure_line(struct buf *out, struct dc_str text)
{
    struct buf clean;
    buf_init(&clean, text.len * 3);
    utf8_add_clean(&clean, text, true);
    add_fit(out, buf_str(&clean));
    buf_finish(&clean);
}

/* ---- secrets ---- */

enum { PIECE = 8 };

/* How many bytes at the start of text stand in secret, in one run. */
static size_t
match(const char *text, const char *secret)
{
    size_t best = 0;
    for (; *secret != '\0'; secret++) {
        size_t n = 0;
        while (text[n] != '\0' && text[n] == secret[n])
            n++;
        best = n > best ? n : best;
    }
    return best;
}

void
dc_redact(char *text, const char *secret)
{
    if (secret == NULL || strlen(secret) < PIECE)
        return;
    char *to = text;
    while (*text != '\0') {
        size_t n = match(text, secret);
        if (n < PIECE) {
            *to++ = *text++;
            continue;
        }
        memcpy(to, "***", 3);
        to += 3;
        text += n;
    }
    *to = '\0';
}
