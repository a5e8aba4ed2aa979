/*
 * Servers that are known by name or by their host: where they are, whose key
 * goes there, and what they understand otherwise than others do. A row says
 * only what holds for every model of a server; the rest is learned (quirk.h).
 */
#ifndef HOST_PROVIDER_H
#define HOST_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"
#include "host/members.h"

/* How a server is told how much to think. */
enum effort_form {
    EFFORT_PLAIN,    /* "reasoning_effort": "low" */
    EFFORT_OBJECT,   /* "reasoning": {"effort": "low"} */
    EFFORT_SWITCH,   /* "thinking": {"type": "enabled"}, and the plain form */
    EFFORT_TEMPLATE, /* "chat_template_kwargs": {"enable_thinking": true,
                        "reasoning_effort": "low"}, and the plain form */
};

struct provider {
    const char *name;     /* NULL: cannot be chosen by name */
    const char *base_url; /* NULL with it */
    const char *host;     /* NULL: runs on any machine */
    const char *keys;     /* api_key_env, as JSON */
    bool hosted;          /* answers nobody without a key */
    enum dc_form form;    /* how an answer that was cut is gone on with */
    const char *prefix;   /* path for DC_FORM_PREFIX; NULL: the usual one */
    enum effort_form effort;
    bool effort_none;    /* known to take "none" for it */
    bool cache_key;      /* knows prompt_cache_key */
    const char *seed;    /* what it calls "seed" */
    const char *refuses; /* options that it refuses or does nothing with,
                            whatever the model: "n seed" */
    bool tested;         /* against a real one, by the tests of this program */
};

/* NULL if there is none. */
const struct provider *provider_named(const char *name);
/* The rows with a name, in the order of the help; NULL past the end. */
const struct provider *provider_nth(size_t index);

/* What is known of the server on host (without a port) that the options call
 * name (may be NULL); never NULL. A hosted one is known by its host only: what
 * stands elsewhere under its name is somebody's own. */
const struct provider *provider_of(const char *host, const char *name);

/* Put members into the server's own form. */
void provider_fit(const struct provider *p, struct members *m);

/* Append the table of providers of the Vim help. */
bool provider_help(struct buf *out);

#endif
