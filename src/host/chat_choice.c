/*
 * Each answer besides the first has a lane to a place of its own, which the
 * editor makes when the first text of it comes. The user may take one of them
 * away; whatever else befalls one is the end of all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/chat_state.h"

struct chat_choice {
    struct chat *chat;
    unsigned number;
    struct writer_lane *lane;
    struct ask_filter filter;
    bool high;
    struct chat_choice *next;
};

static void
on_drained(void *user)
{
    struct chat_choice *c = user;
    chat_step(c->chat);
}

static void
on_pressure(void *user, bool high)
{
    struct chat_choice *c = user;
    if (c->high != high)
        chat_press(c->chat, high);
    c->high = high;
}

static void
on_lost(void *user, const char *why)
{
    struct chat_choice *c = user;
    on_pressure(c, false);
    if (strcmp(why, "dropped") != 0)
        chat_lost(c->chat, why);
    chat_step(c->chat);
}

static struct chat_choice *
choice_of(struct chat *chat, unsigned number)
{
    struct chat_choice *c = chat->choices;
    while (c != NULL && c->number != number)
        c = c->next;
    if (c != NULL)
        return c;
    c = mem_alloc(sizeof *c);
    c->chat = chat;
    c->number = number;
    c->filter = ask_filter_again(&chat->filter);
    c->next = chat->choices;
    chat->choices = c;
    struct writer_events events = {on_drained, on_pressure, on_lost, c};
    c->lane = writer_open_choice(chat->host->writer, chat->id, number, events);
    return c;
}

static void
give(struct chat_choice *c, enum dc_delta_kind kind, struct dc_str text)
{
    c->chat->got_text = c->chat->got_text || text.len > 0;
    if (c->chat->lost == NULL)
        writer_add(c->lane, kind, text);
}

void
chat_choice_add(void *user, unsigned number, enum dc_delta_kind kind,
                struct dc_str text)
{
    struct chat *chat = user;
    struct chat_choice *c = choice_of(chat, number);
    if (kind == DC_DELTA_TEXT)
        text = ask_filter_add(&c->filter, text, false);
    give(c, kind, text);
}

void
chat_choices_last(struct chat *chat)
{
    struct dc_str none = {"", 0};
    for (struct chat_choice *c = chat->choices; c != NULL; c = c->next) {
        give(c, DC_DELTA_TEXT, ask_filter_add(&c->filter, none, true));
        writer_last(c->lane);
    }
}

bool
chat_choices_idle(const struct chat *chat)
{
    for (const struct chat_choice *c = chat->choices; c != NULL; c = c->next)
        if (!writer_idle(c->lane))
            return false;
    return true;
}

void
chat_choices_free(struct chat *chat)
{
    while (chat->choices != NULL) {
        struct chat_choice *c = chat->choices;
        chat->choices = c->next;
        writer_close(c->lane);
        ask_filter_free(&c->filter);
        free(c);
    }
}
