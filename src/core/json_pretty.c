/*
 * JSON text laid out over lines. Only the blanks between its parts change, so
 * nothing is read and written again that could lose a digit or an escape.
 */
#include "base/buf.h"
#include "base/error.h"
#include "core/json_text.h"
#include "deepchat.h"

static void
add_line(struct buf *out, size_t depth)
{
    buf_add_byte(out, '\n');
    for (size_t i = 0; i < depth && !out->full; i++)
        buf_add_text(out, "  ");
}

/* The bytes of the string or word at the start of rest. */
static size_t
token_len(struct dc_str rest)
{
    size_t i = 1;
    if (rest.ptr[0] == '"') {
        while (rest.ptr[i] != '"')
            i += rest.ptr[i] == '\\' ? 2 : 1;
        return i + 1;
    }
    while (i < rest.len && str_find(str_of(" \t\r\n,:]}"), rest.ptr[i]) == 8)
        i++;
    return i;
}

static bool
is_empty(struct dc_str rest)
{
    rest = str_trim((struct dc_str){rest.ptr + 1, rest.len - 1});
    return rest.len > 0 && (rest.ptr[0] == '}' || rest.ptr[0] == ']');
}

/* Returns how much of rest was used. */
static size_t
add_token(struct buf *out, struct dc_str rest, size_t *depth, bool *empty)
{
    char c = rest.ptr[0];
    if (c == '{' || c == '[') {
        buf_add_byte(out, c);
        *empty = is_empty(rest);
        ++*depth;
        if (!*empty)
            add_line(out, *depth);
    } else if (c == '}' || c == ']') {
        --*depth;
        if (!*empty)
            add_line(out, *depth);
        *empty = false;
        buf_add_byte(out, c);
    } else if (c == ',') {
        buf_add_byte(out, c);
        add_line(out, *depth);
    } else if (c == ':') {
        buf_add_text(out, ": ");
    } else {
        size_t len = token_len(rest);
        buf_add(out, rest.ptr, len);
        return len;
    }
    return 1;
}

char *
dc_json_pretty(struct dc_str text, size_t limit, size_t *len,
               struct dc_error *err)
{
    struct buf out;
    size_t depth = 0;
    bool empty = false;
    if (!json_text(text)) {
        fail(err, DC_E_SYNTAX, "not JSON");
        return NULL;
    }
    buf_init(&out, limit);
    for (text = str_trim(text); text.len > 0 && !out.full;) {
        size_t used = add_token(&out, text, &depth, &empty);
        text.ptr += used;
        text.len -= used;
        while (text.len > 0 && str_find(str_of(" \t\r\n"), text.ptr[0]) < 4) {
            text.ptr++;
            text.len--;
        }
    }
    if (!out.full)
        return buf_take(&out, len);
    fail(err, DC_E_TOO_BIG, "laid out, over %zu bytes", limit);
    buf_finish(&out);
    return NULL;
}
