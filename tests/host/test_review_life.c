/* Rewrites that are stopped, cut, go on, wait in line, or outlive their
 * editor. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/file.h"
#include "host/journal.h"
#include "host/review.h"
#include "lib/review_rig.h"

enum { TEXT_MAX = 1 << 20 };

#define OLD "a\nb\nc\nd\ne\nf\n"
#define NEW "A\nb\nc\nd\nE\nf\n"

static void
start(struct review_rig *r)
{
    review_rig_start(r, TEXT_MAX);
    server_script(r->base.sv, "new",
                  "token A\\nb\\nc\\nd\\nE\\nf\\n\n"
                  "finish stop\ndone\n");
    server_script(r->base.sv, "held",
                  "hold g\ntoken A\\nb\\nc\\nd\\nE\\nf\\n\n"
                  "finish stop\ndone\n");
    server_script(r->base.sv, "half",
                  "token A\\nb\\nc\\nd\nhold g\n"
                  "token \\nE\\nf\\n\nfinish stop\ndone\n");
}

static const char *
about(struct review_rig *r, int64_t id, const char *key)
{
    const struct value *map = review_rig_seen(r, id)->about;
    return value_as_text(value_get(map, key), "(none)");
}

static void
wait_hunk(struct review_rig *r, int64_t id)
{
    int64_t end = loop_now() + REVIEW_RIG_MS;
    while (review_rig_seen(r, id)->model.hunks->count == 0 && loop_now() < end)
        if (!review_rig_answer(r))
            loop_turn(r->base.lp, 5);
    cr_assert_gt(review_rig_seen(r, id)->model.hunks->count, 0);
}

/* ---- stop ---- */

Test(review_life, stop, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    review_rig_rewrite(&r, 1, "held", OLD); /* before a byte */
    review_rig_rewrite(&r, 2, "half", OLD); /* in the middle */
    review_rig_rewrite(&r, 3, "new", OLD);  /* behind its end */
    wait_hunk(&r, 2);
    review_rig_serve(&r, 1);
    review_rig_id(&r, "stop", 3);
    review_rig_id(&r, "stop", 7);
    review_rig_id(&r, "stop", 1);
    review_rig_serve(&r, 2);
    review_rig_expect(&r, 1, "stopped", "stopped", OLD);
    cr_expect_null(review_rig_seen(&r, 2)->about);
    review_rig_id(&r, "stop", 0);
    review_rig_serve(&r, 3);
    review_rig_expect(&r, 2, "stopped", "stopped", "A\nb\nc\nd\ne\nf\n");
    review_rig_expect(&r, 3, "hunks", "stop", NEW);
    cr_expect_eq(host_rig_journals(&r.base), 2);
    for (int id = 1; id <= 3; id++)
        review_rig_id(&r, "rewrite_closed", id);
    cr_expect_eq(host_rig_journals(&r.base), 0);
    review_rig_stop(&r);
}

/* ---- going on ---- */

/* Forget the end of the first part. */
static void
go_on(struct review_rig *r, int64_t id)
{
    struct seen *seen = review_rig_seen(r, id);
    value_free(seen->about);
    seen->about = NULL;
    review_rig_id(r, "rewrite_go_on", id);
}

static struct value *
one_round(struct review_rig *r, int64_t id, const char *script)
{
    struct value *args = review_rig_args(r, id, script, OLD);
    value_put(value_get(args, "settings"), "continue_rounds", value_int(0));
    return args;
}

static void
expect_asked_on(struct review_rig *r, size_t request)
{
    char *body = server_request_body(r->base.sv, request, NULL);
    cr_expect_not_null(strstr(body, "\"assistant\",\"content\":\"A\\nb\\nc\""),
                       "%s", body);
    free(body);
}

Test(review_life, cut_and_on, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    server_script(r.base.sv, "cut",
                  "token A\\nb\\nc\\n\nfinish length\ndone\n"
                  "---\n"
                  "token d\\nE\\n\nfinish length\ndone\n"
                  "---\n"
                  "token f\\n\nfinish stop\ndone\n");
    review_rig_ask(&r, one_round(&r, 1, "cut"), NULL);
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "cut", "length", "A\nb\nc\nd\ne\nf\n");
    struct hunk_model *model = &review_rig_seen(&r, 1)->model;
    value_add(model->hunks->items[0], value_text("rejected"));
    go_on(&r, 1);
    review_rig_serve(&r, 1);
    expect_asked_on(&r, 2);
    /* the editor has not dropped it, and is not told of it again */
    cr_expect_eq(value_at(model->hunks, 0)->count, 6);
    cr_expect_str_eq(about(&r, 1, "outcome"), "cut");
    go_on(&r, 1);
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", NEW);
    cr_expect_eq(host_rig_journals(&r.base), 3);
    review_rig_id(&r, "rewrite_closed", 1);
    cr_expect_eq(host_rig_journals(&r.base), 0);
    review_rig_stop(&r);
}

