/*
 * From an answer that is no reply to one line for the user: what happened and
 * what to do. Statuses, bodies and the words that servers use are those of
 * wire-contract section 3.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/failure.h"
#include "deepchat.h"

/* 68 cells at 80 columns, less "deepchat: ". No character is wider than it has
 * bytes, so bytes will do. */
enum { LINE_MAX_CELLS = 58 };

static bool
has_key(const struct reading *r)
{
    return r->asked->key != NULL && r->asked->key[0] != '\0';
}

/* ---- the line ---- */

/* Append text as one clean line, cut with "..." where it is over max bytes. */
static void
add_cut(struct buf *out, const char *text, size_t max)
{
    struct buf line;
    buf_init(&line, strlen(text) * 3 + 1); /* U+FFFD for a byte */
    failure_line(&line, str_of(text));
    struct dc_str s = buf_str(&line);
    bool cut = s.len > max;
    if (s.len > 0)
        buf_add(out, s.ptr, cut ? utf8_fit(s, max - 3) : s.len);
    if (cut)
        buf_add_text(out, "...");
    buf_finish(&line);
}

/* Without the " (:h topic)" at its end, if room is short. */
static size_t
advice_len(const char *advice, size_t words)
{
    size_t len = strlen(advice);
    const char *topic = strstr(advice, " (:h");
    if (topic != NULL && words + strlen("; ") + len > LINE_MAX_CELLS)
        len = (size_t)(topic - advice);
    return len;
}

size_t
failure_room(const char *advice)
{
    size_t tail = strlen(advice);
    return LINE_MAX_CELLS - (tail > 0 ? strlen("; ") + tail : 0);
}

/* Rather the name of the host than what it did. */
static void
shorten_host(char *words, const char *host, size_t room)
{
    enum { LEAST = 19 };
    char *at = strstr(words, host);
    size_t len = strlen(host), had = strlen(words);
    if (had <= room || at == NULL || len <= LEAST)
        return;
    size_t over = had - room;
    size_t keep = len > LEAST + over ? len - over : LEAST;
    keep = utf8_fit((struct dc_str){host, len}, keep - 3);
    memset(at + keep, '.', 3);
    memmove(at + keep + 3, at + len, strlen(at + len) + 1);
}

