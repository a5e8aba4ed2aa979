/* Lists of models, from the server and from the disk. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/catalog_rig.h"
#include "lib/root.h"
#include "lib/tmpdir.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- what is asked, and what is known then ---- */

#define LIST "json {\"data\":["
#define PLAIN LIST "{\"id\":\"a/m\"},{\"id\":\"b\"}]}\n"
#define LLAMA                                                                  \
    LIST "{\"id\":\"x\",\"owned_by\":\"llamacpp\",\"meta\":{\"n_ctx_train\":"  \
         "4096}}]}\n"
#define GONE "status 404\njson {\"error\":\"not found\"}\n"

static const struct {
    const char *name;
    const char *models, *props, *show; /* scripts; NULL: 404 */
    const char *model;
    const char *about; /* NULL: nothing is known */
    const char *asked; /* paths, each behind a blank */
} chains[] = {
    {"sizes in the list", LIST "{\"id\":\"m\",\"max_model_len\":4096}]}\n",
     NULL, NULL, "m", "4k", " /v1/models"},
    {"llama.cpp", LLAMA, "json {\"n_ctx\":2048}\n", NULL, "x", "2k",
     " /v1/models /props"},
    {"llama.cpp by any name", LLAMA,
     "json {\"n_ctx\":2048,\"modalities\":{\"vision\":true}}\n", NULL, "other",
     "2k", " /v1/models /props"},
    {"llama.cpp without /props", LLAMA, NULL, NULL, "x", "",
     " /v1/models /props"},
    {"llama.cpp with odd /props", LLAMA, "json []\n", NULL, "x", "",
     " /v1/models /props"},
    {"Ollama", PLAIN, NULL,
     "json {\"model_info\":{\"general.architecture\":\"q\",\"q.context_length\""
     ":8192}}\n",
     "a/m", "8k", " /v1/models /api/show"},
    {"Ollama's latest", LIST "{\"id\":\"m:latest\"}]}\n", NULL,
     "json {\"model_info\":{\"general.architecture\":\"q\",\"q.context_length\""
     ":8192}}\n",
     "m", "8k", " /v1/models /api/show"},
    {"nobody that has a size", PLAIN, NULL, NULL, "b", "",
     " /v1/models /api/show /api/v0/models"},
    {"LM Studio",
     PLAIN "---\njson {\"data\":[{\"id\":\"b\",\"type\":\"llm\",\"max_context_"
           "length\":4096},{\"id\":\"new\"}]}\n",
     NULL, "json {\"error\":\"Unexpected endpoint\"}\n", "b", "4k",
     " /v1/models /api/show /api/v0/models"},
    {"a model it does not have", PLAIN, NULL, NULL, "c", NULL, " /v1/models"},
    {"a version", LIST "{\"id\":\"a/m\",\"context_length\":512}]}\n", NULL,
     NULL, "a/m:0123", "512", " /v1/models"},
    {"a deployment", LIST "{\"id\":\"a\",\"context_length\":512}]}\n", NULL,
     NULL, "deploy_id:a", NULL, " /v1/models"},
    {"none set, one there", LIST "{\"id\":\"a\",\"context_length\":512}]}\n",
     NULL, NULL, "", "512", " /v1/models"},
    {"none set, two there", PLAIN, NULL, NULL, "", NULL, " /v1/models"},
    {"an empty list", LIST "]}\n", NULL, NULL, "m", NULL, " /v1/models"},
};

Test(catalog, chains, .timeout = 60)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    for (size_t i = 0; i < COUNT(chains); i++) {
        catalog_rig_anew(&rig);
        catalog_rig_scripts(&rig, chains[i].models, chains[i].props,
                            chains[i].show);
        catalog_rig_fetch(&rig, chains[i].model, false);
        cr_expect_str_eq(rig.line, "", "%s: %s", chains[i].name, rig.line);
        char *asked = catalog_rig_asked(&rig);
        cr_expect_str_eq(asked, chains[i].asked, "%s: %s", chains[i].name,
                         asked);
        free(asked);
        char *about = catalog_rig_about(&rig, chains[i].model);
        cr_expect_str_eq(about != NULL ? about : "none",
                         chains[i].about != NULL ? chains[i].about : "none",
                         "%s: %s", chains[i].name, about);
        free(about);
        /* all of it is on the disk, and nothing is asked twice */
        catalog_rig_reopen(&rig);
        about = catalog_rig_about(&rig, chains[i].model);
        cr_expect_eq(about != NULL, chains[i].about != NULL, "%s",
                     chains[i].name);
        catalog_rig_fetch(&rig, chains[i].model, false);
        char *again = catalog_rig_asked(&rig);
        cr_expect_str_eq(again, chains[i].asked, "%s, again: %s",
                         chains[i].name, again);
        free(again);
        free(about);
    }
    catalog_rig_stop(&rig);
}

