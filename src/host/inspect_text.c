/* Strings are cut where they stand, so that the rest of what is shown is the
 * request as it is sent. */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "host/inspect.h"

enum {
    DATA_KEPT = 60,    /* of an address with data in it */
    STRING_LONG = 2000 /* is cut where the whole is too long */
};

/* ---- strings ---- */

/* Bytes of the string at the start of rest, with both quotes. */
static size_t
string_len(struct dc_str rest)
{
    size_t i = 1;
    while (i < rest.len && rest.ptr[i] != '"')
        i += rest.ptr[i] == '\\' ? 2 : 1;
    return i < rest.len ? i + 1 : rest.len;
}

/* At most so many bytes, and not in the middle of an escape. */
static size_t
cut_at(struct dc_str string, size_t most)
{
    size_t at = 0, next = 0;
    while (next <= most && next < string.len) {
        at = next;
        next += string.ptr[at] != '\\'      ? 1
                : string.ptr[at + 1] == 'u' ? strlen("\\u0000")
                                            : strlen("\\n");
    }
    return utf8_fit(string, at);
}

/* True if it was cut. */
static bool
add_string(struct buf *out, struct dc_str string, bool cut_all)
{
    bool data = str_starts(string, "\"data:");
    size_t most = data ? DATA_KEPT : STRING_LONG;
    if ((!data && !cut_all) || string.len <= most * 2) {
        buf_add_str(out, string);
        return false;
    }
    size_t at = cut_at(string, most);
    buf_add(out, string.ptr, at);
    buf_addf(out, "... (%zu bytes more)\"", string.len - 1 - at);
    return true;
}

bool
inspect_shorten(struct dc_str json, size_t max, struct buf *out)
{
    bool cut = false, cut_all = json.len > max;
    while (json.len > 0) {
        size_t plain = str_find(json, '"');
        buf_add(out, json.ptr, plain);
        json = str_from(json, plain);
        if (json.len == 0)
            break;
        size_t len = string_len(json);
        if (add_string(out, (struct dc_str){json.ptr, len}, cut_all))
            cut = true;
        json = str_from(json, len);
    }
    return cut;
}

/* ---- a line for a shell ---- */

/* In quotes that a shell takes nothing out of. */
static void
add_quoted(struct buf *out, struct dc_str text)
{
    buf_add_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_byte(out, text.ptr[i]);
    buf_add_byte(out, '\'');
}

static void
add_line(struct value *lines, struct buf *line)
{
    value_add(lines, value_str(buf_str(line)));
    buf_reset(line);
}

struct value *
inspect_curl(const char *url, const char *key, struct dc_str body, bool stream)
{
    struct value *lines = value_list();
    struct buf line;
    buf_init(&line, SIZE_MAX / 2);
    buf_add_text(&line, stream ? "curl -N " : "curl ");
    add_quoted(&line, str_of(url));
    buf_add_text(&line, " \\");
    add_line(lines, &line);
    if (key[0] != '\0') {
        buf_addf(&line, "  -H \"Authorization: Bearer %s\" \\", key);
        add_line(lines, &line);
    }
    buf_add_text(&line, "  -H 'Content-Type: application/json' \\");
    add_line(lines, &line);
    buf_add_text(&line, "  --data-binary ");
    add_quoted(&line, body.len > 0 ? body : str_of("@request.json"));
    add_line(lines, &line);
    buf_finish(&line);
    return lines;
}
