/* Name lookups, with a resolver and network cards of our own: libcurl finds
 * these functions here before it finds the system's. */
#include <criterion/criterion.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/http_rig.h"

#define OURS __attribute__((visibility("default")))

static bool online;

OURS int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **out)
{
    (void)service;
    (void)hints;
    (void)out;
    struct timespec hang = {4, 0};
    if (node != NULL && strncmp(node, "hang", 4) == 0)
        nanosleep(&hang, NULL);
    return EAI_NONAME;
}

static struct sockaddr_in far_address = {.sin_family = AF_INET};
static struct ifaddrs card = {.ifa_flags = IFF_UP | IFF_RUNNING};

OURS int
getifaddrs(struct ifaddrs **out)
{
    card.ifa_addr = (struct sockaddr *)&far_address;
    *out = online ? &card : NULL;
    return 0;
}

OURS void
freeifaddrs(struct ifaddrs *all)
{
    (void)all;
}

Test(http_dns, no_such_name_and_nobody_to_ask, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, NULL);
    struct http_request req = rig.request;
    req.url = "https://nowhere.invalid/v1";
    for (int i = 0; i < 2; i++) {
        struct got g = {0};
        online = i == 0;
        rig_fetch(&rig, &g, &req, 3000);
        cr_expect_eq(g.result.net, online ? DC_NET_NO_HOST : DC_NET_DNS, "%s",
                     net_name(g.result.net));
        cr_expect_not_null(strstr(g.result.detail, "nowhere.invalid"));
        got_finish(&g);
    }
    req.proxy = "http://nowhere.invalid:80";
    struct got g = {0};
    rig_fetch(&rig, &g, &req, 3000);
    cr_expect_eq(g.result.net, DC_NET_PROXY, "%s", net_name(g.result.net));
    got_finish(&g);
    rig_stop(&rig);
}

Test(http_dns, a_lookup_that_hangs_holds_up_nothing, .timeout = 20)
{
    struct rig rig;
    rig_start(&rig, NULL);
    struct http_request req = rig.request;
    req.url = "https://hang.invalid/v1";
    req.connect_ms = 200;
    struct got g = {0};
    int64_t start = loop_now();
    rig_fetch(&rig, &g, &req, 3000);
    cr_expect_eq(g.result.net, DC_NET_CONNECT_TIMEOUT);
    cr_expect_str_eq(g.result.detail, "0.2");
    cr_expect_lt(loop_now() - start, 600);
    got_finish(&g);

    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, false, 60);
    start = loop_now();
    http_cancel(g.call);
    RIG_UNTIL(&rig, g.dones > 0, 3000);
    cr_expect(g.result.cancelled);
    cr_expect_lt(loop_now() - start, 100);
    got_finish(&g);

    rig_send(&rig, &g, &req);
    RIG_UNTIL(&rig, false, 60);
    start = loop_now();
    rig_stop(&rig);
    cr_expect_lt(loop_now() - start, 200, "leaving does not wait either");
    got_finish(&g);
}
