/*
 * Marker lines and the pairs in them. The pairs are kept as they are written;
 * only dc_pairs_get() decodes.
 */
#include "core/marker.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static const char *const role_names[] = {
    [DC_ROLE_SYSTEM] = "system",       [DC_ROLE_USER] = "user",
    [DC_ROLE_ASSISTANT] = "assistant", [DC_ROLE_REASONING] = "reasoning",
    [DC_ROLE_CONTEXT] = "context",     [DC_ROLE_CALL] = "call",
    [DC_ROLE_TOOL] = "tool",           [DC_ROLE_ALTERNATE] = "alternate",
    [DC_ROLE_NOTE] = "note",
};
#define ROLE_COUNT (sizeof role_names / sizeof *role_names)

#define REST_MAX (DC_MARKER_MAX - 2)

static bool
is_trail(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_key_start(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool
is_key(char c)
{
    return is_key_start(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* May stand in a value as it is. */
static bool
is_value(char c)
{
    unsigned char u = (unsigned char)c;
    return u > ' ' && u != 0x7f && c != '=' && c != '%';
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* No role name starts another, so the first whole one is the role. */
static enum marker_state
step_role(struct marker *m, char c)
{
    size_t n = m->len - 2; /* letters before c */
    for (size_t r = 0; r < ROLE_COUNT; r++) {
        const char *name = role_names[r];
        if (strncmp(name, role_names[m->role], n) != 0 || name[n] != c)
            continue;
        m->role = (enum dc_role)r;
        return name[n + 1] == '\0' ? MARKER_NAMED : MARKER_ROLE;
    }
    return MARKER_DEAD;
}

/* Behind a role or a value. */
static enum marker_state
step_blank(char c)
{
    return c == ' ' ? MARKER_GAP : is_trail(c) ? MARKER_TRAIL : MARKER_DEAD;
}

static enum marker_state
step_value(char c)
{
    if (is_value(c))
        return MARKER_VALUE;
    return c == '%' ? MARKER_HEX1 : step_blank(c);
}

static enum marker_state
step_key(char c)
{
    return is_key(c) ? MARKER_KEY : c == '=' ? MARKER_VALUE : MARKER_DEAD;
}

static enum marker_state
step_gap(char c)
{
    return is_key_start(c) ? MARKER_KEY
           : is_trail(c)   ? MARKER_TRAIL
                           : MARKER_DEAD;
}

static enum marker_state
step_state(struct marker *m, char c)
{
    switch (m->state) {
    case MARKER_PERCENT:
        return c == ' ' && m->percents >= 2 ? MARKER_ROLE : MARKER_DEAD;
    case MARKER_ROLE:
        return step_role(m, c);
    case MARKER_NAMED:
        return step_blank(c);
    case MARKER_GAP:
        return step_gap(c);
    case MARKER_KEY:
        return step_key(c);
    case MARKER_VALUE:
        return step_value(c);
    case MARKER_HEX1:
        return hex_value(c) >= 0 ? MARKER_HEX2 : MARKER_DEAD;
    case MARKER_HEX2:
        return hex_value(c) >= 0 ? MARKER_VALUE : MARKER_DEAD;
    case MARKER_TRAIL:
        return is_trail(c) ? MARKER_TRAIL : MARKER_DEAD;
    case MARKER_DEAD:
        break;
    }
    return MARKER_DEAD;
}

void
marker_step(struct marker *m, char c)
{
    if (m->state == MARKER_PERCENT && c == '%') {
        m->percents++;
        return;
    }
    m->len++;
    m->state = step_state(m, c);
    if (m->len > REST_MAX && !(c == '\r' && m->len == REST_MAX + 1))
        m->state = MARKER_DEAD;
    if (m->state == MARKER_NAMED)
        m->begin = m->end = m->len;
    if (m->state == MARKER_VALUE)
        m->end = m->len;
}

bool
marker_whole(const struct marker *m)
{
    return m->state == MARKER_NAMED || m->state == MARKER_GAP ||
           m->state == MARKER_VALUE || m->state == MARKER_TRAIL;
}

enum dc_line
marker_read(struct dc_str line, struct marker *m)
{
    *m = (struct marker){.state = MARKER_PERCENT};
    if (!str_starts(line, "%%")) /* as nearly all lines of a chat */
        return DC_LINE_TEXT;
    for (size_t i = 0; i < line.len && m->state != MARKER_DEAD; i++)
        marker_step(m, line.ptr[i]);
    if (!marker_whole(m))
        return DC_LINE_TEXT;
    return m->percents == 2 ? DC_LINE_MARKER : DC_LINE_ESCAPED;
}

struct dc_str
marker_pairs(struct dc_str line, const struct marker *m)
{
    return (struct dc_str){line.ptr + m->percents + m->begin,
                           m->end - m->begin};
}

const char *
dc_role_name(enum dc_role role)
{
    return (size_t)role < ROLE_COUNT ? role_names[role] : "";
}

/* A broken byte counts as the U+FFFD that a reader of the file will see. */
enum dc_line
dc_line_kind(struct dc_str line, enum dc_role *role)
{
    struct marker m;
    enum dc_line kind = marker_read(line, &m);
    if (line.len > 0 && line.ptr[0] == '%' && !utf8_clean(line)) {
        struct buf clean;
        buf_init(&clean, SIZE_MAX / 2);
        utf8_add_clean(&clean, line, true);
        kind = marker_read(buf_str(&clean), &m);
        buf_finish(&clean);
    }
    if (kind == DC_LINE_MARKER && role != NULL)
        *role = m.role;
    return kind;
}

/* Text with its %XX read; what is no %XX stands for itself. */
static char *
decode(struct dc_str value)
{
    struct buf raw, out;
    buf_init(&raw, value.len);
    buf_init(&out, SIZE_MAX / 2);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '%' && value.len - i > 2) {
            int high = hex_value(value.ptr[i + 1]);
            int low = hex_value(value.ptr[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high * 16 + low);
                i += 2;
            }
        }
        buf_add_byte(&raw, c);
    }
    utf8_add_clean(&out, buf_str(&raw), true);
    buf_finish(&raw);
    return buf_take(&out, NULL);
}

char *
dc_pairs_get(struct dc_str pairs, const char *key)
{
    while (pairs.len > 0) {
        struct dc_str pair = str_cut(&pairs, ' ');
        size_t sign = str_find(pair, '=');
        if (sign < pair.len && str_is((struct dc_str){pair.ptr, sign}, key))
            return decode(str_from(pair, sign + 1));
    }
    return NULL;
}

static bool
key_valid(const char *key)
{
    size_t n = 0;
    while (is_key(key[n]))
        n++;
    return is_key_start(key[0]) && key[n] == '\0';
}

char *
dc_pair_print(const char *key, const char *value)
{
    assert(key_valid(key));
    struct buf clean, out;
    buf_init(&clean, SIZE_MAX / 2);
    buf_init(&out, SIZE_MAX / 2);
    utf8_add_clean(&clean, str_of(value), true);
    buf_addf(&out, " %s=", key);
    for (size_t i = 0; i < clean.len; i++) {
        if (is_value(clean.ptr[i]))
            buf_add_byte(&out, clean.ptr[i]);
        else
            buf_addf(&out, "%%%02X", (unsigned)(unsigned char)clean.ptr[i]);
    }
    buf_finish(&clean);
    return buf_take(&out, NULL);
}
