/* A server and an editor, and what comes from the editor by itself. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "server/words.h"

static void
give_up(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    abort();
}

static void
note_growth(struct rig *r, const struct value *params)
{
    size_t n = r->arrival_count;
    if ((n & (n - 1)) == 0)
        r->arrivals = mem_resize(r->arrivals, n * 2 + 1, sizeof *r->arrivals);
    r->arrivals[r->arrival_count++] = (struct arrival){
        .at = now_us(),
        .buf = value_as_int(value_at(params, 0), 0),
        .bytes = value_as_int(value_at(params, 1), 0),
    };
}

static void
on_event(void *user, const char *name, const struct value *params)
{
    struct rig *r = user;
    if (strcmp(name, "grown") == 0) {
        note_growth(r, params);
    } else if (strcmp(name, "redraw") == 0) {
        r->flushed = now_us();
        if (r->first_flush == 0 && r->arrival_count > 0)
            r->first_flush = r->flushed;
    } else if (strcmp(name, "key") == 0) {
        r->keys++;
    } else if (strcmp(name, "ended") == 0) {
        r->ended++;
    }
}

static const char *const setup[] = {
    "noremap <F5> <Cmd>call BenchTell('key')<CR>",
    "autocmd User DeepChatDone,DeepChatError call BenchTell('ended')",
};

static void
load(struct rig *r, const char *name)
{
    char *path = realpath(name, NULL);
    if (path == NULL)
        give_up("run it from the top of the checkout");
    ed_ex(r->ed, "source %s", path);
    free(path);
}

void
rig_start(struct rig *r, bool ui)
{
    static const char settings[] = "'system': '', 'model': 'm'";
    *r = (struct rig){.sv = server_start(NULL)};
    const char *url = server_url(r->sv, "b");
    r->ed = ui ? ed_start(url, settings, NULL)
               : ed_start_headless(url, settings, NULL);
    ed_listen(r->ed, on_event, r);
    for (size_t i = 0; i < sizeof setup / sizeof *setup; i++)
        ed_ex(r->ed, "%s", setup[i]);
    load(r, "tests/bench/baseline.vim");
    if (!bench_vim)
        load(r, "tests/bench/baseline.lua");
}

void
rig_stop(struct rig *r)
{
    ed_stop(r->ed);
    server_stop(r->sv);
    free(r->arrivals);
}

/* ---- chats ---- */

/* Turns of 25 lines with what answers are made of. */
static char *
old_turns(size_t lines)
{
    static const char *const turn[] = {
        "%% user",
        "",
        "How is **this** one cooked, and with `what`?",
        "",
        "%% assistant finish=stop in=31 out=212 cost=0.00021",
        "",
        "## Braising",
        "",
        "Sear the shoulder, then let it *simmer* at 90 degrees until it gives.",
        "",
        "- salt it a day before",
        "- use `thyme`, [bay](https://example.org/bay) and a **dry** wine",
        "- rest it",
        "",
        "```python",
        "def braise(meat, hours=4):",
        "    for hour in range(hours):",
        "        meat.turn(\"over\")  # gently",
        "    return meat",
        "```",
        "",
        "| cut | hours |",
        "|---|---|",
        "| shank | 3 |",
        "",
    };
    enum { TURN = sizeof turn / sizeof *turn };
    size_t size = lines * 80 + 80, len = 0;
    char *text = mem_alloc(size);
    for (size_t i = 0; i + TURN <= lines; i++)
        len += (size_t)snprintf(text + len, size - len, "%s\n", turn[i % TURN]);
    while (len > 1 && text[len - 2] != '\n')
        len--;
    snprintf(text + len, size - len, "%%%% user\n\n\n");
    return text;
}

/* Until the editor has nothing left to do. */
static void
settle(struct rig *r)
{
    double last = -1, used = 0;
    for (int i = 0; i < 200 && used - last > 0.001; i++) {
        last = used;
        ed_pump(r->ed, 50);
        used = cpu_seconds(ed_pid(r->ed));
    }
}

void
rig_chat(struct rig *r, size_t lines)
{
    if (lines == 0) {
        ed_ex(r->ed, "DeepChat!");
    } else {
        char *text = old_turns(lines);
        char name[64];
        snprintf(name, sizeof name, "%zu.deepchat.md", lines);
        char *path = temp_path(ed_home(r->ed), name);
        temp_write(path, text, strlen(text));
        ed_ex(r->ed, "silent edit! %s", path);
        free(path);
        free(text);
    }
    ed_ex(r->ed, "silent! only! | normal! G");
    if (!ed_wait(r->ed, PATIENCE_MS, "!empty(deepchat#host#about())"))
        give_up("the host does not answer");
    settle(r);
}

void
rig_ask(struct rig *r, const char *answer)
{
    char script[512];
    snprintf(script, sizeof script, "hold g\n%s\nfinish stop 3 5 0.01\ndone\n",
             answer);
    server_reset(r->sv);
    server_script(r->sv, "b", script);
    ed_ex(r->ed, "call deepchat#chat#add_text(bufnr('%%'), ['Go on?']) | "
                 "call deepchat#chat#to_end()");
    r->asked = now_us();
    ed_ex(r->ed, "call deepchat#chat#send(bufnr('%%'), {})");
    if (!server_wait_held(r->sv, "g", 1, PATIENCE_MS) ||
        !ed_wait(r->ed, PATIENCE_MS, "search('^%%%% assistant$', 'bnw') > 0"))
        give_up("the request did not come");
    settle(r);
}

