/* Every kind of answer that is no reply, and the line that the user sees. */
#include <stdio.h>
#include <stdlib.h>

#include "failure_case.h"

enum { RETRY = true, STAYS = false };

/* clang-format off */
static const struct {
    enum dc_net net;
    const char *detail;
    bool loopback;
    enum dc_fault fault;
    bool retry;
    const char *line;
} nets[] = {
    {DC_NET_NO_HOST, "", false, DC_FAULT_NETWORK, STAYS,
        "cannot find host api.deepinfra.com; see base_url"},
    {DC_NET_DNS, "", false, DC_FAULT_NETWORK, RETRY,
        "cannot look up api.deepinfra.com; offline?"},
    {DC_NET_REFUSED, "", false, DC_FAULT_NETWORK, RETRY,
        "nothing listens at api.deepinfra.com; see base_url"},
    {DC_NET_REFUSED, "", true, DC_FAULT_NETWORK, RETRY,
        "api.deepinfra.com refused; is llama-server running?"},
    {DC_NET_CONNECT_TIMEOUT, "10", false, DC_FAULT_NETWORK, RETRY,
        "no connection to api.deepinfra.com in 10 s"},
    {DC_NET_FIRST_BYTE_TIMEOUT, "600", false, DC_FAULT_NETWORK, STAYS,
        "no answer from api.deepinfra.com in 600 s"},
    {DC_NET_IDLE_TIMEOUT, "120", false, DC_FAULT_NETWORK, RETRY,
        "api.deepinfra.com was silent for 120 s"},
    {DC_NET_TLS, "wrong version number", false, DC_FAULT_NETWORK, RETRY,
        "TLS: wrong version number"},
    {DC_NET_TLS, "", false, DC_FAULT_NETWORK, RETRY, "TLS: handshake failed"},
    {DC_NET_TLS_CA, "unknown CA \"Corp Root\"", false, DC_FAULT_NETWORK, STAYS,
        "TLS: unknown CA \"Corp Root\"; set ca_file"},
    {DC_NET_TLS_CA, "", false, DC_FAULT_NETWORK, STAYS,
        "TLS: certificate not trusted; set ca_file"},
    {DC_NET_TLS_CA, "SSL certificate problem: unable to get local issuer "
        "certificate", false, DC_FAULT_NETWORK, STAYS,
        "TLS: unknown CA; set ca_file (:h deepchat-proxy)"},
    {DC_NET_TLS_CA, "SSL certificate problem: self-signed certificate in "
        "certificate chain", false, DC_FAULT_NETWORK, STAYS,
        "TLS: unknown CA; set ca_file (:h deepchat-proxy)"},
    {DC_NET_TLS_CA, "SSL certificate problem: self-signed certificate", false,
        DC_FAULT_NETWORK, STAYS,
        "TLS: self-signed certificate; set ca_file"},
    {DC_NET_TLS_CA, "SSL certificate problem: self signed certificate", false,
        DC_FAULT_NETWORK, STAYS,
        "TLS: self-signed certificate; set ca_file"},
    {DC_NET_TLS_CA, "SSL certificate problem: certificate has expired", false,
        DC_FAULT_NETWORK, STAYS,
        "TLS: certificate has expired; is the clock right?"},
    {DC_NET_TLS_CA, "SSL certificate problem: certificate is not yet valid",
        false, DC_FAULT_NETWORK, STAYS,
        "TLS: certificate is not valid yet; is the clock right?"},
    {DC_NET_TLS_CA, "SSL: no alternative certificate subject name matches "
        "target host name '127.0.0.1'", false, DC_FAULT_NETWORK, STAYS,
        "TLS: certificate of another host; see base_url"},
    {DC_NET_CA_FILE, "/etc/ssl/corp.pem", false, DC_FAULT_OTHER, STAYS,
        "cannot read ca_file /etc/ssl/corp.pem"},
    {DC_NET_PROXY, "CONNECT tunnel failed, response 407", false,
        DC_FAULT_NETWORK, STAYS,
        "proxy refused (407); see :h deepchat-proxy"},
    {DC_NET_PROXY, "Could not resolve proxy: nowhere.invalid", false,
        DC_FAULT_NETWORK, STAYS,
        "proxy: Could not resolve proxy: ...; see :h deepchat-proxy"},
    {DC_NET_PROXY, "", false, DC_FAULT_NETWORK, STAYS,
        "proxy: no connection; see :h deepchat-proxy"},
    {DC_NET_CLOSED, "recv failure", false, DC_FAULT_NETWORK, RETRY,
        "api.deepinfra.com closed the connection"},
    {DC_NET_PROTOCOL, "HTTP/0.9", false, DC_FAULT_NOT_API, STAYS,
        "api.deepinfra.com sent no valid HTTP; see base_url"},
    {DC_NET_TOO_BIG, "headers over 64 KiB", false, DC_FAULT_OTHER, STAYS,
        "api.deepinfra.com sent too much: headers over 64 KiB"},
    {DC_NET_TOO_BIG, "", false, DC_FAULT_OTHER, STAYS,
        "api.deepinfra.com sent too much: over the limit"},
    {DC_NET_OTHER, "network is down", false, DC_FAULT_NETWORK, STAYS,
        "api.deepinfra.com: network is down"},
    {DC_NET_OTHER, "", false, DC_FAULT_NETWORK, STAYS,
        "api.deepinfra.com: no connection"},
};

