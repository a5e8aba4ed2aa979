/*
 * msgpack-RPC messages <-> bytes. No file descriptor in here. Sizes and depth
 * are checked before msgpack-c sees a byte, because it reserves memory for
 * whatever a header claims (faults.md F1, M3).
 */
#ifndef HOST_RPC_H
#define HOST_RPC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"

#define RPC_IN_MAX ((size_t)64 << 20) /* one message from the editor */
#define RPC_OUT_MAX ((size_t)4 << 20) /* one message to the editor */
#define RPC_OUT_DEPTH 9

enum rpc_type { RPC_REQUEST = 0, RPC_RESPONSE = 1, RPC_NOTIFY = 2 };

struct rpc_message {
    enum rpc_type type;
    uint32_t id;          /* request and response */
    struct value *method; /* request and notification: a string */
    struct value *params; /* request and notification: a list */
    struct value *error;  /* response; nil kind if it went well */
    struct value *result; /* response */
};

struct rpc;

struct rpc *rpc_new(size_t limit);
void rpc_free(struct rpc *rpc);
bool rpc_feed(struct rpc *rpc, struct dc_str bytes, struct dc_error *err);
/* Pull; *out is the caller's, to be emptied with rpc_message_finish(). After
 * DC_FAIL the channel cannot be used any more: there is no way to find the
 * next message. */
enum dc_step rpc_next(struct rpc *rpc, struct rpc_message *out,
                      struct dc_error *err);
void rpc_message_finish(struct rpc_message *m);

/* Append one message to out. False, and nothing appended, if it is over
 * RPC_OUT_MAX or nested deeper than RPC_OUT_DEPTH (31 levels kill Neovim 0.7).
 * params and result may be NULL for an empty list and nil. Strings that are
 * not valid UTF-8 are sent as they are: the callers clean them. */
bool rpc_request(struct buf *out, uint32_t id, const char *method,
                 const struct value *params);
bool rpc_notify(struct buf *out, const char *method,
                const struct value *params);
bool rpc_response(struct buf *out, uint32_t id, const char *error,
                  const struct value *result);

#endif
