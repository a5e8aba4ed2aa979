/* TLS: whom we believe, and that nothing older than 1.2 is spoken. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/http_rig.h"
#include "../lib/proc.h"
#include "lib/tmpdir.h"

static char *dir;

static void
make_certs(void)
{
    dir = tmpdir_new();
    const char *const argv[] = {"sh", "tools/make-certs.sh", dir, NULL};
    struct proc p;
    proc_start(&p, argv, PROC_ERR);
    char *said = proc_read_until(p.err, NULL, 20000);
    cr_assert(proc_wait(&p, 20000));
    cr_assert_eq(p.status, 0, "%s", said);
    proc_stop(&p);
    free(said);
}

static struct server *
start(const char *name, const char *option)
{
    char cert[300], key[300];
    snprintf(cert, sizeof cert, "%s/%s.pem", dir, name);
    snprintf(key, sizeof key, "%s/%s.key", dir, name);
    bool silent = option != NULL && strcmp(option, "silent") == 0;
    struct server *sv;
    if (silent)
        sv = server_start("--tls", cert, key, "--tls-silent", NULL);
    else if (option != NULL)
        sv = server_start("--tls", cert, key, "--tls-max", option, NULL);
    else
        sv = server_start("--tls", cert, key, NULL);
    server_script(sv, "s", "chunk abc\n");
    server_script(sv, "cut", "chunk abc\ntls-truncate\n");
    server_script(sv, "close", "chunked off\nhead\nchunk abc\ntls-truncate\n");
    return sv;
}

/* clang-format off */
static const struct {
    const char *title, *cert, *option, *ca, *script;
    enum dc_net net;
    const char *detail, *body;
} cases[] = {
    {"good", "good", NULL, "ca.pem", "s", DC_NET_OK, "", "abc"},
    {"authority unknown", "good", NULL, NULL, "s", DC_NET_TLS_CA,
        "certificate", ""},
    {"signed by itself", "selfsigned", NULL, "ca.pem", "s", DC_NET_TLS_CA,
        "self", ""},
    {"expired", "expired", NULL, "ca.pem", "s", DC_NET_TLS_CA, "expired", ""},
    {"another's name", "wrongname", NULL, "ca.pem", "s", DC_NET_TLS_CA,
        "subject name", ""},
    {"TLS 1.1 only", "good", "1.1", "ca.pem", "s", DC_NET_TLS, "", ""},
    {"no file of authorities", "good", NULL, "missing.pem", "s",
        DC_NET_CA_FILE, "missing.pem", ""},
    {"cut inside the body", "good", NULL, "ca.pem", "cut", DC_NET_CLOSED, "",
        "abc"},
    {"cut where its end is the body's end", "good", NULL, "ca.pem", "close",
        DC_NET_OK, "", "abc"},
    {"silent", "good", "silent", "ca.pem", "s", DC_NET_CONNECT_TIMEOUT, "0.3",
        ""},
};
/* clang-format on */

Test(http_tls, every_certificate, .timeout = 60)
{
    make_certs();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        rig_start(&rig, start(cases[i].cert, cases[i].option));
        char *ca = cases[i].ca != NULL ? temp_path(dir, cases[i].ca) : NULL;
        struct http_request req = rig.request;
        req.url = rig_tls_url(&rig, cases[i].script);
        req.ca_file = ca;
        req.key = "sk-0123456789";
        req.connect_ms = cases[i].net == DC_NET_CONNECT_TIMEOUT ? 300 : 5000;
        struct got g = {0};
        rig_fetch(&rig, &g, &req, 6000);
        cr_expect_eq(g.result.net, cases[i].net, "%s: %s (%s)", cases[i].title,
                     net_name(g.result.net), g.result.detail);
        cr_expect_not_null(strstr(g.result.detail, cases[i].detail), "%s: %s",
                           cases[i].title, g.result.detail);
        cr_expect_null(strstr(g.result.detail, "error:"), "%s",
                       g.result.detail);
        cr_expect_str_eq(g.body.len > 0 ? g.body.ptr : "", cases[i].body, "%s",
                         cases[i].title);
        if (cases[i].net != DC_NET_OK && cases[i].net != DC_NET_CLOSED)
            cr_expect_eq(server_requests(rig.server), 0, "%s", cases[i].title);
        got_finish(&g);
        rig_stop(&rig);
        free(ca);
    }
    tmpdir_free(dir);
}

/* https to a port that speaks HTTP, and http to one that speaks TLS. */
Test(http_tls, the_other_protocol, .timeout = 60)
{
    make_certs();
    struct rig rig;
    rig_start(&rig, start("good", NULL));
    char *ca = temp_path(dir, "ca.pem");
    struct http_request req = rig.request;
    req.ca_file = ca;

    char url[200];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/v1",
             server_port(rig.server));
    req.url = url;
    struct got g = {0};
    rig_fetch(&rig, &g, &req, 6000);
    cr_expect_eq(g.result.net, DC_NET_TLS, "%s", net_name(g.result.net));
    cr_expect_str_eq(g.result.detail, "the server does not speak TLS there");
    got_finish(&g);

    snprintf(url, sizeof url, "http%s", rig_tls_url(&rig, "s") + 5);
    rig_fetch(&rig, &g, &req, 6000);
    cr_expect(g.result.net == DC_NET_CLOSED || g.result.net == DC_NET_PROTOCOL,
              "%s", net_name(g.result.net));
    got_finish(&g);
    free(ca);
    rig_stop(&rig);
    tmpdir_free(dir);
}

/* One connection, however many requests. */
Test(http_tls, connections_used_again, .timeout = 60)
{
    make_certs();
    struct rig rig;
    rig_start(&rig, start("good", NULL));
    char *ca = temp_path(dir, "ca.pem");
    struct http_request req = rig.request;
    req.url = rig_tls_url(&rig, "s");
    req.ca_file = ca;
    for (int i = 0; i < 3; i++) {
        struct got g = {0};
        rig_fetch(&rig, &g, &req, 6000);
        cr_expect_eq(g.result.net, DC_NET_OK);
        got_finish(&g);
    }
    cr_expect_eq(server_connections(rig.server), 1);
    /* trust given for one call is not lent to the next */
    struct got g = {0};
    req.ca_file = NULL;
    rig_fetch(&rig, &g, &req, 6000);
    cr_expect_eq(g.result.net, DC_NET_TLS_CA);
    got_finish(&g);
    free(ca);
    rig_stop(&rig);
    tmpdir_free(dir);
}
