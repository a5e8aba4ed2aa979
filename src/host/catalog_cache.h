/* Lists of models on disk: one file a server, in "models" of the state
 * directory. What cannot be read or kept there is asked for again. With each
 * that is kept those go that were not used for a month, or are too many. */
#ifndef HOST_CATALOG_CACHE_H
#define HOST_CATALOG_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/model_list.h"

#define CATALOG_BYTES_MAX ((size_t)8 << 20)

/* state_dir may be NULL, then nothing is there and nothing is kept. when: in
 * seconds of the calendar. */
bool catalog_load(struct model_list *out, const char *state_dir,
                  const char *url, int64_t *when);
bool catalog_keep(const struct model_list *list, const char *state_dir,
                  const char *url, int64_t when);
/* The file; owned (free). */
char *catalog_file(const char *state_dir, const char *url);

#endif
