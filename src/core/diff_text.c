/*
 * Texts as rows of numbered pieces. Only old pieces are in the table: a new one
 * that is not found there is changed, whatever it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/diff.h"

void
diff_side_finish(struct diff_side *side)
{
    free(side->pieces);
    free(side->ids);
    free(side->changed);
    *side = (struct diff_side){0};
}

static void
add_piece(struct diff_side *side, const char *ptr, size_t len)
{
    if (side->count == side->cap) {
        size_t cap = side->cap > 0 ? 2 * side->cap : 16;
        side->pieces = mem_resize(side->pieces, cap, sizeof *side->pieces);
        side->ids = mem_resize(side->ids, cap, sizeof *side->ids);
        side->changed = mem_resize(side->changed, cap, sizeof *side->changed);
        side->cap = cap;
    }
    side->pieces[side->count++] = (struct dc_str){ptr, len};
}

void
diff_side_lines(struct diff_side *side, struct dc_str text)
{
    side->count = 0;
    for (size_t at = 0; at < text.len;) {
        struct dc_str rest = {text.ptr + at, text.len - at};
        size_t len = str_find(rest, '\n');
        len += len < rest.len;
        add_piece(side, rest.ptr, len);
        at += len;
    }
}

/* ---- words ---- */

enum word {
    WORD_LETTERS,
    WORD_BLANKS,
    WORD_JOINED, /* a mark that belongs to the character before it */
    WORD_SINGLE, /* a piece by itself: punctuation, CJK, emoji */
};

static bool
is_letter(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_';
}

/* By the first bytes of the character: scripts below U+2E80 make words. */
static enum word
kind_of(struct dc_str c)
{
    const unsigned char *p = (const unsigned char *)c.ptr;
    if (p[0] == ' ' || p[0] == '\t')
        return WORD_BLANKS;
    if (p[0] < 0x80)
        return is_letter(p[0]) ? WORD_LETTERS : WORD_SINGLE;
    bool zero_width = c.len == 3 && p[0] == 0xe2 && p[1] == 0x80 &&
                      (p[2] == 0x8d || p[2] == 0x8c);
    bool variation = c.len == 3 && p[0] == 0xef && p[1] == 0xb8 && p[2] < 0x90;
    if (zero_width || variation || p[0] == 0xcc ||
        (p[0] == 0xcd && p[1] < 0xb0))
        return WORD_JOINED;
    if (c.len == 2 || (c.len == 3 && (p[0] < 0xe2)))
        return WORD_LETTERS;
    return WORD_SINGLE;
}

static size_t
character(struct dc_str rest)
{
    int len = utf8_len(rest);
    return len > 0 ? (size_t)len : 1;
}

void
diff_side_words(struct diff_side *side, struct dc_str line)
{
    side->count = 0;
    enum word last = WORD_SINGLE;
    for (size_t at = 0; at < line.len;) {
        struct dc_str c = {line.ptr + at, line.len - at};
        c.len = character(c);
        enum word kind = kind_of(c);
        bool joins =
            kind == WORD_JOINED || (kind == last && kind < WORD_JOINED);
        if (joins && side->count > 0)
            side->pieces[side->count - 1].len += c.len;
        else
            add_piece(side, c.ptr, c.len);
        if (kind != WORD_JOINED)
            last = kind;
        at += c.len;
    }
}

/* ---- numbers ---- */

void
diff_table_finish(struct diff_table *table)
{
    free(table->slots);
    free(table->hashes);
    *table = (struct diff_table){0};
}

/* Eight bytes at a time; a multiplication and a fold spread them. */
static uint64_t
hash(struct dc_str s)
{
    uint64_t h = s.len;
    for (size_t at = 0; at < s.len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, s.ptr + at, s.len - at < 8 ? s.len - at : 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h * 0xd6e8feb86659fd93u;
}

/* The slot of the piece, or the free one where it belongs. */
static size_t
find_slot(const struct diff_table *table, const struct diff_side *old,
          struct dc_str piece, uint64_t h)
{
    size_t slot = (size_t)(h >> 32) & table->mask;
    for (; table->slots[slot] != 0; slot = (slot + 1) & table->mask) {
        size_t at = table->slots[slot] - 1;
        struct dc_str other = old->pieces[at];
        if (table->hashes[at] == h && other.len == piece.len &&
            memcmp(other.ptr, piece.ptr, piece.len) == 0)
            break;
    }
    return slot;
}

void
diff_table_old(struct diff_table *table, struct diff_side *old)
{
    size_t size = 16;
    while (size < 2 * old->count)
        size *= 2;
    if (table->slots == NULL || size > table->mask + 1) {
        table->slots = mem_resize(table->slots, size, sizeof *table->slots);
        table->hashes = mem_resize(table->hashes, size, sizeof *table->hashes);
        table->mask = size - 1;
    }
    memset(table->slots, 0, (table->mask + 1) * sizeof *table->slots);
    for (size_t i = 0; i < old->count; i++) {
        uint64_t h = hash(old->pieces[i]);
        size_t slot = find_slot(table, old, old->pieces[i], h);
        if (table->slots[slot] == 0)
            table->slots[slot] = i + 1;
        table->hashes[i] = h;
        old->ids[i] = table->slots[slot] - 1;
    }
}

void
diff_table_new(const struct diff_table *table, const struct diff_side *old,
               struct diff_side *new)
{
    for (size_t i = 0; i < new->count; i++) {
        struct dc_str piece = new->pieces[i];
        size_t slot = find_slot(table, old, piece, hash(piece));
        /* An empty slot becomes DIFF_NONE by going below 0. */
        new->ids[i] = table->slots[slot] - 1;
    }
}