#define ERR(text) "{\"error\":{\"message\":\"" text "\",\"type\":" \
    "\"invalid_request_error\",\"param\":null,\"code\":null}}"
#define HOST "api.deepinfra.com"
#define TOO_LONG "too long for the context; cut turns or try :DeepModel"
#define REFUSED "key from $DEEPINFRA_API_KEY refused (401); nothing lost"
#define NO_MODEL "no model deepsek-v3 at api.deepinfra.com; try :DeepModel"

static const struct {
    int status;
    const char *body;
    enum dc_fault fault;
    bool retry;
    const char *field, *line;
} statuses[] = {
    /* wire-contract 3.2: DeepInfra */
    {500, "{\"error\":{\"message\":\"Requested input length 99009 exceeds "
        "maximum input length 8192\"}}", DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},
    {400, ERR("max_tokens must be at least 1, got -186."), DC_FAULT_CONTEXT,
        STAYS, "", TOO_LONG},
    {401, ERR("Invalid API key"), DC_FAULT_KEY, STAYS, "", REFUSED},
    {402, ERR("You need funds"), DC_FAULT_FUNDS, STAYS, "",
        "account at " HOST " needs funding; nothing lost"},
    {403, "{\"detail\":{\"error\":\"Not authenticated\"}}", DC_FAULT_KEY, STAYS,
        "", "key from $DEEPINFRA_API_KEY refused (403); nothing lost"},
    {403, ERR("Not authenticated"), DC_FAULT_KEY, STAYS, "",
        "key from $DEEPINFRA_API_KEY refused (403); nothing lost"},
    {403, ERR("Your region is not supported"), DC_FAULT_KEY, STAYS, "",
        "not allowed (403): Your region is not supported"},
    {404, "{\"error\":\"Model not found\"}", DC_FAULT_MODEL, STAYS, "",
        NO_MODEL},
    {404, "{\"detail\":\"Not Found\"}", DC_FAULT_PATH, STAYS, "",
        "no chat API at " HOST " (404); see base_url"},
    {404, "", DC_FAULT_PATH, STAYS, "",
        "no chat API at " HOST " (404); see base_url"},
    {405, "{\"error\":{\"message\":\"Tool calling is not supported for model: "
        "x\",\"type\":\"invalid_request_error\",\"param\":\"tools\"}}",
        DC_FAULT_FIELD, STAYS, "tools", "deepsek-v3 cannot use tools (405)"},
    {405, "", DC_FAULT_PATH, STAYS, "",
        "no chat API at " HOST " (405); see base_url"},
    {413, ERR("body too large"), DC_FAULT_TOO_LARGE, STAYS, "",
        "request too large for " HOST " (413); cut turns"},
    {422, "{\"error\":{\"message\":\"Input should be <ChatMessageRole.TOOL: "
        "'tool'>\",\"param\":\"messages.0...role\"}}", DC_FAULT_FIELD, STAYS,
        "messages.0...role",
        "messages.0...role refused (422): Input should be <ChatM..."},
    {422, "{\"detail\":[{\"loc\":[\"body\",\"temperature\"],\"msg\":\"should be"
        " at most 2\",\"type\":\"x\"}]}", DC_FAULT_FIELD, STAYS, "temperature",
        "temperature refused (422): should be at most 2"},
    {423, ERR("locked"), DC_FAULT_OTHER, STAYS, "",
        "unexpected status 423 from " HOST},
    {429, ERR("Rate limited"), DC_FAULT_RATE, RETRY, "", "rate limited (429)"},
    {429, ERR("Model busy, retry later"), DC_FAULT_RATE, RETRY, "",
        "the model is busy (429)"},
    {429, "{\"error\":{\"message\":\"later\",\"code\":\"engine_overloaded\"}}",
        DC_FAULT_RATE, RETRY, "", "the model is busy (429)"},
    {429, "", DC_FAULT_RATE, RETRY, "", "rate limited (429)"},
    {429, ERR("too many tokens a minute"), DC_FAULT_RATE, RETRY, "",
        "rate limited (429)"},
    {500, "", DC_FAULT_SERVER, RETRY, "", HOST " failed (500)"},
    {502, "<html><head><title>502 Bad Gateway</title></head>", DC_FAULT_SERVER,
        RETRY, "", HOST " failed (502)"},
    {503, ERR("try later"), DC_FAULT_SERVER, RETRY, "",
        HOST " failed (503): try later"},
    {504, "upstream timed out\n", DC_FAULT_SERVER, RETRY, "",
        HOST " failed (504): upstream timed out"},

    /* wire-contract 3.3: the others */
    {401, "{\"error\":{\"message\":\"no\",\"code\":\"invalid_api_key\"}}",
        DC_FAULT_KEY, STAYS, "", REFUSED},
    {401, "{\"error\":\"Unauthorized\"}", DC_FAULT_KEY, STAYS, "", REFUSED},
    {404, "{\"error\":{\"message\":\"The model `x` does not exist or you do not"
        " have access to it.\",\"type\":\"invalid_request_error\",\"param\":"
        "null,\"code\":\"model_not_found\"}}", DC_FAULT_MODEL, STAYS, "",
        NO_MODEL},
    {400, "{\"error\":{\"message\":\"over\",\"code\":"
        "\"context_length_exceeded\"}}", DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},
    {429, "{\"error\":{\"message\":\"slow down\",\"code\":"
        "\"rate_limit_exceeded\"}}", DC_FAULT_RATE, RETRY, "",
        "rate limited (429)"},
    {429, "{\"error\":{\"message\":\"You exceeded your current quota\",\"type\""
        ":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
        DC_FAULT_FUNDS, STAYS, "",
        "account at " HOST " needs funding; nothing lost"},
    {429, "{\"error\":{\"message\":\"no\",\"type\":\"insufficient_quota\","
        "\"code\":429}}", DC_FAULT_FUNDS, STAYS, "",
        "account at " HOST " needs funding; nothing lost"},
    {503, "{\"error\":{\"message\":\"The engine is overloaded\"}}",
        DC_FAULT_SERVER, RETRY, "",
        HOST " failed (503): The engine is overloaded"},
    {400, "{\"error\":{\"message\":\"This model's maximum context length is "
        "16384 tokens. However, you requested 122946 tokens.\",\"type\":"
        "\"BadRequestError\",\"param\":null,\"code\":400}}", DC_FAULT_CONTEXT,
        STAYS, "", TOO_LONG},
    {404, "{\"object\":\"error\",\"message\":\"The model `x` does not exist.\","
        "\"type\":\"NotFoundError\",\"param\":null,\"code\":404}",
        DC_FAULT_MODEL, STAYS, "", NO_MODEL},
    {400, "{\"object\":\"error\",\"message\":\"top_p must be in (0, 1]\","
        "\"type\":\"400\",\"param\":null,\"code\":400}", DC_FAULT_FIELD, STAYS,
        "top_p", "top_p refused (400): top_p must be in (0, 1]"},
    {501, "{\"error\":{\"code\":501,\"message\":\"not here\",\"type\":"
        "\"not_supported_error\"}}", DC_FAULT_OTHER, STAYS, "",
        "unexpected status 501 from " HOST},
    {503, "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":"
        "\"unavailable_error\"}}", DC_FAULT_SERVER, RETRY, "",
        "the model is loading (503)"},
    {400, "{\"error\":{\"code\":400,\"message\":\"request (13392 tokens) "
        "exceeds the available context size (8192 tokens), try increasing it\","
        "\"type\":\"exceed_context_size_error\",\"n_ctx\":8192}}",
        DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},
    {404, "{\"error\":{\"message\":\"model \\\"x\\\" not found, try pulling it "
        "first\",\"type\":\"not_found_error\",\"param\":null,\"code\":null}}",
        DC_FAULT_MODEL, STAYS, "", NO_MODEL},
    {404, "{\"error\":{\"code\":404,\"message\":\"File Not Found\",\"type\":"
        "\"not_found_error\"}}", DC_FAULT_PATH, STAYS, "",
        "no chat API at " HOST " (404); see base_url"},
    {402, "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}",
        DC_FAULT_FUNDS, STAYS, "",
        "account at " HOST " needs funding; nothing lost"},
    {408, "", DC_FAULT_SERVER, RETRY, "", HOST " was not ready (408)"},
    {409, "", DC_FAULT_SERVER, RETRY, "", HOST " was not ready (409)"},
    {425, "", DC_FAULT_SERVER, RETRY, "", HOST " was not ready (425)"},
    {502, "{\"error\":{\"code\":502,\"message\":\"Provider returned error\","
        "\"metadata\":{\"raw\":\"boom\",\"provider_name\":\"X\"}}}",
        DC_FAULT_SERVER, RETRY, "",
        HOST " failed (502): Provider returned error..."},
    {400, "{\"error\":{\"message\":\"Model Not Exist\",\"type\":"
        "\"invalid_request_error\",\"param\":null,\"code\":"
        "\"invalid_request_error\"}}", DC_FAULT_MODEL, STAYS, "", NO_MODEL},
    {401, ERR("Authentication Fails, Your api key: ****abcd is invalid"),
        DC_FAULT_KEY, STAYS, "", REFUSED},
    {402, ERR("Insufficient Balance"), DC_FAULT_FUNDS, STAYS, "",
        "account at " HOST " needs funding; nothing lost"},
    {400, ERR("tokens to keep from the initial prompt is greater than the "
        "context length"), DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},
    {400, "", DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},
    {413, " \n", DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},
    {400, ERR("input token count 9 exceeds the maximum number"),
        DC_FAULT_CONTEXT, STAYS, "", TOO_LONG},

    /* faults 2.2 and what is left */
    {400, ERR("nonsense"), DC_FAULT_OTHER, STAYS, "", "refused (400): nonsense"},
    {422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"bad\"}]}", DC_FAULT_OTHER,
        STAYS, "", "refused (422): bad"},
    {422, "{}", DC_FAULT_OTHER, STAYS, "", "refused (422): {}"},
    {422, "", DC_FAULT_OTHER, STAYS, "", "refused (422): no reason given"},
    {520, "", DC_FAULT_SERVER, RETRY, "", HOST " failed (520)"},
    {524, "<html>", DC_FAULT_SERVER, RETRY, "", HOST " failed (524)"},
    {525, "", DC_FAULT_OTHER, STAYS, "", "unexpected status 525 from " HOST},
    {529, "", DC_FAULT_SERVER, RETRY, "", HOST " is busy (529)"},
    {101, "", DC_FAULT_OTHER, STAYS, "", "unexpected status 101 from " HOST},
    {999, "", DC_FAULT_OTHER, STAYS, "", "unexpected status 999 from " HOST},

    /* 200 */
    {200, "", DC_FAULT_OTHER, STAYS, "", HOST " sent an empty reply"},
    {204, "", DC_FAULT_OTHER, STAYS, "", HOST " sent an empty reply"},
    {200, "<!DOCTYPE html><title lang=en>Log in</title>", DC_FAULT_NOT_API,
        STAYS, "", HOST " sent a web page: Log in; see base_url"},
    {200, "<>", DC_FAULT_NOT_API, STAYS, "",
        HOST " sent a web page; see base_url"},
    {200, "{\"hello\":1}", DC_FAULT_NOT_API, STAYS, "",
        HOST " sent no chat reply; see base_url"},
    {200, "welcome", DC_FAULT_NOT_API, STAYS, "",
        HOST " sent no chat reply; see base_url"},
    {200, "{\"x\":\"the model was not found, maximum context length\"}",
        DC_FAULT_NOT_API, STAYS, "", HOST " sent no chat reply; see base_url"},
    {200, ERR("odd"), DC_FAULT_SERVER, STAYS, "", HOST ": odd"},
    {200, "{\"error\":\"odd\"}", DC_FAULT_SERVER, STAYS, "", HOST ": odd"},

    /* an event in a stream, wire-contract 2.6 */
    {200, "{\"error\":{\"message\":\"no\",\"type\":\"BadRequestError\","
        "\"param\":null,\"code\":400}}", DC_FAULT_OTHER, STAYS, "",
        "refused (400): no"},
    {200, "{\"error\":{\"code\":500,\"message\":\"died\",\"type\":"
        "\"server_error\"}}", DC_FAULT_SERVER, RETRY, "",
        HOST " failed (500): died"},
    {200, "{\"id\":\"x\",\"error\":{\"code\":\"server_error\",\"message\":"
        "\"Provider disconnected unexpectedly\"},\"choices\":[]}",
        DC_FAULT_SERVER, RETRY, "", HOST ": Provider disconnected unexpectedly"},
    {200, "{\"provider\":\"DeepInfra\",\"choices\":[],\"error\":{\"code\":400,"
        "\"message\":\"Upstream error from DeepInfra: Requested input length "
        "35327 exceeds maximum input length 32767\"}}", DC_FAULT_CONTEXT, STAYS,
        "", TOO_LONG},
    {200, "{\"error\":{\"message\":\"wait\",\"code\":\"429\"}}", DC_FAULT_RATE,
        RETRY, "", "rate limited (429)"},
    {200, "{\"error\":{\"message\":\"w\",\"code\":\"rate_limit_exceeded\"}}",
        DC_FAULT_RATE, RETRY, "", "rate limited (429)"},
    {200, "{\"error\":{\"message\":\"w\",\"code\":\"invalid_api_key\"}}",
        DC_FAULT_KEY, STAYS, "", REFUSED},
    {200, "{\"error\":{\"message\":\"w\",\"code\":4290}}", DC_FAULT_SERVER,
        STAYS, "", HOST ": w"},
};
/* clang-format on */

