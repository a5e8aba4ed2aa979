/* Filling in a struct dc_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "deepchat.h"

/* Store code and text, if err is not NULL. Always returns false, so that
 * "return fail(...)" reads well. */
bool fail(struct dc_error *err, enum dc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
