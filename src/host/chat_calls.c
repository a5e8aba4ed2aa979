/*
 * A place is asked for with "begin" as soon as the request is on its way, and
 * left with "finish" when the reply has ended and the buffer has all of its
 * text. The journal is removed only when the editor says that the finished
 * reply is in a saved file; until then nothing but the journal is kept. A call
 * that fails, because the user pressed Ctrl-C, is made again.
 */
#include "host/chat_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/about.h"
#include "host/kept.h"

enum {
    RETRY_MS = 50,
    ERRORS_MAX = 10, /* failed calls of one kind in a row */
};

static struct value *
with_id(const struct chat *chat, struct value *more)
{
    struct value *args = value_list();
    value_add(args, value_int(chat->id));
    value_add(args, more);
    return args;
}

static struct ticket *
ticket(struct chat *chat)
{
    return ticket_new(&chat->host->chats->tickets, chat->id);
}

/* NULL if it is gone. */
static struct chat *
redeem(void *user)
{
    void *chats;
    int64_t id = ticket_redeem(user, &chats);
    return chat_of(chats, id);
}

static void
step_again(void *user)
{
    struct chat *chat = user;
    chat->timer = 0;
    chat_step(chat);
}

static void
step_later(struct chat *chat)
{
    chat->timer = loop_timer(chat->host->lp, RETRY_MS, step_again, chat);
}

/* True if a call that failed is to be made again. */
static bool
try_again(struct chat *chat)
{
    if (++chat->errors >= ERRORS_MAX)
        return false;
    step_later(chat);
    return true;
}

void
chat_lost(struct chat *chat, const char *why)
{
    if (chat->lost == NULL)
        chat->lost = mem_str(why);
    if (!chat->ended)
        reply_stop(chat->reply);
}

static void
on_begun(void *user, const struct value *result, const char *error)
{
    struct chat *chat = redeem(user);
    if (chat == NULL)
        return;
    chat->beginning = false;
    const char *file = value_as_text(value_get(result, "file"), NULL);
    const char *word = value_as_text(result, "");
    if (file != NULL) {
        chat->begun = true;
        chat->errors = 0;
        if (!chat->ended)
            reply_set_chat(chat->reply, file);
    } else if (error == NULL && strcmp(word, "retry") == 0) {
        step_later(chat);
        return;
    } else if (error != NULL && try_again(chat)) {
        return;
    } else {
        chat_lost(chat, error != NULL ? error : word);
    }
    chat_step(chat);
}

static void
begin(struct chat *chat)
{
    struct value *about = value_map();
    value_put(about, "chat_dir", value_text(chat->chat_dir));
    value_put(about, "model", value_text(chat->model));
    value_put(about, "back", value_int((int64_t)chat->back));
    chat->beginning = true;
    editor_call(chat->host->editor, "deepchat#buf#begin", with_id(chat, about),
                on_begun, ticket(chat));
}

/* What the user has taken away is offered, but no news to him. */
static void
note_lost(struct chat *chat)
{
    bool by_user = chat->lost != NULL && (strcmp(chat->lost, "deleted") == 0 ||
                                          strcmp(chat->lost, "undone") == 0);
    if (by_user && chat->journal != NULL)
        journal_lost(chat->journal, chat->lost, NULL);
}

static void
on_finished(void *user, const struct value *result, const char *error)
{
    struct chat *chat = redeem(user);
    if (chat == NULL)
        return;
    chat->finished = false;
    if (error != NULL && try_again(chat))
        return;
    if (error == NULL && strcmp(value_as_text(result, ""), "retry") == 0) {
        step_later(chat);
        return;
    }
    bool saved = value_as_bool(value_get(result, "saved"), false);
    bool alive = value_as_bool(value_get(result, "alive"), false);
    if (saved || (!chat->got_text && error == NULL)) {
        journal_remove(chat->journal);
        chat->journal = NULL;
    } else if (alive) {
        kept_add(chat->host->chats->kept, chat->id, chat->journal);
        chat->journal = NULL;
    }
    note_lost(chat);
    chat_free(chat);
}

static void
finish(struct chat *chat)
{
    chat->finished = true;
    struct value *about = value_copy(chat->finish);
    if (chat->lost != NULL)
        value_put(about, "lost", value_text(chat->lost));
    editor_call(chat->host->editor, "deepchat#buf#finish", with_id(chat, about),
                on_finished, ticket(chat));
}

void
chat_step(struct chat *chat)
{
    if (chat->host->editor == NULL || chat->finished || chat->timer != 0 ||
        chat->beginning)
        return;
    if (!chat->begun && chat->lost == NULL &&
        (!chat->ended || chat->got_text)) {
        begin(chat);
        return;
    }
    bool written = chat->lane == NULL ||
                   (writer_idle(chat->lane) && chat_choices_idle(chat));
    if (chat->ended && (written || chat->lost != NULL))
        finish(chat);
}

/* ---- news ---- */

void
chat_tell_round(struct chat *chat, const struct reply_round *round)
{
    if (chat->host->editor != NULL)
        editor_call(chat->host->editor, "deepchat#buf#round",
                    with_id(chat, about_round(round)), NULL, NULL);
}

void
chat_tell_notice(struct chat *chat, const char *text)
{
    if (chat->host->editor == NULL)
        return;
    struct value *args = value_list();
    value_add(args, value_text(text));
    editor_call(chat->host->editor, "deepchat#buf#notice", args, NULL, NULL);
}

static void
on_told(void *user, const struct value *result, const char *error)
{
    (void)result;
    (void)error; /* the next one may be seen */
    struct chat *chat = redeem(user);
    if (chat == NULL)
        return;
    chat->telling = false;
    chat_tell_status(chat);
}

/* One at a time: an editor that does not answer is not flooded. */
void
chat_tell_status(struct chat *chat)
{
    if (chat->host->editor == NULL || chat->telling || chat->status == NULL)
        return;
    struct value *text = value_text(chat->status);
    free(chat->status);
    chat->status = NULL;
    chat->telling = true;
    editor_call(chat->host->editor, "deepchat#buf#status", with_id(chat, text),
                on_told, ticket(chat));
}
