/* The two functions that belong to no module. */
#include <stdlib.h>

#include "deepchat.h"

void
dc_free(void *owned)
{
    free(owned);
}

const char *
dc_version(void)
{
    return DC_VERSION;
}
