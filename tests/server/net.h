/* Non-blocking sockets on 127.0.0.1, with or without TLS. */
#ifndef SERVER_NET_H
#define SERVER_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;

struct net {
    int fd;
    struct ssl_st *ssl; /* NULL without TLS */
    bool shaken;        /* the handshake is over, or none is needed */
    short want;         /* what TLS waits for besides input; poll events */
};

/* What net_read() and net_write() return besides a count. */
#define NET_AGAIN (-1)
#define NET_ERROR (-2)

/* Listening socket, -1 with errno. *port 0 becomes the port that was chosen. */
int net_listen(unsigned *port);
/* False if nobody waits. */
bool net_accept(struct net *out, int listener);
/* Not verified beyond OpenSSL's own checks. NULL after a message on stderr.
 * max: highest version, "1.1" and so on, or NULL. */
struct ssl_ctx_st *net_tls(const char *cert, const char *key, const char *max);
void net_tls_free(struct ssl_ctx_st *tls);
/* From now on the connection speaks TLS. */
void net_start_tls(struct net *n, struct ssl_ctx_st *tls);

/* 0 from net_read() is the end of the stream. */
ssize_t net_read(struct net *n, char *to, size_t len);
ssize_t net_write(struct net *n, const char *bytes, size_t len);
/* True once the peer's kernel has acknowledged everything. */
bool net_drained(const struct net *n);

/* Say the end (notify: TLS too) and go on reading. */
void net_end(struct net *n, bool notify);
void net_close(struct net *n);
void net_reset(struct net *n);

#endif
