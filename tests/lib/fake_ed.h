/*
 * An editor that is a list of calls: the test looks at them and answers when
 * and what it likes, from outside of them, as the real ones do.
 */
#ifndef TEST_FAKE_ED_H
#define TEST_FAKE_ED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/value.h"
#include "host/editor.h"

struct fake_call {
    char *function;
    struct value *args;
    editor_result_fn *result; /* NULL: nobody waits, or it is answered */
    void *user;
    int64_t at_us; /* loop_now_us() when it was made */
};

struct fake_ed {
    struct editor base; /* first: the editor is the list */
    struct editor_ops ops;
    struct fake_call *calls;
    size_t count;
};

void fake_start(struct fake_ed *fe, size_t text_max);
/* Waiting calls stay unanswered. */
void fake_finish(struct fake_ed *fe);

/* The oldest call of a function (the end of its name) that waits; NULL if none
 * does. */
struct fake_call *fake_waiting(struct fake_ed *fe, const char *function);
/* Calls of it so far, answered or not. */
size_t fake_count(const struct fake_ed *fe, const char *function);
/* result is taken; error may be NULL. */
void fake_answer(struct fake_call *call, struct value *result,
                 const char *error);

#endif
