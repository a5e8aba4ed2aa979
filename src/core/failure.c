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

/* 68 cells at 80 columns, less "deepchat: ". */
enum { LINE_CELLS = 58 };

struct reading {
    struct dc_failure *out;
    const struct dc_response *response;
    const struct dc_asked *asked;
    struct said said;
};

static const char *
or_text(const char *text, const char *fallback)
{
    return text != NULL && text[0] != '\0' ? text : fallback;
}

static const char *
host_of(const struct reading *r)
{
    return or_text(r->asked->host, "the server");
}

static void verdict(struct reading *r, enum dc_fault fault, bool retry,
                    const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
verdict(struct reading *r, enum dc_fault fault, bool retry, const char *format,
        ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct dc_str s = {line, strlen(line)};
    size_t fit = utf8_fit(s, LINE_CELLS);
    bool cut = fit < s.len;
    if (cut)
        fit = utf8_fit(s, LINE_CELLS - 3);
    snprintf(r->out->line, sizeof r->out->line, "%.*s%s", (int)fit, line,
             cut ? "..." : "");
    r->out->fault = fault;
    r->out->retry = retry;
}

/* ---- the transport ---- */

static void
read_refused(struct reading *r)
{
    if (r->asked->loopback)
        verdict(r, DC_FAULT_NETWORK, false,
                "%s refused; is llama-server running?", host_of(r));
    else
        verdict(r, DC_FAULT_NETWORK, true, "nothing listens at %s", host_of(r));
}

static void
read_net(struct reading *r)
{
    const char *host = host_of(r);
    struct said detail;
    said_read(&detail, r->response->detail);
    const char *why = or_text(detail.text.ptr, "no reason given");
    switch (r->response->net) {
    case DC_NET_NO_HOST:
        verdict(r, DC_FAULT_NETWORK, false, "cannot find host %s", host);
        break;
    case DC_NET_DNS:
        verdict(r, DC_FAULT_NETWORK, true, "cannot look up %s now", host);
        break;
    case DC_NET_REFUSED:
        read_refused(r);
        break;
    case DC_NET_CONNECT_TIMEOUT:
        verdict(r, DC_FAULT_NETWORK, true, "no connection to %s in time", host);
        break;
    case DC_NET_FIRST_BYTE_TIMEOUT:
        verdict(r, DC_FAULT_NETWORK, false, "no answer from %s in time", host);
        break;
    case DC_NET_IDLE_TIMEOUT:
        verdict(r, DC_FAULT_NETWORK, true, "%s went silent", host);
        break;
    case DC_NET_TLS:
        verdict(r, DC_FAULT_NETWORK, true, "TLS with %s: %s", host, why);
        break;
    case DC_NET_TLS_CA:
        verdict(r, DC_FAULT_NETWORK, false,
                "TLS: %s; set ca_file (:h deepchat-proxy)", why);
        break;
    case DC_NET_CA_FILE:
        verdict(r, DC_FAULT_OTHER, false, "cannot read ca_file %s", why);
        break;
    case DC_NET_PROXY:
        verdict(r, DC_FAULT_NETWORK, false, "proxy: %s", why);
        break;
    case DC_NET_CLOSED:
        verdict(r, DC_FAULT_NETWORK, true, "%s closed the connection", host);
        break;
    case DC_NET_PROTOCOL:
        verdict(r, DC_FAULT_NOT_API, false, "%s: not an API: %s", host, why);
        break;
    case DC_NET_TOO_BIG:
        verdict(r, DC_FAULT_OTHER, false, "%s sent too much: %s", host, why);
        break;
    case DC_NET_OK:
    case DC_NET_OTHER:
        verdict(r, DC_FAULT_NETWORK, false, "%s: %s", host, why);
        break;
    }
    said_finish(&detail);
}

/* ---- the words ---- */

static bool
says(const struct reading *r, const char *needle)
{
    return said_holds(buf_str(&r->said.text), needle) ||
           said_holds(str_of(r->said.code), needle);
}

/* The conversation is over the model's context, in any server's words. */
static bool
is_overflow(const struct reading *r)
{
    static const char *const words[] = {
        "maximum context length",
        "context_length_exceeded",
        "context length exceeded",
        "exceeds the context window",
        "exceeds the available context size",
        "exceed_context_size_error",
        "exceeds maximum input length",
        "maximum prompt length is",
        "reduce the length of the messages",
        "prompt is too long",
        "too large for model with",
        "greater than the context length",
        "context window exceeds limit",
        "exceeded model token limit",
        "max_tokens must be at least 1",
        "too many tokens",
        "exceeds the limit of",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (says(r, words[i]))
            return true;
    if (says(r, "input token count") && says(r, "exceeds the maximum"))
        return true;
    int status = r->response->status;
    return (status == 400 || status == 413) && r->response->body.len == 0;
}

static bool
is_no_model(const struct reading *r)
{
    int status = r->response->status;
    if (says(r, "model_not_found") || says(r, "model not exist") ||
        says(r, "model not found"))
        return true;
    if (!says(r, "model") || status < 400 || status > 422)
        return false;
    return says(r, "does not exist") || says(r, "not found") ||
           says(r, "unknown model") || says(r, "no such model") ||
           says(r, "is not available");
}

/* The request members that a server may refuse, and that can be named without
 * a param. */
static void
find_field(struct reading *r)
{
    static const char *const fields[] = {
        "stream_options",
        "service_tier",
        "reasoning_effort",
        "prompt_cache_key",
        "fail_fast",
        "max_completion_tokens",
        "max_tokens",
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "response_format",
        "tool_choice",
        "tools",
        "seed",
        "stop",
    };
    const char *named = r->said.field;
    const char *dot = strrchr(named, '.');
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(dot != NULL ? dot + 1 : named, fields[i]) == 0 ||
            (named[0] == '\0' && says(r, fields[i]))) {
            snprintf(r->out->field, sizeof r->out->field, "%s", fields[i]);
            return;
        }
    snprintf(r->out->field, sizeof r->out->field, "%.63s", named);
}

/* ---- the statuses ---- */

static void
read_key(struct reading *r)
{
    int status = r->response->status;
    const char *source = r->asked->key_source;
    if (r->asked->key == NULL)
        verdict(r, DC_FAULT_KEY, false,
                "%s wants a key (%d); set api_key_env (:h deepchat-key)",
                host_of(r), status);
    else if (status == 403 && !says(r, "authenticat") && !says(r, "key"))
        verdict(r, DC_FAULT_KEY, false, "not allowed (403): %s",
                or_text(r->said.text.ptr, host_of(r)));
    else
        verdict(r, DC_FAULT_KEY, false,
                "key from %s refused (%d); nothing lost",
                or_text(source, "your settings"), status);
}

static void
read_field(struct reading *r)
{
    int status = r->response->status;
    find_field(r);
    const char *words = or_text(r->said.text.ptr, "no reason given");
    if (r->out->field[0] == '\0')
        verdict(r, DC_FAULT_OTHER, false, "refused (%d): %s", status, words);
    else
        verdict(r, DC_FAULT_FIELD, false, "%s refused (%d): %s", r->out->field,
                status, words);
}

static void
read_busy(struct reading *r)
{
    int status = r->response->status;
    if (status == 429 && (says(r, "busy") || says(r, "overloaded")))
        verdict(r, DC_FAULT_RATE, true, "the model is busy (429)");
    else if (status == 429)
        verdict(r, DC_FAULT_RATE, true, "rate limited (429)");
    else if (says(r, "loading"))
        verdict(r, DC_FAULT_SERVER, true, "the model is loading (%d)", status);
    else if (status < 500)
        verdict(r, DC_FAULT_SERVER, true, "%s was not ready (%d)", host_of(r),
                status);
    else if (status == 500 && says(r, "not supported"))
        verdict(r, DC_FAULT_OTHER, false, "%s", r->said.text.ptr);
    else
        verdict(r, DC_FAULT_SERVER, true, "%s failed (%d)", host_of(r), status);
}

static void
read_redirect(struct reading *r)
{
    struct said where;
    said_read(&where, r->response->location);
    verdict(r, DC_FAULT_PATH, false,
            "redirected to %s; set base_url if you trust it",
            or_text(where.text.ptr, "nowhere"));
    said_finish(&where);
}

static void
read_ok(struct reading *r)
{
    if (r->said.html)
        verdict(r, DC_FAULT_NOT_API, false,
                "%s sent a web page, not an API reply (base_url?)", host_of(r));
    else if (r->said.text.len == 0)
        verdict(r, DC_FAULT_OTHER, false, "%s sent an empty answer",
                host_of(r));
    else if (r->said.json && r->said.code[0] == '\0')
        verdict(r, DC_FAULT_NOT_API, false,
                "%s sent no chat reply; check base_url", host_of(r));
    else
        verdict(r, DC_FAULT_SERVER, false, "%s: %s", host_of(r),
                r->said.text.ptr);
}

static bool
is_transient(int status)
{
    return status == 408 || status == 409 || status == 425 || status == 429 ||
           status == 500 || (status >= 502 && status <= 504) ||
           (status >= 520 && status <= 524) || status == 529;
}

static void
read_missing(struct reading *r)
{
    int status = r->response->status;
    if (status == 405 && says(r, "tool"))
        verdict(r, DC_FAULT_FIELD, false, "%s cannot use tools (405)",
                or_text(r->asked->model, "the model"));
    else
        verdict(r, DC_FAULT_PATH, false, "no chat API at %s (%d); see base_url",
                host_of(r), status);
}

static void
read_status(struct reading *r)
{
    int status = r->response->status;
    if (status >= 300 && status < 400)
        read_redirect(r);
    else if (is_overflow(r))
        verdict(r, DC_FAULT_CONTEXT, false,
                "too long for the model's context; cut turns");
    else if (status == 402 || says(r, "insufficient_quota"))
        verdict(r, DC_FAULT_FUNDS, false, "account at %s needs funding (%d)",
                host_of(r), status);
    else if (is_no_model(r))
        verdict(r, DC_FAULT_MODEL, false, "no model %s at %s; try :DeepModel",
                or_text(r->asked->model, "set"), host_of(r));
    else if (status == 401 || status == 403)
        read_key(r);
    else if (status == 404 || status == 405)
        read_missing(r);
    else if (status == 413)
        verdict(r, DC_FAULT_TOO_LARGE, false,
                "request too large for %s (413); cut turns", host_of(r));
    else if (is_transient(status))
        read_busy(r);
    else if (status == 200)
        read_ok(r);
    else if (status == 400 || status == 422)
        read_field(r);
    else
        verdict(r, DC_FAULT_OTHER, false, "unexpected status %d from %s",
                status, host_of(r));
}

void
dc_failure_read(struct dc_failure *out, const struct dc_response *response,
                const struct dc_asked *asked)
{
    *out = (struct dc_failure){.fault = DC_FAULT_OTHER};
    struct reading r = {.out = out, .response = response, .asked = asked};
    said_read(&r.said, response->body);
    if (asked->key != NULL && r.said.text.ptr != NULL)
        dc_redact(r.said.text.ptr, asked->key);
    snprintf(out->server, sizeof out->server, "%s",
             or_text(r.said.text.ptr, ""));
    if (response->net != DC_NET_OK)
        read_net(&r);
    else
        read_status(&r);
    if (asked->key != NULL)
        dc_redact(out->line, asked->key);
    said_finish(&r.said);
}

/* ---- asking again ---- */

int
dc_retry_wait(int attempt, double retry_after, double random)
{
    enum { FIRST_MS = 500, MOST_MS = 8000, LONGEST_S = 120 };
    if (retry_after > LONGEST_S)
        return -1;
    if (retry_after >= 0 && !isnan(retry_after))
        return (int)(retry_after * 1000);
    double ms = FIRST_MS;
    for (int i = 1; i < attempt && ms < MOST_MS; i++)
        ms *= 2;
    if (ms > MOST_MS)
        ms = MOST_MS;
    return (int)(ms * (1 - 0.25 * random));
}

/* ---- secrets ---- */

enum { PIECE = 8 };

/* How many bytes at the start of text stand in secret, in one run. */
static size_t
match(const char *text, const char *secret)
{
    size_t best = 0;
    for (; *secret != '\0'; secret++) {
        size_t n = 0;
        while (text[n] != '\0' && text[n] == secret[n])
            n++;
        best = n > best ? n : best;
    }
    return best;
}

void
dc_redact(char *text, const char *secret)
{
    if (secret == NULL || strlen(secret) < PIECE)
        return;
    char *to = text;
    while (*text != '\0') {
        size_t n = match(text, secret);
        if (n < PIECE) {
            *to++ = *text++;
            continue;
        }
        memcpy(to, "***", 3);
        to += 3;
        text += n;
    }
    *to = '\0';
}
