/*
 * The members of one request, from the options and extra_body, to be changed
 * for a round of a continuation. Each name stands in it once.
 */
#ifndef HOST_MEMBERS_H
#define HOST_MEMBERS_H

#include <stddef.h>

#include "base/value.h"
#include "deepchat.h"
#include "host/config.h"

struct members {
    struct dc_param *params; /* for dc_request */
    size_t count;
    struct dc_str extra; /* the same; "" if extra_body is empty */
    struct value *rest;  /* extra_body */
};

void members_init(struct members *m, const struct config *cfg);
void members_finish(struct members *m);

/* Whatever has set the member. name is borrowed, value is taken. */
void members_set(struct members *m, const char *name, struct value *value);
/* Its value as JSON text, owned (free); NULL if it is not there. */
char *members_get(const struct members *m, const char *name);
void members_drop(struct members *m, const char *name);
/* Where to is set already, from is dropped. to is borrowed. */
void members_rename(struct members *m, const char *from, const char *to);

/* "chat_template_kwargs": {name: value}, besides what is in there. value is
 * taken. */
void members_template(struct members *m, const char *name, struct value *value);
/* The same with "enable_thinking": false. */
void members_thinking_off(struct members *m);
/* "reasoning_effort": "none", unless the user has said how much to think. */
void members_effort_none(struct members *m);

/* max_tokens, or max_completion_tokens if that is what the user has set; -1 if
 * it is unset. */
double members_max_tokens(const struct members *m);
void members_set_max_tokens(struct members *m, int64_t tokens);

#endif
