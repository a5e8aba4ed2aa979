/*
 * n > 1: the answers besides the first. They come in one request, side by side
 * with it, and end with that: only the first is gone on with. They are kept in
 * the same journal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/pairs.h"
#include "host/reply_end.h"
#include "host/reply_state.h"

struct reply_choice {
    struct reply *reply;
    unsigned number;
    struct reply_text *text;
    char *pairs; /* after the end */
};

bool
reply_choices_ask(struct reply *r, struct dc_error *err)
{
    const struct reply_how *how = &r->rounds.how;
    if (how->single)
        return true;
    r->choices.asked = reply_answers(r->cfg, how);
    if (r->choices.asked == 1)
        return true;
    char *tools = reply_carried(r->cfg, how, "tools");
    bool ok = tools == NULL || strcmp(tools, "[]") == 0;
    free(tools);
    return ok || fail(err, DC_E_SYNTAX,
                      "n > 1 and tools do not go together; nothing was sent");
}

/* ---- text ---- */

static void
keep(void *user, enum dc_delta_kind kind, struct dc_str raw)
{
    struct reply_choice *c = user;
    struct reply *r = c->reply;
    struct dc_error err;
    if (r->journal != NULL)
        reply_check_disk(
            r, journal_choice(r->journal, c->number, kind, raw, &err), &err);
}

static void
show(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct reply_choice *c = user;
    struct reply *r = c->reply;
    r->shown = true;
    r->events.choice(r->events.user, c->number, kind, text);
}

static struct reply_choice *
choice_of(struct reply *r, unsigned number)
{
    struct reply_choices *all = &r->choices;
    if (all->items == NULL)
        all->items = mem_alloc(all->asked * sizeof *all->items);
    if (all->items[number] == NULL) {
        struct reply_choice *c = mem_alloc(sizeof *c);
        c->reply = r;
        c->number = number;
        c->text = reply_text_new((struct reply_text_events){keep, show, c},
                                 r->request.plain);
        all->items[number] = c;
    }
    return all->items[number];
}

/* Nobody asked for more. */
void
reply_choices_add(struct reply *r, const struct dc_delta *delta)
{
    if (r->rounds.how.single || delta->choice >= r->choices.asked)
        return;
    r->choices.pieces++;
    reply_text_add(choice_of(r, delta->choice)->text, delta->kind, delta->text);
}

/* The next of them from number on, NULL behind the last. */
static struct reply_choice *
next_choice(const struct reply *r, unsigned number)
{
    const struct reply_choices *all = &r->choices;
    while (all->items != NULL && number < all->asked &&
           all->items[number] == NULL)
        number++;
    return all->items != NULL && number < all->asked ? all->items[number]
                                                     : NULL;
}

void
reply_choices_flush(struct reply *r)
{
    struct reply_choice *c;
    for (unsigned i = 1; (c = next_choice(r, i)) != NULL; i = c->number + 1)
        reply_text_flush(c->text);
}

/* ---- the end ---- */

static void
end_choice(struct reply_choice *c)
{
    struct reply *r = c->reply;
    struct dc_summary sum = reply_choice_summary(r->stream, c->number);
    struct dc_error err;
    struct buf pairs;
    reply_text_end(c->text);
    bool stopped = r->stopping && sum.finish == DC_FINISH_NONE;
    buf_init(&pairs, 256);
    pairs_add(&pairs, "finish", stopped ? "stopped" : reply_finish(&sum));
    c->pairs = mem_str(pairs.ptr);
    buf_finish(&pairs);
    r->choices.pairs[c->number - 1] = c->pairs;
    if (r->journal != NULL)
        reply_check_disk(
            r, journal_choice_end(r->journal, c->number, c->pairs, &err), &err);
}

void
reply_choices_end(struct reply *r)
{
    struct reply_choices *all = &r->choices;
    struct reply_choice *c;
    if (all->items == NULL || all->pairs != NULL)
        return;
    all->pairs = mem_alloc(all->asked * sizeof *all->pairs);
    for (unsigned i = 0; i < all->asked; i++)
        all->pairs[i] = "";
    for (unsigned i = 1; (c = next_choice(r, i)) != NULL; i = c->number + 1)
        end_choice(c);
}

void
reply_choices_line(const struct reply *r, char *out, size_t size)
{
    unsigned count = 1;
    struct reply_choice *c;
    for (unsigned i = 1; (c = next_choice(r, i)) != NULL; i = c->number + 1)
        count++;
    if (count > 1)
        snprintf(out, size, "%u answers; :DeepAlt goes through them", count);
    else if (r->choices.asked > 1)
        snprintf(out, size, "1 of %u answers came: this server ignores n",
                 r->choices.asked);
    else
        snprintf(out, size, "%s", "");
}

void
reply_choices_finish(struct reply *r)
{
    struct reply_choices *all = &r->choices;
    for (unsigned i = 1; all->items != NULL && i < all->asked; i++) {
        struct reply_choice *c = all->items[i];
        if (c == NULL)
            continue;
        reply_text_free(c->text);
        free(c->pairs);
        free(c);
    }
    free(all->items);
    free(all->pairs);
}
