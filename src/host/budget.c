/*
 * The weights were fitted to the tokenizers o200k_base and cl100k_base over C,
 * Python, Vim script, Markdown and prose in 30 languages: the error is 9 %,
 * that of bytes by four 17 %.
 */
#include "host/budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/model_line.h"

/* Of tokens. */
static const double word_weight = 0.80, letter_weight = 0.068,
                    digit_weight = 0.9, mark_weight = 0.72, two_weight = 0.43,
                    three_weight = 0.82, four_weight = 1.5,
                    blank_weight = 0.014, line_weight = 0.05;
/* Tokens of a character, where a model has whole words of such. */
static const double three_least = 0.25, four_least = 0.5;
/* What a template puts around a message. */
static const double message_tokens = 4;
/* How far the estimate may be off: with a model that has told how it counts,
 * and without. */
static const double known_margin = 1.03, unknown_margin = 1.1;
/* The usual limit of an answer, and the share of the context that it may be. */
static const double usual_output = 16384, usual_share = 0.25;
/* Where less than this share of the usual is left, the estimate is not good
 * enough for a limit. */
static const double room_share = 0.25, room_spare = 64;

/* ---- sizes ---- */

enum kind { LETTER, DIGIT, BLANK, LINE, MARK, TWO, THREE, FOUR, INNER };

#define FIVE(k) k, k, k, k, k
#define TEN(k) FIVE(k), FIVE(k)
#define ROW(k) TEN(k), FIVE(k), k
#define ALPHABET                                                               \
    MARK, TEN(LETTER), FIVE(LETTER), TEN(LETTER), LETTER, FIVE(MARK)

/* Of the first byte of a character, and of those behind it. */
static const unsigned char kinds[256] = {
    FIVE(MARK), MARK,       MARK,       MARK,       MARK,
    BLANK,      LINE,       FIVE(MARK), ROW(MARK),  BLANK,
    TEN(MARK),  FIVE(MARK), TEN(DIGIT), FIVE(MARK), MARK,
    ALPHABET,   ALPHABET,   ROW(INNER), ROW(INNER), ROW(INNER),
    ROW(INNER), ROW(TWO),   ROW(TWO),   ROW(THREE), ROW(FOUR),
};

struct tally {
    size_t counts[INNER + 1];
    size_t words, runs; /* of letters; of blanks, but for the first of each */
    /* As no tokenizer makes fewer: any letters; two marks or more. */
    size_t least_words, least_marks;
    double least_wide;
    enum kind before, second; /* of the last two characters */
};

static bool
is_letter(enum kind kind)
{
    return kind == LETTER || kind == TWO;
}

/* A character that is the same as the one before it may cost nothing. */
static bool
is_repeated(struct dc_str text, size_t at, size_t len)
{
    return at >= len && text.len - at >= len &&
           memcmp(text.ptr + at, text.ptr + at - len, len) == 0;
}

static void
tally_wide(struct tally *t, struct dc_str text, size_t at, enum kind kind)
{
    if (kind == THREE)
        t->least_wide += is_repeated(text, at, 3) ? 0 : three_least;
    else
        t->least_wide += is_repeated(text, at, 4) ? 0 : four_least;
}

/* Bytes of one kind, from start to end. */
static void
tally_run(struct tally *t, struct dc_str text, size_t start, size_t end)
{
    enum kind kind = kinds[(unsigned char)text.ptr[start]];
    size_t n = end - start;
    t->counts[kind] += n;
    if (kind == INNER)
        return;
    if (kind == LETTER)
        t->words++;
    else if (kind == BLANK)
        t->runs += n - 1;
    else if (kind == MARK)
        t->least_marks += t->before == MARK ? t->second != MARK : n > 1;
    else if (kind == THREE || kind == FOUR)
        for (size_t at = start; at < end; at++)
            tally_wide(t, text, at, kind);
    t->least_words += is_letter(kind) && !is_letter(t->before);
    t->second = n > 1 ? kind : t->before;
    t->before = kind;
}

/* Every byte of a chat is looked at for every request. */
static struct tally
tally_of(struct dc_str text)
{
    struct tally t = {.before = LINE, .second = LINE};
    for (size_t start = 0, end; start < text.len; start = end) {
        unsigned char kind = kinds[(unsigned char)text.ptr[start]];
        end = start + 1;
        while (end < text.len && kinds[(unsigned char)text.ptr[end]] == kind)
            end++;
        tally_run(&t, text, start, end);
    }
    return t;
}

