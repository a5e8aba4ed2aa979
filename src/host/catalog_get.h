/* One list of models, from its server: the key, the list, and what else has to
 * be asked where the list says too little. */
#ifndef HOST_CATALOG_GET_H
#define HOST_CATALOG_GET_H

#include "host/config.h"
#include "host/http.h"
#include "host/loop.h"
#include "host/model_list.h"

struct catalog_get;

/* list: what came, the callee may take it; NULL if nothing of use did, and then
 * line says why. Once, from the loop; it is gone when this returns. */
typedef void catalog_got_fn(void *user, struct model_list *list,
                            const char *line);

/* cfg is taken. known: the list is there already, only what is not known of
 * the model of cfg is asked for; NULL: all. Kept. */
struct catalog_get *catalog_get_start(struct loop *lp, struct http *http,
                                      struct config *cfg,
                                      const struct model_list *known,
                                      catalog_got_fn *got, void *user);
/* Nobody is told any more. */
void catalog_get_drop(struct catalog_get *g);

/* True if more could be had about a model than the list of its server has. */
bool catalog_get_more(const struct config *cfg, const struct model_list *list);

#endif
