/* What each request has used: added up for the reply, and written down. */
#include <stdlib.h>

#include "host/budget.h"
#include "host/reply_state.h"
#include "host/usage.h"

static bool
is_known(const struct dc_usage *usage)
{
    return usage->tokens_in >= 0 || usage->tokens_out >= 0 || usage->cost >= 0;
}

static double
price_of(const struct reply *r, const struct dc_usage *usage)
{
    struct catalog *catalog = usage_catalog(r->request.usage);
    if (catalog == NULL || usage->cost >= 0)
        return -1;
    return budget_price(catalog_find(catalog, r->cfg), usage);
}

void
reply_count(struct reply *r, const struct dc_summary *sum)
{
    double est = price_of(r, &sum->usage);
    rounds_sum(&r->rounds, sum);
    rounds_sum_est(&r->rounds, est);
    if (r->request.usage == NULL || (r->came == 0 && !is_known(&sum->usage)))
        return;
    char *state = config_state_dir(r->cfg);
    usage_add(r->request.usage, state,
              &(struct usage_entry){.model = config_model(r->cfg),
                                    .chat = r->request.chat_key,
                                    .usage = sum->usage,
                                    .est = est});
    free(state);
}
