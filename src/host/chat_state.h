/*
 * Shared by the files of replies in buffers: chat.c is how one begins, what it
 * says and how it goes; chat_choice.c the answers besides the first;
 * chat_calls.c what the editor is asked to do for it.
 */
#ifndef HOST_CHAT_STATE_H
#define HOST_CHAT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/chat.h"
#include "host/journal.h"
#include "host/reply.h"
#include "host/ticket.h"
#include "host/writer.h"

struct chat_choice;

struct chat {
    struct host *host;
    int64_t id;
    struct reply *reply;
    struct writer_lane *lane;
    struct chat_choice *choices; /* the answers besides the first, n > 1 */
    int pressed;                 /* lanes whose text waits in masses */
    struct journal *journal;     /* after the end */

    struct value *finish; /* what deepchat#buf#finish() will be told */
    size_t back;          /* reply_back() */
    bool begun;           /* the editor has made room for the reply */
    bool beginning;       /* "begin" is out */
    bool got_text;
    bool enough; /* the filter wants no more */
    bool ended;
    bool finished; /* "finish" is out or answered */
    char *lost;    /* why the text has no place any more */
    int errors;
    char *status; /* the newest that the editor was not told; may be NULL */
    bool telling; /* "status" is out */
    uint64_t timer;
    char *chat_dir;
    char *model; /* that is asked */
    char *pairs; /* of the answer that is gone on with, NULL if none is */
    struct ask_filter filter;
    struct chat *next;
};

struct chats {
    struct host *host;
    struct chat *first;
    struct kept *kept;
    struct tickets tickets; /* calls of the chats, by id */
};

/* ---- chat.c ---- */

/* NULL if there is none. */
struct chat *chat_of(struct chats *chats, int64_t id);
void chat_free(struct chat *chat);

/* A lane has passed a mark of the writer's. */
void chat_press(struct chat *chat, bool high);

/* ---- chat_choice.c ---- */

/* A piece of another answer; user is the chat. */
void chat_choice_add(void *user, unsigned number, enum dc_delta_kind kind,
                     struct dc_str text);
/* Nothing follows. */
void chat_choices_last(struct chat *chat);
/* The editor has all of them, or wants no more. */
bool chat_choices_idle(const struct chat *chat);
void chat_choices_free(struct chat *chat);

/* ---- chat_calls.c ---- */

/* Ask the editor for what is due next: a place, or the end of its reply. */
void chat_step(struct chat *chat);
/* The text has no place any more. The reply is stopped, chat_step() follows. */
void chat_lost(struct chat *chat, const char *why);
void chat_tell_round(struct chat *chat, const struct reply_round *round);
/* The newest status, as soon as the editor has taken the one before. */
void chat_tell_status(struct chat *chat);
void chat_tell_notice(struct chat *chat, const char *text);

#endif
