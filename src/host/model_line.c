/* Sizes are written as they are called: 131072 tokens are 128k, 128000 are,
 * too. */
#include "host/model_line.h"

#include <math.h>

#define DOT " \xc2\xb7 "
#define A_MILLION 1e6

void
model_tokens(struct buf *out, double tokens)
{
    bool binary = fmod(tokens, 1024) == 0 && fmod(tokens, 1000) != 0;
    double k = binary ? 1024 : 1000;
    if (tokens >= 1000 * k && fmod(tokens, k * k) == 0)
        buf_addf(out, "%.0fM", tokens / k / k);
    else if (tokens >= 1000 * k)
        buf_addf(out, "%.1fM", tokens / k / k);
    else if (tokens >= k)
        buf_addf(out, "%.0fk", tokens / k);
    else
        buf_addf(out, "%.0f", tokens);
}

/* No cheap one is shown as free. */
static void
add_price(struct buf *out, double usd)
{
    double price = usd * A_MILLION;
    if (price == 0 || price >= 0.095)
        buf_addf(out, "$%.2f", price);
    else
        buf_addf(out, "$%.2g", price);
}

static void
add_prices(struct buf *out, const struct model_info *info)
{
    if (info->price_in < 0 || info->price_out < 0)
        return;
    if (info->price_in == 0 && info->price_out == 0) {
        buf_add_text(out, "free");
        return;
    }
    add_price(out, info->price_in);
    buf_add_text(out, "/");
    add_price(out, info->price_out);
}

static void
add_part(struct buf *out, const struct buf *part)
{
    if (part->len == 0)
        return;
    buf_add_text(out, out->len > 0 ? DOT : "");
    buf_add_str(out, buf_str(part));
}

void
model_line(struct buf *out, const struct model_info *info)
{
    struct buf part;
    buf_init(&part, 1024);
    if (info->context > 0)
        model_tokens(&part, info->context);
    add_part(out, &part);
    buf_reset(&part);
    add_prices(&part, info);
    add_part(out, &part);
    buf_reset(&part);
    buf_add_text(&part, info->tags);
    add_part(out, &part);
    buf_finish(&part);
}
