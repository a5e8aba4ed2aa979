/* Options for a test. */
#ifndef TEST_CONFIG_CASE_H
#define TEST_CONFIG_CASE_H

#include <criterion/criterion.h>

#include "base/buf.h"
#include "host/config.h"
#include "host/json.h"

/* What g:deepchat makes, as JSON text. Owned (config_free). */
static inline struct config *
config_of(const char *settings)
{
    struct dc_error err = {0};
    struct value *map = json_parse(str_of(settings));
    cr_assert_not_null(map, "%s", settings);
    struct config *cfg =
        config_new(&(struct config_sources){.settings = map}, &err);
    cr_assert_not_null(cfg, "%s: %s", settings, err.text);
    value_free(map);
    return cfg;
}

#endif
