/*
 * The request body. Members that stay the same through a conversation come
 * first and the messages in order, so that the requests of one chat share
 * their beginning byte for byte and the server's prompt cache can use it.
 * Written by hand into one buffer, since cJSON would copy every message and
 * lose digits of large integers; values that come from outside are checked and
 * sent as they are written.
 */
#include <string.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "core/image.h"
#include "core/json_text.h"
#include "deepchat.h"

/* ---- JSON text ---- */

static void
add_escape(struct buf *b, unsigned char c)
{
    static const char *const shorts[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    if (c < sizeof shorts / sizeof *shorts && shorts[c] != NULL)
        buf_add_text(b, shorts[c]);
    else
        buf_addf(b, "\\u%04x", c);
}

static void
add_clean_string(struct buf *b, struct dc_str s)
{
    buf_add_byte(b, '"');
    size_t from = 0; /* what is before it has been added */
    for (size_t at = 0; at < s.len; at++) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, s.ptr + from, at - from);
        add_escape(b, c);
        from = at + 1;
    }
    if (from < s.len)
        buf_add(b, s.ptr + from, s.len - from);
    buf_add_byte(b, '"');
}

static void
add_string(struct buf *b, struct dc_str s)
{
    if (utf8_clean(s)) {
        add_clean_string(b, s);
        return;
    }
    struct buf clean; /* what is too much for it is too much for b, too */
    buf_init(&clean, DC_REQUEST_MAX);
    utf8_add_clean(&clean, s, true);
    add_clean_string(b, buf_str(&clean));
    buf_finish(&clean);
}

/* A name, with a comma unless it is the first one in its braces. */
static void
add_name(struct buf *b, const char *name)
{
    if (b->len > 0 && b->ptr[b->len - 1] != '{')
        buf_add_byte(b, ',');
    buf_add_byte(b, '"');
    buf_add_text(b, name);
    buf_add_text(b, "\":");
}

static void
add_member(struct buf *b, const char *name, struct dc_str text)
{
    add_name(b, name);
    add_string(b, text);
}

static const cJSON *
member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* ---- pictures ---- */

static void
add_part(struct buf *b, const char *type)
{
    char last = b->len > 0 ? b->ptr[b->len - 1] : '\0';
    buf_addf(b, "%s{\"type\":\"%s\"", last == '[' ? "" : ",", type);
}

/* The lines between two pictures. */
static void
add_text_part(struct buf *b, struct dc_str text)
{
    text = str_trim_lines(text);
    if (text.len == 0)
        return;
    add_part(b, "text");
    add_member(b, "text", text);
    buf_add_byte(b, '}');
}

static void
add_image_part(struct buf *b, const struct dc_image *image)
{
    add_part(b, "image_url");
    buf_add_text(b, ",\"image_url\":{");
    if (image->type.len > 0) {
        buf_add_text(b, "\"url\":\"data:");
        buf_add_str(b, image->type);
        buf_add_text(b, ";base64,");
        image_add_base64(b, image->bytes);
        buf_add_byte(b, '"');
    } else {
        add_member(b, "url", image->target);
    }
    buf_add_text(b, "}}");
}

static void
add_parts(struct buf *b, const struct dc_message *m)
{
    size_t from = 0;
    buf_add_text(b, ",\"content\":[");
    for (size_t i = 0; i < m->image_count; i++) {
        const struct dc_image *image = &m->images[i];
        add_text_part(b, (struct dc_str){m->text.ptr + from, image->at - from});
        add_image_part(b, image);
        from = image->at + image->len;
    }
    add_text_part(b, (struct dc_str){m->text.ptr + from, m->text.len - from});
    buf_add_byte(b, ']');
}

/* ---- messages ---- */

static void
add_call(struct buf *b, const struct dc_message *m)
{
    buf_add_byte(b, '{');
    add_member(b, "id", m->id);
    buf_add_text(b, ",\"type\":\"function\",\"function\":{");
    add_member(b, "name", m->name);
    add_member(b, "arguments", m->text);
    buf_add_text(b, "}}");
}

/* Calls that follow each other, or an answer, are one assistant message. */
static size_t
add_calls(struct buf *b, const struct dc_request *req, size_t i)
{
    size_t first = i;
    for (; i < req->message_count && req->messages[i].role == DC_ROLE_CALL;
         i++) {
        buf_add_text(b, i == first ? ",\"tool_calls\":[" : ",");
        add_call(b, &req->messages[i]);
    }
    if (i > first)
        buf_add_byte(b, ']');
    return i;
}

