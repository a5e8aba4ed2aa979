/*
 * One connection: request in, answer out, again. The answer is made by
 * play.c, which queues bytes here and says when it wants to go on.
 */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include <stdint.h>

#include "base/buf.h"
#include "net.h"
#include "record.h"
#include "script.h"

struct gate;
struct server;

struct request {
    struct dc_str method;
    struct dc_str path; /* without scheme, host and query */
    struct dc_str query;
    struct dc_str head; /* with the empty line */
    struct dc_str body;
};

enum play_end {
    PLAY_OPEN,  /* more to come */
    PLAY_KEEP,  /* a whole answer; the connection stays */
    PLAY_CLOSE, /* a whole answer, then the end */
    PLAY_FIN,
    PLAY_FIN_BARE, /* without the TLS good-bye */
    PLAY_RST,
};

/* Where an answer stands. */
struct play {
    struct script *script;
    const struct attempt *attempt;
    size_t pc;    /* operation */
    size_t round; /* times it was carried out */

    bool begun; /* the operation has started, at begun_us */
    uint64_t begun_us;
    size_t at;    /* bytes of its text used */
    size_t index; /* tokens of it made */

    int status;
    struct buf headers; /* given by the script, "Name: value\r\n" each */
    struct buf dropped;
    bool head_done;
    bool raw; /* the script has written its own head */
    bool chunked;
    bool crlf;
    bool sized; /* Content-Length is length */
    size_t length;
    size_t body_len; /* of the body so far */

    struct buf event; /* the event being rendered */
    struct buf start; /* what all deltas of this answer start with */
    struct buf text;  /* what "echo" says */
    size_t tokens;    /* of content so far */
    size_t prompt;    /* bytes of the request body */

    bool tunnel;       /* CONNECT: go on with TLS afterwards */
    struct gate *gate; /* waits there */
    enum play_end end;
    uint64_t wake_us; /* 0: only the socket or a gate wakes it */
};

/* How queued bytes are cut. size 0: not at all. */
struct split {
    size_t size;
    uint64_t seed; /* not 0: random pieces of 1 to size */
    uint64_t pause_us;
};

/* Content bytes that are on the wire once wire_end bytes are. */
struct mark {
    uint64_t wire_end;
    size_t content_end;
};

enum conn_state {
    CONN_READING,
    CONN_PLAYING,
    CONN_LINGER, /* ended from here, waits for the client's end */
    CONN_DEAD,
};

struct conn {
    struct server *server;
    unsigned long number;
    struct net net;

    struct buf in;
    size_t head_len; /* 0 until the head is whole */
    size_t body_len;
    struct request request; /* points into in */
    uint64_t at_us;         /* first byte of the request */
    bool blind;             /* reads no more */

    struct buf out;
    size_t out_at;   /* sent up to here */
    uint64_t queued; /* bytes queued for this answer, ever */
    struct split split;
    size_t piece;      /* rest of the piece being written, 0 = begin one */
    uint64_t piece_us; /* when the next may leave */
    struct mark *marks;
    size_t mark_first, mark_count, mark_cap;

    enum conn_state state;
    struct play play;
    struct record *record;
};

uint64_t now_us(void);

struct conn *conn_new(struct server *sv, struct net net, unsigned long number);
void conn_free(struct conn *c);

/* What poll() found. */
void conn_event(struct conn *c, short events);
/* Do what can be done now. */
void conn_step(struct conn *c);
/* What to poll for, and when to step at the latest (0: no time). */
short conn_events(const struct conn *c);
uint64_t conn_wake(const struct conn *c);

/* For play.c. */
void conn_put(struct conn *c, struct dc_str bytes);
/* Everything queued so far carries the record's content so far. */
void conn_mark(struct conn *c);
size_t conn_backlog(const struct conn *c);
bool conn_flushed(const struct conn *c);

/* Value of a request header, "" if there is none. Borrowed. */
struct dc_str request_header(const struct request *rq, const char *name);

#endif
