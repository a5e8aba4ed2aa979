/*
 * A real llama-server (tools/llama.sh) with a model whose texts we wrote
 * (tools/gen_model.py): the whole way from a key press to the screen with a
 * server that is not ours.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"
#include "host/file.h"
#include "host/json.h"
#include "lib/ed.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"

enum { MS = 20000 };

#define DONE "deepchat#status() ==# '' && !deepchat#buf#any_running()"

static struct proc llama;
static pthread_t reader;
static struct value *texts;
static struct ed *ed;

/* The address it says it listens on; the line may come in two reads. */
static void
read_url(char *url, size_t size)
{
    struct buf log;
    buf_init(&log, 1 << 20);
    const char *at = NULL;
    while (at == NULL || strchr(at, '\n') == NULL) {
        char *more =
            proc_read_until(llama.err, at == NULL ? "listening on " : "\n", MS);
        cr_assert_not_null(more, "llama-server does not start");
        buf_add_text(&log, more);
        free(more);
        at = strstr(log.ptr, "http://");
    }
    snprintf(url, size, "%.*s", (int)strcspn(at, " \r\n"), at);
    buf_finish(&log);
}

/* It logs for every request, and stops when nobody reads that. */
static void *
read_on(void *unused)
{
    char log[4096];
    while (read(llama.err, log, sizeof log) > 0)
        ;
    return unused;
}

/* eyes: a vision tower, NULL for a model that sees nothing. */
static void
start_with(const char *eyes)
{
    const char *argv[] = {"tools/llama-server.sh",
                          "-m",
                          "build/model.gguf",
                          "--host",
                          "127.0.0.1",
                          "--port",
                          "0",
                          "-t",
                          "1",
                          "-c",
                          "16384",
                          "-np",
                          "2",
                          "--no-webui",
                          "--sse-ping-interval",
                          "1",
                          eyes != NULL ? "--mmproj" : NULL,
                          eyes,
                          NULL};
    llama = (struct proc){.pid = 0};
    proc_start(&llama, argv, PROC_ERR);
    char url[64];
    read_url(url, sizeof url);
    cr_assert_eq(pthread_create(&reader, NULL, read_on, NULL), 0);
    size_t len;
    char *file = temp_read("tests/live/texts.json", &len);
    texts = json_parse((struct dc_str){file, len});
    free(file);
    strncat(url, "/v1", sizeof url - strlen(url) - 1);
    ed = ed_start(url, "'system': 'Be brief.', 'model': 'script'", NULL);
}

static void
start(void)
{
    start_with(NULL);
}

static void
stop(void)
{
    ed_stop(ed);
    value_free(texts);
    /* asked to end, it may wait for its next ping first */
    kill(llama.pid, SIGKILL);
    proc_wait(&llama, MS);
    pthread_join(reader, NULL);
    proc_stop(&llama);
}

/* Send a turn and compare the answer with what the model was made to say. */
static void
ask(const char *prompt, const char *name)
{
    ed_ex(ed, "DeepChat %s", prompt);
    cr_assert(ed_wait(ed, MS, DONE), "%s", prompt);
    char *answer = ed_eval(ed, "deepchat#last()");
    cr_expect_str_eq(answer, value_as_text(value_get(texts, name), ""));
    free(answer);
}

Test(llama, conversation, .timeout = 120)
{
    start();
    ask("Hello", "default");
    ask("Show me /code", "code");
    ask("And some /utf8 please", "utf8");
    cr_expect_eq(ed_number(ed, "count(join(getline(1, '$'), \"\\n\"), "
                               "'%%%% assistant finish=stop in=')"),
                 3);
    stop();
}

Test(llama, reasoning_has_its_own_turn, .timeout = 120)
{
    start();
    ed_ex(ed, "DeepChat /think");
    cr_assert(ed_wait(ed, MS, DONE));
    char *text = ed_text(ed);
    cr_expect(strstr(text, "%% reasoning\n\nA number is wanted."), "%s", text);
    cr_expect(strstr(text, "\n\nThe answer is 42.\n"), "%s", text);
    free(text);
    stop();
}

/* Chosen by its name, it gets reasoning_effort in its own form, and takes it;
 * what it does nothing with is left out. */
Test(llama, by_its_name, .timeout = 120)
{
    static const char *const efforts[] = {"none", "low", "max"};
    start();
    ed_ex(ed, "let g:deepchat.providers = {'llama.cpp': {'base_url': "
              "g:deepchat.base_url}} | call remove(g:deepchat, 'base_url')");
    ed_ex(ed, "DeepChat!");
    ed_ex(ed, "DeepModel llama.cpp/script");
    cr_assert(ed_wait(ed, MS, DONE));
    for (size_t i = 0; i < sizeof efforts / sizeof *efforts; i++) {
        char prompt[80];
        snprintf(prompt, sizeof prompt,
                 "++reasoning_effort=%s ++service_tier=flex /code", efforts[i]);
        ask(prompt, "code");
    }
    char *messages = ed_eval(ed, "execute('messages')");
    cr_expect_not_null(
        strstr(messages, "service_tier is not sent to llama.cpp"), "%s",
        messages);
    free(messages);
    stop();
}