void
failure_say(struct reading *r, enum dc_fault fault, bool retry,
            const char *advice, const char *format, ...)
{
    char words[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    dc_redact(words, r->asked->key);

    struct buf line;
    buf_init(&line, sizeof r->out->line - 1);
    int tail = (int)advice_len(advice, strlen(words));
    size_t room = LINE_MAX_CELLS - (tail > 0 ? strlen("; ") + (size_t)tail : 0);
    shorten_host(words, r->host, room);
    add_cut(&line, words, room);
    if (tail > 0)
        buf_addf(&line, "; %.*s", tail, advice);
    snprintf(r->out->line, sizeof r->out->line, "%s", line.ptr);
    buf_finish(&line);
    r->out->fault = fault;
    r->out->retry = retry;
}

/* ---- the statuses ---- */

static void
read_key(struct reading *r)
{
    static const char *const words[] = {"key",   "authentic",  "unauthorized",
                                        "token", "credential", NULL};
    bool about_key =
        r->status == 401 || r->said.text.len == 0 || said_any(&r->said, words);
    if (!about_key)
        failure_say(r, DC_FAULT_KEY, false, "", "not allowed (403): %s",
                    r->said.text.ptr);
    else if (!has_key(r))
        failure_say(r, DC_FAULT_KEY, false, "see :h deepchat-key",
                    "no key for %s (%d)", r->host, r->status);
    else
        failure_say(r, DC_FAULT_KEY, false, "nothing lost",
                    "key from %s refused (%d)",
                    or_text(r->asked->key_source, "your settings"), r->status);
}

static void
read_busy(struct reading *r)
{
    static const char *const busy[] = {
        "busy", "overloaded", "engine_overloaded", "capacity exceeded", NULL};
    int status = r->status;
    const char *words = r->said.html ? "" : r->said.text.ptr;
    if (status == 498) /* Groq */
        failure_say(r, DC_FAULT_RATE, true, "", "the flex tier is full (498)");
    else if (status == 429 && said_any(&r->said, busy))
        failure_say(r, DC_FAULT_RATE, true, "", "the model is busy (429)");
    else if (status == 429)
        failure_say(r, DC_FAULT_RATE, true, "", "rate limited (429)");
    else if (status == 503 && said_has(&r->said, "loading"))
        failure_say(r, DC_FAULT_SERVER, true, "", "the model is loading (503)");
    else if (status == 529)
        failure_say(r, DC_FAULT_SERVER, true, "", "%s is busy (529)", r->host);
    else if (status < 500)
        failure_say(r, DC_FAULT_SERVER, true, "", "%s was not ready (%d)",
                    r->host, status);
    else
        failure_say(r, DC_FAULT_SERVER, true, "", "%s failed (%d)%s%s", r->host,
                    status, words[0] != '\0' ? ": " : "", words);
}

/* In the line the host must do where the whole address is too long. */
static void
read_redirect(struct reading *r)
{
    enum { ROOM = 15 };
    said_finish(&r->said);
    said_read(&r->said, r->response->location, r->asked->key);
    const char *where = r->said.text.ptr;
    const char *scheme = strstr(where, "://");
    where = scheme != NULL ? scheme + 3 : where;
    size_t len = strlen(where);
    if (len > ROOM && strcspn(where, "/") > 0)
        len = strcspn(where, "/");
    failure_say(r, DC_FAULT_PATH, false, "set base_url if you trust it",
                "redirects to %.*s", len > 0 ? (int)len : 7,
                len > 0 ? where : "nowhere");
}

static bool
is_page(const struct reading *r)
{
    struct dc_str type = r->response->content_type;
    return r->said.html ||
           (!r->said.error && failure_find(type, "text/html") < type.len);
}

/* A line of an event stream that brings nothing. */
static bool
is_idle_line(struct dc_str line)
{
    line = str_trim(line);
    return line.len == 0 || line.ptr[0] == ':' || str_is(line, "data: [DONE]");
}

static bool
is_idle_stream(struct dc_str body)
{
    while (body.len > 0)
        if (!is_idle_line(str_cut(&body, '\n')))
            return false;
    return true;
}

/* It is an answer, only that there is nothing in it. */
static bool
is_chat(const struct reading *r)
{
    struct dc_str body = r->response->body;
    return !r->said.error && (failure_find(body, "\"choices\"") < body.len ||
                              is_idle_stream(body));
}

static void
read_ok(struct reading *r)
{
    static const char *const passing[] = {"server_error", "overloaded", NULL};
    const char *words = r->said.text.ptr;
    if (is_page(r))
        failure_say(r, DC_FAULT_NOT_API, false, "see base_url",
                    "%s sent a web page%s%s", r->host,
                    words[0] != '\0' ? ": " : "", words);
    else if (r->said.text.len == 0)
        failure_say(r, DC_FAULT_OTHER, false, "", "%s sent an empty reply",
                    r->host);
    else if (is_chat(r))
        failure_say(r, DC_FAULT_SERVER, true, "",
                    "%s broke off before the first word", r->host);
    else if (r->said.error)
        failure_say(r, DC_FAULT_SERVER, said_any(&r->said, passing), "",
                    "%s: %s", r->host, words);
    else
        failure_say(r, DC_FAULT_NOT_API, false, "see base_url",
                    "%s sent no chat reply", r->host);
}

static bool
is_transient(int status)
{
    return status == 408 || status == 409 || status == 425 || status == 429 ||
           status == 500 || (status >= 502 && status <= 504) ||
           (status >= 520 && status <= 524) || status == 529 || status == 498;
}

static bool
is_bad_key(const struct reading *r)
{
    static const char *const words[] = {
        "api key not valid", "incorrect api key", "invalid api key",
        "invalid_api_key",   "invalid x-api-key", NULL,
    };
    return r->status == 401 || r->status == 403 ||
           (r->status == 400 && said_any(&r->said, words));
}

static void
read_status(struct reading *r)
{
    int status = r->status;
    if (status >= 300 && status < 400)
        read_redirect(r);
    else if (failure_words(r))
        return;
    else if (is_bad_key(r))
        read_key(r);
    else if (status == 404 || status == 405)
        failure_say(r, DC_FAULT_PATH, false, "see base_url",
                    "no chat API at %s (%d)", r->host, status);
    else if (status == 413)
        failure_say(r, DC_FAULT_TOO_LARGE, false, "cut turns",
                    "request too large for %s (413)", r->host);
    else if (is_transient(status))
        read_busy(r);
    else if (status >= 200 && status < 300)
        read_ok(r);
    else if (status == 511)
        failure_say(r, DC_FAULT_NOT_API, false, "log in to it",
                    "the network wants a login (511)");
    else if (status == 400 || status == 422)
        failure_field(r);
    else
        failure_say(r, DC_FAULT_OTHER, false, "",
                    "unexpected status %d from %s", status, r->host);
}

/* The status that a body under 200 stands for. */
static int
status_of(const struct reading *r)
{
    int status = r->response->status;
    if (status != 200 || !r->said.error)
        return status;
    if (r->said.number != 0)
        return r->said.number;
    if (said_has(&r->said, "rate_limit_exceeded"))
        return 429;
    return said_has(&r->said, "invalid_api_key") ? 401 : status;
}

static void
keep_words(struct reading *r)
{
    struct buf words;
    buf_init(&words, sizeof r->said.where + SAID_MAX + 2);
    if (r->said.where[0] != '\0')
        buf_addf(&words, "%s: ", r->said.where);
    buf_add_str(&words, buf_str(&r->said.text));
    size_t len = utf8_fit(buf_str(&words), sizeof r->out->server - 1);
    snprintf(r->out->server, sizeof r->out->server, "%.*s", (int)len,
             words.ptr);
    buf_finish(&words);
}

void
dc_failure_read(struct dc_failure *out, const struct dc_response *response,
                const struct dc_asked *asked)
{
    *out = (struct dc_failure){.fault = DC_FAULT_OTHER};
    struct reading r = {.out = out, .response = response, .asked = asked};
    r.host = or_text(asked->host, "the server");
    bool answered = response->net == DC_NET_OK;
    said_read(&r.said, answered ? response->body : response->detail,
              asked->key);
    r.status = status_of(&r);
    if (answered)
        read_status(&r);
    else
        failure_net(&r);
    keep_words(&r);
    said_finish(&r.said);
}

/* ---- asking again ---- */

int
dc_retry_wait(int attempt, double retry_after, double random)
{
    enum { FIRST_MS = 500, MOST_MS = 8000, LONGEST_S = 120 };
    if (retry_after > LONGEST_S)
        return -1;
    if (retry_after > 0)
        return (int)ceil(retry_after * 1000);
    double ms = FIRST_MS;
    for (int i = 1; i < attempt && ms < MOST_MS; i++)
        ms *= 2;
    return (int)(ms * (1 - 0.25 * random));
}
