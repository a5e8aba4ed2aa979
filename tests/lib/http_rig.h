/* A loop, an http and the scripted server, and what a call brought. */
#ifndef TEST_HTTP_RIG_H
#define TEST_HTTP_RIG_H

#include "base/buf.h"
#include "host/http.h"
#include "server.h"

struct rig {
    struct loop *loop;
    struct http *http;
    struct server *server;
    bool quiet; /* sinks do not make the loop come back to the test */
    struct http_request request; /* a post with short limits; change a copy */
};

/* NULL: no server. */
void rig_start(struct rig *rig, struct server *server);
void rig_stop(struct rig *rig);

struct got;
typedef void got_fn(struct got *g);

/* Zeroed by the test. */
struct got {
    struct http_call *call; /* NULL once it is over */
    got_fn *on_head;        /* the test's own; may be NULL */
    got_fn *on_data;
    got_fn *on_done;
    void *user;

    int heads, datas, dones;
    int head_status;
    char head_type[100];
    struct buf body;
    struct http_result result; /* its slices are in type and location */
    char type[100];
    char location[200];
};

void rig_send(struct rig *rig, struct got *g, const struct http_request *req);
/* Send to url and wait for the end, at most ms. */
void rig_fetch(struct rig *rig, struct got *g, const struct http_request *req,
               int ms);
/* Turn the loop until cond holds or ms are over. Nothing wakes it but its
 * own events, so that a lost one shows. */
#define RIG_UNTIL(rig, cond, ms)                                               \
    for (int64_t end_ = loop_now() + (ms); !(cond) && loop_now() < end_;)      \
    loop_turn((rig)->loop, (int)(end_ - loop_now()))
void got_finish(struct got *g);

/* "BASE/chat/completions" of a script; valid for the next seven calls. */
const char *rig_url(struct rig *rig, const char *script);
const char *rig_tls_url(struct rig *rig, const char *script);

/* "REFUSED" and so on. */
const char *net_name(enum dc_net net);

#endif
