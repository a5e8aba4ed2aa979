/*
 * Which of the user's files may go to a server. Those of the project and those
 * beside the chat may; for any other one the user is asked, by the editor,
 * which says with each send what was allowed.
 */
#ifndef HOST_ALLOW_H
#define HOST_ALLOW_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"

/* Bytes of a name in a message, with the NUL. */
enum { ALLOW_NAME = 80 };

/*
 * The file that path means in a send: from the directory of the chat (args:
 * file), else from cwd, else from project, whichever has it first; "~" is the
 * home directory. *resolved is its absolute path without links, owned (free).
 * False with a line for the user if there is nothing, or if it is neither below
 * project or the chat's directory nor in the list args.allowed (absolute paths
 * without links).
 */
bool allow_path(const struct value *args, const char *path, char **resolved,
                struct dc_error *err);

/* Append what stands in the file that allow_path() resolved, up to the ceiling
 * of out: over says what a file is that has more, like "is over 1 MB". False
 * with a line for the user, which calls the file name. */
bool allow_read(const char *resolved, const char *name, const char *over,
                struct buf *out, struct dc_error *err);
/* Say "NAME WHY; nothing was sent". False. */
bool allow_refuse(struct dc_error *err, const char *name, const char *why);

/* path as it may stand in a one-line message: controls replaced, and only its
 * end if it is long. Returns out. */
const char *allow_name(const char *path, char out[ALLOW_NAME]);

#endif
