/* Replies between an editor and the host: answers of every kind, and what is
 * left of a reply behind its end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/journal.h"
#include "host/lock.h"
#include "lib/fake_ed.h"
#include "lib/host_rig.h"

enum { MS = 10000, TEXT_MAX = 1 << 20 };

struct rig {
    struct host_rig base;
    struct fake_ed ed;
    bool saved; /* what finish is answered with */
};

static void
start(struct rig *r, bool hello)
{
    *r = (struct rig){.saved = true};
    host_rig_start(&r->base);
    fake_start(&r->ed, TEXT_MAX);
    host_init(&r->base.host, r->base.lp, r->base.http, &r->ed.base);
    server_script(r->base.sv, "short", "token hi\nfinish stop\ndone\n");
    server_script(r->base.sv, "held", "hold g\ntoken hi\nfinish stop\ndone\n");
    if (hello)
        host_rig_op(&r->base, "hello", host_rig_hello(&r->base, DC_PROTOCOL));
}

static void
stop(struct rig *r)
{
    host_finish(&r->base.host, 0);
    fake_finish(&r->ed);
    host_rig_stop(&r->base);
}

static void
send(struct rig *r, int64_t id, const char *script)
{
    host_rig_op(&r->base, "send", host_rig_send(&r->base, id, script, NULL));
}

static struct value *
only_id(int64_t id)
{
    struct value *about = value_map();
    value_put(about, "id", value_int(id));
    return about;
}

static void
answer_well(struct rig *r, struct fake_call *call)
{
    fake_answer(call, host_rig_answer(call->function, call->args, r->saved),
                NULL);
}

/* Answer all that waits until count calls of function have been made. */
static void
serve(struct rig *r, const char *function, size_t count)
{
    int64_t end = loop_now() + MS;
    while (fake_count(&r->ed, function) < count && loop_now() < end) {
        struct fake_call *call = fake_waiting(&r->ed, "");
        if (call != NULL)
            answer_well(r, call);
        else
            loop_turn(r->base.lp, 5);
    }
    cr_assert_geq(fake_count(&r->ed, function), count, "%s", function);
}

/* The call of function that waits, or will; others are answered. */
static struct fake_call *
wait_call(struct rig *r, const char *function)
{
    int64_t end = loop_now() + MS;
    struct fake_call *call, *other;
    while ((call = fake_waiting(&r->ed, function)) == NULL &&
           loop_now() < end) {
        other = fake_waiting(&r->ed, "");
        if (other != NULL)
            answer_well(r, other);
        else
            loop_turn(r->base.lp, 5);
    }
    cr_assert_not_null(call, "%s", function);
    return call;
}

/* ---- who may ask ---- */

static const char *const ops[] = {"send",   "stop",   "saved",  "attach",
                                  "detach", "resume", "forget", "check"};

Test(chat_host, nothing_before_hello, .timeout = 30)
{
    struct rig r;
    start(&r, false);
    for (int protocol = 0; protocol < 2; protocol++) {
        for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
            host_rig_op(&r.base, ops[i],
                        host_rig_send(&r.base, 1, "short", NULL));
        for (int i = 0; i < 20; i++)
            loop_turn(r.base.lp, 5);
        cr_expect_eq(fake_count(&r.ed, "deepchat#buf#finish"), 0);
        cr_expect_eq(fake_count(&r.ed, "deepchat#buf#locked"), 0);
        cr_expect_eq(fake_count(&r.ed, "deepchat#resume#show"), 0);
        cr_expect_eq(fake_count(&r.ed, "deepchat#health#show"), 0);
        cr_expect_eq(host_rig_journals(&r.base), 0);
        cr_expect_eq(server_requests(r.base.sv), 0);
        /* a hello in another protocol is answered and changes nothing */
        host_rig_op(&r.base, "hello", host_rig_hello(&r.base, DC_PROTOCOL + 1));
        cr_expect_eq(fake_count(&r.ed, "ready"), (size_t)protocol + 1);
    }
    host_rig_op(&r.base, "hello", host_rig_hello(&r.base, DC_PROTOCOL));
    send(&r, 1, "short");
    serve(&r, "finish", 1);
    host_editor_gone(&r.base.host);
    host_rig_op(&r.base, "hello", host_rig_hello(&r.base, DC_PROTOCOL));
    send(&r, 2, "short");
    host_rig_op(&r.base, "resume", value_map());
    cr_expect_eq(fake_count(&r.ed, "ready"), 3);
    cr_expect_eq(fake_count(&r.ed, "show"), 0);
    stop(&r);
}