Test(catalog, asks_about_another_model_only, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    catalog_rig_scripts(&rig, PLAIN, NULL,
                        "json {\"model_info\":{\"general.architecture\":\"q\","
                        "\"q.context_length\":8192}}\n");
    catalog_rig_fetch(&rig, "a/m", false);
    catalog_rig_fetch(&rig, "b", false);
    char *asked = catalog_rig_asked(&rig);
    cr_expect_str_eq(asked, " /v1/models /api/show /api/show", "%s", asked);
    free(asked);
    char *body = server_get(rig.sv, "/others/3/body", NULL);
    cr_expect_str_eq(body, "{\"model\":\"b\"}");
    free(body);
    cr_expect(catalog_rig_has(&rig, "a/m"));
    cr_expect_not(catalog_rig_has(&rig, "a/M"));
    catalog_rig_stop(&rig);
}

/* ---- failures ---- */

static const struct {
    const char *name, *models, *line;
} failures[] = {
    {"no such path", GONE, "HOST has no list of models (404)"},
    {"not allowed", "status 405\njson {}\n",
     "HOST has no list of models (405)"},
    {"no key", "status 401\njson {\"error\":{\"message\":\"no\"}}\n",
     "no key for HOST (401); see :h deepchat-key"},
    {"down", "status 503\nbody down\n", "HOST failed (503)"},
    {"a web page", "body <html><body>hi</body></html>\n",
     "HOST sent no list of models"},
    {"an error under 200", "json {\"error\":\"x\"}\n",
     "HOST sent no list of models"},
    {"nothing", "json \n", "HOST sent no list of models"},
    {"cut", "length 100\nchunk {\"data\":[]\nclose\n",
     "HOST closed the connection"},
    {"elsewhere", "status 302\nheader Location: http://evil.example/v1\n",
     "redirects to evil.example/v1; set base_url if you trust it"},
};

Test(catalog, failures, .timeout = 60)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    for (int stale = 0; stale < 2; stale++)
        for (size_t i = 0; i < COUNT(failures); i++) {
            char want[200];
            catalog_rig_anew(&rig);
            if (stale) {
                catalog_rig_scripts(&rig, PLAIN, NULL, NULL);
                catalog_rig_fetch(&rig, "c", false);
            }
            catalog_rig_scripts(&rig, failures[i].models, NULL, NULL);
            catalog_rig_fetch(&rig, "c", stale);
            catalog_rig_line(&rig, failures[i].line, want, sizeof want);
            cr_expect(strncmp(rig.line, want, strlen(want)) == 0, "%s: %s",
                      failures[i].name, rig.line);
            cr_expect_leq(strlen(rig.line), 58, "%s", rig.line);
            cr_expect_eq(rig.count, stale ? 2 : 0, "%s: %zu", failures[i].name,
                         rig.count);
        }
    /* the key, from which the server makes its words, stays out of them */
    catalog_rig_stop(&rig);
}

Test(catalog, nobody_there, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    rig.url = "http://127.0.0.1:1/v1";
    catalog_rig_fetch(&rig, "m", false);
    cr_expect(strstr(rig.line, "127.0.0.1:1 refused"), "%s", rig.line);
    cr_expect_eq(rig.count, 0);
    catalog_rig_stop(&rig);
}

