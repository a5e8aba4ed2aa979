/* Calls are kept for good, so that a test can count them. */
#include "fake_ed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
on_call(struct editor *ed, const char *function, struct value *args,
        editor_result_fn *result, void *user)
{
    struct fake_ed *fe = (struct fake_ed *)ed;
    fe->calls = mem_resize(fe->calls, fe->count + 1, sizeof *fe->calls);
    fe->calls[fe->count++] = (struct fake_call){mem_str(function), args, result,
                                                user, loop_now_us()};
}

void
fake_start(struct fake_ed *fe, size_t text_max)
{
    *fe = (struct fake_ed){.ops = {on_call, NULL, text_max}};
    fe->base.ops = &fe->ops;
}

void
fake_finish(struct fake_ed *fe)
{
    for (size_t i = 0; i < fe->count; i++) {
        free(fe->calls[i].function);
        value_free(fe->calls[i].args);
    }
    free(fe->calls);
}

static bool
is(const struct fake_call *call, const char *function)
{
    size_t len = strlen(call->function), end = strlen(function);
    return len >= end && strcmp(call->function + len - end, function) == 0;
}

struct fake_call *
fake_waiting(struct fake_ed *fe, const char *function)
{
    for (size_t i = 0; i < fe->count; i++)
        if (fe->calls[i].result != NULL && is(&fe->calls[i], function))
            return &fe->calls[i];
    return NULL;
}

size_t
fake_count(const struct fake_ed *fe, const char *function)
{
    size_t n = 0;
    for (size_t i = 0; i < fe->count; i++)
        n += is(&fe->calls[i], function);
    return n;
}

void
fake_answer(struct fake_call *call, struct value *result, const char *error)
{
    editor_result_fn *fn = call->result;
    call->result = NULL;
    fn(call->user, result, error);
    value_free(result);
}
