/*
 * They are counted while the editor starts, one journal a round; the list is
 * asked for by somebody who waits, and made at once. What is in a chat already
 * is found out on the way, and removed.
 */
#include "host/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/file.h"
#include "host/journal.h"
#include "host/resume_turns.h"

enum { QUESTION_MAX = 200, ENTRY_SIZE = 300 };

/* Looking for orphans. */
struct count {
    char **names;
    size_t name_count, next;
    uint64_t timer;
    int64_t found, newest;
};

enum { USER, TURNS, PARTS };

/* One entry on its way to the editor. */
struct transfer {
    struct resume *resume;
    char *file;
    struct buf parts[PARTS];
    size_t part, at; /* what has been sent */
    struct transfer *next;
};

struct resume {
    struct host *host;
    struct count count;
    struct transfer *first;
};

/* ---- what is to be offered ---- */

/* True if it is one to offer. What is of no use goes; but behind a damaged
 * record there may be more than we can read. */
static bool
is_wanted(const struct journal_entry *e)
{
    if (e->writing || !(resume_is_blank(e) || resume_is_in_chat(e)))
        return true;
    if (e->whole)
        journal_forget(e->file);
    else
        journal_set_aside(e->file);
    return false;
}

static char *
journal_dir(const char *state_dir)
{
    return state_dir != NULL ? file_join(state_dir, "journal") : mem_str("");
}

/* ---- how many ---- */

static void
count_end(struct count *c)
{
    journal_names_free(c->names, c->name_count);
    *c = (struct count){.names = NULL};
}

static void
count_tell(struct resume *r)
{
    struct value *args = value_list();
    value_add(args, value_int(r->count.found));
    value_add(args, value_int(r->count.newest));
    editor_call(r->host->editor, "deepchat#host#orphans", args, NULL, NULL);
    count_end(&r->count);
}

static void
count_one(struct count *c, const char *name)
{
    struct journal_entry e;
    if (!journal_read(name, &e))
        return;
    if (!e.writing && e.lost[0] == '\0' && is_wanted(&e)) {
        c->found++;
        c->newest = e.started > c->newest ? e.started : c->newest;
    }
    journal_entry_finish(&e);
}

static void
count_next(void *user)
{
    struct resume *r = user;
    struct count *c = &r->count;
    if (r->host->editor == NULL) {
        count_end(c);
    } else if (c->next < c->name_count) {
        count_one(c, c->names[c->next++]);
        c->timer = loop_timer(r->host->lp, 0, count_next, r);
    } else {
        count_tell(r);
    }
}

void
resume_count(struct resume *r, const char *state_dir)
{
    struct count *c = &r->count;
    loop_timer_stop(r->host->lp, c->timer);
    count_end(c);
    char *dir = journal_dir(state_dir);
    c->names = journal_names(dir, &c->name_count);
    c->timer = loop_timer(r->host->lp, 0, count_next, r);
    free(dir);
}

/* ---- the list ---- */

/* The first line of the question that has anything on it. */
static struct value *
question(struct dc_str user)
{
    user = str_trim(user);
    user.len = str_find(user, '\n');
    user.len = utf8_fit(user, QUESTION_MAX);
    return value_str(user);
}

static struct value *
describe(const struct journal_entry *e)
{
    struct value *v = value_map();
    value_put(v, "file", value_text(e->file));
    value_put(v, "chat", value_text(e->chat));
    value_put(v, "project", value_text(e->project));
    value_put(v, "model", value_text(e->model));
    value_put(v, "started", value_int(e->started));
    value_put(v, "finish",
              value_text(e->finish[0] != '\0' ? e->finish : "interrupted"));
    value_put(v, "lost", value_text(e->lost));
    value_put(v, "writing", value_int(e->writing));
    value_put(v, "question", question(e->user));
    value_put(v, "bytes", value_int((int64_t)resume_bytes(e)));
    return v;
}

/* About what describe() takes on the way. */
static size_t
size_of(const struct journal_entry *e)
{
    return ENTRY_SIZE + QUESTION_MAX + strlen(e->file) + strlen(e->chat) +
           strlen(e->project) + strlen(e->model);
}

