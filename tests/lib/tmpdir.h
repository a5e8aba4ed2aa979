/* A directory of a test's own. */
#ifndef TESTS_TMPDIR_H
#define TESTS_TMPDIR_H

#include <stddef.h>

/* Made under $TMPDIR or /tmp, 0700; owned (tmpdir_free, which removes it). */
char *tmpdir_new(void);
void tmpdir_free(char *dir);

/* "dir/name" in one of a few static buffers. */
const char *tmpdir_path(const char *dir, const char *name);
/* Entries of dir whose name ends with suffix. */
size_t tmpdir_count(const char *dir, const char *suffix);

#endif
