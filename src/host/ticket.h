/*
 * Who waits for the answer to a call. It may come after he is gone, so it
 * carries his id; one that never comes, because the editor died, is freed with
 * the others.
 */
#ifndef HOST_TICKET_H
#define HOST_TICKET_H

#include <stdint.h>

struct ticket;

/* All tickets of one owner; zero is empty. */
struct tickets {
    void *owner;
    struct ticket *first;
};

/* For editor_call() as the user of its result. */
struct ticket *ticket_new(struct tickets *all, int64_t id);
/* The answer has come: the ticket is freed. Returns its id. */
int64_t ticket_redeem(struct ticket *t, void **owner);
/* Those whose answer has not come. */
void tickets_free(struct tickets *all);

#endif
