/* A conversation in a real editor with the scripted server. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ed.h"
#include "lib/server.h"

enum { MS = 10000 };

#define DONE "deepchat#status() ==# '' && !deepchat#buf#any_running()"

static struct server *sv;
static struct ed *ed;

static void
start(const char *script, const char *settings)
{
    sv = server_start(NULL);
    if (script != NULL)
        server_script(sv, "t", script);
    ed = ed_start(server_url(sv, script != NULL ? "t" : NULL), settings, NULL);
}

static void
stop(void)
{
    ed_stop(ed);
    server_stop(sv);
}

static void
expect_text(const char *want)
{
    char *text = ed_text(ed);
    cr_expect_str_eq(text, want);
    free(text);
}

Test(chat, first_token_to_buffer, .timeout = 30)
{
    start("token Hello\ntoken , world\\n\\nSecond line.\nfinish stop 3 5 "
          "0.00021\ndone\n",
          "'system': '', 'model': 'm'");
    ed_ex(ed, "DeepChat Say hello");
    cr_expect(ed_wait(ed, MS, DONE));
    expect_text("---\nmodel: m\n---\n\n%% user\n\nSay hello\n\n"
                "%% assistant finish=stop in=3 out=5 cost=0.00021\n\n"
                "Hello, world\n\nSecond line.\n\n%% user\n\n");
    char *body = server_request_body(sv, 1, NULL);
    cr_expect_str_eq(body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                           "\"content\":\"Say hello\"}],\"stream\":true,"
                           "\"stream_options\":{\"include_usage\":true}}");
    free(body);
    cr_expect_eq(ed_number(ed, "&modified"), 0, "autosave");
    stop();
}

Test(chat, answers_keep_their_model, .timeout = 30)
{
    start("token Hi\nfinish stop 1 1 0.5\ndone\n",
          "'system': '', 'model': 'old'");
    ed_ex(ed, "DeepChat One");
    cr_expect(ed_wait(ed, MS, DONE));
    ed_ex(ed, "DeepModel new/model");
    expect_text("---\nmodel: new/model\n---\n\n%% user\n\nOne\n\n"
                "%% assistant finish=stop in=1 out=1 cost=0.5 model=old\n\n"
                "Hi\n\n%% user\n\n");
    ed_ex(ed, "DeepModel third");
    cr_expect_eq(ed_number(ed, "search('cost=0.5 model=old$', 'nw') > 0"), 1);
    stop();
}

Test(chat, refused_text_is_not_doubled, .timeout = 30)
{
    start("token Hi\nfinish stop\ndone\n", "'system': '', 'model': 'm'");
    ed_ex(ed, "DeepChat ++temprature=0 One");
    cr_expect(ed_wait(ed, MS, DONE));
    ed_ex(ed, "DeepChat ++temperature=0 One");
    cr_expect(ed_wait(ed, MS, DONE));
    expect_text("---\nmodel: m\n---\n\n%% user\n\nOne\n\n"
                "%% assistant finish=stop\n\nHi\n\n%% user\n\n");
    ed_ex(ed, "set ignorecase");
    ed_ex(ed, "DeepChat ++temprature=0 two");
    ed_ex(ed, "DeepChat ++temprature=0 Two");
    char *text = ed_text(ed);
    cr_expect(strstr(text, "two\n\nTwo") != NULL, "%s", text);
    free(text);
    stop();
}
