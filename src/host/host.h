/* What the parts of the running program share. Wired up in main.c. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>

#include "base/value.h"
#include "host/editor.h"
#include "host/http.h"
#include "host/loop.h"
#include "host/writer.h"

struct chats;
struct locks;

struct host {
    struct loop *lp;
    struct http *http;
    struct editor *editor;
    struct writer *writer;
    struct chats *chats;
    struct locks *locks;
    bool foreign; /* the plugin speaks another protocol: take no orders */
};

#endif
