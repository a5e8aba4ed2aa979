/* All places where options are set -> one map of checked values. */
#ifndef HOST_CONFIG_READ_H
#define HOST_CONFIG_READ_H

#include "base/value.h"
#include "deepchat.h"
#include "host/config.h"

/* What is set, defaults left out; owned (value_free). NULL with *err. A place
 * that sets base_url brings its own key options or none, and so does a provider
 * that has one: keys of the place that chose it are not for its server. */
struct value *config_merge(const struct config_sources *sources,
                           struct dc_error *err);

#endif
