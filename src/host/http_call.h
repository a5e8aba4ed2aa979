/* Shared by http.c, which knows libcurl, and http_round.c, which does not. */
#ifndef HOST_HTTP_CALL_H
#define HOST_HTTP_CALL_H

#include "base/buf.h"
#include "host/head.h"
#include "host/http.h"
#include "host/pace.h"
#include "host/verdict.h"

struct curl_slist;
struct curl_waitfd;

/* CURL_ERROR_SIZE */
#define HTTP_WORDS_MAX 256

struct http_call {
    struct http *http;
    struct http_sink sink;
    void *easy; /* CURL; NULL: refused before it was started */
    struct curl_slist *lines;
    char *body;
    char *ca_file;
    bool proxied; /* by a proxy that the request named */
    char words[HTTP_WORDS_MAX];

    struct head head;
    struct buf in; /* body bytes not yet given to the sink */
    int64_t total; /* body bytes in all */
    struct pace_watch watch;
    int frame_ms; /* 0: not paced */
    bool moved;   /* bytes came since we looked */
    bool head_told;
    bool want_pause; /* what the caller asked for */
    bool paused;     /* what libcurl does; also when in is full */
    bool cancelled;
    struct verdict verdict; /* once given, done is due */

    struct http_call *next;
};

struct http {
    struct loop *loop;
    void *multi; /* CURLM */
    void *idle;  /* CURLM; holds no calls: waits for the editor's fds alone */
    struct curl_waitfd *fds;
    size_t fd_cap;

    struct http_call *calls; /* in order of their start */
    bool dirty;              /* there is work that no socket tells of */
    struct pace_rest rest;
};

/* ---- http.c ---- */

/* Pause as wanted, let bytes move, gather them, and note what has ended. */
void http_transfer(struct http *h);
/* True once the request can go out, over a connection with TLS. */
bool http_connected(const struct http_call *call);
/* Seconds, negative if the head says none. */
double http_retry_after(const struct head *head);
/* Close the socket. */
void http_close(struct http_call *call);
void http_call_free(struct http_call *call);

/* ---- http_round.c ---- */

/* Before the loop waits. */
loop_hook_fn http_round;
/* Tell its sink, and free it. It is in no list any more. */
void http_end_call(struct http_call *call);

#endif
