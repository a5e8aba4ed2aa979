/* Who writes a chat file: one lock a file, held by the host of the editor that
 * has it loaded, freed by the system when that process dies. */
#ifndef HOST_LOCK_H
#define HOST_LOCK_H

#include <stdbool.h>

struct locks;

struct locks *locks_new(void);
void locks_free(struct locks *locks);
/* The process that others are told of; before, it is this one. */
void locks_set_pid(struct locks *locks, long pid);

/* state_dir may be NULL. Take the lock of a chat file (an absolute path);
 * taking it again is fine. False if a living process has it: *holder is its
 * pid, 0 if unknown. If the locks cannot be kept at all (read-only disk)
 * everybody gets one. */
bool locks_take(struct locks *locks, const char *state_dir, const char *file,
                int *holder);
void locks_drop(struct locks *locks, const char *file);
/* The editor is gone: its files are free. */
void locks_drop_all(struct locks *locks);

#endif
