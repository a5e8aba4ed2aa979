/*
 * What a chunk says besides its text: who answered, why it ended, what it
 * costs, and errors. Numbers may be missing, null or written as strings.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/stream.h"

/* Nobody counts that far. */
static const double number_max = 1e15;

double
stream_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    double value = -1;
    if (cJSON_IsNumber(item)) {
        value = item->valuedouble;
    } else if (cJSON_IsString(item) && *item->valuestring != '\0') {
        char *end;
        value = strtod(item->valuestring, &end);
        if (*end != '\0')
            value = -1;
    }
    return value >= 0 && value <= number_max ? value : -1;
}

const char *
stream_string(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

const cJSON *
stream_object(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsObject(item) ? item : NULL;
}

/* ---- usage --------------------------------------------------------------- */

/* What is not given keeps its last value. */
static void
update(double *stored, double value)
{
    if (value >= 0)
        *stored = value;
}

void
stream_usage(struct dc_stream *st, const cJSON *usage)
{
    if (usage == NULL)
        return;
    struct dc_usage *u = &st->summary.usage;
    const cJSON *in = stream_object(usage, "prompt_tokens_details");
    const cJSON *out = stream_object(usage, "completion_tokens_details");
    update(&u->tokens_in, stream_number(usage, "prompt_tokens"));
    update(&st->tokens_out, stream_number(usage, "completion_tokens"));
    update(&u->cached, stream_number(usage, "prompt_cache_hit_tokens"));
    update(&u->cached, stream_number(in, "cached_tokens"));
    update(&u->reasoning, stream_number(usage, "reasoning_tokens"));
    update(&u->reasoning, stream_number(out, "reasoning_tokens"));
    update(&u->cost, stream_number(usage, "cost"));
    update(&u->cost, stream_number(usage, "estimated_cost"));
    u->tokens_out = st->tokens_out;
    /* More reasoning than output: this server does not count it as output. */
    if (st->tokens_out >= 0 && u->reasoning > st->tokens_out)
        u->tokens_out += u->reasoning;
}

/* ---- finish reason and labels -------------------------------------------- */

static const struct {
    const char *text;
    enum dc_finish finish;
} finishes[] = {
    {"stop", DC_FINISH_STOP},
    {"end", DC_FINISH_STOP},
    {"eos", DC_FINISH_STOP},
    {"stop_sequence", DC_FINISH_STOP},
    {"length", DC_FINISH_LENGTH},
    {"model_length", DC_FINISH_LENGTH},
    {"tool_calls", DC_FINISH_TOOL_CALLS},
    {"function_call", DC_FINISH_TOOL_CALLS},
    {"content_filter", DC_FINISH_FILTER},
    {"model_context_window_exceeded", DC_FINISH_CONTEXT},
};

static enum dc_finish
finish_of(const char *reason)
{
    for (size_t i = 0; i < sizeof finishes / sizeof *finishes; i++)
        if (strcmp(reason, finishes[i].text) == 0)
            return finishes[i].finish;
    return DC_FINISH_OTHER;
}

void
stream_finish(struct dc_stream *st, size_t choice, const char *reason)
{
    if (*reason == '\0')
        return;
    struct dc_summary *sum = &st->summary;
    struct stream_choice *c = &st->choices[choice];
    c->finish = finish_of(reason);
    stream_line(c->finish_text, sizeof c->finish_text, str_of(reason));
    if (choice > 0)
        return;
    sum->finish = c->finish;
    memcpy(sum->finish_text, c->finish_text, sizeof sum->finish_text);
}

/* The first that says something counts: routers begin with empty ones. */
static void
label(char *stored, size_t size, const char *text)
{
    if (*stored == '\0')
        stream_line(stored, size, str_of(text));
}

void
stream_labels(struct dc_stream *st, const cJSON *chunk)
{
    struct dc_summary *sum = &st->summary;
    label(sum->model, sizeof sum->model, stream_string(chunk, "model"));
    label(sum->service_tier, sizeof sum->service_tier,
          stream_string(chunk, "service_tier"));
}

/* ---- errors -------------------------------------------------------------- */

static const char *
error_text(const cJSON *error)
{
    static const char *const keys[] = {"message", "detail", "error", "type"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = stream_string(error, keys[i]);
        if (*text != '\0')
            return text;
    }
    return "the server reported an error and no reason";
}

static void
set_error(struct dc_stream *st, struct dc_str text, double code)
{
    stream_fail(st, DC_E_SERVER, "");
    stream_line(st->failure.text, sizeof st->failure.text, str_trim(text));
    bool usable = code >= 1 && code <= INT_MAX && floor(code) == code;
    st->failure.http_status = usable ? (int)code : 0;
}

bool
stream_error(struct dc_stream *st, const cJSON *chunk, bool named)
{
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(chunk, "error");
    const cJSON *object = NULL;
    if (cJSON_IsObject(error) && error->child != NULL)
        object = error;
    else if (named || strcmp(stream_string(chunk, "object"), "error") == 0)
        object = chunk;
    bool is_text = cJSON_IsString(error) && *error->valuestring != '\0';
    if (st->state == STREAM_FAILED || (object == NULL && !is_text))
        return false;
    if (is_text)
        set_error(st, str_of(error->valuestring), stream_number(chunk, "code"));
    else
        set_error(st, str_of(error_text(object)),
                  stream_number(object, "code"));
    return true;
}