Test(catalog, eight_megabytes, .timeout = 60)
{
    static const struct {
        int more;
        bool well;
    } cases[] = {{1, false}, {0, true}};
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf body;
        size_t size = ((size_t)8 << 20) + (size_t)cases[i].more;
        buf_init(&body, size + 100);
        buf_add_text(&body, "{\"data\":[{\"id\":\"m\"}]}");
        size_t rest = size - body.len;
        memset(buf_room(&body, rest), ' ', rest);
        body.len += rest;
        FILE *file = fopen(tmpdir_path(rig.dir, "big"), "w");
        fwrite(body.ptr, 1, body.len, file);
        fclose(file);
        buf_finish(&body);
        char script[600];
        snprintf(script, sizeof script, "body @%s\n",
                 tmpdir_path(rig.dir, "big"));
        catalog_rig_scripts(&rig, script, NULL, NULL);
        catalog_rig_fetch(&rig, "c", true);
        cr_expect_eq(rig.count, cases[i].well ? 1 : 0, "%s", rig.line);
        cr_expect_eq(strstr(rig.line, "is over 8 MiB") != NULL, !cases[i].well,
                     "%s", rig.line);
    }
    catalog_rig_stop(&rig);
}

/* ---- the disk ---- */

static void
set_age(struct catalog_rig *rig, int64_t seconds)
{
    struct model_list list;
    int64_t when;
    char *url = catalog_rig_endpoint(rig);
    cr_assert(catalog_load(&list, rig->dir, url, &when));
    cr_expect(
        catalog_keep(&list, rig->dir, url, (int64_t)time(NULL) - seconds));
    model_list_finish(&list);
    free(url);
}

static const struct {
    const char *name;
    int64_t age;
    bool fresh, reopen;
    size_t requests;
} ages[] = {
    {"just read", 0, false, true, 1},
    {"a day less a minute", 86400 - 60, false, true, 1},
    {"a day", 86400, false, true, 2},
    {"tomorrow", -3600, false, true, 2},
    {"asked for a fresh one", 0, true, true, 2},
    {"in memory", 86400, false, false, 1},
};

Test(catalog, ages, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    for (size_t i = 0; i < COUNT(ages); i++) {
        catalog_rig_anew(&rig);
        catalog_rig_scripts(&rig, PLAIN, NULL, NULL);
        catalog_rig_fetch(&rig, "c", false);
        set_age(&rig, ages[i].age);
        if (ages[i].reopen)
            catalog_rig_reopen(&rig);
        /* however old, it is known without the network */
        cr_expect(catalog_rig_has(&rig, "b"), "%s", ages[i].name);
        catalog_rig_fetch(&rig, "c", ages[i].fresh);
        cr_expect_eq(catalog_rig_requests(&rig), ages[i].requests, "%s",
                     ages[i].name);
        cr_expect_eq(rig.count, 2);
    }
    catalog_rig_stop(&rig);
}

/* Another editor has asked since: that counts, if it was within a day. */
Test(catalog, of_another_editor, .timeout = 30)
{
    enum { HOUR = 3600, DAY = 24 * HOUR };
    static const int64_t since[] = {HOUR, 2 * DAY};
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    for (size_t i = 0; i < COUNT(since); i++) {
        catalog_rig_anew(&rig);
        catalog_rig_scripts(&rig, PLAIN, NULL, NULL);
        catalog_rig_fetch(&rig, "c", false);
        set_age(&rig, (int64_t)3 * DAY);
        catalog_rig_reopen(&rig);
        cr_expect(catalog_rig_has(&rig, "b"));
        set_age(&rig, since[i]);
        catalog_rig_fetch(&rig, "c", false);
        cr_expect_eq(catalog_rig_requests(&rig), since[i] < DAY ? 1 : 2);
    }
    /* more about one model makes the list no younger */
    catalog_rig_anew(&rig);
    catalog_rig_fetch(&rig, "c", false);
    set_age(&rig, 12 * HOUR);
    catalog_rig_reopen(&rig);
    catalog_rig_fetch(&rig, "b", false);
    char *asked = catalog_rig_asked(&rig);
    cr_expect_str_eq(asked, " /v1/models /api/show /api/v0/models", "%s",
                     asked);
    free(asked);
    struct model_list list;
    int64_t when;
    char *url = catalog_rig_endpoint(&rig);
    cr_assert(catalog_load(&list, rig.dir, url, &when));
    cr_expect_leq(when, (int64_t)time(NULL) - 12 * HOUR);
    model_list_finish(&list);
    free(url);
    catalog_rig_stop(&rig);
}

