/* The blanks at the joint. */
#ifndef CORE_SEAM_JOINT_H
#define CORE_SEAM_JOINT_H

#include "base/buf.h"
#include "core/seam_kept.h"

/* Append what stands between sent and the first character of rest, which is
 * what came behind all that was left out, and starts with its own blanks. At
 * the end rest may hold blanks only, or nothing. line: what was left out was
 * whole lines, so rest begins at the start of one. Returns how many bytes of
 * these blanks were left out. */
size_t seam_joint(struct buf *out, const struct seam_kept *kept,
                  struct dc_str rest, bool line);

#endif
