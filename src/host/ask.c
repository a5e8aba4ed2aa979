/* A send ends with the turn that the cursor is in. */
#include "host/ask.h"

#include "base/buf.h"
#include "base/error.h"
#include "host/service.h"

struct dc_str
ask_filter_add(const struct ask_filter *filter, struct dc_str text, bool final)
{
    return filter->add != NULL ? filter->add(filter->user, text, final) : text;
}

void
ask_filter_anew(const struct ask_filter *filter)
{
    if (filter->anew != NULL)
        filter->anew(filter->user);
}

bool
ask_filter_enough(const struct ask_filter *filter)
{
    return filter->enough != NULL && filter->enough(filter->user);
}

void
ask_filter_tell(const struct ask_filter *filter, struct value *about)
{
    if (filter->tell != NULL)
        filter->tell(filter->user, about);
}

struct ask_filter
ask_filter_again(const struct ask_filter *filter)
{
    struct ask_filter another = {.user = NULL};
    if (filter->again != NULL) {
        another = *filter;
        another.user = filter->again(filter->user);
    }
    return another;
}

void
ask_filter_free(struct ask_filter *filter)
{
    if (filter->free != NULL)
        filter->free(filter->user);
}

struct config *
ask_config(const struct value *args, const struct dc_transcript *tr,
           struct dc_error *err)
{
    struct config_sources sources = {
        .settings = value_get(args, "settings"),
        .buffer = value_get(args, "buffer"),
        .chat = tr,
        .arguments = value_get(args, "arguments"),
    };
    return config_new(&sources, err);
}

struct config *
ask_config_text(const struct value *args, struct dc_error *err)
{
    struct dc_transcript *tr;
    if (!dc_transcript_parse(&tr, value_as_str(value_get(args, "text")), err))
        return NULL;
    struct config *cfg = ask_config(args, tr, err);
    dc_transcript_free(tr);
    return cfg;
}

char *
ask_state_dir(const struct value *args)
{
    struct config *cfg = ask_config(args, NULL, NULL);
    if (cfg == NULL)
        cfg = ask_config(NULL, NULL, NULL);
    char *dir = config_state_dir(cfg);
    config_free(cfg);
    return dir;
}

static void
free_chat(void *own)
{
    dc_transcript_free(own);
}

struct dc_transcript *
ask_chat(struct ask *ask, const struct value *args, struct dc_error *err)
{
    struct dc_transcript *tr;
    if (!dc_transcript_parse(&tr, value_as_str(value_get(args, "text")), err))
        return NULL;
    ask->own = tr;
    ask->free_own = free_chat;
    ask->request.journal.chat = value_as_text(value_get(args, "file"), "");
    ask->request.rounds = -1;
    ask->request.cfg = ask_config(args, tr, err);
    if (ask->request.cfg == NULL)
        return NULL;
    service_session(ask->request.cfg,
                    value_as_text(value_get(args, "session"), ""));
    return tr;
}

struct dc_str
ask_last_words(const struct dc_transcript *tr, size_t last)
{
    for (size_t i = last + 1; i-- > 0;) {
        const struct dc_turn *turn = dc_transcript_turn(tr, i);
        if (turn != NULL && turn->role == DC_ROLE_USER &&
            str_trim(turn->text).len > 0)
            return turn->text;
    }
    return (struct dc_str){"", 0};
}

size_t
ask_last_turn(const struct dc_transcript *tr, size_t line)
{
    size_t i = 0;
    const struct dc_turn *turn;
    while ((turn = dc_transcript_turn(tr, i)) != NULL &&
           (line == 0 || turn->line <= line))
        i++;
    return i > 0 ? i - 1 : 0;
}

/* last: the turn that is sent last; without text it is no message. */
static bool
check_messages(const struct dc_message *messages, size_t count,
               const struct dc_turn *last, struct dc_error *err)
{
    bool any_user = false;
    for (size_t i = 0; i < count; i++)
        any_user = any_user || messages[i].role == DC_ROLE_USER;
    if (!any_user)
        return fail(err, DC_E_SYNTAX,
                    "the chat is empty; type a question, then send");
    if (messages[count - 1].role == DC_ROLE_USER ||
        messages[count - 1].role == DC_ROLE_TOOL)
        return true;
    if (last != NULL && last->role == DC_ROLE_USER)
        return fail(err, DC_E_SYNTAX,
                    "your last turn is empty; type a question, then send");
    return fail(err, DC_E_SYNTAX,
                "the last turn is not yours; add a question, then send");
}

void
ask_count(struct ask *ask, const struct value *args)
{
    struct reply_request *request = &ask->request;
    int64_t buf = value_as_int(value_get(args, "buf"), 0);
    request->usage = ask->host->usage;
    if (request->plain)
        return;
    usage_chat(request->usage, request->journal.chat, buf, request->chat_key);
    if (request->journal.chat[0] == '\0')
        usage_unnamed(request->usage, buf);
}

bool
ask_send(struct ask *ask, const struct value *args, struct dc_error *err)
{
    struct reply_request *request = &ask->request;
    struct dc_transcript *tr = ask_chat(ask, args, err);
    if (tr == NULL)
        return false;
    request->many = true;
    size_t line = (size_t)value_as_int(value_get(args, "line"), 0);
    size_t last = ask_last_turn(tr, line);
    request->messages =
        dc_transcript_messages(tr, last, &request->message_count);
    /* Behind line "asked" stands what is said only this time. */
    size_t asked = (size_t)value_as_int(value_get(args, "asked"), 0);
    if (asked > 0)
        request->journal.user = ask_last_words(tr, ask_last_turn(tr, asked));
    else
        request->journal.user = ask_last_words(tr, last);
    return check_messages(request->messages, request->message_count,
                          dc_transcript_turn(tr, last), err) &&
           ask_image(ask, args, err) && ask_schema(ask, args, err);
}
