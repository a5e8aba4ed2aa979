/*
 * From what the editor sends to what is asked. Each kind of place in a buffer
 * has a function of its own; chat.c does the rest for all of them.
 */
#ifndef HOST_ASK_H
#define HOST_ASK_H

#include <stdbool.h>

#include "base/value.h"
#include "deepchat.h"
#include "host/host.h"
#include "host/reply.h"

/* What the text of a reply passes on its way to the buffer. */
struct ask_filter {
    /* What is decided by now; borrowed. final: nothing follows. */
    struct dc_str (*add)(void *user, struct dc_str text, bool final);
    /* What came so far is void. */
    void (*anew)(void *user);
    /* True once nothing that still comes is wanted: the reply may end. */
    bool (*enough)(void *user);
    /* The reply has ended: adds to what the editor is told of it. */
    void (*tell)(void *user, struct value *about);
    /* The user of a filter for another answer to the same request; NULL if
     * there can be only one. */
    void *(*again)(void *user);
    void (*free)(void *user);
    void *user;
};

/* The same of a filter that may be missing, so that text goes as it comes. */
struct dc_str ask_filter_add(const struct ask_filter *filter,
                             struct dc_str text, bool final);
void ask_filter_anew(const struct ask_filter *filter);
bool ask_filter_enough(const struct ask_filter *filter);
void ask_filter_tell(const struct ask_filter *filter, struct value *about);
/* Owned (ask_filter_free). */
struct ask_filter ask_filter_again(const struct ask_filter *filter);
void ask_filter_free(struct ask_filter *filter);

struct ask {
    struct host *host; /* who asks; NULL: nothing is known of models */
    struct reply_request request;
    /* pairs of the answer that is gone on with: those of the rest are added to
     * them; "" else. Borrowed. */
    struct dc_str pairs;
    struct ask_filter filter; /* taken */
    void *own;                /* what request and pairs borrow from */
    void (*free_own)(void *own);
};

/* args is the map of the editor's message; ask is zero but for host. False with
 * *err for the user: nothing is sent. What is in ask by then is freed all the
 * same. */
typedef bool ask_fn(struct ask *ask, const struct value *args,
                    struct dc_error *err);

ask_fn ask_send;     /* a chat: its turns, up to line */
ask_fn ask_continue; /* its answer at line goes on */
ask_fn ask_inline;   /* any other text: what stands at a place in it */

/* What the request uses is written down, and for this chat. */
void ask_count(struct ask *ask, const struct value *args);

/* ---- of any message ---- */

/* The options as the message (settings, buffer, arguments) and this chat (may
 * be NULL) have them. NULL with *err as config_new(). */
struct config *ask_config(const struct value *args,
                          const struct dc_transcript *tr, struct dc_error *err);
/* The same with the chat, or its front matter, that the message has as text. */
struct config *ask_config_text(const struct value *args, struct dc_error *err);
/* config_state_dir() as the message has it. Where its options are wrong, the
 * default place holds. Owned (free); NULL without a home directory. */
char *ask_state_dir(const struct value *args);

/* ---- for these functions ---- */

/* The chat in the message, as ask's own, and its options. */
struct dc_transcript *ask_chat(struct ask *ask, const struct value *args,
                               struct dc_error *err);
/* Its pictures are read, if it has any. */
ask_fn ask_image;
/* The turn that a send ends with: the last one that starts at or before line
 * (0: the last of all). */
size_t ask_last_turn(const struct dc_transcript *tr, size_t line);
/* What the user said last in turns 0 to last. */
struct dc_str ask_last_words(const struct dc_transcript *tr, size_t last);
/* The reply is to be JSON, if the options say so: its schema is read and sent,
 * and its text passes a filter. */
ask_fn ask_schema;
/* False with *err if a schema was set where none can be followed. */
bool ask_no_schema(const struct config *cfg, struct dc_error *err);

#endif
