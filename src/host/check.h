/* What --check and :DeepHealth tell. */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include "base/value.h"
#include "host/config.h"
#include "host/http.h"
#include "host/loop.h"

/* lines: a list of [level, text], level ok, warn, error or info; borrowed. */
typedef void check_fn(void *user, const struct value *lines);

/* Report build, libraries, settings, directories, key and whether the server
 * answers (its model list is asked for, with the key if there is one). cfg may
 * be NULL, then why says what is wrong with the settings. cfg is taken. done
 * comes once, from the loop. */
void check_start(struct loop *lp, struct http *http, struct config *cfg,
                 const char *why, check_fn *done, void *user);

#endif
