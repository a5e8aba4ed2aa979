/*
 * Nine events in ten are one piece of text in a fixed frame. This reads them
 * without a tree: a strict JSON tokenizer that walks the whole event and says
 * no to everything unusual, be it legal or not, so that stream_chunk.c decides.
 * What it accepts must mean exactly what it means there; tests compare the two.
 */
#include <string.h>

#include "base/utf8.h"
#include "core/stream.h"

enum { DEPTH_MAX = 16, NUMBER_MAX = 60 };

struct scan {
    const char *at;
    const char *end;
    int depth;

    struct dc_stream *st;
    bool in_choice;         /* the choice has been seen */
    bool in_delta;          /* its delta has been seen */
    struct dc_str texts[4]; /* as they stand between the quotes */
};

/* Which of scan.texts; reasoning in the order of preference. */
enum { REASONING_CONTENT, REASONING, REASONING_TEXT, CONTENT };

typedef bool member_fn(struct scan *sc, struct dc_str key);

#define KEY_IS(key, text)                                                      \
    ((key).len == sizeof(text) - 1 &&                                          \
     memcmp((key).ptr, text, sizeof(text) - 1) == 0)

static void
skip_blanks(struct scan *sc)
{
    while (sc->at < sc->end && (*sc->at == ' ' || *sc->at == '\t' ||
                                *sc->at == '\n' || *sc->at == '\r'))
        sc->at++;
}

static bool
skip_byte(struct scan *sc, char c)
{
    if (sc->at == sc->end || *sc->at != c)
        return false;
    sc->at++;
    return true;
}

