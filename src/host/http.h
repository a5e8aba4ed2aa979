/*
 * HTTP over libcurl's multi interface, on the loop. Connections are kept and
 * reused. libcurl refuses calls from inside its callbacks, so those only
 * gather bytes and marks; sinks are called when we are out again, from
 * http_round() which the loop calls before it waits.
 */
#ifndef HOST_HTTP_H
#define HOST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"
#include "host/loop.h"

struct http;
struct http_call;

struct http_request {
    const char *url;
    const char *key;     /* for "Authorization: Bearer", NULL for none */
    struct dc_str body;  /* kept; a GET is made if ptr is NULL */
    char *own;           /* the body, to be taken instead (free); or NULL */
    const char *ca_file; /* NULL: the system's */
    const char *proxy;   /* NULL: libcurl's variables; never for loopback */
    int connect_ms;      /* until the connection (with TLS) stands */
    int first_byte_ms;   /* from then until the first byte of an answer */
    int idle_ms;         /* between two bytes of the answer */
};

/* How a call ended. Strings are borrowed until done returns. */
struct http_result {
    enum dc_net net;
    char detail[200];
    int status; /* 0 if no status line came */
    struct dc_str content_type;
    struct dc_str location;
    double retry_after; /* seconds, negative if absent or unusable */
    bool cancelled;
};

/* The head has come: status and content type. May be NULL. */
typedef void http_head_fn(void *user, int status, struct dc_str content_type);
/* Bytes of the body, of any status. */
typedef void http_data_fn(void *user, struct dc_str bytes);
/* Exactly once, also after http_cancel(); the call is gone when it returns. */
typedef void http_done_fn(void *user, const struct http_result *result);

struct http_sink {
    http_head_fn *head;
    http_data_fn *data;
    http_done_fn *done;
    void *user;
};

/* Installs itself as the loop's wait function. */
struct http *http_new(struct loop *lp);
/* Cancels what still runs, without calling sinks, but for those of calls that
 * had been cancelled before. */
void http_free(struct http *h);

/* Start. The request is kept. Never NULL: what cannot be started ends through
 * done like everything else. */
struct http_call *http_send(struct http *h, const struct http_request *req,
                            struct http_sink sink);

/* End it; done comes with cancelled set before the loop waits again. The
 * socket is closed, which ends the work and the billing at the server. */
void http_cancel(struct http_call *call);

/* Stop reading from the server, and go on. Idle time does not run meanwhile. */
void http_pause(struct http_call *call);
void http_resume(struct http_call *call);

/* After the first text of a reply its socket need not wake us at once: look at
 * it every frame_ms instead, unless it brings more than a frame can hold. */
void http_pace(struct http_call *call, int frame_ms);

/* When sockets that rest should be looked at next (loop_now_us()). */
void http_look_at(struct http *h, int64_t at_us);

/* "libcurl/7.88.1 OpenSSL/3.0.19 ...", for the health page. */
const char *http_version(void);

/* "http://127.0.0.1:8080/v1" style URLs: true if the host is 127.0.0.0/8, ::1
 * or localhost. */
bool http_is_loopback(const char *url);

#endif
