/* Who answers a request: a script, the tour, or the server itself. */
#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include "conn.h"
#include "tour.h"

/* Where scripts wait for the test ("hold"). */
struct gate {
    char *name;
    bool open;      /* for good */
    size_t permits; /* passes left while it is not */
    size_t waiting;
    struct gate *next;
};

struct server {
    struct ssl_ctx_st *tls; /* NULL if there is none */
    const char *record_dir; /* NULL: do not save */
    struct tour *tour;      /* NULL: echo */
    double rate;            /* tokens a second of the built-in answer */

    struct script **scripts;
    size_t script_count;
    struct gate *gates;
    struct journal chats;
    struct journal others;
    unsigned long accepted;
    bool again; /* something changed for other connections */
};

/* Answer the request that conn has taken in. */
void route_request(struct conn *c);
/* The head is there, the body not: may begin an answer that wants none. */
void route_early(struct conn *c);
/* The client went away inside a request: record what came. */
void route_lost(struct conn *c);

/* Read a script and put it into the table. */
bool route_script(struct server *sv, const char *name, struct dc_str text,
                  struct dc_error *err);
void route_finish(struct server *sv);

/* Made if it is not there. */
struct gate *gate_find(struct server *sv, const char *name);

/* Requests of the tests (control.c). False if the path is none of theirs. */
bool control_request(struct conn *c, int *status, struct buf *reply);

#endif
