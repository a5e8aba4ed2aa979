/* Pictures in the text of a user turn. */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include "base/buf.h"
#include "core/seam_fence.h"
#include "deepchat.h"

/* Goes through the text of one turn. */
struct image_scan {
    struct dc_str text;
    size_t at;
    struct seam_fence fence; /* the one that is open there */
};

/* The next line that is a picture; its places and target are those in text.
 * False at the end. */
bool image_next(struct image_scan *scan, struct dc_image *out);

/* What a line, which stands outside fences, has between its parentheses; "" if
 * it is no picture. Borrowed. */
struct dc_str image_target(struct dc_str line);

void image_add_base64(struct buf *out, struct dc_str bytes);

#endif