static void
show(struct resume *r, struct value *page, bool more)
{
    struct value *args = value_list();
    value_add(args, page);
    value_add(args, value_int(more));
    editor_call(r->host->editor, "deepchat#resume#show", args, NULL, NULL);
}

void
resume_list(struct resume *r, const char *state_dir)
{
    size_t count, size = 0, max = editor_text_max(r->host->editor);
    char *dir = journal_dir(state_dir);
    struct journal_entry *entries = journal_list(dir, &count);
    struct value *page = value_list();
    for (size_t i = count; i-- > 0;) {
        if (!is_wanted(&entries[i]))
            continue;
        size += size_of(&entries[i]);
        if (size > max && page->count > 0) {
            show(r, page, true);
            page = value_list();
            size = size_of(&entries[i]);
        }
        value_add(page, describe(&entries[i]));
    }
    show(r, page, false);
    journal_entries_free(entries, count);
    free(dir);
}

/* ---- one of them ---- */

static void
transfer_destroy(struct transfer *t)
{
    buf_finish(&t->parts[USER]);
    buf_finish(&t->parts[TURNS]);
    free(t->file);
    free(t);
}

static void
transfer_free(struct transfer *t)
{
    struct transfer **at = &t->resume->first;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    transfer_destroy(t);
}

static struct value *
piece(const char *file, const char *part, struct dc_str text, bool last)
{
    struct value *args = value_list();
    value_add(args, value_text(file));
    value_add(args, value_text(part));
    value_add(args, value_str(text));
    value_add(args, value_int(last));
    return args;
}

/* The next piece of a part; bytes that are no text go as they are. */
static struct dc_str
cut(const struct buf *part, size_t at, size_t max)
{
    struct dc_str rest = {part->ptr + at, part->len - at};
    size_t fit = utf8_fit(rest, max);
    rest.len = fit > 0 ? fit : rest.len < max ? rest.len : max;
    return rest;
}

static void send_piece(struct transfer *t);

static void
on_piece(void *user, const struct value *result, const char *error)
{
    struct transfer *t = user;
    if (error == NULL && value_as_int(result, 0) == 1 && t->part < PARTS)
        send_piece(t);
    else
        transfer_free(t);
}

static void
send_piece(struct transfer *t)
{
    static const char *const names[] = {"user", "turns"};
    struct editor *editor = t->resume->host->editor;
    const struct buf *part = &t->parts[t->part];
    const char *name = names[t->part];
    struct dc_str text = cut(part, t->at, editor_text_max(editor));
    t->at += text.len;
    if (t->at == part->len) {
        t->part++;
        t->at = 0;
    }
    editor_call(editor, "deepchat#resume#piece",
                piece(t->file, name, text, t->part == PARTS), on_piece, t);
}

void
resume_fetch(struct resume *r, const char *file)
{
    struct journal_entry e;
    bool got = journal_read(file, &e);
    if (!got || e.writing) {
        struct dc_str none = {"", 0};
        editor_call(r->host->editor, "deepchat#resume#piece",
                    piece(file, "gone", none, true), NULL, NULL);
    } else {
        struct transfer *t = mem_alloc(sizeof *t);
        t->resume = r;
        t->file = mem_str(file);
        t->next = r->first;
        r->first = t;
        buf_init(&t->parts[USER], DC_REQUEST_MAX);
        buf_init(&t->parts[TURNS], DC_REQUEST_MAX);
        buf_add_str(&t->parts[USER], e.user);
        resume_add_turns(&t->parts[TURNS], &e);
        t->part = e.user.len > 0 ? USER : TURNS;
        send_piece(t);
    }
    if (got)
        journal_entry_finish(&e);
}

/* ---- life ---- */

struct resume *
resume_new(struct host *host)
{
    struct resume *r = mem_alloc(sizeof *r);
    r->host = host;
    return r;
}

void
resume_free(struct resume *r)
{
    if (r == NULL)
        return;
    loop_timer_stop(r->host->lp, r->count.timer);
    count_end(&r->count);
    while (r->first != NULL) {
        struct transfer *t = r->first;
        r->first = t->next;
        transfer_destroy(t);
    }
    free(r);
}
