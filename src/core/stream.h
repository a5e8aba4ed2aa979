/*
 * Inside of dc_stream, shared by the stream*.c files:
 *   stream.c        life, bytes -> events, the queue of finished deltas
 *   stream_scan.c   the common chunk, read without building a tree
 *   stream_chunk.c  every other event, through cJSON
 *   stream_usage.c  what a chunk says about itself: model, finish, usage
 *   stream_call.c   tool calls in pieces
 *   stream_text.c   raw text -> UTF-8 with LF, think tags
 *
 * "Raw" text is what a JSON string decodes to, cut anywhere. In it the byte FF
 * and two more stand for one half of a surrogate pair (see stream_mend), which
 * no UTF-8 can hold, so halves that meet across two chunks can be joined.
 */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "deepchat.h"

#define STREAM_CHOICES_MAX ((size_t)128)
#define STREAM_NAME_MAX ((size_t)64 << 10) /* id or name of a tool call */

enum stream_state {
    STREAM_SNIFF, /* nothing but blanks has come */
    STREAM_SSE,
    STREAM_BODY, /* one JSON text, read when it is whole */
    STREAM_ENDED,
    STREAM_FAILED,
};

/* Where a choice's content stands with respect to think tags. */
enum stream_think {
    THINK_START,   /* only blanks, or the beginning of a tag */
    THINK_OPENED,  /* just behind an opening tag: blanks go */
    THINK_INSIDE,  /* reasoning, until the closing tag */
    THINK_CLOSED,  /* just behind a closing tag: blanks go */
    THINK_OUTSIDE, /* tags have no meaning any more */
};

struct stream_choice {
    char tail[4]; /* raw text that the next piece may complete */
    size_t tail_len;
    enum dc_delta_kind tail_kind;

    enum stream_think think;
    const char *closer; /* the tag that ends the reasoning */
    char held[80];      /* clean text whose meaning is open */
    size_t held_len;
    bool new_line; /* held is the indentation of a line */
    bool heard;    /* some text has come */

    enum dc_finish finish; /* that of choice 0 is in the summary, too */
    char finish_text[33];
};

struct stream_item {
    enum dc_delta_kind kind;
    unsigned choice;
    size_t start, len; /* in dc_stream.out */
};

struct stream_call {
    struct buf id;
    struct buf name;
    struct buf arguments;
    int index; /* the server's; -1 if it gave none */
    struct dc_call call;
};

struct dc_stream {
    enum stream_state state;
    bool input_ended;
    bool whole;     /* the answer is one JSON text */
    bool scan_off;  /* tests: read every event with cJSON */
    size_t scanned; /* events that needed no cJSON */

    struct dc_sse *sse;
    struct buf body;   /* STREAM_SNIFF: a BOM's bytes; STREAM_BODY: all */
    struct buf fixed;  /* scratch: event with what cJSON refuses replaced */
    struct buf raw;    /* scratch: a decoded string */
    struct buf joined; /* scratch: tail and raw */
    struct buf clean;  /* scratch: valid text */

    struct stream_choice *choices;
    size_t choice_count;
    struct stream_call calls[DC_CALLS_MAX];

    struct buf out; /* text of the items below */
    struct stream_item *items;
    size_t item_at, item_count, item_cap;
    size_t total; /* bytes of text delivered so far */

    double tokens_out; /* as the server gave it */
    struct dc_summary summary;
    struct dc_error failure;
    struct buf error_event;
};

/* ---- stream.c ----------------------------------------------------------- */

/* Queue one delta; fails the stream over DC_REPLY_MAX. */
void stream_emit(struct dc_stream *st, size_t choice, enum dc_delta_kind kind,
                 struct dc_str text);
/* The first failure counts. */
void stream_fail(struct dc_stream *st, enum dc_code code, const char *text);
/* NULL for an index nobody asked for. */
struct stream_choice *stream_choice(struct dc_stream *st, size_t index);

/* ---- stream_scan.c ------------------------------------------------------ */

/* True if the event was the common kind (one choice, index 0, nothing but text)
 * and has been dealt with; false if it was left untouched. */
bool stream_scan(struct dc_stream *st, struct dc_str event);

/* ---- stream_chunk.c ----------------------------------------------------- */

/* named: the server called the event "error". */
void stream_event(struct dc_stream *st, struct dc_str event, bool named);
/* Append text with what cJSON would refuse or cut at replaced: NULs, lone
 * surrogates. */
void stream_mend(struct buf *out, struct dc_str text);
/* Value of a JSON number under key, -1 if it is absent, negative or odd. */
double stream_number(const cJSON *object, const char *key);
/* "" unless a string stands under key. */
const char *stream_string(const cJSON *object, const char *key);
/* The object under key, or NULL. */
const cJSON *stream_object(const cJSON *object, const char *key);

/* ---- stream_usage.c ----------------------------------------------------- */

void stream_usage(struct dc_stream *st, const cJSON *usage);
/* Why a choice that there is has ended; "" says nothing. */
void stream_finish(struct dc_stream *st, size_t choice, const char *reason);
void stream_labels(struct dc_stream *st, const cJSON *chunk);
/* The error of a chunk, if it has one; named: as in stream_event. */
bool stream_error(struct dc_stream *st, const cJSON *chunk, bool named);

/* ---- stream_call.c ------------------------------------------------------ */

/* One member of a tool_calls array; place is its position in there. */
void stream_call_add(struct dc_stream *st, const cJSON *piece, size_t place);
/* All pieces are here. */
void stream_calls_finish(struct dc_stream *st);
void stream_calls_free(struct dc_stream *st);

/* ---- stream_text.c ------------------------------------------------------ */

/* Raw text of one choice. */
void stream_text(struct dc_stream *st, size_t choice, enum dc_delta_kind kind,
                 struct dc_str raw);
/* Give out what is held back. */
void stream_text_flush(struct dc_stream *st, size_t choice);
/* Append raw text as UTF-8 without NUL; lines: CR LF and CR become LF. Returns
 * the bytes used: less than raw.len only if not last. */
size_t stream_clean(struct buf *out, struct dc_str raw, bool last, bool lines);
/* The first line_size - 1 bytes of raw text, cleaned, controls as blanks. */
void stream_line(char *line, size_t line_size, struct dc_str raw);

#endif
