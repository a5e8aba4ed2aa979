/* A file of the user's as text for a model. */
#ifndef HOST_SOURCE_H
#define HOST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

/* Bytes of one source, and of all in one send. */
#define SOURCE_MAX ((size_t)1 << 20)
#define SOURCES_MAX ((size_t)4 << 20)

/* Which lines, from 1; first is 0 for all of them. */
struct source_lines {
    long first, last;
};

/* Append the text of the file at path to out, which is empty: UTF-8 without a
 * byte order mark, lines ended by LF, the last one not. name is what messages
 * call it. False with a line for the user if it is no regular file, over
 * SOURCE_MAX, binary, not UTF-8, or has not so many lines. */
bool source_read(const char *path, const char *name, struct source_lines lines,
                 struct buf *out, struct dc_error *err);

#endif
