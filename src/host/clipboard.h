/*
 * The image in the clipboard, for :DeepImage: programs that can read it are
 * tried one after the other, and what one prints becomes a file.
 */
#ifndef HOST_CLIPBOARD_H
#define HOST_CLIPBOARD_H

#include "host/host.h"

struct clipboard;

struct clipboard *clipboard_new(struct host *host);
/* A program that still runs is ended. */
void clipboard_free(struct clipboard *cb);

/*
 * args is the map of the editor's "paste": id, dir, name. The file is dir/name
 * with the ending of its type, and "-2" and so on where that is taken; dir is
 * made if it is not there. The editor is told with deepchat#image#pasted(id,
 * {"file": path or "", "line": "" or why there is none}). One at a time.
 */
void clipboard_paste(struct clipboard *cb, const struct value *args);

#endif
