/*
 * Comparing a continuation with the kept text. Overlaps are found with the
 * failure function of Knuth, Morris and Pratt; what repeats itself shows in
 * the same table.
 */
#include "core/seam_match.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

bool
seam_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t
seam_skip(struct dc_str s, size_t at)
{
    while (at < s.len && seam_blank(s.ptr[at]))
        at++;
    return at;
}

bool
seam_has_newline(struct dc_str s)
{
    return s.len > 0 && memchr(s.ptr, '\n', s.len) != NULL;
}

struct seam_walk
seam_walk_from(struct dc_str kept, size_t start)
{
    struct seam_walk walk = {.start = start};
    walk.at = seam_skip(kept, start);
    walk.dead = walk.at >= kept.len;
    return walk;
}

static bool
step_blank(struct seam_walk *walk, struct dc_str kept, char c)
{
    if (!walk->blank) {
        walk->run = walk->at;
        walk->at = seam_skip(kept, walk->at);
        walk->blank = true;
        walk->blanks = 0;
        if (walk->run == walk->at) {
            walk->blank = false;
            return false;
        }
    }
    size_t at = walk->run + walk->blanks++;
    walk->folded = walk->folded || at >= walk->at || kept.ptr[at] != c;
    return true;
}

static bool
step_solid(struct seam_walk *walk, struct dc_str kept, char c)
{
    if (kept.ptr[walk->at] != c)
        return false;
    if (walk->blank && walk->run + walk->blanks != walk->at)
        walk->folded = true;
    walk->blank = false;
    walk->at++;
    walk->solid++;
    walk->done = walk->at == kept.len;
    return true;
}

size_t
seam_walk_step(struct seam_walk *walk, struct dc_str kept, struct dc_str text)
{
    size_t i = 0;
    while (i < text.len && !walk->dead && !walk->done) {
        char c = text.ptr[i];
        bool same = seam_blank(c) ? step_blank(walk, kept, c)
                                  : step_solid(walk, kept, c);
        if (same)
            i++;
        else
            walk->dead = true;
    }
    return i;
}

size_t
seam_walk_place(const struct seam_walk *walk)
{
    size_t at = walk->run + walk->blanks;
    return walk->blank && at < walk->at ? at : walk->at;
}

/* back[i]: length of the longest piece that both starts and ends s[0..i]. */
static void
borders(struct dc_str s, uint16_t back[DC_SEAM_HOLD])
{
    assert(s.len <= DC_SEAM_HOLD);
    back[0] = 0;
    for (size_t i = 1; i < s.len; i++) {
        uint16_t q = back[i - 1];
        while (q > 0 && s.ptr[i] != s.ptr[q])
            q = back[q - 1];
        back[i] = (uint16_t)(q + (s.ptr[i] == s.ptr[q] ? 1 : 0));
    }
}

struct seam_overlap
seam_overlap(struct dc_str kept, struct dc_str head)
{
    struct seam_overlap found = {0};
    uint16_t back[DC_SEAM_HOLD];
    size_t q = 0;
    if (head.len == 0)
        return found;
    borders(head, back);
    for (size_t i = 0; i < kept.len; i++) {
        if (q == head.len) {
            found.places++;
            found.place = i - head.len;
            q = back[q - 1];
        }
        while (q > 0 && kept.ptr[i] != head.ptr[q])
            q = back[q - 1];
        if (kept.ptr[i] == head.ptr[q])
            q++;
    }
    found.len = q;
    return found;
}

/* Marks, joiners, symbols and emoji say nothing about where a text stands. */
static bool
is_letter(const unsigned char *c, size_t len)
{
    if (len == 1)
        return (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
               (*c >= 'a' && *c <= 'z');
    if (len == 2)
        return *c != 0xcc && *c != 0xcd; /* U+0300 to U+037F: combining */
    if (len == 3 && c[0] == 0xe2)
        return c[1] >= 0xb0; /* U+2000 to U+2BFF: marks, symbols */
    if (len == 3 && c[0] == 0xe3 && c[1] == 0x80)
        return false; /* U+3000 to U+303F: marks */
    if (len == 3 && c[0] == 0xef)
        return false; /* private, forms, variation selectors, wide marks */
    return c[0] != 0xf0 || c[1] != 0x9f; /* U+1F000 to U+1FFFF: emoji */
}

static void
weigh_char(struct seam_weight *w, struct dc_str c, bool seen[256])
{
    w->chars++;
    if (c.len == 1 && seam_blank(*c.ptr)) {
        w->words = true;
        w->lines += *c.ptr == '\n';
        return;
    }
    w->solid++;
    bool letter = is_letter((const unsigned char *)c.ptr, c.len);
    w->letters += letter;
    w->alphas += letter && (*c.ptr < '0' || *c.ptr > '9');
    for (size_t i = 0; i < c.len; i++) {
        unsigned char byte = (unsigned char)c.ptr[i];
        w->bytes += !seen[byte];
        w->distinct += letter && !seen[byte];
        seen[byte] = true;
    }
}

static bool
repeats(struct dc_str piece)
{
    uint16_t back[DC_SEAM_HOLD];
    char solid[DC_SEAM_HOLD];
    size_t len = 0;
    for (size_t i = 0; i < piece.len; i++)
        if (!seam_blank(piece.ptr[i]))
            solid[len++] = piece.ptr[i];
    if (len == 0)
        return false;
    borders((struct dc_str){solid, len}, back);
    return 2 * (len - back[len - 1]) <= len;
}

struct seam_weight
seam_weigh(struct dc_str piece)
{
    struct seam_weight w = {.repeats = repeats(piece)};
    bool seen[256] = {false};
    for (size_t at = 0; at < piece.len;) {
        int n = utf8_len(str_from(piece, at));
        size_t len = n > 0 ? (size_t)n : 1;
        weigh_char(&w, (struct dc_str){piece.ptr + at, len}, seen);
        at += len;
    }
    return w;
}
