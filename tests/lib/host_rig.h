/*
 * The editor's host without its process: its parts, the scripted server, and a
 * directory for its journals. Whoever plays the editor answers like a plugin
 * that has nothing to object to.
 */
#ifndef TEST_HOST_RIG_H
#define TEST_HOST_RIG_H

#include "host/host.h"
#include "server.h"

struct host_rig {
    struct loop *lp;
    struct http *http;
    struct host host;
    struct server *sv;
    char *dir;
};

/* editor is set by the test: host_init() comes with it. */
void host_rig_start(struct host_rig *rig);
/* What is left after host_finish(). */
void host_rig_stop(struct host_rig *rig);

/* What the editor sends: op with args, a map, taken. */
void host_rig_op(struct host_rig *rig, const char *op, struct value *args);

/* The arguments of a "hello" and of a "send" of text (NULL: a question) to
 * script. Owned. */
struct value *host_rig_hello(const struct host_rig *rig, int protocol);
struct value *host_rig_send(struct host_rig *rig, int64_t id,
                            const char *script, const char *text);

/* What the plugin answers to a call of function; finish is for the end of a
 * reply: {"saved": saved, "alive": true}. Owned. */
struct value *host_rig_answer(const char *function, const struct value *args,
                              bool saved);

/* Files in the journal's directory. */
size_t host_rig_journals(const struct host_rig *rig);

/* Turn the loop until cond holds or ms are over. */
#define HOST_UNTIL(rig, cond, ms)                                              \
    for (int64_t end_ = loop_now() + (ms); !(cond) && loop_now() < end_;)      \
    loop_turn((rig)->lp, 5)

#endif
