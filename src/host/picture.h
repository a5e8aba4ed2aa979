/* The files of the pictures in some messages. */
#ifndef HOST_PICTURE_H
#define HOST_PICTURE_H

#include "base/value.h"
#include "deepchat.h"

/* Shared: it lives until the last who holds it lets it go. */
struct pictures;

/* Read what the messages show. args (file, cwd, project, allowed) says where
 * the files are and which may be read: allow_path(). Addresses are left alone.
 * NULL with a line for the user if one of them cannot be sent. */
struct pictures *pictures_read(const struct dc_message *messages, size_t count,
                               const struct value *args, struct dc_error *err);
/* NULL is passed on. */
struct pictures *pictures_hold(struct pictures *pictures);
void pictures_free(struct pictures *pictures);

/* Bytes and type of the picture at index, counted over all messages. p may be
 * NULL: nothing was read. */
void pictures_fill(const struct pictures *p, size_t index,
                   struct dc_image *image);

#endif
