/*
 * Every event is one HTTP chunk, as real servers do it. A delta is rendered
 * behind a start that is made once for each answer: this is the hot path of
 * the benchmarks.
 */
#include "emit.h"

#include <string.h>
#include <strings.h>

#include "json.h"

static const char *
reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Scripted";
}

/* Does a line of this header start with name? */
static bool
has_header(const struct buf *lines, const char *name)
{
    struct dc_str rest = buf_str(lines);
    size_t len = strlen(name);
    while (rest.len > 0) {
        if (rest.len > len && rest.ptr[len] == ':' &&
            strncasecmp(rest.ptr, name, len) == 0)
            return true;
        size_t n = str_find(rest, '\n');
        n += n < rest.len;
        rest.ptr += n;
        rest.len -= n;
    }
    return false;
}

static void
add_default(struct buf *head, const struct play *p, const char *name,
            const char *value)
{
    if (!has_header(&p->headers, name) && !has_header(&p->dropped, name))
        buf_addf(head, "%s: %s\r\n", name, value);
}

static void
put_head(struct conn *c, const char *type)
{
    struct play *p = &c->play;
    struct buf head;
    buf_init(&head, (size_t)64 << 20);
    buf_addf(&head, "HTTP/1.1 %d %s\r\n", p->status, reason_phrase(p->status));
    add_default(&head, p, "Content-Type", type);
    if (p->chunked)
        add_default(&head, p, "Transfer-Encoding", "chunked");
    else if (!p->sized)
        add_default(&head, p, "Connection", "close");
    if (p->sized && !has_header(&p->dropped, "Content-Length"))
        buf_addf(&head, "Content-Length: %zu\r\n", p->length);
    buf_add_str(&head, buf_str(&p->headers));
    buf_add_text(&head, "\r\n");
    conn_put(c, buf_str(&head));
    buf_finish(&head);
    p->head_done = true;
}

void
emit_head(struct conn *c)
{
    put_head(c, "text/event-stream");
}

/* snprintf is too slow here. */
static size_t
hex_size(char out[18], size_t size)
{
    size_t digits = 1;
    while (digits < 16 && size >> (4 * digits) != 0)
        digits++;
    for (size_t i = 0; i < digits; i++)
        out[i] = "0123456789abcdef"[size >> (4 * (digits - 1 - i)) & 15];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    return digits + 2;
}

void
emit_body(struct conn *c, struct dc_str bytes)
{
    struct play *p = &c->play;
    if (!p->head_done)
        emit_head(c);
    p->body_len += bytes.len;
    if (!p->chunked) {
        conn_put(c, bytes);
        return;
    }
    if (bytes.len == 0)
        return; /* an empty chunk would end the body */
    char size[18];
    conn_put(c, (struct dc_str){size, hex_size(size, bytes.len)});
    conn_put(c, bytes);
    conn_put(c, (struct dc_str){"\r\n", 2});
}

static const char *
line_end(const struct conn *c)
{
    return c->play.crlf ? "\r\n" : "\n";
}

static void
send_event(struct conn *c, struct buf *event)
{
    buf_add_text(event, line_end(c));
    buf_add_text(event, line_end(c));
    emit_body(c, buf_str(event));
}

void
emit_event(struct conn *c, struct dc_str json)
{
    struct buf *event = &c->play.event;
    buf_cut(event, 0);
    buf_add_text(event, "data: ");
    buf_add_str(event, json);
    send_event(c, event);
    emit_prepare(c);
}

void
emit_comment(struct conn *c, struct dc_str text)
{
    struct buf *event = &c->play.event;
    buf_cut(event, 0);
    buf_add_text(event, text.len > 0 ? ": " : ":");
    buf_add_str(event, text);
    send_event(c, event);
    emit_prepare(c);
}

#define EVENT_START                                                            \
    "data: {\"id\":\"chatcmpl-%zu\",\"object\":\"chat.completion.chunk\","     \
    "\"created\":1763800000,\"model\":%.*s,\"system_fingerprint\":"            \
    "\"fp_scripted\",\"choices\":["

