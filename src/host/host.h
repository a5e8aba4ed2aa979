/* What the parts share that serve an editor. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"
#include "host/editor.h"
#include "host/http.h"
#include "host/loop.h"
#include "host/writer.h"

struct catalog;
struct chats;
struct clipboard;
struct contexts;
struct forms;
struct inspect;
struct locks;
struct resume;
struct reviews;
struct usage;

struct host {
    struct loop *lp;
    struct http *http;
    struct editor *editor;
    struct writer *writer;
    struct chats *chats;
    struct reviews *reviews;
    struct locks *locks;
    struct forms *forms;     /* how servers are asked to go on */
    struct catalog *catalog; /* what is known of models */
    struct usage *usage;     /* what was used, and its price */
    struct inspect *inspect;
    struct resume *resume;
    struct clipboard *clipboard;
    char *blind; /* a model that was said to read no images; may be NULL */
    struct contexts *contexts;
    bool foreign; /* no "hello" of a plugin that speaks our protocol has come:
                     take no orders */
};

/* Make the parts; lp, http and editor are kept. */
void host_init(struct host *host, struct loop *lp, struct http *http,
               struct editor *editor);
/* The editor was killed, or its channel makes no sense any more: what still
 * comes in goes into journals, and the loop stops behind the last of it. Not
 * from inside a call to one of the parts. */
void host_editor_gone(struct host *host);
/* Stop the reply with this id, or with id 0 all. */
void host_stop(struct host *host, int64_t id);
/* Without an editor, a reply has ended: if it was the last, stop the loop. */
void host_rest(struct host *host);
/* All but what host_init() was given; journals get ms to reach the disk. */
void host_finish(struct host *host, int ms);

#endif
