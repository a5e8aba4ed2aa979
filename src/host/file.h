/*
 * Files as the host writes them: 0600, in directories that are ours, never
 * through a planted link, and replaced whole or not at all. Failures are
 * DC_E_SYSTEM with the path and the system's words.
 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "deepchat.h"

/* What such a failure says behind the path, which may be too long for a line
 * that the user sees. */
const char *file_why(const struct dc_error *err);

/* Make dir and what is missing above it, 0700. A dir that is there already
 * keeps its mode, but must be a directory and belong to us. */
bool file_mkdir(const char *dir, struct dc_error *err);

/* Create path, 0600, for appending. -1 if it cannot be, or anything stands
 * there already. */
int file_create(const char *path, struct dc_error *err);

/* Take all bytes, however often write() stops short. False leaves errno. */
bool file_write_all(int fd, struct dc_str bytes);

/* Put bytes in the place of path: temporary file, fsync, rename, fsync of the
 * directory. A link is followed; a file that was there keeps its permissions,
 * a new one is 0600. On failure the old file is as it was. */
bool file_replace(const char *path, struct dc_str bytes, struct dc_error *err);

/* Append what the regular file holds to out, up to out's ceiling. */
bool file_read(const char *path, struct buf *out, struct dc_error *err);
bool file_read_fd(int fd, struct buf *out);

/* Open the regular file at path, which is absolute and without links as
 * realpath() gives it, for reading. A link that somebody has put there since is
 * not followed, wherever in path it stands. *st is what was opened. -1 with
 * errno: ELOOP for such a link, 0 for what is no regular file, which then is in
 * *st and was left alone: to open a device may do something. */
int file_open_real(const char *path, struct stat *st);

/* True if fd is a regular file of ours that has a name. */
bool file_is_ours(int fd);
/* And that name is path: nobody has removed it, or put another there. */
bool file_bears_name(int fd, const char *path);

/* Wait until what was written to fd is on the disk. False leaves errno. */
bool file_sync(int fd);

enum file_lock {
    FILE_LOCK_GOT,
    FILE_LOCK_HELD, /* another process, or another open of ours, has it */
    FILE_LOCK_NONE, /* this file system has no locks */
};
/* Not waited for; gone with the process. Readers share theirs. */
enum file_lock file_lock(int fd, bool shared);

/* "dir/name"; owned (free). */
char *file_join(const char *dir, const char *name);

/* One name, whatever links lead to the file, and the same before the file is
 * there as after. Owned (free). */
char *file_canonical(const char *file);

#endif
