/*
 * Order of a reply's life here: reply_start(), a place as soon as the request
 * is on its way, text through the writer, then, when the reply has ended and
 * the buffer has all of its text, the end of the place (chat_calls.c).
 */
#include "host/chat_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/about.h"
#include "host/kept.h"
#include "host/lock.h"
#include "host/log.h"
#include "host/pairs.h"

enum {
    RUNNING_MAX = 64, /* replies; each has a socket and a journal */
};
static const char too_many[] =
    "64 replies are coming in; wait for one to end, nothing was sent";

struct chats *
chats_new(struct host *host)
{
    struct chats *chats = mem_alloc(sizeof *chats);
    chats->host = host;
    chats->kept = kept_new();
    chats->tickets.owner = chats;
    return chats;
}

struct chat *
chat_of(struct chats *chats, int64_t id)
{
    struct chat *chat = chats->first;
    while (chat != NULL && chat->id != id)
        chat = chat->next;
    return chat;
}

static void
destroy(struct chat *chat)
{
    loop_timer_stop(chat->host->lp, chat->timer);
    reply_free(chat->reply);
    writer_close(chat->lane);
    chat_choices_free(chat);
    journal_close(chat->journal);
    value_free(chat->finish);
    free(chat->lost);
    free(chat->status);
    free(chat->chat_dir);
    free(chat->model);
    free(chat->pairs);
    ask_filter_free(&chat->filter);
    free(chat);
}

void
chat_free(struct chat *chat)
{
    struct chat **at = &chat->host->chats->first;
    while (*at != chat)
        at = &(*at)->next;
    *at = chat->next;
    destroy(chat);
}

void
chats_free(struct chats *chats)
{
    if (chats == NULL)
        return;
    while (chats->first != NULL) {
        struct chat *chat = chats->first;
        chats->first = chat->next;
        destroy(chat);
    }
    tickets_free(&chats->tickets);
    kept_free(chats->kept);
    free(chats);
}

size_t
chats_running(const struct chats *chats)
{
    size_t n = 0;
    for (const struct chat *chat = chats->first; chat; chat = chat->next)
        n += !chat->ended;
    return n;
}

/* ---- what the writer says ---- */

static void
on_drained(void *user)
{
    chat_step(user);
}

void
chat_press(struct chat *chat, bool high)
{
    chat->pressed += high ? 1 : -1;
    if (!chat->ended)
        reply_pause(chat->reply, chat->pressed > 0);
}

static void
on_pressure(void *user, bool high)
{
    chat_press(user, high);
}

static void
on_lost(void *user, const char *why)
{
    struct chat *chat = user;
    chat_lost(chat, why);
    chat_step(chat);
}

/* ---- what the reply says ---- */

static void
on_started(void *user)
{
    chat_step(user);
}

/* What a filter leaves nothing of is no text. */
static void
give(struct chat *chat, enum dc_delta_kind kind, struct dc_str text)
{
    chat->got_text = chat->got_text || text.len > 0;
    if (chat->lost == NULL)
        writer_add(chat->lane, kind, text);
}

static void
on_text(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct chat *chat = user;
    if (kind == DC_DELTA_TEXT)
        text = ask_filter_add(&chat->filter, text, false);
    give(chat, kind, text);
    if (!chat->enough && ask_filter_enough(&chat->filter)) {
        chat->enough = true;
        reply_stop(chat->reply);
    }
}

static void
on_anew(void *user)
{
    struct chat *chat = user;
    ask_filter_anew(&chat->filter);
    if (chat->lost == NULL)
        writer_anew(chat->lane);
}

static void
on_round(void *user, const struct reply_round *round)
{
    chat_tell_round(user, round);
}

static void
on_status(void *user, const char *text)
{
    struct chat *chat = user;
    free(chat->status);
    chat->status = mem_str(text);
    chat_tell_status(chat);
}

static void
on_notice(void *user, const char *text)
{
    chat_tell_notice(user, text);
}

/* What the marker says is about all of the answer; what the filter has ended
 * was not stopped by the user. */
static struct value *
about_whole(const struct chat *chat, const struct reply_end *end)
{
    struct reply_end whole = *end;
    char *pairs = NULL;
    whole.got_text = chat->got_text;
    if (chat->enough && strcmp(end->finish, "stopped") == 0)
        whole.finish = "stop";
    if (chat->pairs != NULL && end->got_text)
        whole.pairs = pairs =
            pairs_sum(str_of(chat->pairs), str_of(end->pairs));
    struct value *about = about_end(&whole);
    free(pairs);
    return about;
}

