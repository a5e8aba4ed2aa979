/* libcurl's words are meant for people, but a few of them are the only place
 * where it says what happened. */
#include "host/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
