/*
 * A directory of a test's own, and files in it. What cannot be done ends the
 * test with a message (abort), so calls need no checks.
 */
#ifndef TESTS_TMPDIR_H
#define TESTS_TMPDIR_H

#include <stddef.h>

/* Made under $TMPDIR or /tmp, 0700; owned (tmpdir_free, which removes it with
 * all that is in it). */
char *tmpdir_new(void);
/* NULL is ignored. */
void tmpdir_free(char *dir);

/* "dir/name" in one of a few static buffers. */
const char *tmpdir_path(const char *dir, const char *name);
/* The same; owned (free). */
char *temp_path(const char *dir, const char *name);
/* Entries of dir whose name ends with suffix. */
size_t tmpdir_count(const char *dir, const char *suffix);

void temp_write(const char *path, const void *bytes, size_t len);
/* Owned (free), NUL-terminated; NULL if it cannot be read. */
char *temp_read(const char *path, size_t *len);

#endif