Test(catalog, files, .timeout = 60)
{
    struct catalog_rig rig;
    struct stat st;
    catalog_rig_start(&rig);
    catalog_rig_scripts(&rig, PLAIN, NULL, NULL);
    catalog_rig_fetch(&rig, "a/m", false);
    char *url = catalog_rig_endpoint(&rig);
    char *path = catalog_file(rig.dir, url);
    cr_assert_eq(stat(path, &st), 0, "%s", path);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(stat(tmpdir_path(rig.dir, "models"), &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0700);
    /* what is broken is not believed, wherever it is */
    struct buf whole;
    buf_init(&whole, 1 << 16);
    cr_assert(file_read(path, &whole, NULL));
    for (size_t len = 0; len <= whole.len; len++) {
        struct model_list list;
        int64_t when;
        cr_assert(file_replace(path, (struct dc_str){whole.ptr, len}, NULL));
        bool ok = catalog_load(&list, rig.dir, url, &when);
        /* the last newline is not missed */
        cr_expect_eq(ok, len + 1 >= whole.len, "%zu", len);
        cr_expect_eq(list.count, ok ? 2 : 0, "%zu", len);
        model_list_finish(&list);
    }
    buf_finish(&whole);
    /* the file of another address */
    char *other = catalog_file(rig.dir, "http://other/v1/chat/completions");
    cr_assert_eq(rename(path, other), 0);
    struct model_list list;
    int64_t when;
    cr_expect_not(catalog_load(&list, rig.dir,
                               "http://other/v1/chat/completions", &when));
    free(other);
    free(path);
    free(url);
    /* without a place it is in memory only */
    root_off();
    chmod(tmpdir_path(rig.dir, "models"), 0);
    catalog_rig_fetch(&rig, "a/m", true);
    cr_expect_eq(rig.count, 2);
    chmod(tmpdir_path(rig.dir, "models"), 0700);
    cr_expect_eq(tmpdir_count(tmpdir_path(rig.dir, "models"), ".json"), 1);
    root_on();
    catalog_rig_stop(&rig);
}

/* More servers than are kept in memory. */
Test(catalog, many_servers, .timeout = 30)
{
    struct catalog_rig rig;
    catalog_rig_start(&rig);
    for (int i = 0; i < 12; i++) {
        char name[16], list[100];
        snprintf(name, sizeof name, "n%d", i);
        snprintf(list, sizeof list, LIST "{\"id\":\"m%d\"}]}\n", i);
        char script[32];
        snprintf(script, sizeof script, "%s.models", name);
        server_script(rig.sv, script, list);
        rig.url = server_url(rig.sv, name);
        catalog_rig_fetch(&rig, "c", false);
        cr_expect_eq(rig.count, 1);
    }
    for (int i = 0; i < 12; i++) {
        char name[16], model[16];
        snprintf(name, sizeof name, "n%d", i);
        snprintf(model, sizeof model, "m%d", i);
        rig.url = server_url(rig.sv, name);
        cr_expect(catalog_rig_has(&rig, model), "%s", model);
        cr_expect_not(catalog_rig_has(&rig, "m99"));
    }
    catalog_rig_stop(&rig);
}

/* The host ends while a key or a list is waited for: the loop does not turn any
 * more, and who waits is told. */
Test(catalog, ends_with_the_host, .timeout = 30)
{
    static const char *const command[] = {"api_key_cmd", "[\"sleep\",\"100\"]",
                                          NULL};
    for (int keyed = 0; keyed < 2; keyed++) {
        struct catalog_rig rig;
        catalog_rig_start(&rig);
        rig.settings = keyed ? command : NULL;
        catalog_rig_scripts(&rig, "hold g\n" PLAIN, NULL, NULL);
        catalog_rig_ask(&rig, "a/m", false);
        if (keyed)
            loop_turn(rig.lp, 20);
        for (int64_t end = loop_now() + 20000;
             !keyed && catalog_rig_requests(&rig) == 0 && loop_now() < end;)
            loop_turn(rig.lp, 5);
        catalog_free(rig.catalog);
        cr_expect_eq(rig.told, 1);
        cr_expect_str_eq(rig.line, "stopped");
        http_free(rig.http);
        loop_free(rig.lp);
        server_stop(rig.sv);
        tmpdir_free(rig.dir);
    }
}