Test(llama, stop_and_token_limit, .timeout = 120)
{
    start();
    ed_ex(ed, "DeepChat ++max_tokens=20 ++continue_rounds=0 /long");
    cr_assert(ed_wait(ed, MS, DONE));
    cr_expect_eq(
        ed_number(ed, "search('^%%%% assistant finish=length ', 'nw') > 0"), 1);
    ed_ex(ed, "DeepChat /long");
    /* it may be that quick */
    cr_assert(ed_wait(ed, MS, "deepchat#status() ==# 'streaming' || " DONE));
    ed_ex(ed, "DeepStop");
    cr_assert(ed_wait(ed, MS, DONE));
    cr_expect_eq(
        ed_number(ed, "search('^%%%% assistant finish=stop', 'nw') > 0"), 1);
    stop();
}

/* However short the rounds are, the text is that of one request. An answer that
 * is not streamed has what we sent in front. */
Test(llama, many_rounds_read_as_one, .timeout = 240)
{
    static const struct {
        int max_tokens;
        const char *more, *name;
    } cases[] = {
        {40, "", "long"},
        {13, "", "long"},
        {60, "++stream=false", "long"},
        {2, "", "code"},
        {3, "", "code"},
        {5, "", "code"},
        {2, "", "utf8"},
        {3, "", "utf8"},
        {4, "", "utf8"},
        {7, "", "utf8"},
        {4, "++stream=false", "utf8"},
    };
    start();
    ed_ex(ed, "let g:deepchat.continue_rounds = 64");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char prompt[80];
        snprintf(prompt, sizeof prompt, "++max_tokens=%d %s /%s",
                 cases[i].max_tokens, cases[i].more, cases[i].name);
        ask(prompt, cases[i].name);
    }
    cr_expect_eq(ed_number(ed, "count(join(getline(1, '$'), \"\n\"), "
                               "'%%%% assistant finish=stop ')"),
                 (long)(sizeof cases / sizeof *cases));
    stop();
}

Test(llama, errors_read_like_advice, .timeout = 120)
{
    start();
    ed_ex(ed, "let g:deepchat.max_tokens = 10");
    ed_ex(ed, "call setbufvar('%%', 'deepchat', {})");
    ed_ex(ed, "DeepChat! ++extra_body={\"messages_typo\":1} "
              "++response_format={\"type\":\"nonsense\"} hi");
    cr_assert(ed_wait(ed, MS, DONE));
    char *messages = ed_eval(ed, "execute('messages')");
    cr_expect(strstr(messages, "deepchat: response_format"), "%s", messages);
    free(messages);
    stop();
}

/* ---- what binds a reply ---- */

static const char book[] =
    "{\"type\": \"object\", \"required\": [\"title\", \"year\"],\n"
    " \"additionalProperties\": false, \"properties\": {\n"
    "  \"title\": {\"type\": \"string\", \"maxLength\": 12},\n"
    "  \"year\": {\"type\": \"integer\", \"minimum\": 1000}}}\n";

/* A new chat with these options, and the line that is said of its answer; the
 * text of that, owned. The model knows
 * no JSON, so what it says under a schema is drawn, but for the form. */
static char *
bound(const char *options, const char *line)
{
    ed_ex(ed, "messages clear | only!");
    ed_ex(ed, "DeepChat! %s Hello", options);
    cr_assert(ed_wait(ed, MS, DONE), "%s", options);
    char *said =
        ed_eval(ed, "matchstr(execute('messages'), 'deepchat: \\zs\\p*$')");
    cr_expect_str_eq(said, line, "%s: %s", options, said);
    free(said);
    return ed_eval(ed, "deepchat#last()");
}

static void
expect_valid(const char *block)
{
    struct dc_str text = str_of(block);
    struct dc_error err = {.text = ""};
    cr_assert(str_starts(text, "```json\n{\n  \""), "%s", block);
    cr_assert(text.len > 12 && strcmp(block + text.len - 5, "}\n```") == 0);
    text = (struct dc_str){block + 8, text.len - 12};
    struct dc_schema_report *report = dc_schema_check(str_of(book), text, &err);
    cr_assert_not_null(report, "%s", err.text);
    cr_expect_eq(report->count, 0, "%s", block);
    dc_schema_report_free(report);
}

