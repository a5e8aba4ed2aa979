/* Their records come in any order, and from files that nobody vouches for. */
#include "host/recover_choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/record.h"

/* No server is asked for more. */
enum { NUMBER_MAX = 127 };

/* "N K " at the start of a payload, which is cut off. 0 if it is no such. */
static unsigned
read_head(struct dc_str *payload, char *kind)
{
    unsigned number = 0;
    size_t at = 0;
    while (at < payload->len && payload->ptr[at] >= '0' &&
           payload->ptr[at] <= '9' && number <= NUMBER_MAX)
        number = number * 10 + (unsigned)(payload->ptr[at++] - '0');
    if (number > NUMBER_MAX || payload->len - at < 3 ||
        payload->ptr[at] != ' ' || payload->ptr[at + 2] != ' ')
        return 0;
    *kind = payload->ptr[at + 1];
    payload->ptr += at + 3;
    payload->len -= at + 3;
    return number;
}

static struct recover_choice *
choice_of(struct recover_choices *all, unsigned number)
{
    size_t i = 0;
    while (i < all->count && all->items[i].number < number)
        i++;
    if (i < all->count && all->items[i].number == number)
        return &all->items[i];
    all->items = mem_resize(all->items, all->count + 1, sizeof *all->items);
    memmove(&all->items[i + 1], &all->items[i],
            (all->count - i) * sizeof *all->items);
    all->count++;
    all->items[i] = (struct recover_choice){.number = number};
    buf_init(&all->items[i].text, RECORD_FILE_MAX);
    buf_init(&all->items[i].reasoning, RECORD_FILE_MAX);
    return &all->items[i];
}

void
recover_choice_add(struct recover_choices *all, struct dc_str payload)
{
    char kind;
    unsigned number = read_head(&payload, &kind);
    if (number == 0 || (kind != 't' && kind != 'r' && kind != 'e'))
        return;
    struct recover_choice *c = choice_of(all, number);
    if (kind == 'e') {
        free(c->pairs);
        c->pairs = record_field(payload, "pairs");
    } else {
        buf_add_str(kind == 't' ? &c->text : &c->reasoning, payload);
    }
}

void
recover_choices_take(struct recover_choices *all, struct journal_entry *e)
{
    e->choices = mem_resize(NULL, all->count + 1, sizeof *e->choices);
    e->choice_count = all->count;
    for (size_t i = 0; i < all->count; i++) {
        struct recover_choice *c = &all->items[i];
        e->choices[i] = (struct journal_choice){
            .number = c->number,
            .pairs = c->pairs != NULL ? c->pairs : mem_str(""),
            .reasoning = buf_take_str(&c->reasoning),
            .text = buf_take_str(&c->text),
        };
    }
    free(all->items);
}