/* What the editor has dropped meanwhile it is told again. */
Test(review_life, stopped_and_on, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    server_script(r.base.sv, "stopped",
                  "token A\\nb\\nc\\n\nhold s\ndone\n"
                  "---\n"
                  "token d\\nE\\nf\\n\nfinish stop\ndone\n");
    review_rig_ask(&r, one_round(&r, 1, "stopped"), NULL);
    wait_hunk(&r, 1);
    review_rig_id(&r, "stop", 1);
    review_rig_serve(&r, 1);
    struct seen *seen = review_rig_seen(&r, 1);
    value_free(seen->model.hunks);
    seen->model.hunks = value_list();
    go_on(&r, 1);
    review_rig_serve(&r, 1);
    expect_asked_on(&r, 2);
    review_rig_expect(&r, 1, "hunks", "stop", NEW);
    review_rig_id(&r, "rewrite_closed", 1);
    cr_expect_eq(host_rig_journals(&r.base), 0);
    review_rig_stop(&r);
}

/* By itself, as the option says. */
Test(review_life, rounds, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    server_script(r.base.sv, "cut",
                  "token A\\nb\\nc\\n\nfinish length\ndone\n"
                  "---\n"
                  "token d\\nE\\nf\\n\nfinish stop\ndone\n");
    review_rig_rewrite(&r, 1, "cut", OLD);
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", NEW);
    const struct value *map = review_rig_seen(&r, 1)->about;
    cr_expect_eq(value_as_int(value_get(map, "rounds"), 0), 2);
    cr_expect_eq(fake_count(&r.ed, "deepchat#review#round"), 1);
    review_rig_stop(&r);
}

Test(review_life, no_going_on, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    server_script(r.base.sv, "cut",
                  "token A\\nb\\nc\\n\nfinish length\ndone\n"
                  "---\n"
                  "status 401\njson {\"error\":\"no\"}\n");
    review_rig_rewrite(&r, 1, "new", OLD);
    review_rig_rewrite(&r, 2, "held", OLD);
    review_rig_serve(&r, 1);
    go_on(&r, 1);                          /* it is whole */
    review_rig_id(&r, "rewrite_go_on", 2); /* it still runs */
    review_rig_serve(&r, 1);
    cr_expect_str_eq(about(&r, 1, "outcome"), "error");
    cr_expect_str_eq(about(&r, 1, "line"),
                     "this rewrite cannot go on; ask for it again");
    review_rig_ask(&r, one_round(&r, 3, "cut"), NULL);
    review_rig_serve(&r, 2);
    go_on(&r, 3); /* the server has no more: what there was stays */
    review_rig_serve(&r, 2);
    review_rig_expect(&r, 3, "cut", "error", "A\nb\nc\nd\ne\nf\n");
    review_rig_id(&r, "stop", 2);
    review_rig_serve(&r, 3);
    review_rig_stop(&r);
}

enum { MAY_GO_ON = 64 };

/* Of those that may go on so many are remembered. */
Test(review_life, the_oldest_cannot_go_on, .timeout = 60)
{
    struct review_rig r;
    start(&r);
    server_script(r.base.sv, "cut",
                  "token A\\nb\\nc\\n\nfinish length\ndone\n");
    for (int id = 1; id <= MAY_GO_ON + 1; id++) {
        review_rig_ask(&r, one_round(&r, id, "cut"), NULL);
        review_rig_serve(&r, (size_t)id);
    }
    go_on(&r, 1);
    review_rig_serve(&r, MAY_GO_ON + 1);
    cr_expect_str_eq(about(&r, 1, "outcome"), "error");
    go_on(&r, 2);
    review_rig_serve(&r, MAY_GO_ON + 1);
    cr_expect_str_eq(about(&r, 2, "outcome"), "cut");
    cr_expect_eq(server_requests(r.base.sv), MAY_GO_ON + 2);
    review_rig_stop(&r);
}