static void
on_ended(void *user, const struct reply_end *end)
{
    struct chat *chat = user;
    struct dc_str none = {"", 0};
    give(chat, DC_DELTA_TEXT, ask_filter_add(&chat->filter, none, true));
    chat_choices_last(chat);
    chat->ended = true;
    chat->finish = about_whole(chat, end);
    ask_filter_tell(&chat->filter, chat->finish);
    chat->journal = reply_take_journal(chat->reply);
    reply_free(chat->reply);
    chat->reply = NULL;
    writer_last(chat->lane);
    if (chat->host->editor == NULL) {
        journal_close(chat->journal);
        chat->journal = NULL;
        host_rest(chat->host);
    } else {
        chat_step(chat);
    }
}

/* ---- sending ---- */

/* A send that does not even become a reply. */
static void
refuse(struct chat *chat, const char *line)
{
    chat->ended = true;
    chat->finish = about_refused(line);
    chat_step(chat);
}

static bool
take_lock(struct chat *chat, const struct ask *ask)
{
    int holder;
    const char *file = ask->request.journal.chat;
    char *state = config_state_dir(ask->request.cfg);
    bool ok =
        file[0] == '\0' || locks_take(chat->host->locks, state, file, &holder);
    free(state);
    return ok;
}

/* The configuration is the reply's from here on, and the filter the chat's. */
static void
start(struct chat *chat, struct ask *ask)
{
    chat->chat_dir = config_chat_dir(ask->request.cfg);
    chat->model = mem_str(config_model(ask->request.cfg));
    if (ask->request.kept.len > 0)
        chat->pairs = mem_copy(ask->pairs.ptr, ask->pairs.len);
    chat->filter = ask->filter;
    struct writer_events lane = {on_drained, on_pressure, on_lost, chat};
    chat->lane = writer_open(chat->host->writer, chat->id, lane);
    struct reply_events events = {
        .started = on_started,
        .text = on_text,
        .choice = chat_choice_add,
        .anew = on_anew,
        .round = on_round,
        .status = on_status,
        .notice = on_notice,
        .ended = on_ended,
        .user = chat,
    };
    chat->reply =
        reply_start(chat->host->lp, chat->host->http, &ask->request, events);
    chat->back = reply_back(chat->reply);
}

static struct chat *
new_chat(struct chats *chats, int64_t id)
{
    struct chat *chat = mem_alloc(sizeof *chat);
    chat->host = chats->host;
    chat->id = id;
    chat->next = chats->first;
    chats->first = chat;
    return chat;
}

static void
ask_and_start(struct chat *chat, const struct value *args, ask_fn *fill)
{
    struct ask ask = {.host = chat->host, .request.journal.chat = ""};
    struct reply_request *request = &ask.request;
    struct dc_error err = {.text = ""};
    bool ok = fill(&ask, args, &err);
    if (ok && !take_lock(chat, &ask))
        ok = fail(&err, DC_E_SYSTEM,
                  "this chat is open in another editor; nothing was sent");
    if (ok) {
        request->forms = chat->host->forms;
        request->catalog = chat->host->catalog;
        ask_count(&ask, args);
        request->journal.project =
            value_as_text(value_get(args, "project"), "");
        request->journal.model = config_model(request->cfg);
        start(chat, &ask);
    } else {
        config_free(request->cfg);
        ask_filter_free(&ask.filter);
        refuse(chat, err.text);
    }
    if (ask.free_own != NULL)
        ask.free_own(ask.own);
}

void
chats_ask(struct chats *chats, const struct value *args, ask_fn *fill)
{
    int64_t id = value_as_int(value_get(args, "id"), 0);
    if (id <= 0 || chat_of(chats, id) != NULL || kept_has(chats->kept, id)) {
        log_line(LOG_ERROR, "message ignored: id %lld is taken", (long long)id);
        return;
    }
    bool full = chats_running(chats) >= RUNNING_MAX;
    struct chat *chat = new_chat(chats, id);
    if (full)
        refuse(chat, too_many);
    else
        ask_and_start(chat, args, fill);
}

void
chats_stop(struct chats *chats, int64_t id)
{
    for (struct chat *chat = chats->first, *next; chat; chat = next) {
        next = chat->next;
        if ((id == 0 || chat->id == id) && !chat->ended)
            reply_stop(chat->reply);
    }
}

void
chats_saved(struct chats *chats, int64_t id)
{
    kept_saved(chats->kept, id);
}

void
chats_closed(struct chats *chats, int64_t id)
{
    kept_closed(chats->kept, id);
}

void
chats_detach(struct chats *chats)
{
    for (struct chat *chat = chats->first, *next; chat; chat = next) {
        next = chat->next;
        if (chat->ended)
            chat_free(chat);
        else
            reply_detached(chat->reply);
    }
    kept_free(chats->kept);
    chats->kept = kept_new();
}
