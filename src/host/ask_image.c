/* A chat whose user shows pictures: they are read before anything is sent. */
#include <stdlib.h>

#include "base/mem.h"
#include "host/chat_ask.h"
#include "host/picture.h"

/* What the ask had before, and the pictures. */
struct own {
    void *own;
    void (*free_own)(void *own);
    struct pictures *pictures;
};

static void
free_both(void *user)
{
    struct own *both = user;
    both->free_own(both->own);
    pictures_free(both->pictures);
    free(both);
}

static bool
any_image(const struct reply_request *request)
{
    for (size_t i = 0; i < request->message_count; i++)
        if (request->messages[i].image_count > 0)
            return true;
    return false;
}

bool
ask_image(struct ask *ask, const struct value *args, struct dc_error *err)
{
    struct reply_request *request = &ask->request;
    if (!any_image(request))
        return true;
    request->pictures =
        pictures_read(request->messages, request->message_count, args, err);
    if (request->pictures == NULL)
        return false;
    struct own *both = mem_alloc(sizeof *both);
    *both = (struct own){ask->own, ask->free_own, request->pictures};
    ask->own = both;
    ask->free_own = free_both;
    return true;
}
