/*
 * What ed.c needs of one kind of editor: ed_nvim.c speaks msgpack-RPC, ed_vim.c
 * a terminal and a JSON channel. For these files only.
 */
#ifndef TEST_ED_KIND_H
#define TEST_ED_KIND_H

#include "lib/ed.h"
#include "lib/proc.h"

enum { ED_CALL_MS = 20000 };

struct ed_kind {
    size_t size; /* of its struct, which begins with a struct ed */
    /* setup: Ex commands to run before anything else */
    void (*launch)(struct ed *ed, const char *setup, bool ui);
    void (*ex)(struct ed *ed, const char *command);
    void (*keys)(struct ed *ed, const char *keys);
    /* Owned. */
    struct value *(*eval)(struct ed *ed, const char *expression);
    /* True if it waits for a key and nothing else can be done. */
    bool (*blocked)(struct ed *ed);
    /* Wait at most ms until it sends something, and handle that. */
    void (*turn)(struct ed *ed, int ms);
    /* Owned (free). */
    char *(*virtual_text)(struct ed *ed, bool below);
    char *(*screen)(struct ed *ed);
    size_t (*redraws)(struct ed *ed);
    /* Tell it to quit, without waiting. */
    void (*quit)(struct ed *ed);
    void (*finish)(struct ed *ed);
};

struct ed {
    const struct ed_kind *kind;
    struct proc proc;
    char *home;
    bool own_home;
    bool gone; /* it has closed its channel */
    ed_event_fn *on_event;
    void *event_user;
};

extern const struct ed_kind ed_nvim, ed_vim;

_Noreturn void ed_die(const char *what, const char *detail);

#endif