Test(chat_host, ids, .timeout = 30)
{
    struct rig r;
    start(&r, true);
    r.saved = false;
    send(&r, 0, "short");
    send(&r, -1, "short");
    host_rig_op(&r.base, "send", value_map());
    send(&r, 1, "held");
    send(&r, 1, "held");
    send(&r, 2, "held");
    int64_t end = loop_now() + MS;
    while (server_requests(r.base.sv) < 2 && loop_now() < end)
        loop_turn(r.base.lp, 5);
    server_release(r.base.sv, "g");
    serve(&r, "finish", 2);
    while (fake_waiting(&r.ed, "finish") != NULL)
        answer_well(&r, fake_waiting(&r.ed, "finish"));
    send(&r, 1, "short"); /* it ended, but is not saved */
    send(&r, 3, "short");
    serve(&r, "finish", 3);
    answer_well(&r, wait_call(&r, "finish"));
    cr_expect_eq(server_requests(r.base.sv), 3);
    host_rig_op(&r.base, "saved", only_id(1));
    cr_expect_eq(host_rig_journals(&r.base), 2);
    host_rig_op(&r.base, "saved", only_id(7));
    host_rig_op(&r.base, "saved", only_id(2));
    host_rig_op(&r.base, "saved", only_id(3));
    cr_expect_eq(host_rig_journals(&r.base), 0);
    stop(&r);
}

enum { CEILING = 64 };

Test(chat_host, ceiling, .timeout = 60)
{
    struct rig r;
    start(&r, true);
    for (int i = 1; i <= CEILING; i++)
        send(&r, i, "held");
    cr_expect_eq(fake_count(&r.ed, "finish"), 0);
    send(&r, 100, "held");
    struct fake_call *call = wait_call(&r, "finish");
    cr_expect_eq(value_as_int(value_at(call->args, 0), 0), 100);
    const struct value *about = value_at(call->args, 1);
    cr_expect_str_eq(value_as_text(value_get(about, "line"), ""),
                     "64 replies are coming in; wait for one to end, nothing "
                     "was sent");
    cr_expect(value_as_bool(value_get(about, "refused"), false));
    answer_well(&r, call);
    HOST_UNTIL(&r.base, server_requests(r.base.sv) >= CEILING, MS);
    cr_expect_eq(server_requests(r.base.sv), CEILING);
    server_release(r.base.sv, "g");
    serve(&r, "finish", CEILING + 1);
    while (fake_waiting(&r.ed, "finish") != NULL)
        answer_well(&r, fake_waiting(&r.ed, "finish"));
    cr_expect_eq(host_rig_journals(&r.base), 0);
    send(&r, 101, "held");
    serve(&r, "finish", CEILING + 2);
    stop(&r);
}

/* ---- answers to begin and finish ---- */

/* Answer function with error, or with the word, times in a row. */
static void
object(struct rig *r, const char *function, const char *error, const char *word,
       int times)
{
    for (int i = 0; i < times; i++)
        fake_answer(wait_call(r, function), value_text(word), error);
}

