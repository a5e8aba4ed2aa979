/*
 * How a server is asked, for the first time and to go on with an answer that
 * was cut: what is known of its host, and what it has taught since, for each
 * address and model.
 */
#ifndef HOST_FORM_H
#define HOST_FORM_H

#include <stdbool.h>

#include "deepchat.h"
#include "host/config.h"
#include "host/quirk.h"

/* Addresses and models that something is remembered of; the oldest goes. */
enum { FORMS_MAX = 64 };

struct forms;

struct forms *forms_new(void);
/* NULL is ignored. */
void forms_free(struct forms *forms);

/* The form to ask in. */
enum dc_form form_of(const struct forms *forms, const struct config *cfg);
/* The form that was used was refused (DC_FAULT_FORM), or answered with a new
 * turn: the one to use from now on, or DC_FORM_NONE if there is no other. */
enum dc_form form_next(struct forms *forms, const struct config *cfg,
                       enum dc_form used);

/* Continuations are asked for with members_thinking_off(). */
bool form_thinking_off(const struct forms *forms, const struct config *cfg);
/* DC_FAULT_THINK: ask so from now on. False if that was known already, so the
 * form is to be given up. */
bool form_think_refused(struct forms *forms, const struct config *cfg);

/* The server is known to leave the thinking out under members_effort_none(),
 * and has not refused that. */
bool form_effort_none(const struct forms *forms, const struct config *cfg);
/* DC_FAULT_FIELD with field "reasoning_effort". False as above. */
bool form_effort_refused(struct forms *forms, const struct config *cfg);

/* The members of m that are refused there, for quirk_fit(). What the user has
 * put into extra_body is sent until the server itself refuses it. */
uint32_t form_refused(const struct forms *forms, const struct config *cfg,
                      const struct members *m);
/* Which of the members of m are left out, as a line for the user, "" for none;
 * all: also those that were said before. */
uint32_t form_left_out(const struct forms *forms, const struct config *cfg,
                       const struct members *m, bool all, char *line,
                       size_t size);
/* That line was said. */
void form_said(struct forms *forms, const struct config *cfg, uint32_t bits);
/* What the user calls the server: its provider's name, else its host. */
const char *form_server(const struct config *cfg);
/* As quirk_learn(). */
bool form_field_refused(struct forms *forms, const struct config *cfg,
                        const char *name, const char *value);

/* The answer is JSON or bound to a grammar: cut, it cannot be gone on with. Nor
 * can one that was cut in a tool call (dc_summary.calls), which is not known
 * beforehand. */
bool form_structured(const struct config *cfg);

#endif