Test(failure, the_transport, .timeout = 10)
{
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        struct dc_asked asked = failure_asked();
        asked.loopback = nets[i].loopback;
        struct dc_response response = {
            .net = nets[i].net,
            .detail = str_of(nets[i].detail),
        };
        struct dc_failure f;
        dc_failure_read(&f, &response, &asked);
        failure_check(&f);
        cr_expect_str_eq(f.line, nets[i].line, "net %zu: %s", i, f.line);
        cr_expect_eq(f.fault, nets[i].fault, "net %zu", i);
        cr_expect_eq(f.retry, nets[i].retry, "net %zu", i);
        cr_expect_str_eq(f.server, nets[i].detail, "net %zu", i);
    }
}

Test(failure, the_statuses, .timeout = 10)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct dc_asked asked = failure_asked();
        int status = statuses[i].status;
        const char *body = statuses[i].body;
        struct dc_failure f = failure_of(status, str_of(body), &asked);
        cr_expect_str_eq(f.line, statuses[i].line, "%d %s: %s", status, body,
                         f.line);
        cr_expect_eq(f.fault, statuses[i].fault, "%d %s", status, body);
        cr_expect_eq(f.retry, statuses[i].retry, "%d %s", status, body);
        cr_expect_str_eq(f.field, statuses[i].field, "%d %s: %s", status, body,
                         f.field);
    }
}

