/*
 * What requests have used: tokens and dollars, a short line for each in the
 * file "usage" of the state directory. Several editors write it at once. It is
 * made shorter when it has grown: first the months that are over.
 */
#ifndef HOST_USAGE_H
#define HOST_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/value.h"
#include "deepchat.h"
#include "host/loop.h"

/* A file that is longer is made shorter. */
#define USAGE_FILE_MAX ((size_t)1 << 20)

struct buf;
struct catalog;
struct usage;

/* catalog is kept; it may be NULL: then nothing has a price. */
struct usage *usage_new(struct loop *lp, struct catalog *catalog);
/* What could not be written yet is, if that can be had at all. NULL is
 * ignored. */
void usage_free(struct usage *u);
/* NULL if u is. */
struct catalog *usage_catalog(const struct usage *u);

/* What a chat is called in the file: by its path, or as long as it has none by
 * its buffer; "" for neither. */
enum { USAGE_CHAT_MAX = 40 };
void usage_chat(const struct usage *u, const char *file, int64_t buf,
                char out[USAGE_CHAT_MAX]);
/* The chat in this buffer is called by that from now on, */
void usage_unnamed(struct usage *u, int64_t buf);
/* and now has got a file. state_dir may be NULL. */
void usage_named(struct usage *u, const char *state_dir, int64_t buf,
                 const char *file);
/* The chat of a file has another one now; what is asked of the old one later is
 * not of it. */
void usage_renamed(struct usage *u, const char *state_dir, const char *from,
                   const char *to);

/* What one request has used. */
struct usage_entry {
    const char *model;
    const char *chat; /* usage_chat() */
    struct dc_usage usage;
    double est;  /* price, where the server gave none; negative: not known */
    double size; /* of what was asked: budget.h; 0: not known */
};

/* Write it down for today. state_dir may be NULL: then it is not. */
void usage_add(struct usage *u, const char *state_dir,
               const struct usage_entry *entry);

/* The file, or of one that is much too long the end; buf_finish(). */
void usage_read(const char *state_dir, struct buf *out);

/* ---- usage_learn.c ---- */

/* Tokens that this model has counted for each of the size (budget.h) of what it
 * was asked; false if it never was. state_dir may be NULL. */
bool usage_factor(struct usage *u, const char *state_dir, const char *model,
                  double *factor);

/* To be called where a request is over what is known of its model: true if that
 * was the last one, too, since whoever sends again means it. */
bool usage_said(struct usage *u, const char *model);

/* ---- usage_pack.c ---- */

/* The same in at most max bytes: the months before that of now are summed up,
 * then the days, then the oldest lines go. Owned (free). */
char *usage_pack(struct dc_str text, time_t now, size_t max, size_t *len);

/* ---- usage_view.c ---- */

enum { USAGE_DAYS = 30, USAGE_DAYS_MAX = 3660 };

/* For :DeepUsage. Owned. */
struct value *usage_view(struct dc_str text, time_t now, int days,
                         const char *const chats[2]);

#endif
