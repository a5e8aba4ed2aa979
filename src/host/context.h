/*
 * What a chat takes along, read for the editor: files, and what "git diff HEAD"
 * prints. Each source goes over in pieces, each when the one before has been
 * taken; the editor uses them only if all could be had.
 */
#ifndef HOST_CONTEXT_H
#define HOST_CONTEXT_H

#include "host/host.h"

struct contexts;

struct contexts *contexts_new(struct host *host);
void contexts_free(struct contexts *all);

/*
 * args is the map of a message: id; items, a list of maps: {path, first, last}
 * for a file (0: all its lines), {diff: 1}; file, cwd, project, allowed as in
 * allow.h. Calls deepchat#context#piece() with id, number of the item from 0,
 * a piece of its text; then deepchat#context#gathered() with id and "", or a
 * line for the user that says why nothing is sent.
 */
void contexts_gather(struct contexts *all, const struct value *args);
/* The editor does not want id any more (0: any): nothing is called for it. */
void contexts_stop(struct contexts *all, int64_t id);

#endif
