/*
 * From a transport that broke to one line for the user. The detail is what
 * libcurl or the system said, in their words.
 */
#include <string.h>

#include "core/failure.h"
#include "deepchat.h"

static void
read_refused(struct reading *r)
{
    if (r->asked->loopback)
        failure_say(r, DC_FAULT_NETWORK, true, "is llama-server running?",
                    "%s refused", r->host);
    else
        failure_say(r, DC_FAULT_NETWORK, true, "see base_url",
                    "nothing listens at %s", r->host);
}

static void
read_late(struct reading *r, const char *seconds)
{
    if (r->response->net == DC_NET_CONNECT_TIMEOUT)
        failure_say(r, DC_FAULT_NETWORK, true, "",
                    "no connection to %s in %s s", r->host, seconds);
    else if (r->response->net == DC_NET_FIRST_BYTE_TIMEOUT)
        failure_say(r, DC_FAULT_NETWORK, false, "", "no answer from %s in %s s",
                    r->host, seconds);
    else
        failure_say(r, DC_FAULT_NETWORK, true, "", "%s was silent for %s s",
                    r->host, seconds);
}

/* OpenSSL's and libcurl's words for a certificate that will not do. */
static void
read_distrust(struct reading *r, const char *why)
{
    static const char ca_file[] = "set ca_file (:h deepchat-proxy)";
    static const char clock[] = "is the clock right?";
    static const struct {
        const char *said, *words, *advice;
    } reasons[] = {
        {"has expired", "certificate has expired", clock},
        {"not yet valid", "certificate is not valid yet", clock},
        {"target host name", "certificate of another host", "see base_url"},
        {"local issuer", "unknown CA", ca_file},
        {"certificate in certificate chain", "unknown CA", ca_file},
        {"self-signed", "self-signed certificate", ca_file},
        {"self signed", "self-signed certificate", ca_file},
        {"", NULL, ca_file},
    };
    size_t i = 0;
    while (strstr(why, reasons[i].said) == NULL)
        i++;
    const char *words = or_text(why, "certificate not trusted");
    failure_say(r, DC_FAULT_NETWORK, false, reasons[i].advice, "TLS: %s",
                reasons[i].words != NULL ? reasons[i].words : words);
}

static void
read_proxy(struct reading *r, const char *why)
{
    static const char advice[] = "see :h deepchat-proxy";
    const char *code = strstr(why, "response ");
    if (code != NULL)
        failure_say(r, DC_FAULT_NETWORK, false, advice, "proxy refused (%.3s)",
                    code + strlen("response "));
    else
        failure_say(r, DC_FAULT_NETWORK, false, advice, "proxy: %s",
                    or_text(why, "no connection"));
}

void
failure_net(struct reading *r)
{
    const char *why = r->said.text.ptr;
    const char *host = r->host;
    switch (r->response->net) {
    case DC_NET_NO_HOST:
        failure_say(r, DC_FAULT_NETWORK, false, "see base_url",
                    "cannot find host %s", host);
        break;
    case DC_NET_DNS:
        failure_say(r, DC_FAULT_NETWORK, true, "offline?", "cannot look up %s",
                    host);
        break;
    case DC_NET_REFUSED:
        read_refused(r);
        break;
    case DC_NET_CONNECT_TIMEOUT:
    case DC_NET_FIRST_BYTE_TIMEOUT:
    case DC_NET_IDLE_TIMEOUT:
        read_late(r, or_text(why, "?"));
        break;
    case DC_NET_TLS:
        failure_say(r, DC_FAULT_NETWORK, true, "", "TLS: %s",
                    or_text(why, "handshake failed"));
        break;
    case DC_NET_TLS_CA:
        read_distrust(r, why);
        break;
    case DC_NET_CA_FILE:
        failure_say(r, DC_FAULT_OTHER, false, "", "cannot read ca_file %s",
                    or_text(why, ""));
        break;
    case DC_NET_PROXY:
        read_proxy(r, why);
        break;
    case DC_NET_CLOSED:
        failure_say(r, DC_FAULT_NETWORK, true, "", "%s closed the connection",
                    host);
        break;
    case DC_NET_PROTOCOL:
        failure_say(r, DC_FAULT_NOT_API, false, "see base_url",
                    "%s sent no valid HTTP", host);
        break;
    case DC_NET_TOO_BIG:
        failure_say(r, DC_FAULT_OTHER, false, "", "%s sent too much: %s", host,
                    or_text(why, "over the limit"));
        break;
    case DC_NET_OK:
    case DC_NET_OTHER:
        failure_say(r, DC_FAULT_NETWORK, false, "", "%s: %s", host,
                    or_text(why, "no connection"));
        break;
    }
}
