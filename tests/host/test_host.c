/* The host ends while somebody waits for a list of models. */
#include "host/host.h"

#include <criterion/criterion.h>

#include "host/ask.h"
#include "host/catalog_cache.h"
#include "host/choose.h"
#include "host/inspect.h"
#include "lib/fake_ed.h"
#include "lib/host_rig.h"

TestSuite(host, .timeout = 30);

static struct host_rig rig;
static struct fake_ed fe;

static void
start(void)
{
    host_rig_start(&rig);
    fake_start(&fe, 65536);
    host_init(&rig.host, rig.lp, rig.http, &fe.base);
}

static void
stop(void)
{
    host_finish(&rig.host, 0);
    fake_finish(&fe);
    host_rig_stop(&rig);
}

/* He is told: what he says of the server is known as long as he can ask. */
Test(host, ends_before_a_choice)
{
    start();
    struct value *args = host_rig_send(&rig, 1, "t", NULL);
    value_put(args, "name", value_text("llama.cpp/x"));
    choose_ask(&rig.host, args);
    value_free(args);
    cr_expect_eq(fe.count, 0);
    stop();
}

/* A list of another day, which is not that of the model: it is fetched. */
static void
keep_old_list(const struct value *args)
{
    struct config *cfg = ask_config(args, NULL, NULL);
    struct model_list list = {.count = 0};
    struct model_info info;
    model_info_init(&info);
    info.name = "another";
    model_list_add(&list, &info);
    cr_assert(catalog_keep(&list, rig.dir, config_url(cfg), 1));
    model_list_finish(&list);
    config_free(cfg);
}

/* Nothing is left to look at. */
Test(host, ends_before_an_inspection)
{
    start();
    struct value *args = host_rig_send(&rig, 1, "t", NULL);
    keep_old_list(args);
    inspect_ask(rig.host.inspect, args);
    value_free(args);
    cr_expect_eq(fe.count, 1, "it was shown without");
    stop();
}
