/*
 * Request members that some servers refuse although others take them: which
 * of them a request can do without, and which has another name elsewhere
 * (wire-contract 3.4).
 */
#ifndef HOST_QUIRK_H
#define HOST_QUIRK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/members.h"

/* No more of them than bits in a set. */
enum { QUIRKS_MAX = 32 };

/* What one model behind one address has refused. Zeroed: nothing. */
struct quirks {
    uint32_t always;          /* whatever the value */
    char *values[QUIRKS_MAX]; /* this value, as JSON text; NULL: none */
};

void quirks_finish(struct quirks *q);

/* Its bit; 0 if a request must not be sent without it. */
uint32_t quirk_bit(const char *name);
/* It goes by this name instead; NULL if it is left out. */
const char *quirk_other(const char *name);

/* Keep in mind that the member was refused, with that value or, if value is
 * NULL, whatever it is. False if that was known. */
bool quirk_learn(struct quirks *q, const char *name, const char *value);
/* The bits of the members of m that would be refused. */
uint32_t quirk_match(const struct quirks *q, const struct members *m);
/* Leave them out, or rename them. */
void quirk_fit(uint32_t bits, struct members *m);

/* Those of the bits that m carries under a name. */
uint32_t quirk_carried(uint32_t bits, const struct members *m);

/* What is done about it, as a line for the user. */
void quirk_line(char *out, size_t size, const char *server, const char *name);
/* The same for members that are left out: "n, seed are not sent to groq"; "" if
 * there are none. */
void quirk_list(char *out, size_t size, const char *server, uint32_t bits);

#endif
