/* A text that does not fit is cut: to say what went wrong must not go wrong. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool
fail(struct dc_error *err, enum dc_code code, const char *format, ...)
{
    if (err == NULL)
        return false;
    err->code = code;
    err->http_status = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}
