/*
 * The scripted server (tests/server) for tests. Requests are counted from 1 in
 * the order in which they were complete; see tests/server/README.md for the
 * scripts. What cannot be done ends the test with a message (abort).
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;

/* Further arguments of the program, then NULL. The program is $DC_SERVER, or
 * "server" one directory above the test's own. */
struct server *server_start(const char *argument, ...);
/* Ends it; fails the test if it did not end well. */
void server_stop(struct server *sv);

unsigned server_port(const struct server *sv);

/* Base URL that plays a script; NULL: the built-in answer. Valid for the next
 * seven calls. */
const char *server_url(struct server *sv, const char *script);
/* The same over TLS, if it was started with --tls. */
const char *server_tls_url(struct server *sv, const char *script);

void server_script(struct server *sv, const char *name, const char *text);
/* Let those who hold there go on, now and later; or only the next n. */
void server_release(struct server *sv, const char *gate);
void server_release_next(struct server *sv, const char *gate, size_t n);
/* Forget requests, close gates, begin scripts again. */
void server_reset(struct server *sv);

/* Each waits at most ms, and returns whether it came to be. */
bool server_wait_requests(struct server *sv, size_t count, int ms);
bool server_wait_held(struct server *sv, const char *gate, size_t count,
                      int ms);
bool server_wait_ended(struct server *sv, size_t request, int ms);

size_t server_requests(struct server *sv);
/* Different connections they came on. */
size_t server_connections(struct server *sv);

struct server_log {
    unsigned long conn;
    char state[24]; /* open, finished, cut, client-closed */
    /* microseconds of CLOCK_MONOTONIC: first and last byte of the request,
     * end of the answer (0: not yet) */
    uint64_t at, ready, end;
    uint64_t wire;  /* bytes sent */
    size_t content; /* of that, bytes of content text */
    size_t tokens;
    size_t body; /* bytes of the request's body */
};

/* False if there is no such request. */
bool server_log(struct server *sv, size_t request, struct server_log *out);
bool server_ended(struct server *sv, size_t request);

/* Owned (free), NUL-terminated; len may be NULL. */
char *server_request_head(struct server *sv, size_t request);
char *server_request_body(struct server *sv, size_t request, size_t *len);
/* The content text that is on the wire. */
char *server_sent(struct server *sv, size_t request, size_t *len);
/* When each token got there, CLOCK_MONOTONIC in microseconds. */
uint64_t *server_times(struct server *sv, size_t request, size_t *count);

/* Any path: GET "/others/1/head". Owned; NULL if the status is not 200. */
char *server_get(struct server *sv, const char *path, size_t *len);

/* The text of "words N". Owned (free). */
char *server_words(size_t count, size_t *len);

#endif