double
rig_wire(struct rig *r)
{
    struct server_log log;
    if (!server_log(r->sv, 1, &log) || log.ready < r->asked)
        return 0;
    return (double)(log.ready - r->asked) / 1000;
}

void
rig_watch(struct rig *r)
{
    if (!bench_vim)
        ed_ex(r->ed, "lua Bench.watch(vim.api.nvim_get_current_buf())");
}

void
rig_forget(struct rig *r)
{
    ed_pump(r->ed, 0);
    r->arrival_count = 0;
    r->first_flush = 0;
}

void
rig_go(struct rig *r)
{
    server_release(r->sv, "g");
}

void
rig_until_ended(struct rig *r, size_t count)
{
    long long end = now_ms() + PATIENCE_MS;
    while (r->ended < count) {
        if (now_ms() > end)
            give_up("a reply did not end");
        ed_pump(r->ed, 5);
    }
}

void
rig_pump_until(struct rig *r, uint64_t end)
{
    uint64_t now = now_us();
    if (now < end)
        ed_pump(r->ed, (int)((end - now) / 1000));
}

static void
press_key(struct rig *r, struct samples *waits)
{
    size_t keys = r->keys;
    uint64_t at = now_us();
    ed_keys(r->ed, "<F5>");
    ed_pump(r->ed, 0);
    while (r->keys == keys)
        ed_turn(r->ed, 1000);
    samples_add(waits, (double)(now_us() - at) / 1000);
}

void
rig_probe(struct rig *r, size_t count, int every, struct samples *waits)
{
    uint64_t limit = now_us() + (uint64_t)PATIENCE_MS * 1000;
    while (r->ended < count && now_us() < limit) {
        uint64_t next = now_us() + (uint64_t)every * 1000;
        press_key(r, waits);
        uint64_t at = now_us();
        ed_number(r->ed, "1");
        samples_add(waits, (double)(now_us() - at) / 1000);
        rig_pump_until(r, next);
    }
}

double
rig_cpu(struct rig *r)
{
    pid_t host = ed_host(r->ed);
    return cpu_seconds(ed_pid(r->ed)) + (host > 0 ? cpu_seconds(host) : 0);
}

/* A file with the text of so many tokens; its path is owned. */
static char *
words_file(struct rig *r, size_t tokens)
{
    size_t len;
    char *text = server_words(tokens, &len);
    char *path = temp_path(ed_home(r->ed), "words");
    temp_write(path, text, len);
    free(text);
    return path;
}

void
rig_alone(struct rig *r, size_t tokens, size_t piece, int ms)
{
    char *path = words_file(r, tokens);
    if (bench_vim)
        ed_ex(r->ed, "call BenchAlone('%s', %zu, %d)", path, piece, ms);
    else
        ed_ex(r->ed, "lua Bench.alone('%s', %zu, %d)", path, piece, ms);
    free(path);
}

void
rig_frames(struct rig *r, size_t count, long id)
{
    size_t tokens = (count + 1) * FRAME_MS;
    char *path = words_file(r, tokens);
    ed_ex(r->ed, "call BenchFrames('%s', %zu, %ld)", path,
          frame_bytes(tokens, 1000), id);
    free(path);
}

size_t
frame_bytes(size_t tokens, int rate)
{
    size_t bytes = 0;
    char token[WORDS_MAX];
    for (size_t i = 0; i < tokens; i++)
        bytes += words_token(i, token);
    return bytes * (size_t)rate * FRAME_MS / (tokens * 1000);
}

/* As the host cuts it. */
size_t
frame_max(void)
{
    return bench_vim ? 8192 : 16384;
}

/* ---- when it was there ---- */

/* Walks the arrivals in step with the tokens. */
struct walk {
    const struct rig *r;
    int64_t buf;
    size_t at;
    int64_t bytes;
};

/* When so many bytes had come; 0 if they have not. */
static uint64_t
walk_to(struct walk *w, int64_t bytes)
{
    while (w->bytes < bytes && w->at < w->r->arrival_count) {
        const struct arrival *a = &w->r->arrivals[w->at++];
        if (w->buf == 0 || a->buf == w->buf)
            w->bytes += a->bytes;
    }
    return w->bytes >= bytes && w->at > 0 ? w->r->arrivals[w->at - 1].at : 0;
}

void
rig_delivery(struct rig *r, size_t request, int64_t buf, struct samples *out)
{
    size_t count;
    uint64_t *sent = server_times(r->sv, request, &count);
    struct walk w = {.r = r, .buf = buf};
    int64_t bytes = 0;
    char token[WORDS_MAX];
    for (size_t i = 0; i < count; i++) {
        bytes += (int64_t)words_token(i, token);
        uint64_t at = walk_to(&w, bytes);
        if (at == 0)
            give_up("a token did not arrive");
        if (i > 0)
            samples_add(out, at > sent[i] ? (double)(at - sent[i]) / 1000 : 0);
    }
    free(sent);
}

uint64_t
rig_complete(const struct rig *r, size_t tokens)
{
    struct walk w = {.r = r};
    int64_t bytes = 0;
    char token[WORDS_MAX];
    for (size_t i = 0; i < tokens; i++)
        bytes += (int64_t)words_token(i, token);
    return walk_to(&w, bytes);
}
