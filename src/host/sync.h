/*
 * Getting files onto the disk while nobody waits: fdatasync() on the only
 * helper thread, at most four times a second a file, and at once where a turn
 * ends. The thread starts with the first file and ends with the last.
 */
#ifndef HOST_SYNC_H
#define HOST_SYNC_H

#include <stdbool.h>

struct sync;

/* fd is duplicated. NULL, which every function here ignores, if the process
 * is out of descriptors. */
struct sync *sync_new(int fd);
/* What was written is still synced, and the duplicate then closed. */
void sync_free(struct sync *s);

/* Something was written. soon: do not wait for the file's next turn. */
void sync_dirty(struct sync *s, bool soon);
/* errno of the first sync that failed, or 0. What a failed sync was to save
 * is lost for good: a later one that succeeds proves nothing. */
int sync_error(struct sync *s);

/* Wait until all that was dirty is on disk, at most ms milliseconds. */
bool sync_flush(int ms);

#endif
