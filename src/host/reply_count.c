/* What each request will use, as far as it can be told, and what it has used:
 * added up for the reply, and written down. */
#include <stdlib.h>

#include "host/budget.h"
#include "host/reply_state.h"
#include "host/usage.h"

/* ---- before ---- */

/* The messages are measured once. */
static struct budget_ask
measure(struct reply *r)
{
    struct budget_ask ask = {.size = 0};
    struct members m;
    if (r->asked.count == 0) {
        budget_add_messages(&r->asked, r->request.messages,
                            r->request.message_count);
        members_init(&m, r->cfg);
        budget_add_members(&r->asked, &m);
        members_finish(&m);
    }
    ask = r->asked;
    if (!r->rounds.fresh && r->rounds.sent > 0) {
        budget_add_text(&ask,
                        (struct dc_str){r->rounds.kept.ptr, r->rounds.sent});
        ask.count++;
    }
    return ask;
}

/* The user has said how long an answer may be. */
static bool
is_limited(const struct reply *r)
{
    struct members m;
    members_init(&m, r->cfg);
    bool limited = members_max_tokens(&m) >= 0;
    members_finish(&m);
    return limited;
}

bool
reply_fits(struct reply *r, struct dc_error *err)
{
    struct usage *usage = r->request.usage;
    if (usage == NULL)
        return true;
    struct catalog *catalog = usage_catalog(usage);
    struct budget_ask ask = measure(r);
    struct budget budget =
        budget_of(&ask, usage, r->cfg,
                  catalog != NULL ? catalog_find(catalog, r->cfg) : NULL);
    r->size = ask.images > 0 ? 0 : ask.size;
    r->rounds.room = is_limited(r) ? 0 : budget_room(&budget);
    return r->started || budget_fits(&budget, err) ||
           usage_said(usage, config_model(r->cfg));
}

/* ---- behind ---- */

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
                                    .est = est,
                                    .size = r->size});
    free(state);
}
