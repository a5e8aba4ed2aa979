#include "host/budget.h"

static double
at_least_zero(double n)
{
    return n > 0 ? n : 0;
}

double
budget_price(const struct model_info *info, const struct dc_usage *usage)
{
    if (info == NULL || info->price_in < 0 || info->price_out < 0 ||
        (usage->tokens_in < 0 && usage->tokens_out < 0))
        return -1;
    double cached = at_least_zero(usage->cached);
    double in = at_least_zero(usage->tokens_in);
    cached = cached < in ? cached : in;
    double price_cached =
        info->price_cached >= 0 ? info->price_cached : info->price_in;
    return (in - cached) * info->price_in + cached * price_cached +
           at_least_zero(usage->tokens_out) * info->price_out;
}