/* Returns the index behind what was written. */
static size_t
add_message(struct buf *b, const struct dc_request *req, size_t i)
{
    const struct dc_message *m = &req->messages[i];
    if (m->role == DC_ROLE_CALL) {
        buf_add_text(b, "{\"role\":\"assistant\",\"content\":null");
        i = add_calls(b, req, i);
    } else {
        buf_add_text(b, "{\"role\":\"");
        buf_add_text(b, dc_role_name(m->role));
        buf_add_byte(b, '"');
        if (m->role == DC_ROLE_TOOL)
            add_member(b, "tool_call_id", m->id);
        if (m->image_count > 0)
            add_parts(b, m);
        else
            add_member(b, "content", m->text);
        i++;
        if (m->role == DC_ROLE_ASSISTANT)
            i = add_calls(b, req, i);
    }
    buf_add_byte(b, '}');
    return i;
}

/* ---- an answer to go on with ---- */

static struct dc_str
kept_text(const struct dc_request *req)
{
    return (struct dc_str){req->kept.ptr, dc_seam_sent(req->kept)};
}

static enum dc_form
form_of(const struct dc_request *req, const cJSON *extra)
{
    if (req->form == DC_FORM_NONE || member(extra, "messages") != NULL)
        return DC_FORM_NONE;
    return kept_text(req).len > 0 ? req->form : DC_FORM_NONE;
}

static size_t
char_before(struct dc_str text, size_t at)
{
    size_t first = at > 4 ? at - 4 : 0;
    do
        at--;
    while (at > first && (text.ptr[at] & 0xc0) == 0x80);
    return at;
}

/* At most TAIL characters at the end of text: from the start of a line if that
 * leaves half of them, else from that of a word. */
static struct dc_str
tail_of(struct dc_str text)
{
    enum { TAIL = 200 };
    size_t at = text.len;
    for (int left = TAIL; at > 0 && left > 0; left--)
        at = char_before(text, at);
    struct dc_str tail = {text.ptr + at, text.len - at};
    struct dc_str head = {tail.ptr, at > 0 ? tail.len / 2 : 0};
    size_t cut = str_find(head, '\n');
    if (cut == head.len)
        cut = str_find(head, ' ');
    cut = cut < head.len ? cut + 1 : 0;
    return (struct dc_str){tail.ptr + cut, tail.len - cut};
}

static void
add_turn(struct buf *b, struct dc_str kept, struct dc_str instruction)
{
    struct buf text;
    buf_init(&text, DC_REQUEST_MAX);
    buf_add_text(&text,
                 "Your last message was cut off. Continue it from exactly "
                 "where it stopped. Do not repeat any of it, add no preamble, "
                 "and open no new code fence where it stopped inside one. It "
                 "ended with:\n");
    buf_add_str(&text, tail_of(kept));
    if (instruction.len > 0) {
        buf_add_text(&text, "\n\nIn what follows: ");
        buf_add_str(&text, instruction);
    }
    buf_add_text(b, ",{\"role\":\"user\"");
    add_member(b, "content", buf_str(&text));
    buf_add_byte(b, '}');
    buf_finish(&text);
}

/* Messages before the answer. One of the assistant right before it becomes a
 * part of it: servers refuse two of them at the end. */
static size_t
count_before(const struct dc_request *req, enum dc_form form)
{
    size_t n = req->message_count;
    bool two = form != DC_FORM_NONE && n > 0 &&
               req->messages[n - 1].role == DC_ROLE_ASSISTANT;
    return two ? n - 1 : n;
}

static void
add_kept(struct buf *b, const struct dc_request *req, enum dc_form form)
{
    struct dc_str kept = kept_text(req);
    size_t before = count_before(req, form);
    struct buf whole;
    buf_init(&whole, SIZE_MAX / 2);
    if (before < req->message_count) {
        buf_add_str(&whole, req->messages[before].text);
        buf_add_text(&whole, "\n\n");
    }
    buf_add_str(&whole, kept);
    buf_add_text(b, before > 0 ? "," : "");
    buf_add_text(b, "{\"role\":\"assistant\"");
    add_member(b, "content", buf_str(&whole));
    buf_finish(&whole);
    if (form == DC_FORM_PREFIX)
        buf_add_text(b, ",\"prefix\":true");
    buf_add_byte(b, '}');
    if (form == DC_FORM_TURN)
        add_turn(b, kept, req->instruction);
}