static double
size_of(const struct tally *t)
{
    const size_t *counts = t->counts;
    return (double)t->words * word_weight +
           (double)counts[LETTER] * letter_weight +
           (double)counts[DIGIT] * digit_weight +
           (double)counts[MARK] * mark_weight +
           (double)counts[TWO] * two_weight +
           (double)counts[THREE] * three_weight +
           (double)counts[FOUR] * four_weight + (double)t->runs * blank_weight +
           (double)counts[LINE] * line_weight;
}

/* Some tokenizers make three times as many of a text as others, as of figures
 * or tables. None joins words, more than three digits, or two marks to a
 * letter. */
static double
least_of(const struct tally *t)
{
    return (double)t->least_words + (double)t->counts[DIGIT] / 3 +
           (double)t->least_marks + t->least_wide;
}

double
budget_size(struct dc_str text)
{
    struct tally t = tally_of(text);
    return size_of(&t);
}

void
budget_add_text(struct budget_ask *ask, struct dc_str text)
{
    struct tally t = tally_of(text);
    ask->size += size_of(&t);
    ask->least += least_of(&t);
}

void
budget_add_messages(struct budget_ask *ask, const struct dc_message *messages,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        budget_add_text(ask, messages[i].text);
        budget_add_text(ask, messages[i].name);
        ask->images += messages[i].image_count;
    }
    ask->count += count;
}

/* Not every model reads them, nor as they are written. */
void
budget_add_members(struct budget_ask *ask, const struct members *m)
{
    static const char *const names[] = {"tools", "response_format"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *text = members_get(m, names[i]);
        if (text != NULL)
            ask->size += budget_size(str_of(text));
        free(text);
    }
}

/* ---- what fits ---- */

static bool
factor_of(struct usage *u, const struct config *cfg, double *factor)
{
    *factor = 1;
    if (u == NULL)
        return false;
    char *state = config_state_dir(cfg);
    bool known = usage_factor(u, state, config_model(cfg), factor);
    free(state);
    return known;
}

struct budget
budget_of(const struct budget_ask *ask, struct usage *u,
          const struct config *cfg, const struct model_info *info)
{
    double factor, images = (double)ask->images * BUDGET_IMAGE;
    bool known = factor_of(u, cfg, &factor);
    double margin = known ? known_margin : unknown_margin;
    double text = ask->size * factor;
    if (!known)
        text += (double)ask->count * message_tokens;
    return (struct budget){
        .tokens = text + images,
        .least = ask->least < text / margin ? ask->least : text / margin,
        .most = text * margin + images * 2,
        .context = info != NULL ? info->context : -1,
        .output = info != NULL ? info->max_output : -1,
        .learned = known,
    };
}

bool
budget_fits(const struct budget *b, struct dc_error *err)
{
    char tokens[32];
    struct buf context;
    if (b->context <= 0 || b->least <= b->context)
        return true;
    budget_show(tokens, sizeof tokens, b->tokens);
    buf_init(&context, 64);
    model_tokens(&context, b->context);
    fail(err, DC_E_TOO_BIG,
         "~%s of %s tokens of context; cut turns or :DeepModel", tokens,
         context.ptr);
    buf_finish(&context);
    return false;
}

int64_t
budget_room(const struct budget *b)
{
    if (b->context <= 0)
        return 0;
    double usual = b->output > 0 ? b->output : usual_output;
    if (usual > b->context * usual_share)
        usual = b->context * usual_share;
    double room = b->context - b->most - room_spare;
    /* below, the server knows better */
    return room < usual && room >= usual * room_share ? (int64_t)room : 0;
}

/* ---- money ---- */

static double
at_least_zero(double n)
{
    return n > 0 ? n : 0;
}

double
budget_price(const struct model_info *info, const struct dc_usage *usage)
{
    if (info == NULL || info->price_in < 0 || info->price_out < 0 ||
        (usage->tokens_in < 0 && usage->tokens_out < 0))
        return -1;
    double cached = at_least_zero(usage->cached);
    double in = at_least_zero(usage->tokens_in);
    cached = cached < in ? cached : in;
    double price_cached =
        info->price_cached >= 0 ? info->price_cached : info->price_in;
    return (in - cached) * info->price_in + cached * price_cached +
           at_least_zero(usage->tokens_out) * info->price_out;
}

void
budget_show(char *out, size_t size, double n)
{
    const char *unit = n >= 999500 ? "M" : n >= 1000 ? "k" : "";
    double shown = n >= 999500 ? n / 1e6 : n >= 1000 ? n / 1e3 : n;
    bool decimal = unit[0] != '\0' && shown < 9.95;
    snprintf(out, size, "%.*f%s", decimal ? 1 : 0, shown, unit);
}
