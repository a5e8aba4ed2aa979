/*
 * What the host asks of an editor, and the only thing that its upper half
 * knows about one. nvim.c and vim.c carry it over their channels. The host
 * calls autoload functions of the plugin (deepchat#buf#...); the editor sends
 * messages: an operation and its arguments. Neither side ever waits.
 */
#ifndef HOST_EDITOR_H
#define HOST_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/value.h"
#include "host/loop.h"

struct editor;

/* The answer to a call, from the loop and never from inside editor_call().
 * error is NULL if it went well; borrowed. */
typedef void editor_result_fn(void *user, const struct value *result,
                              const char *error);

struct editor_events {
    /* args is a borrowed list */
    void (*message)(void *user, const char *op, const struct value *args);
    /* the channel is closed (why is NULL) or unusable; from the loop, too.
     * Nothing comes after it: calls without an answer get none any more */
    void (*closed)(void *user, const char *why);
    void *user;
};

/* Call function with args (a list, taken). result may be NULL: then nobody
 * waits for the answer and a failure is only logged. Messages over the
 * editor's limit are answered with an error. */
void editor_call(struct editor *ed, const char *function, struct value *args,
                 editor_result_fn *result, void *user);

/* Largest text that one call should carry, in bytes. */
size_t editor_text_max(const struct editor *ed);

/* Not from inside an event or a result. */
void editor_free(struct editor *ed);

/* The editors. in and out are taken. */
struct editor *nvim_new(struct loop *lp, int in, int out,
                        struct editor_events events);
struct editor *vim_new(struct loop *lp, int in, int out,
                       struct editor_events events);

/* ---- for the editors' own files ---- */

struct editor_ops {
    void (*call)(struct editor *ed, const char *function, struct value *args,
                 editor_result_fn *result, void *user);
    void (*free)(struct editor *ed);
    size_t text_max;
};

struct editor {
    const struct editor_ops *ops;
};

#endif