/* wire-contract 3.4, every status there is. */
Test(failure, what_may_be_asked_again, .timeout = 20)
{
    static const int again[] = {408, 409, 425, 429, 498, 500, 502, 503,
                                504, 520, 521, 522, 523, 524, 529};
    struct dc_asked asked = failure_asked();
    for (int status = 0; status < 1000; status++) {
        bool want = false;
        for (size_t i = 0; i < sizeof again / sizeof *again; i++)
            want = want || again[i] == status;
        struct dc_failure f = failure_of(status, str_of("x"), &asked);
        cr_expect_eq(f.retry, want, "%d", status);
        f = failure_of(status, str_of(ERR("prompt is too long")), &asked);
        cr_expect_eq(f.retry, status == 429, "%d", status);
    }
}

/* clang-format off */
static const char *const overflows[] = {
    "maximum context length", "context_length_exceeded",
    "context length exceeded", "exceeds the context window",
    "exceeds the available context size", "exceed_context_size_error",
    "exceeds maximum input length", "maximum prompt length is",
    "reduce the length of the messages", "prompt is too long",
    "too large for model with", "greater than the context length",
    "context window exceeds limit", "exceeded model token limit",
    "max_tokens must be at least 1", "too many tokens", "exceeds the limit of",
    "the input token count (1) exceeds the maximum",
};
/* clang-format on */

Test(failure, words_for_too_long, .timeout = 10)
{
    struct dc_asked asked = failure_asked();
    for (size_t i = 0; i < sizeof overflows / sizeof *overflows; i++)
        for (int upper = 0; upper < 2; upper++) {
            char body[128];
            snprintf(body, sizeof body, "{\"error\":\"So %s!\"}", overflows[i]);
            for (char *p = body + 10; upper && *p != '\0'; p++)
                *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
            struct dc_failure f = failure_of(400, str_of(body), &asked);
            cr_expect_eq(f.fault, DC_FAULT_CONTEXT, "%s", body);
            f = failure_of(200, str_of(body), &asked);
            cr_expect_eq(f.fault, DC_FAULT_CONTEXT, "%s", body);
        }
}
