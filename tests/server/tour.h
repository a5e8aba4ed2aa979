/* The guided tour: answers from a Markdown file instead of a model. */
#ifndef SERVER_TOUR_H
#define SERVER_TOUR_H

#include "base/buf.h"

struct tour;

/*
 * Sections start with a line "<!-- section: keyword, keyword -->". NULL after
 * a message on stderr.
 */
struct tour *tour_load(const char *path);
void tour_free(struct tour *t);

/* The section with a keyword in the message, else number turn (from 1), the
 * last one from there on. Borrowed. */
struct dc_str tour_answer(const struct tour *t, struct dc_str message,
                          size_t turn);

#endif
