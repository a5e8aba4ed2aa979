/* What is known of a model, for people to read. */
#ifndef HOST_MODEL_LINE_H
#define HOST_MODEL_LINE_H

#include "base/buf.h"
#include "host/catalog.h"

/* "160k", "8k", "1M", "32768" never. */
void model_tokens(struct buf *out, double tokens);
/* "160k · $0.30/$0.90 · chat tools"; prices are USD for a million tokens in and
 * out. What is unknown is left out. */
void model_line(struct buf *out, const struct model_info *info);

#endif