Test(llama, schema_and_seed, .timeout = 120)
{
    struct dc_error err;
    start();
    char *path = file_join(ed_home(ed), "book.json");
    cr_assert(file_replace(path, str_of(book), &err), "%s", err.text);
    ed_ex(ed, "cd %s", ed_home(ed));
    char *one = bound("++json_schema=book.json ++temperature=1 ++seed=7", "");
    char *two = bound("++json_schema=book.json ++temperature=1 ++seed=7", "");
    char *other = bound("++json_schema=book.json ++temperature=1 ++seed=8", "");
    expect_valid(one);
    expect_valid(other);
    cr_expect_str_eq(one, two);
    cr_expect_str_neq(one, other);
    cr_expect_eq(ed_number(ed, "len(getqflist())"), 0);
    free(one);
    free(two);
    free(other);
    free(path);
    stop();
}

Test(llama, stop_words_and_n, .timeout = 120)
{
    start();
    char *answer = bound("++stop=[\"xyz\",\"written\"]", "");
    cr_expect_str_eq(answer, "Hello! I only say what was ");
    free(answer);
    answer = bound("++n=2", "2 answers; :DeepAlt goes through them");
    cr_expect_str_eq(answer, value_as_text(value_get(texts, "default"), ""));
    cr_expect_eq(ed_number(ed, "count(join(getline(1, '$'), \"\n\"), "
                               "'%%%% alternate finish=stop')"),
                 1);
    free(answer);
    answer = bound("++response_format=json_object", "");
    cr_expect(str_starts(str_of(answer), "```json\n{"), "%s", answer);
    free(answer);
    stop();
}

/* ---- images (tools/gen_vision.py) ---- */

static void
to_images(void)
{
    char root[4096];
    cr_assert_not_null(getcwd(root, sizeof root));
    ed_ex(ed, "cd %s/tests/data/images", root);
}

/* A new chat that shows this image of tests/data/images, and the line that is
 * said of its answer; owned. */
static char *
show(const char *name)
{
    ed_ex(ed, "silent! only! | messages clear | DeepChat!");
    ed_ex(ed, "DeepImage %s", name);
    ed_ex(ed, "DeepChat what is this? /code");
    cr_assert(ed_wait(ed, MS, DONE), "%s", name);
    return ed_eval(ed, "trim(execute('messages'))");
}

static void
expect_seen(const char *name)
{
    char *said = show(name);
    char *answer = ed_eval(ed, "deepchat#last()");
    cr_expect_str_eq(said, "", "%s: %s", name, said);
    cr_expect_str_eq(answer, value_as_text(value_get(texts, "code"), ""),
                     "%s: %s", name, answer);
    free(answer);
    free(said);
}

/* It decodes them, and gives back an answer of our own. */
Test(llama, sees_images, .timeout = 120)
{
    start_with("build/vision.gguf");
    to_images();
    expect_seen("squares.png");
    expect_seen("squares.jpg");
    expect_seen("squares.gif");
    /* what it was shown stays in the talk */
    ed_ex(ed, "DeepChat and /utf8");
    cr_assert(ed_wait(ed, MS, DONE));
    char *answer = ed_eval(ed, "deepchat#last()");
    cr_expect_str_eq(answer, value_as_text(value_get(texts, "utf8"), ""));
    free(answer);
    stop();
}

Test(llama, sees_no_images, .timeout = 120)
{
    start();
    to_images();
    char *said = show("squares.png");
    cr_expect_str_eq(said,
                     "deepchat: script cannot read images; try :DeepModel");
    free(said);
    stop();
}

/* What the server tells of the one model that it runs, whatever it is called:
 * the context that each of its two slots has, and if it sees. */
Test(llama, catalogue_and_context_size, .timeout = 120)
{
    static const char *const eyes[] = {NULL, "build/vision.gguf"};
    for (size_t i = 0; i < 2; i++) {
        start_with(eyes[i]);
        ed_ex(ed, "let g:deepchat.state_dir = '%s/models'", ed_home(ed));
        ed_ex(ed, "messages clear | DeepModel");
        cr_assert(ed_wait(ed, MS,
                          "execute('messages') =~# "
                          "'\ndeepchat: model is script \u00b7 8k'"));
        cr_assert(ed_wait(ed, MS,
                          "len(extend(g:, {'names': getcompletion("
                          "'DeepModel GGUF', 'cmdline')}).names)"));
        char *names = ed_eval(ed, "g:names");
        cr_expect_str_eq(names, "build/model.gguf");
        free(names);
        ed_ex(ed,
              "let g:kept = map(readfile(glob('%s/models/models/*.json')), "
              "'json_decode(v:val)')",
              ed_home(ed));
        cr_expect_eq(ed_number(ed, "len(g:kept)"), 2);
        cr_expect_eq(ed_number(ed, "g:kept[1].context"), 8192);
        cr_expect_eq(ed_number(ed, "g:kept[1].vision == (%zu == 1)", i), 1);
        stop();
    }
}