void
emit_prepare(struct conn *c)
{
    struct play *p = &c->play;
    if (p->start.len == 0) {
        struct dc_str model = json_member(c->request.body, "model");
        if (model.len < 2 || model.ptr[0] != '"' || model.len > 512)
            model = str_of("\"scripted\"");
        buf_addf(&p->start, EVENT_START,
                 c->record != NULL ? c->record->number : 0, (int)model.len,
                 model.ptr);
    }
    buf_cut(&p->event, 0);
    buf_add_str(&p->event, buf_str(&p->start));
}

static void
send_delta(struct conn *c, const char *before, struct dc_str text)
{
    struct play *p = &c->play;
    buf_cut(&p->event, p->start.len);
    buf_add_text(&p->event, before);
    json_escape(&p->event, text);
    buf_add_text(&p->event, "\"},\"logprobs\":null,\"finish_reason\":null}],"
                            "\"usage\":null}");
    send_event(c, &p->event);
}

void
emit_role(struct conn *c)
{
    send_delta(c,
               "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"",
               (struct dc_str){"", 0});
}

static void
count(struct conn *c, struct dc_str text)
{
    c->play.tokens++;
    if (c->record == NULL)
        return;
    buf_add_str(&c->record->content, text);
    conn_mark(c);
}

void
emit_content(struct conn *c, struct dc_str text)
{
    send_delta(c, "{\"index\":0,\"delta\":{\"content\":\"", text);
    count(c, text);
}

void
emit_reasoning(struct conn *c, struct dc_str text)
{
    send_delta(c, "{\"index\":0,\"delta\":{\"reasoning_content\":\"", text);
}

void
emit_count(struct conn *c, struct dc_str json)
{
    struct dc_str choice = json_item(json_member(json, "choices"), 0);
    struct dc_str content =
        json_member(json_member(choice, "delta"), "content");
    struct buf text;
    buf_init(&text, json.len + 1);
    if (json_text(&text, content) && text.len > 0)
        count(c, buf_str(&text));
    buf_finish(&text);
}

/* What was not given is made up from the sizes of request and answer. */
static void
add_usage(struct conn *c, const double *usage)
{
    struct play *p = &c->play;
    double in = usage[0] >= 0 ? usage[0] : (double)(p->prompt / 4);
    double out = usage[1] >= 0 ? usage[1] : (double)p->tokens;
    double cost = usage[2] >= 0 ? usage[2] : in * 3e-7 + out * 9e-7;
    buf_addf(&p->event,
             "\"usage\":{\"prompt_tokens\":%.0f,\"completion_tokens\":%.0f,"
             "\"total_tokens\":%.0f,\"estimated_cost\":%.8g}}",
             in, out, in + out, cost);
}

void
emit_finish(struct conn *c, const char *reason, const double *usage)
{
    struct play *p = &c->play;
    buf_cut(&p->event, p->start.len);
    buf_add_text(&p->event, "{\"index\":0,\"delta\":{},\"finish_reason\":\"");
    json_escape(&p->event, str_of(reason));
    buf_add_text(&p->event, "\"}],");
    if (usage != NULL)
        add_usage(c, usage);
    else
        buf_add_text(&p->event, "\"usage\":null}");
    send_event(c, &p->event);
}

void
emit_usage(struct conn *c, const double *usage)
{
    struct play *p = &c->play;
    buf_cut(&p->event, p->start.len);
    buf_add_text(&p->event, "],");
    add_usage(c, usage);
    send_event(c, &p->event);
}

void
emit_whole(struct conn *c, const char *type, struct dc_str body)
{
    struct play *p = &c->play;
    if (!p->head_done) {
        p->chunked = false;
        p->length = p->sized ? p->length : body.len;
        p->sized = true;
        put_head(c, type);
    }
    emit_body(c, body);
}

void
emit_end(struct conn *c)
{
    struct play *p = &c->play;
    if (!p->head_done) {
        p->sized = true;
        p->chunked = false;
        put_head(c, "text/plain");
    }
    if (p->chunked)
        conn_put(c, str_of("0\r\n\r\n"));
    bool exact = p->chunked || (p->sized && p->length == p->body_len);
    p->end = exact || p->tunnel ? PLAY_KEEP : PLAY_CLOSE;
}
