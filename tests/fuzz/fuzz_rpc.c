/* Bytes from the editor, cut as the first byte says: both ways of cutting must
 * give the same messages, and none may upset msgpack-c. */
#include <assert.h>
#include <stdlib.h>

#include "host/rpc.h"

#define LIMIT ((size_t)4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
count_messages(const uint8_t *data, size_t size, size_t piece)
{
    struct rpc *rpc = rpc_new(LIMIT);
    struct rpc_message m;
    size_t count = 0;
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        struct dc_str bytes = {(const char *)data + at, n};
        if (!rpc_feed(rpc, bytes, NULL))
            break;
        while (rpc_next(rpc, &m, NULL) == DC_ITEM) {
            rpc_message_finish(&m);
            count++;
        }
    }
    rpc_free(rpc);
    return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t piece = data[0] + 1u;
    size_t some = count_messages(data + 1, size - 1, piece);
    assert(some == count_messages(data + 1, size - 1, LIMIT));
    (void)some;
    return 0;
}
