/* The editor-independent ends of the editor operations. */
#include "host/editor.h"

void
editor_call(struct editor *ed, const char *function, struct value *args,
            editor_result_fn *result, void *user)
{
    ed->ops->call(ed, function, args, result, user);
}

size_t
editor_text_max(const struct editor *ed)
{
    return ed->ops->text_max;
}

void
editor_free(struct editor *ed)
{
    if (ed != NULL)
        ed->ops->free(ed);
}
