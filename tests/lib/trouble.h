/*
 * Sends that must fail, in one editor after another: what the user sees of an
 * error, all of it and nothing else.
 */
#ifndef TEST_TROUBLE_H
#define TEST_TROUBLE_H

#include "lib/stage.h"

struct trouble {
    const char *name;
    const char *setup;  /* Ex commands before it: what is set, or NULL */
    const char *buffer; /* the chat, lines ended by \n; NULL: a question */
    const char *send;   /* Ex command that sends; NULL: :DeepSend */
    const char *script; /* what the server answers; NULL: nothing is asked */
    const char *line;   /* the message without "deepchat: "; HOST is replaced */
    size_t requests;
};

/* Keys, addresses and options as the next row should find them. */
void trouble_reset(struct stage *st);
/* Send as row says and check everything that DESIGN 2.4 promises. */
void trouble_check(struct stage *st, const struct trouble *row);

/* An editor without messages, and how its screen and messages are checked: one
 * line, nothing that waits for <Enter>. line may be "" for none at all. */
void trouble_expect_line(struct stage *st, const char *name, const char *line);
/* line with the server's "127.0.0.1:PORT" for HOST. Owned. */
char *trouble_line(const struct stage *st, const char *line);
/* Text under a line of the current buffer, as "LNUM: TEXT" or "". Owned. */
char *trouble_below(struct ed *ed);
/* Until an event has told how the send ended. */
bool trouble_wait_end(struct ed *ed);

#endif
