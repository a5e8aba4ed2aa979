/*
 * For tests in which an editor or its host dies: a home that outlives them,
 * the server, one editor at a time, and what is left behind. Processes whose
 * parent was killed become children of the test (where the system can do
 * that), so their end is seen at once and none stays.
 */
#ifndef TEST_WRECK_H
#define TEST_WRECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/ed.h"
#include "lib/server.h"

enum { WRECK_MS = 15000 };

struct wreck {
    struct server *sv;
    struct ed *ed;
    char *home;
    const char *settings;
    size_t requests; /* chats sent so far */
};

/* script: what the server answers; more settings as for ed_start(). Both must
 * stay. Nothing of "system" is sent, the model is m. */
void wreck_start(struct wreck *w, const char *script, const char *settings);
void wreck_stop(struct wreck *w);
/* What the requests from now on are answered with; closes the gates. */
void wreck_script(struct wreck *w, const char *script);

/* A new editor on the same home; the one before must be gone. */
void wreck_editor(struct wreck *w);
/* SIGKILL to the editor. Its host's process, which may still run. */
pid_t wreck_kill_editor(struct wreck *w);
/* Quit an editor, and until its host has given up what it held. */
void wreck_quit(struct ed *ed);
/* SIGKILL to the host, and until the editor knows. */
void wreck_kill_host(struct wreck *w);
/* Until the process is gone. */
bool wreck_gone(pid_t pid, int ms);

/* A new chat in the only window, and its first question sent. */
void wreck_ask(struct wreck *w, const char *question);
/* Until the current buffer contains text. */
bool wreck_shows(struct wreck *w, const char *text);
/* Until no reply runs. */
bool wreck_idle(struct wreck *w);

/* :DeepResume, until its line has come or its list is there. */
void wreck_resume(struct wreck *w);
/* True once :messages has the text, if no prompt is up. */
bool wreck_said(struct wreck *w, const char *text);
/* True if it does not get it within a moment. */
bool wreck_not_said(struct wreck *w, const char *text);

/* The last reply in the current buffer, without blank lines around it. Owned
 * (free); "" if there is none. */
char *wreck_reply(struct wreck *w);
/* Content on the wire for a request (0: the last), trimmed in the same way. */
char *wreck_sent(struct wreck *w, size_t request);
/* The last reply is all that the server sent. */
void wreck_expect_all(struct wreck *w, const char *name);

/* Files below the home whose names end so. */
size_t wreck_count(const struct wreck *w, const char *suffix);
/* The path of the only such file. Owned (free); NULL if there is not one. */
char *wreck_find(const struct wreck *w, const char *suffix);

/* ---- who else is there ---- */

/* Start with a chat on disk that has one reply, "Fine." Its path; owned
 * (free). */
char *wreck_chat(struct wreck *w);
/* A second editor on the same files, while w->ed lives. */
struct ed *wreck_second(struct wreck *w);

#endif