/* Value of four hex digits, or -1. */
static int
hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i];
        int low = c | 0x20;
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (low >= 'a' && low <= 'f')
            value = value * 16 + (low - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* at is behind the backslash. */
static bool
skip_escape(struct scan *sc)
{
    if (sc->at == sc->end)
        return false;
    char c = *sc->at++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    if (sc->end - sc->at < 4)
        return false;
    int value = hex4(sc->at);
    sc->at += 4;
    return value > 0 && (value < 0xd800 || value > 0xdfff);
}

/* The string's bytes between the quotes, its escapes checked. */
static bool
scan_string(struct scan *sc, struct dc_str *out)
{
    if (!skip_byte(sc, '"'))
        return false;
    out->ptr = sc->at;
    while (sc->at < sc->end) {
        unsigned char c = (unsigned char)*sc->at++;
        if (c == '"') {
            out->len = (size_t)(sc->at - 1 - out->ptr);
            return true;
        }
        if (c < 0x20 || c >= 0xfe || (c == '\\' && !skip_escape(sc)))
            return false;
    }
    return false;
}

static bool
skip_digits(struct scan *sc)
{
    const char *start = sc->at;
    while (sc->at < sc->end && *sc->at >= '0' && *sc->at <= '9')
        sc->at++;
    return sc->at > start;
}

static bool
skip_number(struct scan *sc)
{
    const char *start = sc->at;
    skip_byte(sc, '-');
    if (!skip_byte(sc, '0') && !skip_digits(sc))
        return false;
    if (skip_byte(sc, '.') && !skip_digits(sc))
        return false;
    if (skip_byte(sc, 'e') || skip_byte(sc, 'E')) {
        if (!skip_byte(sc, '+'))
            skip_byte(sc, '-');
        if (!skip_digits(sc))
            return false;
    }
    return sc->at - start <= NUMBER_MAX;
}

static bool
skip_word(struct scan *sc, const char *word)
{
    for (; *word != '\0'; word++)
        if (!skip_byte(sc, *word))
            return false;
    return true;
}

static bool skip_value(struct scan *sc);

static bool
skip_member(struct scan *sc, struct dc_str key)
{
    (void)key;
    return skip_value(sc);
}

/* A key with an escape in it is refused: it may be one of ours. */
static bool
scan_member(struct scan *sc, member_fn *fn)
{
    struct dc_str key;
    skip_blanks(sc);
    if (!scan_string(sc, &key) || memchr(key.ptr, '\\', key.len) != NULL)
        return false;
    skip_blanks(sc);
    if (!skip_byte(sc, ':'))
        return false;
    skip_blanks(sc);
    if (!fn(sc, key))
        return false;
    skip_blanks(sc);
    return true;
}

static bool
scan_object(struct scan *sc, member_fn *fn)
{
    if (!skip_byte(sc, '{'))
        return false;
    skip_blanks(sc);
    if (skip_byte(sc, '}'))
        return true;
    do {
        if (!scan_member(sc, fn))
            return false;
    } while (skip_byte(sc, ','));
    return skip_byte(sc, '}');
}

static bool
skip_array(struct scan *sc)
{
    sc->at++;
    skip_blanks(sc);
    if (skip_byte(sc, ']'))
        return true;
    do {
        skip_blanks(sc);
        if (!skip_value(sc))
            return false;
        skip_blanks(sc);
    } while (skip_byte(sc, ','));
    return skip_byte(sc, ']');
}

static bool
skip_nested(struct scan *sc)
{
    if (sc->depth == DEPTH_MAX)
        return false;
    sc->depth++;
    bool ok = *sc->at == '{' ? scan_object(sc, skip_member) : skip_array(sc);
    sc->depth--;
    return ok;
}

static bool
skip_value(struct scan *sc)
{
    struct dc_str ignored;
    if (sc->at == sc->end)
        return false;
    switch (*sc->at) {
    case '"':
        return scan_string(sc, &ignored);
    case '{':
    case '[':
        return skip_nested(sc);
    case 't':
        return skip_word(sc, "true");
    case 'f':
        return skip_word(sc, "false");
    case 'n':
        return skip_word(sc, "null");
    default:
        return skip_number(sc);
    }
}

/* ---- what a chunk is made of --------------------------------------------- */

/* A string, once, or null. */
static bool
scan_text(struct scan *sc, struct dc_str *out)
{
    if (out->ptr != NULL)
        return false;
    if (sc->at < sc->end && *sc->at == '"')
        return scan_string(sc, out);
    /* A second value would be the later one: refuse it, too. */
    *out = (struct dc_str){"", 0};
    return skip_word(sc, "null");
}

static bool
delta_member(struct scan *sc, struct dc_str key)
{
    if (KEY_IS(key, "content"))
        return scan_text(sc, &sc->texts[CONTENT]);
    if (KEY_IS(key, "reasoning_content"))
        return scan_text(sc, &sc->texts[REASONING_CONTENT]);
    if (KEY_IS(key, "reasoning"))
        return scan_text(sc, &sc->texts[REASONING]);
    if (KEY_IS(key, "reasoning_text"))
        return scan_text(sc, &sc->texts[REASONING_TEXT]);
    if (KEY_IS(key, "tool_calls"))
        return skip_word(sc, "null");
    return skip_value(sc);
}

static bool
choice_member(struct scan *sc, struct dc_str key)
{
    if (KEY_IS(key, "delta")) {
        bool first = !sc->in_delta;
        sc->in_delta = true;
        return first && scan_object(sc, delta_member);
    }
    /* Longer numbers that begin with 0 fail at the next comma. */
    if (KEY_IS(key, "index"))
        return skip_byte(sc, '0');
    if (KEY_IS(key, "finish_reason") || KEY_IS(key, "usage"))
        return skip_word(sc, "null");
    return skip_value(sc);
}

static bool
scan_choices(struct scan *sc)
{
    if (sc->in_choice || !skip_byte(sc, '['))
        return false;
    sc->in_choice = true;
    skip_blanks(sc);
    if (!scan_object(sc, choice_member))
        return false;
    skip_blanks(sc);
    return skip_byte(sc, ']');
}

/* Labels are taken from the first chunk that has them. */
static bool
scan_label(struct scan *sc, const char *known)
{
    struct dc_str text;
    if (*known != '\0' || (sc->at < sc->end && *sc->at == 'n'))
        return skip_value(sc);
    return scan_string(sc, &text) && text.len == 0;
}

static bool
scan_kind(struct scan *sc)
{
    struct dc_str kind;
    return scan_string(sc, &kind) && KEY_IS(kind, "chat.completion.chunk");
}

static bool
chunk_member(struct scan *sc, struct dc_str key)
{
    const struct dc_summary *known = &sc->st->summary;
    if (KEY_IS(key, "choices"))
        return scan_choices(sc);
    if (KEY_IS(key, "error") || KEY_IS(key, "usage") || KEY_IS(key, "x_groq"))
        return skip_word(sc, "null");
    if (KEY_IS(key, "object"))
        return scan_kind(sc);
    if (KEY_IS(key, "model"))
        return scan_label(sc, known->model);
    if (KEY_IS(key, "service_tier"))
        return scan_label(sc, known->service_tier);
    return skip_value(sc);
}

/* ---- what it says -------------------------------------------------------- */

/* text starts behind the backslash; returns where it goes on. */
static const char *
decode_escape(struct buf *out, const char *text)
{
    static const char names[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";
    if (*text == 'u') {
        utf8_add_point(out, (uint32_t)hex4(text + 1));
        return text + 5;
    }
    const char *name = strchr(names, *text);
    buf_add_byte(out, name != NULL ? bytes[name - names] : *text);
    return text + 1;
}

static struct dc_str
decode(struct buf *out, struct dc_str text)
{
    const char *at = text.ptr, *end = at + text.len;
    const char *stop = memchr(at, '\\', text.len);
    if (stop == NULL)
        return text;
    buf_reset(out);
    while (stop != NULL) {
        buf_add(out, at, (size_t)(stop - at));
        at = decode_escape(out, stop + 1);
        stop = memchr(at, '\\', (size_t)(end - at));
    }
    buf_add(out, at, (size_t)(end - at));
    return buf_str(out);
}

static void
say(struct scan *sc, int which, enum dc_delta_kind kind)
{
    struct dc_str text = sc->texts[which];
    if (text.len > 0)
        stream_text(sc->st, 0, kind, decode(&sc->st->raw, text));
}

bool
stream_scan(struct dc_stream *st, struct dc_str event)
{
    struct scan sc = {.at = event.ptr, .end = event.ptr + event.len, .st = st};
    if (!scan_object(&sc, chunk_member) || sc.at != sc.end || !sc.in_delta)
        return false;
    int which = REASONING_CONTENT;
    while (which < REASONING_TEXT && sc.texts[which].len == 0)
        which++;
    say(&sc, which, DC_DELTA_REASONING);
    say(&sc, CONTENT, DC_DELTA_TEXT);
    return true;
}
