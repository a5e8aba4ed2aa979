/*
 * :DeepInspect: what a send would ask, without asking it. Only the list of
 * models may be fetched, if nothing is known of the model yet.
 */
#ifndef HOST_INSPECT_H
#define HOST_INSPECT_H

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"
#include "host/host.h"

struct inspect;

struct inspect *inspect_new(struct host *host);
/* NULL is ignored. */
void inspect_free(struct inspect *in);

/*
 * args as for a send; its id comes back. Answered with
 *
 *   deepchat#inspect#show(id, about)
 *   deepchat#inspect#piece(id, text, last), as often as it takes
 *
 * about: line, why nothing could be sent, "" else; and if there is a body: url;
 * key, what stands for it, "" if none is sent; no_key, a line if it is missing;
 * bytes of the body; parts, a list of [name, bytes, tokens]; tokens; learned;
 * model_about, what is known of the model; context, price, price_out (of 1,000
 * tokens), -1 unknown; fits, a line if it does not; masked, true if something
 * secret was cut out; shortened, true if not all is shown; curl, a list of
 * lines. The text is the body laid out. Once more is known of the model all of
 * it comes again.
 */
void inspect_ask(struct inspect *in, const struct value *args);

/* ---- inspect_text.c ---- */

/* JSON that is laid out as it is shown: data in addresses is cut, and if it is
 * longer than max every long string, too. True if anything was. */
bool inspect_shorten(struct dc_str json, size_t max, struct buf *out);

/* Lines for a shell that ask the same: key and url as in about, body "" if it
 * is to be read from a file. Owned. */
struct value *inspect_curl(const char *url, const char *key, struct dc_str body,
                           bool stream);

#endif
