/* The answers besides the first, from the records of a journal. */
#ifndef HOST_RECOVER_CHOICE_H
#define HOST_RECOVER_CHOICE_H

#include "base/buf.h"
#include "host/journal.h"

struct recover_choice {
    unsigned number;
    struct buf text, reasoning;
    char *pairs; /* owned; NULL if it has not ended */
};

/* All zero at first. */
struct recover_choices {
    struct recover_choice *items; /* by number */
    size_t count;
};

/* The payload of a record of one of them; what makes no sense is left out. */
void recover_choice_add(struct recover_choices *all, struct dc_str payload);
/* They become the entry's; all is freed. */
void recover_choices_take(struct recover_choices *all, struct journal_entry *e);

#endif
