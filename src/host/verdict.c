/* libcurl's words are meant for people, but a few of them are the only place
 * where it says what happened. */
#include "host/verdict.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { WORDS_MAX = 4096 };

/* Without OpenSSL's "error:0A000126:SSL routines::", and printable. */
static void
set_detail(struct verdict *v, const char *words)
{
    const char *routine = strstr(words, " routines::");
    if (routine != NULL)
        words = routine + strlen(" routines::");
    struct buf clean;
    buf_init(&clean, WORDS_MAX);
    utf8_add_clean(&clean, str_of(words), true);
    struct dc_str s = str_trim(buf_str(&clean));
    size_t len = utf8_fit(s, sizeof v->detail - 1);
    snprintf(v->detail, sizeof v->detail, "%.*s", (int)len,
             len > 0 ? s.ptr : "");
    for (char *p = v->detail; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    buf_finish(&clean);
}

void
verdict_give(struct verdict *v, enum dc_net net, const char *words)
{
    if (v->given)
        return;
    v->given = true;
    v->net = net;
    set_detail(v, words);
}

void
verdict_late(struct verdict *v, enum dc_net net, int limit_ms)
{
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%g", limit_ms / 1000.0);
    verdict_give(v, net, seconds);
}

static bool
reaches_out(const struct ifaddrs *it)
{
    if (it->ifa_addr == NULL || !(it->ifa_flags & IFF_RUNNING) ||
        (it->ifa_flags & IFF_LOOPBACK))
        return false;
    if (it->ifa_addr->sa_family != AF_INET6)
        return it->ifa_addr->sa_family == AF_INET;
    struct sockaddr_in6 addr;
    memcpy(&addr, it->ifa_addr, sizeof addr);
    return !IN6_IS_ADDR_LINKLOCAL(&addr.sin6_addr);
}

/* A laptop that has just woken up finds no name, but not for long. */
static bool
is_offline(void)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0)
        return false;
    bool found = false;
    for (const struct ifaddrs *it = all; it != NULL; it = it->ifa_next)
        found = found || reaches_out(it);
    freeifaddrs(all);
    return !found;
}

void
verdict_unresolved(struct verdict *v, const char *words)
{
    verdict_give(v, is_offline() ? DC_NET_DNS : DC_NET_NO_HOST, words);
}

void
verdict_unconnected(struct verdict *v, int number, const char *words)
{
    if (number == 0 || number == ECONNREFUSED)
        verdict_give(v, DC_NET_REFUSED, words);
    else
        verdict_give(v, DC_NET_OTHER, strerror(number));
}

void
verdict_unread(struct verdict *v, const char *words)
{
    if (strstr(words, "CONNECT") != NULL || strstr(words, "roxy") != NULL)
        verdict_give(v, DC_NET_PROXY, words);
    else if (strstr(words, "headers") != NULL)
        verdict_give(v, DC_NET_TOO_BIG, words);
    else if (strstr(words, "chunk") != NULL || strstr(words, "ncoding") != NULL)
        verdict_give(v, DC_NET_PROTOCOL, words);
    else
        verdict_give(v, DC_NET_CLOSED, words);
}

void
verdict_unsafe(struct verdict *v, const char *words)
{
    if (strstr(words, "SYSCALL") != NULL || strstr(words, "reset") != NULL)
        verdict_give(v, DC_NET_CLOSED, words);
    else if (strstr(words, "wrong version number") != NULL)
        verdict_give(v, DC_NET_TLS, "the server does not speak TLS there");
    else
        verdict_give(v, DC_NET_TLS, words);
}
