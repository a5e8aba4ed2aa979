/* The kept text as the rules see it. */
#ifndef CORE_SEAM_KEPT_H
#define CORE_SEAM_KEPT_H

#include "core/seam_fence.h"
#include "deepchat.h"

struct seam_kept {
    struct dc_str sent; /* without the blanks at the end */
    struct dc_str gap;  /* those, without halves of characters */
    bool fixed;
    enum dc_form form;
    struct seam_fence fence; /* open at the end */
    size_t line;             /* where the last line of sent begins */
    bool inside;             /* the gap does not end that line */
};

/* Borrows what options borrow. */
struct seam_kept seam_kept(const struct dc_seam_options *options);

/* A sentence, or a block, is complete at the end of sent. */
bool seam_kept_ended(const struct seam_kept *kept);
/* The last thing in sent opens a quotation. */
bool seam_kept_quotes(const struct seam_kept *kept);
/* One of its last lines is indented by as many bytes. */
bool seam_kept_indents(const struct seam_kept *kept, size_t want);

#endif
