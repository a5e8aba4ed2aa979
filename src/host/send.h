/* deepchat-host --send FILE: one reply into a chat file, without an editor. */
#ifndef HOST_SEND_H
#define HOST_SEND_H

#include "base/value.h"
#include "host/http.h"
#include "host/loop.h"

/* Send the chat in file, print the text as it comes, and append the finished
 * reply to the file. arguments: list of "name=value". Runs the loop until that
 * is done; the exit status of the program: 0 done, 1 not. */
int send_file(struct loop *lp, struct http *http, const char *file,
              const struct value *arguments);

#endif
