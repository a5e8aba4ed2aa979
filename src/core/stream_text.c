/*
 * The last stage: raw text becomes UTF-8 with LF, and think tags at the very
 * start of a reply turn text into reasoning. A closing tag that nothing opened
 * is dropped if it comes first and is plain text later on: what was delivered
 * before it cannot be taken back, and it may well be what the user asked about.
 */
#include <string.h>

#include "base/utf8.h"
#include "core/stream.h"

enum { HALF = 3 }; /* bytes of one half of a surrogate pair in raw text */

/* The half that stands at at, or 0. */
static uint32_t
half_at(struct dc_str raw, size_t at)
{
    if (raw.len - at < HALF || (unsigned char)raw.ptr[at] != 0xff)
        return 0;
    const unsigned char *p = (const unsigned char *)raw.ptr + at;
    return 0xd800u | (p[1] & 0x1fu) << 6 | (p[2] & 0x3fu);
}

/* Bytes used; 0 if the second half may still come. */
static size_t
clean_half(struct buf *out, struct dc_str raw, size_t at, bool last)
{
    uint32_t high = half_at(raw, at);
    if (high >= 0xdc00) {
        utf8_add_point(out, 0xfffd);
        return HALF;
    }
    if (at + HALF == raw.len && !last)
        return 0;
    uint32_t low = at + HALF < raw.len ? half_at(raw, at + HALF) : 0;
    if (low < 0xdc00) {
        utf8_add_point(out, 0xfffd);
        return HALF;
    }
    utf8_add_point(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
    return (size_t)2 * HALF;
}

static size_t
clean_return(struct buf *out, struct dc_str raw, size_t at, bool last)
{
    bool end = at + 1 == raw.len;
    if (end && !last)
        return 0;
    if (end || raw.ptr[at + 1] != '\n')
        buf_add_byte(out, '\n');
    return 1;
}

static size_t
clean_sequence(struct buf *out, struct dc_str raw, size_t at, bool last)
{
    struct dc_str rest = {raw.ptr + at, raw.len - at};
    int n = utf8_len(rest);
    if (n == 0 && !last)
        return 0;
    if (n > 0 && rest.ptr[0] != '\0') {
        buf_add(out, rest.ptr, (size_t)n);
        return (size_t)n;
    }
    utf8_add_point(out, 0xfffd);
    return n > 0 ? 1 : n < 0 ? (size_t)-n : rest.len;
}

static size_t
plain_run(struct dc_str raw, size_t at, bool lines)
{
    size_t n = at;
    while (n < raw.len && (unsigned char)raw.ptr[n] < 0x80 &&
           raw.ptr[n] != '\0' && (raw.ptr[n] != '\r' || !lines))
        n++;
    return n - at;
}

size_t
stream_clean(struct buf *out, struct dc_str raw, bool last, bool lines)
{
    size_t at = 0;
    while (at < raw.len) {
        size_t n = plain_run(raw, at, lines);
        if (n > 0)
            buf_add(out, raw.ptr + at, n);
        else if (raw.ptr[at] == '\r')
            n = clean_return(out, raw, at, last);
        else if (half_at(raw, at) != 0)
            n = clean_half(out, raw, at, last);
        else
            n = clean_sequence(out, raw, at, last);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

/* Part of a C0 or C1 control in valid UTF-8 that a NUL follows. */
static bool
is_control(const char *text, size_t at)
{
    unsigned char c = (unsigned char)text[at];
    unsigned char next = (unsigned char)text[at + 1];
    if (c == 0xc2)
        return next < 0xa0;
    if (c >= 0x80 && c < 0xa0)
        return at > 0 && (unsigned char)text[at - 1] == 0xc2;
    return c < 0x20 || c == 0x7f;
}

void
stream_line(char *line, size_t line_size, struct dc_str raw)
{
    struct buf clean;
    buf_init(&clean, 3 * line_size);
    /* Cleaning never makes text shorter, save for pairs of halves. */
    struct dc_str start = {raw.ptr, raw.len};
    if (start.len > 2 * line_size)
        start.len = 2 * line_size;
    stream_clean(&clean, start, start.len == raw.len, false);
    size_t len = utf8_fit(buf_str(&clean), line_size - 1);
    for (size_t i = 0; i < len; i++)
        line[i] = is_control(clean.ptr, i) ? ' ' : clean.ptr[i];
    line[len] = '\0';
    buf_finish(&clean);
}

/* ---- think tags ---------------------------------------------------------- */

static const struct {
    const char *tag;
    const char *closer; /* NULL: it closes something itself */
} tags[] = {
    {"<think>", "</think>"},
    {"<thinking>", "</thinking>"},
    {"</think>", NULL},
    {"</thinking>", NULL},
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* How the held text continues: in a tag (its number), maybe in one (-1), or in
 * none (-2). */
static int
match_tag(struct dc_str held)
{
    size_t blanks = 0;
    while (blanks < held.len && is_blank(held.ptr[blanks]))
        blanks++;
    struct dc_str word = {held.ptr + blanks, held.len - blanks};
    int result = word.len == 0 ? -1 : -2;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        size_t len = strlen(tags[i].tag);
        if (word.len > len || memcmp(word.ptr, tags[i].tag, word.len) != 0)
            continue;
        if (word.len == len)
            return (int)i;
        result = -1;
    }
    return result;
}

struct splitter {
    struct dc_stream *st;
    struct stream_choice *c;
    size_t choice;
    struct dc_str rest; /* text not looked at yet */
};

static enum dc_delta_kind
kind_of(const struct stream_choice *c)
{
    bool reasoning = c->think == THINK_OPENED || c->think == THINK_INSIDE;
    return reasoning ? DC_DELTA_REASONING : DC_DELTA_TEXT;
}

static void
release_held(struct splitter *sp)
{
    struct dc_str held = {sp->c->held, sp->c->held_len};
    stream_emit(sp->st, sp->choice, kind_of(sp->c), held);
    sp->c->held_len = 0;
}

static void
enter(struct stream_choice *c, enum stream_think think)
{
    c->think = think;
    c->held_len = 0;
    c->new_line = false;
}

static void
take_emitted(struct splitter *sp, size_t len)
{
    struct dc_str head = {sp->rest.ptr, len};
    stream_emit(sp->st, sp->choice, kind_of(sp->c), head);
    sp->rest.ptr += len;
    sp->rest.len -= len;
}

static char
take_byte(struct splitter *sp)
{
    sp->rest.len--;
    return *sp->rest.ptr++;
}

static void
split_start(struct splitter *sp)
{
    struct stream_choice *c = sp->c;
    c->held[c->held_len++] = take_byte(sp);
    int tag = match_tag((struct dc_str){c->held, c->held_len});
    if (tag >= 0) {
        c->closer = tags[tag].closer;
        enter(c, c->closer != NULL ? THINK_OPENED : THINK_CLOSED);
    } else if (tag == -2 || c->held_len == sizeof c->held) {
        c->think = THINK_OUTSIDE;
        release_held(sp);
    }
}

/* Behind a tag empty lines go, but not the indentation of the first line. */
static void
split_lead(struct splitter *sp)
{
    struct stream_choice *c = sp->c;
    char byte = *sp->rest.ptr;
    if (!is_blank(byte)) {
        release_held(sp);
        c->think = c->think == THINK_OPENED ? THINK_INSIDE : THINK_OUTSIDE;
        return;
    }
    take_byte(sp);
    if (byte == '\n') {
        c->held_len = 0;
        c->new_line = true;
    } else if (c->new_line && c->held_len < sizeof c->held) {
        c->held[c->held_len++] = byte;
    }
}

static void
split_inside(struct splitter *sp)
{
    struct stream_choice *c = sp->c;
    if (c->held_len == 0)
        take_emitted(sp, str_find(sp->rest, c->closer[0]));
    if (sp->rest.len == 0)
        return;
    if (*sp->rest.ptr != c->closer[c->held_len]) {
        release_held(sp);
        return;
    }
    c->held[c->held_len++] = take_byte(sp);
    if (c->closer[c->held_len] == '\0')
        enter(c, THINK_CLOSED);
}

static void
split(struct splitter *sp)
{
    while (sp->rest.len > 0) {
        if (sp->c->think == THINK_START)
            split_start(sp);
        else if (sp->c->think == THINK_INSIDE)
            split_inside(sp);
        else if (sp->c->think == THINK_OUTSIDE)
            take_emitted(sp, sp->rest.len);
        else
            split_lead(sp);
    }
}

/* ---- one choice ---- */

static void
deliver(struct dc_stream *st, size_t choice, enum dc_delta_kind kind)
{
    struct dc_str text = buf_str(&st->clean);
    struct stream_choice *c = &st->choices[choice];
    struct splitter sp = {st, c, choice, text};
    if (st->clean.full)
        stream_fail(st, DC_E_TOO_BIG, "the reply is too long");
    else if (kind == DC_DELTA_REASONING)
        stream_emit(st, choice, kind, text);
    else
        split(&sp);
}

static void
flush_tail(struct dc_stream *st, size_t choice)
{
    struct stream_choice *c = &st->choices[choice];
    struct dc_str tail = {c->tail, c->tail_len};
    buf_reset(&st->clean);
    stream_clean(&st->clean, tail, true, true);
    c->tail_len = 0;
    deliver(st, choice, c->tail_kind);
}

void
stream_text(struct dc_stream *st, size_t choice, enum dc_delta_kind kind,
            struct dc_str raw)
{
    struct stream_choice *c = stream_choice(st, choice);
    if (c == NULL || raw.len == 0)
        return;
    c->heard = true;
    if (c->tail_len > 0 && c->tail_kind != kind)
        flush_tail(st, choice);
    if (c->tail_len > 0) {
        buf_reset(&st->joined);
        buf_add(&st->joined, c->tail, c->tail_len);
        buf_add_str(&st->joined, raw);
        raw = buf_str(&st->joined);
    }
    buf_reset(&st->clean);
    size_t used = stream_clean(&st->clean, raw, false, true);
    c->tail_kind = kind;
    c->tail_len = raw.len - used;
    memcpy(c->tail, raw.ptr + used, c->tail_len);
    deliver(st, choice, kind);
}

void
stream_text_flush(struct dc_stream *st, size_t choice)
{
    struct stream_choice *c = &st->choices[choice];
    struct splitter sp = {st, c, choice, {NULL, 0}};
    if (c->tail_len > 0)
        flush_tail(st, choice);
    bool blanks = c->think == THINK_OPENED || c->think == THINK_CLOSED;
    if (c->held_len > 0 && !blanks)
        release_held(&sp);
}
