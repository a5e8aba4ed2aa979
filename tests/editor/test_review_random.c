/*
 * Reviews of a text that a user edits at random (reviews.vim has the user).
 * DC_SEED chooses other rounds, DC_ROUNDS how many (1,000).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/ed.h"

enum { AT_ONCE = 5 };

/* Rounds that have failed once. */
static const unsigned long KNOWN[] = {1796571807};

static unsigned long
number_of(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

static void
rounds_from(struct ed *ed, const char *function, unsigned long seed, int count)
{
    char *wrong = ed_eval(ed, "Rounds('%s', %lu, %d)", function, seed, count);
    cr_assert_str_empty(wrong, "%s: %s", function, wrong);
    free(wrong);
}

static void
run(const char *function, unsigned long rounds)
{
    unsigned long seed = number_of("DC_SEED", 1);
    printf("seed %lu\n", seed);
    struct ed *ed = ed_start_headless(NULL, "", NULL);
    ed_ex(ed, "execute 'source' deepchat#host#root() . "
              "'/tests/editor/reviews.vim'");
    for (size_t at = 0; at < sizeof(KNOWN) / sizeof(KNOWN[0]); at++) {
        rounds_from(ed, function, KNOWN[at], 1);
    }
    for (unsigned long at = 0; at < rounds; at += AT_ONCE) {
        rounds_from(ed, function, seed + at, AT_ONCE);
    }
    ed_stop(ed);
}

/* Nobody edits: accepting all gives exactly the proposal. */
Test(review_random, all_of_it, .timeout = 300)
{
    run("Plain_round", number_of("DC_ROUNDS", 1000) / 2);
}

/* What the user has written is never changed, and a hunk goes only where its
 * lines are. */
Test(review_random, user_edits, .timeout = 600)
{
    run("Edited_round", number_of("DC_ROUNDS", 1000) / 2);
}
