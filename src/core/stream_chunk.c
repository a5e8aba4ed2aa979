/*
 * One event, read as a tree. A member of the wrong type counts as absent, of
 * two members with one name the first counts, and what is not JSON is skipped
 * and counted. Events may hold several JSON texts: some servers forget the
 * empty line between two.
 */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "core/stream.h"

/* ---- repairs before parsing ---------------------------------------------- */

/* The code unit of the escape at the start of text, or -1. */
static int
escaped_unit(struct dc_str text)
{
    int value = 0;
    if (text.len < 6 || text.ptr[0] != '\\' || text.ptr[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdef";
        int c = (unsigned char)text.ptr[i];
        c = c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c;
        const char *digit = c != '\0' ? strchr(digits, c) : NULL;
        if (digit == NULL)
            return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

static bool
is_half(int unit, int first)
{
    return unit >= first && unit < first + 0x400;
}

static void
add_half(struct buf *out, int unit)
{
    buf_add_byte(out, '\xff');
    buf_add_byte(out, (char)(0x80 | (unit >> 6 & 0x1f)));
    buf_add_byte(out, (char)(0x80 | (unit & 0x3f)));
}

/* text starts with a backslash. Returns the bytes used. */
static size_t
mend_escape(struct buf *out, struct dc_str text)
{
    int unit = escaped_unit(text);
    size_t len = unit >= 0 ? 6 : 2;
    if (unit == 0) {
        utf8_add_point(out, 0xfffd);
        return len;
    }
    if (is_half(unit, 0xd800)) {
        struct dc_str next = {text.ptr + 6, text.len - 6};
        if (is_half(escaped_unit(next), 0xdc00))
            len = 12;
    }
    bool pair = len == 12;
    if (!pair && (is_half(unit, 0xd800) || is_half(unit, 0xdc00)))
        add_half(out, unit);
    else
        buf_add(out, text.ptr, len < text.len ? len : text.len);
    return len < text.len ? len : text.len;
}

static bool
is_odd(char c)
{
    return c == '\0' || (unsigned char)c >= 0xfe;
}

void
stream_mend(struct buf *out, struct dc_str text)
{
    size_t from = 0, at = 0;
    bool inside = false;
    while (at < text.len) {
        char c = text.ptr[at];
        if (c == '"')
            inside = !inside;
        if (!inside || (c != '\\' && !is_odd(c))) {
            at++;
            continue;
        }
        buf_add(out, text.ptr + from, at - from);
        if (c == '\\') {
            at +=
                mend_escape(out, (struct dc_str){text.ptr + at, text.len - at});
        } else {
            utf8_add_point(out, 0xfffd);
            at++;
        }
        from = at;
    }
    buf_add(out, text.ptr + from, at - from);
}

/* ---- content ------------------------------------------------------------- */

static void
say(struct dc_stream *st, size_t choice, enum dc_delta_kind kind,
    const char *text)
{
    stream_text(st, choice, kind, str_of(text));
}

static void
read_thinking(struct dc_stream *st, size_t choice, const cJSON *part)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(part, "thinking");
    const cJSON *item = NULL;
    if (cJSON_IsString(list))
        say(st, choice, DC_DELTA_REASONING, list->valuestring);
    else if (cJSON_IsArray(list))
        cJSON_ArrayForEach(item, list)
            say(st, choice, DC_DELTA_REASONING, stream_string(item, "text"));
}

static void
read_part(struct dc_stream *st, size_t choice, const cJSON *part)
{
    const char *type = stream_string(part, "type");
    if (strcmp(type, "thinking") == 0)
        read_thinking(st, choice, part);
    else if (strcmp(type, "reasoning") == 0)
        say(st, choice, DC_DELTA_REASONING, stream_string(part, "text"));
    else
        say(st, choice, DC_DELTA_TEXT, stream_string(part, "text"));
}

/* Templates that open the think tag in the prompt leave only the closing one.
 * When the whole answer is at hand, and the tag has a line of its own, what is
 * before it is reasoning. Returns the rest. */
static const char *
cut_implicit(struct dc_stream *st, size_t choice, const char *text)
{
    static const char tag[] = "\n</think>\n";
    const char *at = strstr(text, tag);
    if (!st->whole || at == NULL || strstr(text, "<think>") != NULL)
        return text;
    struct dc_str before = {text, (size_t)(at - text)};
    stream_text(st, choice, DC_DELTA_REASONING, before);
    return at + 1;
}

static void
read_content(struct dc_stream *st, size_t choice, const cJSON *delta)
{
    const cJSON *content = cJSON_GetObjectItemCaseSensitive(delta, "content");
    const cJSON *part = NULL;
    if (cJSON_IsString(content))
        say(st, choice, DC_DELTA_TEXT,
            cut_implicit(st, choice, content->valuestring));
    else if (cJSON_IsArray(content))
        cJSON_ArrayForEach(part, content) read_part(st, choice, part);
}

static void
read_reasoning(struct dc_stream *st, size_t choice, const cJSON *delta)
{
    static const char *const keys[] = {"reasoning_content", "reasoning",
                                       "reasoning_text"};
    const char *text = "";
    for (size_t i = 0; i < sizeof keys / sizeof *keys && *text == '\0'; i++)
        text = stream_string(delta, keys[i]);
    say(st, choice, DC_DELTA_REASONING, text);
}

static void
read_calls(struct dc_stream *st, const cJSON *delta)
{
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(delta, "tool_calls");
    const cJSON *piece = NULL;
    size_t place = 0;
    if (cJSON_IsArray(calls))
        cJSON_ArrayForEach(piece, calls) stream_call_add(st, piece, place++);
}

/* ---- chunks -------------------------------------------------------------- */

/* A whole message counts only where no part of it has come as a delta. */
static const cJSON *
find_delta(struct dc_stream *st, size_t index, const cJSON *choice)
{
    const cJSON *delta = stream_object(choice, "delta");
    if (delta != NULL || st->choices[index].heard)
        return delta;
    return stream_object(choice, "message");
}

/* The choice's number; STREAM_CHOICES_MAX if it cannot be one. */
static size_t
choice_index(const cJSON *choice)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(choice, "index");
    if (!cJSON_IsNumber(item))
        return 0;
    double index = item->valuedouble;
    bool usable = index >= 0 && index < (double)STREAM_CHOICES_MAX &&
                  floor(index) == index;
    return usable ? (size_t)index : STREAM_CHOICES_MAX;
}

static void
read_choice(struct dc_stream *st, const cJSON *choice)
{
    size_t index = choice_index(choice);
    if (!cJSON_IsObject(choice) || stream_choice(st, index) == NULL)
        return;
    const cJSON *delta = find_delta(st, index, choice);
    read_reasoning(st, index, delta);
    read_content(st, index, delta);
    stream_finish(st, index, stream_string(choice, "finish_reason"));
    if (index > 0)
        return;
    read_calls(st, delta);
    stream_usage(st, stream_object(choice, "usage"));
}

static void
read_chunk(struct dc_stream *st, const cJSON *chunk, bool named)
{
    const cJSON *choices = cJSON_GetObjectItemCaseSensitive(chunk, "choices");
    const cJSON *choice = NULL;
    stream_labels(st, chunk);
    stream_usage(st, stream_object(stream_object(chunk, "x_groq"), "usage"));
    if (cJSON_IsArray(choices))
        cJSON_ArrayForEach(choice, choices) read_choice(st, choice);
    stream_usage(st, stream_object(chunk, "usage"));
    stream_error(st, chunk, named);
}

/* ---- events -------------------------------------------------------------- */

/* Read the first JSON text of *rest and cut it off. */
static bool
read_json(struct dc_stream *st, struct dc_str *rest, bool named)
{
    const char *end;
    cJSON *tree = cJSON_ParseWithLengthOpts(rest->ptr, rest->len, &end, 0);
    if (tree == NULL)
        return false;
    const cJSON *chunk = cJSON_IsArray(tree) ? tree->child : tree;
    if (cJSON_IsObject(chunk))
        read_chunk(st, chunk, named);
    else
        st->summary.malformed++;
    rest->len -= (size_t)(end - rest->ptr);
    rest->ptr = end;
    *rest = str_trim(*rest);
    cJSON_Delete(tree);
    return true;
}

/* An error event need not be JSON at all. */
static void
read_plain_error(struct dc_stream *st, struct dc_str event)
{
    const char *none = "the server reported an error and no reason";
    stream_fail(st, DC_E_SERVER, none);
    if (event.len > 0)
        stream_line(st->failure.text, sizeof st->failure.text, event);
}

static void
keep_error_event(struct dc_stream *st, struct dc_str event)
{
    struct dc_str start = {event.ptr, utf8_fit(event, DC_ERROR_BODY_MAX / 3)};
    if (st->failure.code == DC_E_SERVER)
        utf8_add_clean(&st->error_event, start, true);
}

void
stream_event(struct dc_stream *st, struct dc_str event, bool named)
{
    buf_reset(&st->fixed);
    stream_mend(&st->fixed, event);
    struct dc_str rest = buf_str(&st->fixed);
    while (rest.len > 0 && st->state != STREAM_FAILED) {
        if (str_starts(rest, "[DONE]")) {
            st->summary.done_mark = true;
            break;
        }
        if (!read_json(st, &rest, named)) {
            st->summary.malformed += !named;
            break;
        }
    }
    if (named && st->state != STREAM_FAILED)
        read_plain_error(st, buf_str(&st->fixed));
    keep_error_event(st, event);
}
