/*
 * Images are read when they are sent, and kept as they are: what they become in
 * a request is printed straight into its body. The same bytes serve all of its
 * rounds and attempts.
 */
#include "host/picture.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/allow.h"

/* What is more cannot fit into a request. */
static const size_t TOTAL_MAX = DC_REQUEST_MAX / 4 * 3;

struct picture {
    const char *type; /* NULL: an address */
    struct buf bytes;
};

struct pictures {
    int holders;
    size_t count;
    size_t total; /* bytes */
    struct picture items[];
};

/* No file, but something a server finds by itself. */
static bool
is_address(struct dc_str target)
{
    static const char *const starts[] = {"http://", "https://", "data:image/"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t len = strlen(starts[i]);
        if (target.len > len && strncasecmp(target.ptr, starts[i], len) == 0)
            return true;
    }
    return false;
}

static bool
read_one(struct picture *p, const char *target, const struct value *args,
         struct dc_error *err)
{
    char *path = NULL;
    if (!allow_path(args, target, &path, err))
        return false;
    buf_init(&p->bytes, DC_IMAGE_MAX);
    bool ok = allow_read(path, target, "is over 20 MB", &p->bytes, err);
    free(path);
    if (!ok)
        return false;
    if (p->bytes.len == 0)
        return allow_refuse(err, target, "is empty");
    p->type = dc_image_type(buf_str(&p->bytes));
    return p->type != NULL ||
           allow_refuse(err, target, "is no png/jpg/webp/gif");
}

static bool
read_image(struct pictures *all, const struct dc_image *image,
           const struct value *args, struct dc_error *err)
{
    struct picture *p = &all->items[all->count++];
    if (is_address(image->target))
        return true;
    char *target = mem_copy(image->target.ptr, image->target.len);
    bool ok = read_one(p, target, args, err);
    free(target);
    all->total += p->bytes.len;
    if (ok && all->total > TOTAL_MAX)
        return fail(err, DC_E_TOO_BIG,
                    "the images have over %zu MB; nothing was sent",
                    TOTAL_MAX >> 20);
    return ok;
}

static struct pictures *
new_pictures(const struct dc_message *messages, size_t count)
{
    size_t images = 0;
    for (size_t i = 0; i < count; i++)
        images += messages[i].image_count;
    struct pictures *all =
        mem_alloc(sizeof *all + images * sizeof all->items[0]);
    all->holders = 1;
    return all;
}

struct pictures *
pictures_read(const struct dc_message *messages, size_t count,
              const struct value *args, struct dc_error *err)
{
    struct pictures *all = new_pictures(messages, count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < messages[i].image_count; k++)
            if (!read_image(all, &messages[i].images[k], args, err)) {
                pictures_free(all);
                return NULL;
            }
    return all;
}

struct pictures *
pictures_hold(struct pictures *pictures)
{
    if (pictures != NULL)
        pictures->holders++;
    return pictures;
}

void
pictures_free(struct pictures *pictures)
{
    if (pictures == NULL || --pictures->holders > 0)
        return;
    for (size_t i = 0; i < pictures->count; i++)
        buf_finish(&pictures->items[i].bytes);
    free(pictures);
}

void
pictures_fill(const struct pictures *p, size_t index, struct dc_image *image)
{
    if (p == NULL || index >= p->count || p->items[index].type == NULL)
        return;
    image->type = str_of(p->items[index].type);
    image->bytes = buf_str(&p->items[index].bytes);
}