/* ---- many ---- */

Test(review_life, ten_at_once, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    for (int id = 1; id <= 10; id++)
        review_rig_rewrite(&r, id, "held", OLD);
    HOST_UNTIL(&r.base, server_requests(r.base.sv) >= 10, REVIEW_RIG_MS);
    cr_assert_eq(server_requests(r.base.sv), 10);
    server_release(r.base.sv, "g");
    review_rig_serve(&r, 10);
    for (int id = 1; id <= 10; id++)
        review_rig_expect(&r, id, "hunks", "stop", NEW);
    cr_expect_geq(r.batch, 2, "%zu in one update", r.batch);
    review_rig_stop(&r);
}

static size_t
count_status(const struct review_rig *r, const char *status)
{
    size_t n = 0;
    for (const struct seen *seen = r->seen; seen != NULL; seen = seen->next)
        n += strcmp(seen->status, status) == 0;
    return n;
}

enum { ALL = REVIEW_RUNNING_MAX + REVIEW_WAITING_MAX };

Test(review_life, queue, .timeout = 120)
{
    struct review_rig r;
    start(&r);
    for (int id = 1; id <= REVIEW_RUNNING_MAX + 6; id++)
        review_rig_rewrite(&r, id, "held", OLD);
    HOST_UNTIL(&r.base, server_requests(r.base.sv) >= REVIEW_RUNNING_MAX,
               REVIEW_RIG_MS);
    int64_t end = loop_now() + REVIEW_RIG_MS;
    while (count_status(&r, "queued") < 6 && loop_now() < end)
        review_rig_idle(&r, 20);
    cr_expect_eq(server_requests(r.base.sv), REVIEW_RUNNING_MAX);
    cr_expect_eq(count_status(&r, "queued"), 6);
    review_rig_id(&r, "stop", REVIEW_RUNNING_MAX + 1);
    review_rig_id(&r, "rewrite_closed", REVIEW_RUNNING_MAX + 2);
    review_rig_id(&r, "rewrite_closed", 1); /* leaves its place to a next one */
    review_rig_serve(&r, 1);
    cr_expect_str_eq(about(&r, REVIEW_RUNNING_MAX + 1, "outcome"), "stopped");
    HOST_UNTIL(&r.base, server_requests(r.base.sv) > REVIEW_RUNNING_MAX,
               REVIEW_RIG_MS);
    cr_expect_eq(server_requests(r.base.sv), REVIEW_RUNNING_MAX + 1);
    server_release(r.base.sv, "g");
    review_rig_serve(&r, REVIEW_RUNNING_MAX + 6 - 2);
    for (int id = 2; id <= REVIEW_RUNNING_MAX; id++)
        review_rig_expect(&r, id, "hunks", "stop", NEW);
    for (int id = 3; id <= 6; id++)
        review_rig_expect(&r, REVIEW_RUNNING_MAX + id, "hunks", "stop", NEW);
    cr_expect_eq(host_rig_journals(&r.base), REVIEW_RUNNING_MAX + 3);
    for (int id = 2; id <= REVIEW_RUNNING_MAX + 6; id++)
        review_rig_id(&r, "rewrite_closed", id);
    cr_expect_eq(host_rig_journals(&r.base), 0);
    review_rig_stop(&r);
}

Test(review_life, full_queue, .timeout = 120)
{
    struct review_rig r;
    start(&r);
    for (int id = 1; id <= ALL; id++)
        review_rig_rewrite(&r, id, "held", OLD);
    cr_expect_eq(review_rig_finished(&r), 0);
    review_rig_rewrite(&r, ALL + 1, "held", OLD);
    review_rig_serve(&r, 1);
    cr_expect_str_eq(about(&r, ALL + 1, "outcome"), "error");
    cr_expect_str_eq(about(&r, ALL + 1, "line"),
                     "1,000 rewrites wait already; nothing was sent for this "
                     "one");
    review_rig_id(&r, "rewrite_closed", 5);
    review_rig_rewrite(&r, ALL + 2, "held", OLD);
    review_rig_idle(&r, 50);
    cr_expect_eq(review_rig_finished(&r), 1);
    review_rig_id(&r, "stop", 0);
    review_rig_serve(&r, ALL + 1);
    /* that of the closed one may be there, too */
    cr_expect_leq(server_requests(r.base.sv), REVIEW_RUNNING_MAX + 1);
    review_rig_stop(&r);
}