static void
add_messages(struct buf *b, const struct dc_request *req, enum dc_form form)
{
    add_name(b, "messages");
    buf_add_byte(b, '[');
    for (size_t i = 0; i < count_before(req, form);) {
        if (i > 0)
            buf_add_text(b, ",");
        i = add_message(b, req, i);
    }
    if (form != DC_FORM_NONE)
        add_kept(b, req, form);
    buf_add_byte(b, ']');
}

/* ---- the rest ---- */

static bool
add_params(struct buf *b, const struct dc_request *req, const cJSON *extra,
           struct dc_error *err)
{
    for (size_t i = 0; i < req->param_count; i++) {
        const struct dc_param *p = &req->params[i];
        if (!json_text(p->value))
            return fail(err, DC_E_SYNTAX, "the value of %s is not JSON",
                        p->name);
        if (member(extra, p->name) != NULL)
            continue;
        add_name(b, p->name);
        buf_add_str(b, str_trim(p->value));
    }
    return true;
}

static bool
is_given(const struct dc_request *req, const cJSON *extra, const char *name)
{
    for (size_t i = 0; i < req->param_count; i++)
        if (strcmp(req->params[i].name, name) == 0)
            return true;
    return member(extra, name) != NULL;
}

static void
add_flag(struct buf *b, const struct dc_request *req, const cJSON *extra,
         const char *name, const char *value)
{
    if (is_given(req, extra, name))
        return;
    add_name(b, name);
    buf_add_text(b, value);
}

/* Servers refuse stream_options where no stream is wanted, so it goes by what
 * extra makes of it. */
static void
add_stream(struct buf *b, const struct dc_request *req, const cJSON *extra)
{
    bool stream = req->stream;
    if (member(extra, "stream") != NULL) {
        stream = cJSON_IsTrue(member(extra, "stream"));
    } else {
        add_name(b, "stream");
        buf_add_text(b, stream ? "true" : "false");
    }
    if (stream && !req->no_usage && member(extra, "stream_options") == NULL) {
        add_name(b, "stream_options");
        buf_add_text(b, "{\"include_usage\":true}");
    }
}

/* What stands between the braces of extra, as it is written. */
static void
add_extra(struct buf *b, struct dc_str extra)
{
    extra = str_trim(extra);
    struct dc_str inner =
        str_trim((struct dc_str){extra.ptr + 1, extra.len - 2});
    if (inner.len == 0)
        return;
    if (b->len > 0 && b->ptr[b->len - 1] != '{')
        buf_add_byte(b, ',');
    buf_add_str(b, inner);
}

static bool
fill(struct buf *b, const struct dc_request *req, const cJSON *extra,
     struct dc_error *err)
{
    enum dc_form form = form_of(req, extra);
    buf_add_byte(b, '{');
    if (req->model.len > 0 && member(extra, "model") == NULL)
        add_member(b, "model", req->model);
    if (member(extra, "messages") == NULL)
        add_messages(b, req, form);
    if (!add_params(b, req, extra, err))
        return false;
    if (form == DC_FORM_FLAGS) {
        add_flag(b, req, extra, "add_generation_prompt", "false");
        add_flag(b, req, extra, "continue_final_message", "true");
    }
    add_stream(b, req, extra);
    if (extra != NULL)
        add_extra(b, req->extra);
    buf_add_byte(b, '}');
    if (b->full)
        return fail(err, DC_E_TOO_BIG, "the request is over %zu MB; cut turns",
                    DC_REQUEST_MAX >> 20);
    return true;
}

/* NULL unless text is an object; cJSON refuses some valid JSON, too. */
static cJSON *
read_object(struct dc_str text)
{
    cJSON *json = NULL;
    if (json_text(text))
        json = cJSON_ParseWithLength(text.ptr, text.len);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

char *
dc_request_body(const struct dc_request *req, size_t *len, struct dc_error *err)
{
    cJSON *extra = NULL;
    if (str_trim(req->extra).len > 0) {
        extra = read_object(req->extra);
        if (extra == NULL) {
            fail(err, DC_E_SYNTAX, "extra_body is not a JSON object");
            return NULL;
        }
    }
    struct buf b;
    buf_init(&b, DC_REQUEST_MAX);
    bool ok = fill(&b, req, extra, err);
    cJSON_Delete(extra);
    if (ok)
        return buf_take(&b, len);
    buf_finish(&b);
    return NULL;
}
