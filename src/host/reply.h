/*
 * One answer in flight: key, request, retries, stream, end. Knows no editor
 * and no chat file; what it finds out goes up through reply_events.
 */
#ifndef HOST_REPLY_H
#define HOST_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "deepchat.h"
#include "host/config.h"
#include "host/form.h"
#include "host/http.h"
#include "host/journal.h"
#include "host/loop.h"
#include "host/picture.h"
#include "host/usage.h"

struct catalog;
struct reply;

/* Everything that a reply needs. cfg and messages are taken over as said. */
struct reply_request {
    struct config *cfg;                /* taken */
    const struct dc_message *messages; /* kept */
    size_t message_count;
    struct pictures *pictures;   /* held; NULL: addresses only */
    struct journal_head journal; /* kept */

    /* An answer to go on with, "" for a new one. Kept. It stands behind the
     * messages. */
    struct dc_str kept;
    struct dc_str instruction; /* how to go on, "" as it was; kept */
    bool fixed;                /* blanks at its end are the user's and stay */
    bool plain; /* the text goes into no chat: nothing in it is escaped */
    bool held;  /* nothing is seen of it before its end: the status says how
                   much has come */
    bool many;  /* where n asks for more answers than one, they have a place:
                   else it is not sent. It never is to go on with an answer. */
    /* automatic rounds after this one; -1: as the option says */
    int rounds;
    struct forms *forms; /* kept while it runs; NULL: nothing is remembered */
    struct catalog *catalog; /* the same; NULL: no model's name is looked up */
    struct usage *usage;     /* the same for what it uses */
    char chat_key[USAGE_CHAT_MAX]; /* usage_chat() */
};

/* A round after the first has brought its first text. */
struct reply_round {
    /* "continued 3/8" is the third continuation of at most eight, so the
     * fourth request */
    int number, most;
    double tokens_out; /* so far, of all rounds; -1 unknown */
    double cost;       /* the same, as the servers said, */
    double est;        /* and by the catalogue, where they said nothing */
};

struct reply_end {
    /* as in the marker: stop, length, filter, tool_calls, context, stopped,
     * interrupted, or the server's own word; "error" if no byte came */
    const char *finish;
    bool got_text;     /* something of it was handed on */
    bool refused;      /* nothing was sent at all */
    bool once;         /* cut, it cannot be gone on with: it is JSON */
    const char *line;  /* for the user, without "deepchat: "; "" if none */
    const char *pairs; /* of the marker: " finish=stop in=31 out=212" */
    const struct dc_summary *summary;
    double seconds; /* from the first text to the end */
    size_t pieces;  /* deltas, about one a token */
    int rounds;     /* requests that brought text; 1 without a continuation */

    /* pairs of the other answers' markers, choice 1 first; "" where nothing of
     * it has come. NULL if there are none. */
    const char *const *choices;
    size_t choice_count;
};

struct reply_events {
    /* the first request is on its way */
    void (*started)(void *user);
    /* a piece, escaped for the chat file and already in the journal */
    void (*text)(void *user, enum dc_delta_kind kind, struct dc_str text);
    /* the same of another answer, choice being above 0. Not called unless many
     * answers have a place. */
    void (*choice)(void *user, unsigned choice, enum dc_delta_kind kind,
                   struct dc_str text);
    /* what came so far is void: the answer was asked for anew, and begins to
     * come (structured output that was cut cannot be gone on with). NULL for
     * those who cannot take back what they got: then it ends there. Other
     * choices stay. */
    void (*anew)(void *user);
    /* the answer goes on by itself; its status follows. May be NULL. */
    void (*round)(void *user, const struct reply_round *round);
    /* for a status line: "waiting 3 s"; "" when text arrives */
    void (*status)(void *user, const char *text);
    /* one line that the user should read now */
    void (*notice)(void *user, const char *text);
    /* exactly once; the reply may be freed from here */
    void (*ended)(void *user, const struct reply_end *end);
    void *user;
};

/* Never NULL; a reply that cannot be sent ends through ended(), from the loop
 * and not before reply_start() has returned. */
struct reply *reply_start(struct loop *lp, struct http *http,
                          const struct reply_request *request,
                          struct reply_events events);
/* Nothing is called back any more. NULL is ignored. The journal is closed and
 * kept unless it was taken. */
void reply_free(struct reply *r);

/* Bytes at the end of kept, as it stands in the chat file, that the first text
 * brings again: blanks, and a line that may still become a marker. They are to
 * be replaced by it. Fixed once reply_start() has returned. */
size_t reply_back(const struct reply *r);

/* The user wants no more; ended() comes with finish "stopped". */
void reply_stop(struct reply *r);
/* Stop and go on reading from the server. */
void reply_pause(struct reply *r, bool paused);

/* The journal of the reply, NULL if the disk refused one; taken: it is the
 * caller's to close or remove. */
struct journal *reply_take_journal(struct reply *r);
/* The chat has got a path after the reply began. */
void reply_set_chat(struct reply *r, const char *path);
/* The editor is gone; the reply goes on into its journal. */
void reply_detached(struct reply *r);

#endif