static size_t
open_fds(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* What waits for the user has no file open, but for the last ones. */
Test(review_life, undecided_cost_little, .timeout = 60)
{
    struct review_rig r;
    start(&r);
    size_t fds = open_fds();
    for (int id = 1; id <= 100; id++) {
        review_rig_rewrite(&r, id, "new", OLD);
        review_rig_serve(&r, (size_t)id);
    }
    cr_expect_leq(open_fds(), fds + 90, "%zu and %zu", fds, open_fds());
    cr_expect_eq(host_rig_journals(&r.base), 100);
    for (int id = 1; id <= 100; id++)
        review_rig_id(&r, "rewrite_closed", id);
    cr_expect_eq(host_rig_journals(&r.base), 0);
    review_rig_stop(&r);
}

/* ---- ids ---- */

Test(review_life, ids, .timeout = 30)
{
    struct review_rig r;
    start(&r);
    review_rig_op(&r, "rewrite", review_rig_args(&r, 0, "new", OLD));
    review_rig_op(&r, "rewrite", review_rig_args(&r, -1, "new", OLD));
    review_rig_op(&r, "rewrite", value_map());
    review_rig_op(&r, "rewrite_go_on", value_map());
    review_rig_rewrite(&r, 1, "new", OLD);
    review_rig_op(&r, "rewrite", review_rig_args(&r, 1, "new", OLD));
    review_rig_serve(&r, 1);
    /* it is done, but the editor still shows it */
    review_rig_op(&r, "rewrite", review_rig_args(&r, 1, "new", OLD));
    review_rig_idle(&r, 50);
    cr_expect_eq(server_requests(r.base.sv), 1);
    review_rig_id(&r, "rewrite_closed", 1);
    review_rig_id(&r, "rewrite_closed", 1);
    review_rig_stop(&r);
}

/* ---- no editor ---- */

static size_t
journals_with(const struct review_rig *r, const char *finish, const char *text)
{
    size_t count, n = 0;
    char *dir = file_join(r->base.dir, "journal");
    struct journal_entry *entries = journal_list(dir, &count);
    for (size_t i = 0; i < count; i++)
        n += strcmp(entries[i].finish, finish) == 0 &&
             entries[i].text.len == strlen(text) &&
             memcmp(entries[i].text.ptr, text, strlen(text)) == 0;
    journal_entries_free(entries, count);
    free(dir);
    return n;
}

static bool in_time;

static void
too_long(void *user)
{
    in_time = false;
    loop_stop(user);
}

Test(review_life, editor_gone, .timeout = 60)
{
    struct review_rig r;
    start(&r);
    review_rig_rewrite(&r, 1, "new", OLD);
    review_rig_serve(&r, 1);
    for (int id = 2; id <= REVIEW_RUNNING_MAX + 5; id++)
        review_rig_rewrite(&r, id, "held", OLD);
    HOST_UNTIL(&r.base, server_requests(r.base.sv) > REVIEW_RUNNING_MAX,
               REVIEW_RIG_MS);
    host_editor_gone(&r.base.host);
    server_release(r.base.sv, "g");
    loop_timer(r.base.lp, REVIEW_RIG_MS, too_long, r.base.lp);
    in_time = true;
    loop_run(r.base.lp);
    cr_expect(in_time, "the host does not end");
    cr_expect_eq(server_requests(r.base.sv), REVIEW_RUNNING_MAX + 1);
    cr_expect_eq(journals_with(&r, "stop", NEW), REVIEW_RUNNING_MAX + 1);
    review_rig_stop(&r);
}

/* What is left in the journal makes sense as a chat. */
Test(review_life, journal, .timeout = 30)
{
    struct review_rig r;
    size_t count;
    start(&r);
    struct value *args = review_rig_args(&r, 1, "new", OLD);
    value_put(args, "project", value_text("/p"));
    review_rig_ask(&r, args, NULL);
    review_rig_serve(&r, 1);
    host_editor_gone(&r.base.host);
    char *dir = file_join(r.base.dir, "journal");
    struct journal_entry *entries = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(entries[0].chat, "");
    cr_expect_str_eq(entries[0].project, "/p");
    cr_expect_str_eq(entries[0].model, "m");
    cr_expect_str_eq(entries[0].user.ptr, "make it better\n\n" OLD);
    journal_entries_free(entries, count);
    free(dir);
    review_rig_stop(&r);
}
