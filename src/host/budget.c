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

static enum kind
kind_of(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return LETTER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c == ' ' || c == '\t')
        return BLANK;
    if (c == '\n')
        return LINE;
    if (c < 0x80)
        return MARK;
    return c < 0xc0 ? INNER : c < 0xe0 ? TWO : c < 0xf0 ? THREE : FOUR;
}

double
budget_size(struct dc_str text)
{
    double counts[INNER + 1] = {0};
    double words = 0, runs = 0;
    enum kind before = LINE;
    for (size_t i = 0; i < text.len; i++) {
        enum kind kind = kind_of((unsigned char)text.ptr[i]);
        counts[kind]++;
        words += kind == LETTER && before != LETTER;
        runs += kind == BLANK && before == BLANK;
        before = kind;
    }
    return words * word_weight + counts[LETTER] * letter_weight +
           counts[DIGIT] * digit_weight + counts[MARK] * mark_weight +
           counts[TWO] * two_weight + counts[THREE] * three_weight +
           counts[FOUR] * four_weight + runs * blank_weight +
           counts[LINE] * line_weight;
}

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

/* Some tokenizers make three times as many of a text as others, as of figures
 * or tables. None joins words, more than three digits, or two marks to a
 * letter. */
static double
least_of(struct dc_str text)
{
    double words = 0, digits = 0, marks = 0, wide = 0;
    enum kind before = LINE, second = LINE;
    for (size_t i = 0; i < text.len; i++) {
        enum kind kind = kind_of((unsigned char)text.ptr[i]);
        if (kind == INNER)
            continue;
        words += is_letter(kind) && !is_letter(before);
        digits += kind == DIGIT;
        marks += kind == MARK && before == MARK && second != MARK;
        wide += kind == THREE && !is_repeated(text, i, 3) ? three_least : 0;
        wide += kind == FOUR && !is_repeated(text, i, 4) ? four_least : 0;
        second = before;
        before = kind;
    }
    return words + digits / 3 + marks + wide;
}

void
budget_add_text(struct budget_ask *ask, struct dc_str text)
{
    ask->size += budget_size(text);
    ask->least += least_of(text);
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
