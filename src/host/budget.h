/*
 * How many tokens a request will be, whether they fit into the model's context,
 * and what they cost by the catalogue. Texts are measured in the tokens of an
 * average model; how those of a model relate to it is learned from the usage
 * that its server returns.
 */
#ifndef HOST_BUDGET_H
#define HOST_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"
#include "host/catalog.h"
#include "host/members.h"
#include "host/usage.h"

/* The size of a text. */
double budget_size(struct dc_str text);

/* Tokens of an image: servers count from a few hundred to some thousands. */
#define BUDGET_IMAGE 1000.0

/* What is asked. */
struct budget_ask {
    double size;   /* budget_size() of all that is text */
    double least;  /* tokens that no model makes fewer of it */
    size_t count;  /* of messages */
    size_t images; /* in them */
};

/* Add a text, messages, or the members that a model reads: tools, the form of
 * the answer. */
void budget_add_text(struct budget_ask *ask, struct dc_str text);
void budget_add_messages(struct budget_ask *ask,
                         const struct dc_message *messages, size_t count);
void budget_add_members(struct budget_ask *ask, const struct members *m);

struct budget {
    double tokens;  /* estimated */
    double least;   /* there are no fewer, however they are counted */
    double most;    /* there are hardly more */
    double context; /* of the model; -1 unknown */
    double output;  /* most that it writes; -1 unknown */
    bool learned;   /* how this model counts */
};

/* u and info may be NULL: nothing is learned, nothing is known. */
struct budget budget_of(const struct budget_ask *ask, struct usage *u,
                        const struct config *cfg,
                        const struct model_info *info);
/* False with *err if it cannot fit. */
bool budget_fits(const struct budget *b, struct dc_error *err);
/* The most tokens that may be asked for, where an answer of the usual length
 * might not fit behind what is asked; 0: no limit is needed. */
int64_t budget_room(const struct budget *b);

/* The price of what was used, in dollars; negative if it is not known. info
 * may be NULL. */
double budget_price(const struct model_info *info,
                    const struct dc_usage *usage);

/* "512", "1.2k", "141k", "1.3M" */
void budget_show(char *out, size_t size, double tokens);

#endif
