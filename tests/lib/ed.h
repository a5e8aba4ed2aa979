/*
 * A real editor for tests, driven from outside: commands, keys as a user types
 * them, expressions, and the screen. One editor a test, in a home of its own,
 * with the plugin of this checkout. $DC_EDITOR is "nvim" (default) or "vim",
 * $NVIM_BIN or $VIM_BIN names another one, $DC_HOST another host. What cannot
 * be done ends the test with a message (abort).
 */
#ifndef TEST_ED_H
#define TEST_ED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/value.h"

struct ed;

enum { ED_COLUMNS = 80, ED_LINES = 24 };

/* True if the editors are Vim. */
bool ed_in_vim(void);

/* settings: more members of g:deepchat as Vim text, "" for none; base_url may
 * be NULL. home: a directory that outlives it (to start a second editor on the
 * same files), NULL for a new one that goes with it. */
struct ed *ed_start(const char *base_url, const char *settings,
                    const char *home);
/* The same with no screen. */
struct ed *ed_start_headless(const char *base_url, const char *settings,
                             const char *home);
/* Quit it (or kill it, if it does not), and remove its home. */
void ed_stop(struct ed *ed);
/* SIGKILL, as a crash. */
void ed_kill(struct ed *ed);
const char *ed_home(const struct ed *ed);
pid_t ed_pid(const struct ed *ed);
/* The host's process, once it has said which; 0 if it does not run. */
pid_t ed_host(struct ed *ed);

/* An Ex command; an error of it ends the test. */
void ed_ex(struct ed *ed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Keys in <> notation, as if typed. They may be handled later: wait. */
void ed_keys(struct ed *ed, const char *keys);
/* The value of an expression as text: lists one item a line. Owned (free). */
char *ed_eval(struct ed *ed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
long ed_number(struct ed *ed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* True once the expression is; false after ms. */
bool ed_wait(struct ed *ed, int ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* True while it waits for a key and nothing else is done, as at "Press ENTER".
 */
bool ed_blocked(struct ed *ed);
/* Text of the current buffer. Owned (free). */
char *ed_text(struct ed *ed);

/* Virtual text of the plugin in the current buffer, under lines or behind them,
 * as "N: text", joined by "|". Owned (free). */
char *ed_below(struct ed *ed);
char *ed_behind(struct ed *ed);

/* The screen as it was last drawn, rows ended by \n. Owned (free). */
char *ed_screen(struct ed *ed);
bool ed_wait_screen(struct ed *ed, const char *needle, int ms);
/* Times that the screen was brought up to date. */
size_t ed_redraws(struct ed *ed);
/* What the editor sends by itself, from now on: name and borrowed arguments. */
typedef void ed_event_fn(void *user, const char *name,
                         const struct value *params);
void ed_listen(struct ed *ed, ed_event_fn *fn, void *user);
/* Handle what the editor sends for ms milliseconds. */
void ed_pump(struct ed *ed, int ms);
/* Wait at most ms until it sends something, and handle that. */
void ed_turn(struct ed *ed, int ms);

#endif