static const struct {
    const char *function, *error, *word;
    int times;
    const char *lost; /* what finish is told; NULL: nothing */
    size_t journals;  /* that are left */
} answers[] = {
    {"begin", NULL, "retry", 12, NULL, 0},
    {"begin", "Keyboard interrupt", NULL, 9, NULL, 0},
    {"begin", "E999", NULL, 10, "E999", 0},
    {"begin", NULL, "gone", 1, "gone", 0},
    {"append", NULL, "no list", 9, NULL, 0},
    {"append", "Keyboard interrupt", NULL, 9, NULL, 0},
    {"append", "E999", NULL, 10, "E999", 0},
    {"finish", NULL, "retry", 12, NULL, 0},
    {"finish", "Keyboard interrupt", NULL, 9, NULL, 0},
    {"finish", "E999", NULL, 10, NULL, 1},
    {"finish", NULL, "nonsense", 1, NULL, 1},
    {"status", "E999", NULL, 1, NULL, 0},
};

static void
expect_answer(size_t i)
{
    struct rig r;
    start(&r, true);
    send(&r, 1, "short");
    bool at_end = strcmp(answers[i].function, "finish") == 0;
    if (at_end) /* is not counted with what follows */
        object(&r, "begin", "Keyboard interrupt", NULL, 9);
    object(&r, answers[i].function, answers[i].error, answers[i].word,
           answers[i].times);
    bool over = at_end && answers[i].journals > 0;
    if (!over) {
        struct fake_call *call = wait_call(&r, "finish");
        const char *lost =
            value_as_text(value_get(value_at(call->args, 1), "lost"), "(none)");
        cr_expect_str_eq(lost, answers[i].lost ? answers[i].lost : "(none)",
                         "row %zu", i);
        answer_well(&r, call);
    }
    for (int turns = 0; turns < 20; turns++)
        loop_turn(r.base.lp, 5);
    cr_expect_null(fake_waiting(&r.ed, "finish"), "row %zu: once more", i);
    cr_expect_eq(host_rig_journals(&r.base), answers[i].journals, "row %zu", i);
    cr_expect_leq(server_requests(r.base.sv), 1, "row %zu", i);
    stop(&r);
}

Test(chat_host, answers, .timeout = 120)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        expect_answer(i);
}

/* One status is out at a time, and then the newest is told. */
Test(chat_host, status_waits, .timeout = 30)
{
    struct rig r;
    start(&r, true);
    send(&r, 1, "held");
    HOST_UNTIL(&r.base, fake_waiting(&r.ed, "status") != NULL, MS);
    struct fake_call *call = fake_waiting(&r.ed, "status");
    cr_assert_not_null(call);
    int64_t end = loop_now() + 2300; /* "waiting 1 s", "waiting 2 s" */
    while (loop_now() < end)
        loop_turn(r.base.lp, 50);
    cr_expect_eq(fake_count(&r.ed, "status"), 1);
    answer_well(&r, fake_waiting(&r.ed, "status"));
    cr_expect_eq(fake_count(&r.ed, "status"), 2);
    call = fake_waiting(&r.ed, "status");
    cr_expect_str_eq(value_as_text(value_at(call->args, 1), ""), "waiting 2 s");
    server_release(r.base.sv, "g");
    HOST_UNTIL(&r.base, fake_waiting(&r.ed, "begin") != NULL, MS);
    answer_well(&r, fake_waiting(&r.ed, "begin"));
    HOST_UNTIL(&r.base, fake_waiting(&r.ed, "append") != NULL, MS);
    answer_well(&r, fake_waiting(&r.ed, "status"));
    call = fake_waiting(&r.ed, "status");
    cr_assert_not_null(call);
    cr_expect_str_eq(value_as_text(value_at(call->args, 1), "x"), "");
    stop(&r);
}

/* ---- behind the end ---- */

static size_t
open_fds(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += lseek(fd, 0, SEEK_CUR) >= 0 || dup2(fd, fd) == fd;
    return n;
}

static long
max_rss_kib(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
#ifdef __APPLE__
    return use.ru_maxrss / 1024;
#else
    return use.ru_maxrss;
#endif
}

