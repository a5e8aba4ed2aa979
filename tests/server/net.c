/*
 * The only file of the server that sees sockets and OpenSSL. Small writes
 * leave at once (TCP_NODELAY), so that a script decides about the pieces.
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

static void
set_flags(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static bool
bind_loopback(int fd, unsigned *port)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    if (bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 256) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return false;
    *port = ntohs(at.sin_port);
    return true;
}

int
net_listen(unsigned *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    set_flags(fd);
    if (bind_loopback(fd, port))
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

bool
net_accept(struct net *out, int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return false;
    set_flags(fd);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = (struct net){.fd = fd, .shaken = true};
    return true;
}

static void
limit_version(SSL_CTX *tls, const char *max)
{
    static const struct {
        const char *name;
        int version;
    } versions[] = {{"1.0", TLS1_VERSION},
                    {"1.1", TLS1_1_VERSION},
                    {"1.2", TLS1_2_VERSION},
                    {"1.3", TLS1_3_VERSION}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strcmp(max, versions[i].name) == 0)
            SSL_CTX_set_max_proto_version(tls, versions[i].version);
    /* the old versions need signatures that today's default forbids */
    SSL_CTX_set_security_level(tls, 0);
}

struct ssl_ctx_st *
net_tls(const char *cert, const char *key, const char *max)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        SSL_CTX_free(tls);
        return NULL;
    }
    if (max != NULL)
        limit_version(tls, max);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return tls;
}

void
net_tls_free(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

void
net_start_tls(struct net *n, struct ssl_ctx_st *tls)
{
    n->ssl = SSL_new(tls);
    SSL_set_fd(n->ssl, n->fd);
    SSL_set_accept_state(n->ssl);
    n->shaken = false;
}

static ssize_t
plain_result(ssize_t got)
{
    if (got >= 0)
        return got;
    bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return again ? NET_AGAIN : NET_ERROR;
}

static ssize_t
tls_result(struct net *n, int got)
{
    n->want = 0;
    if (got > 0)
        return got;
    int why = SSL_get_error(n->ssl, got);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_WRITE)
        n->want = POLLOUT;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return NET_AGAIN;
    return why == SSL_ERROR_ZERO_RETURN ? 0 : NET_ERROR;
}

static ssize_t
shake(struct net *n)
{
    int done = SSL_do_handshake(n->ssl);
    n->shaken = done == 1;
    return tls_result(n, done);
}

ssize_t
net_read(struct net *n, char *to, size_t len)
{
    ssize_t step = n->shaken ? 1 : shake(n);
    if (step <= 0)
        return step == 0 ? NET_ERROR : step;
    if (n->ssl == NULL)
        return plain_result(recv(n->fd, to, len, 0));
    return tls_result(n, SSL_read(n->ssl, to, (int)len));
}

ssize_t
net_write(struct net *n, const char *bytes, size_t len)
{
    if (n->ssl == NULL)
        return plain_result(send(n->fd, bytes, len, 0));
    ssize_t sent = tls_result(n, SSL_write(n->ssl, bytes, (int)len));
    return sent == 0 ? NET_ERROR : sent;
}

bool
net_drained(const struct net *n)
{
    int left = 0;
#ifdef SIOCOUTQ
    if (ioctl(n->fd, SIOCOUTQ, &left) != 0)
        left = 0;
#elif defined SO_NWRITE
    socklen_t size = sizeof left;
    if (getsockopt(n->fd, SOL_SOCKET, SO_NWRITE, &left, &size) != 0)
        left = 0;
#endif
    return left == 0;
}

void
net_end(struct net *n, bool notify)
{
    if (n->ssl != NULL && notify)
        SSL_shutdown(n->ssl);
    shutdown(n->fd, SHUT_WR);
}

void
net_close(struct net *n)
{
    SSL_free(n->ssl);
    close(n->fd);
    *n = (struct net){.fd = -1};
}

void
net_reset(struct net *n)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(n->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    net_close(n);
}
