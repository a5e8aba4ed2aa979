/*
 * Tool calls come in pieces that name their call by id, by index, or not at
 * all. An id wins; then the index; then the call opened last. Only choice 0 may
 * call tools.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/stream.h"

static int
read_index(const cJSON *piece)
{
    double index = stream_number(piece, "index");
    return index >= 0 && index <= 1e6 && floor(index) == index ? (int)index
                                                               : -1;
}

static struct stream_call *
find_id(struct dc_stream *st, const char *id)
{
    for (size_t i = 0; i < st->summary.calls; i++)
        if (str_is(buf_str(&st->calls[i].id), id))
            return &st->calls[i];
    return NULL;
}

/* The newest, because some servers number every call 0. */
static struct stream_call *
find_index(struct dc_stream *st, int index)
{
    for (size_t i = st->summary.calls; i-- > 0;)
        if (st->calls[i].index == index)
            return &st->calls[i];
    return NULL;
}

static struct stream_call *
find_call(struct dc_stream *st, const char *id, int index)
{
    struct stream_call *call = *id != '\0' ? find_id(st, id) : NULL;
    if (call != NULL)
        return call;
    if (index >= 0) {
        call = find_index(st, index);
        bool other = call != NULL && *id != '\0' && call->id.len > 0;
        return other ? NULL : call;
    }
    bool open = *id == '\0' && st->summary.calls > 0;
    return open ? &st->calls[st->summary.calls - 1] : NULL;
}

static struct stream_call *
open_call(struct dc_stream *st, int index)
{
    if (st->summary.calls == DC_CALLS_MAX) {
        stream_fail(st, DC_E_TOO_BIG, "the reply has more than 32 tool calls");
        return NULL;
    }
    struct stream_call *call = &st->calls[st->summary.calls++];
    buf_init(&call->id, STREAM_NAME_MAX);
    buf_init(&call->name, STREAM_NAME_MAX);
    buf_init(&call->arguments, DC_ARGUMENTS_MAX);
    call->index = index;
    return call;
}

static bool
add_arguments(struct buf *arguments, const cJSON *function)
{
    const cJSON *value =
        cJSON_GetObjectItemCaseSensitive(function, "arguments");
    if (cJSON_IsString(value))
        return buf_add_text(arguments, value->valuestring);
    if (!cJSON_IsObject(value))
        return true;
    char *text = cJSON_PrintUnformatted(value);
    bool done = text == NULL || buf_add_text(arguments, text);
    cJSON_free(text);
    return done;
}

void
stream_call_add(struct dc_stream *st, const cJSON *piece, size_t place)
{
    if (!cJSON_IsObject(piece))
        return;
    const cJSON *function = stream_object(piece, "function");
    const char *id = stream_string(piece, "id");
    const char *name = stream_string(function, "name");
    int index = read_index(piece);
    struct stream_call *call = find_call(st, id, index);
    /* Two in one list without any mark are two calls. */
    if (place > 0 && *id == '\0' && index < 0 && *name != '\0')
        call = NULL;
    if (call == NULL)
        call = open_call(st, index);
    if (call == NULL)
        return;
    bool fits = call->id.len > 0 || buf_add_text(&call->id, id);
    fits = fits && (call->name.len > 0 || buf_add_text(&call->name, name));
    if (!fits || !add_arguments(&call->arguments, function))
        stream_fail(st, DC_E_TOO_BIG, "a tool call is longer than 256 KiB");
}

/* The buffer's content becomes clean; it keeps its place. */
static void
clean(struct buf *b)
{
    struct buf text;
    buf_init(&text, 3 * b->limit);
    stream_clean(&text, buf_str(b), true, false);
    buf_finish(b);
    *b = text;
}

static void
make_id(struct dc_stream *st, size_t index)
{
    char id[32];
    size_t n = index;
    do
        snprintf(id, sizeof id, "call_%zu", n++);
    while (find_id(st, id) != NULL);
    buf_add_text(&st->calls[index].id, id);
}

void
stream_calls_finish(struct dc_stream *st)
{
    for (size_t i = 0; i < st->summary.calls; i++) {
        struct stream_call *call = &st->calls[i];
        clean(&call->id);
        clean(&call->name);
        clean(&call->arguments);
        if (call->id.len == 0)
            make_id(st, i);
        if (str_trim(buf_str(&call->arguments)).len == 0) {
            buf_reset(&call->arguments);
            buf_add_text(&call->arguments, "{}");
        }
        call->call = (struct dc_call){buf_str(&call->id), buf_str(&call->name),
                                      buf_str(&call->arguments)};
    }
    if (st->summary.calls > 0 && st->summary.finish == DC_FINISH_STOP)
        st->summary.finish = DC_FINISH_TOOL_CALLS;
}

void
stream_calls_free(struct dc_stream *st)
{
    for (size_t i = 0; i < st->summary.calls; i++) {
        buf_finish(&st->calls[i].id);
        buf_finish(&st->calls[i].name);
        buf_finish(&st->calls[i].arguments);
    }
}