enum { FINISHED = 300, QUESTION = 400000 };

Test(chat_host, unsaved_replies_cost_little, .timeout = 120)
{
    struct rig r;
    char *text = mem_alloc(QUESTION + 32);
    size_t head = (size_t)snprintf(text, 32, "%%%% user\n\n");
    memset(text + head, 'x', QUESTION);
    start(&r, true);
    r.saved = false;
    size_t fds = open_fds();
    long rss = 0;
    for (int i = 1; i <= FINISHED; i++) {
        host_rig_op(&r.base, "send", host_rig_send(&r.base, i, "short", text));
        serve(&r, "finish", (size_t)i);
        answer_well(&r, wait_call(&r, "finish"));
        if (i == 40)
            rss = max_rss_kib();
    }
    cr_expect_leq(open_fds(), fds + 80, "%zu and %zu", fds, open_fds());
#ifndef __SANITIZE_ADDRESS__
    cr_expect_leq(max_rss_kib(), rss + 60 * 1024, "%ld KiB more",
                  max_rss_kib() - rss);
#endif
    cr_expect_eq(host_rig_journals(&r.base), FINISHED);
    /* the newest are known, the others are for :DeepResume */
    host_rig_op(&r.base, "saved", only_id(FINISHED));
    host_rig_op(&r.base, "saved", only_id(FINISHED - 31));
    host_rig_op(&r.base, "saved", only_id(1));
    cr_expect_eq(host_rig_journals(&r.base), FINISHED - 2);
    free(text);
    stop(&r);
}

/* ---- the editor dies ---- */

static void
expect_journal(struct rig *r, const char *finish, size_t len)
{
    size_t count;
    char *dir = file_join(r->base.dir, "journal");
    struct journal_entry *entries = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(entries[0].finish, finish);
    cr_expect_eq(entries[0].text.len, len, "%zu bytes", entries[0].text.len);
    journal_entries_free(entries, count);
    free(dir);
}

static bool stopped;

static void
too_long(void *user)
{
    stopped = false;
    loop_stop(user);
}

/* Its reply is paused, because it did not take the text. */
Test(chat_host, gone_while_paused, .timeout = 60)
{
    struct rig r;
    enum { WORDS = 600000 };
    size_t len;
    char script[64];
    start(&r, true);
    snprintf(script, sizeof script, "words %d\nfinish stop\ndone\n", WORDS);
    server_script(r.base.sv, "long", script);
    free(server_words(WORDS, &len));
    send(&r, 1, "long");
    wait_call(&r, "append");
    for (size_t before = 1, now = 0; before != now;) {
        before = now;
        for (int i = 0; i < 60; i++)
            loop_turn(r.base.lp, 5);
        struct server_log log;
        cr_assert(server_log(r.base.sv, 1, &log));
        now = log.content;
    }
    cr_assert_not(server_ended(r.base.sv, 1), "it was not paused");
    host_editor_gone(&r.base.host);
    loop_timer(r.base.lp, MS, too_long, r.base.lp);
    stopped = true;
    loop_run(r.base.lp);
    cr_expect(stopped, "it is still paused");
    host_finish(&r.base.host, 0);
    expect_journal(&r, "stop", len);
    fake_finish(&r.ed);
    host_rig_stop(&r.base);
}

Test(chat_host, gone_with_locks, .timeout = 30)
{
    struct rig r;
    int holder;
    start(&r, true);
    char *file = file_join(r.base.dir, "a.deepchat.md");
    struct value *about = host_rig_hello(&r.base, DC_PROTOCOL);
    value_put(about, "file", value_text(file));
    host_rig_op(&r.base, "attach", about);
    struct locks *other = locks_new();
    cr_expect_not(locks_take(other, r.base.dir, file, &holder));
    host_editor_gone(&r.base.host);
    cr_expect(locks_take(other, r.base.dir, file, &holder));
    locks_free(other);
    free(file);
    stop(&r);
}
