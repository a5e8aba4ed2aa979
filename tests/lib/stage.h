/*
 * An editor and the scripted server together, for tests that step through a
 * reply while a user types: the script stops at "hold g", stage_next() lets it
 * go on to the next one.
 */
#ifndef TEST_STAGE_H
#define TEST_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/ed.h"
#include "lib/server.h"

enum { STAGE_MS = 15000 };

struct stage {
    struct server *sv;
    struct ed *ed;
    unsigned acks;   /* keys known to be handled */
    size_t requests; /* chats sent so far */
};

/* script may be NULL: set one with stage_script(). settings as for
 * ed_start(). */
void stage_start(struct stage *st, const char *script, const char *settings);
void stage_stop(struct stage *st);
/* What the requests from now on are answered with; closes the gates. */
void stage_script(struct stage *st, const char *script);

/* Start the host, and until it has said what it knows. */
void stage_host(struct stage *st);
/* A file in the home directory. */
void stage_put(const struct stage *st, const char *name, const char *bytes,
               size_t len);
/* Keys as typed, in any mode that maps <F5>; returns when they are handled. */
void stage_keys(struct stage *st, const char *keys);
/* A new chat in the only window, and its first question sent; returns when
 * the server has written all up to its first gate. */
void stage_ask(struct stage *st, const char *question);
/* Past the next gate, and until the current buffer contains text. */
bool stage_next(struct stage *st, const char *text);
bool stage_shows(struct stage *st, const char *text);
/* Until no reply runs. */
bool stage_idle(struct stage *st);
/* Open the gates and wait for the end. */
bool stage_finish(struct stage *st);

/* Names of the User events since the last call, one a line. Owned (free). */
char *stage_events(struct stage *st);
/* Compare, with the message of a failed test. */
void stage_expect(struct stage *st, const char *name, const char *expression,
                  const char *want);
/* Wait until it is so, at most STAGE_MS. */
void stage_become(struct stage *st, const char *expression, const char *want);
void stage_expect_text(struct stage *st, const char *name, const char *want);

#endif
