/*
 * Reads scripts. Each verb has a pattern for its arguments: n a number, N an
 * optional one, w a word, b the rest of the line with C escapes, l the rest
 * as it stands, t as b but "@path" stands for the content of a file.
 */
#include "script.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

#define TEXT_MAX ((size_t)64 << 20)

/* clang-format off */
static const struct {
    const char *name;
    const char *pattern;
    enum verb verb;
} verbs[] = {
    {"status",       "n",    VERB_STATUS},
    {"header",       "b",    VERB_HEADER},
    {"noheader",     "w",    VERB_NOHEADER},
    {"chunked",      "w",    VERB_CHUNKED},
    {"length",       "n",    VERB_LENGTH},
    {"head",         "",     VERB_HEAD},
    {"crlf",         "w",    VERB_CRLF},
    {"split",        "wNN",  VERB_SPLIT},
    {"sse",          "l",    VERB_SSE},
    {"role",         "",     VERB_ROLE},
    {"token",        "b",    VERB_TOKEN},
    {"text",         "nt",   VERB_TEXT},
    {"words",        "nN",   VERB_WORDS},
    {"echo",         "N",    VERB_ECHO},
    {"reasoning",    "b",    VERB_REASONING},
    {"finish",       "wNNN", VERB_FINISH},
    {"usage-chunk",  "NNN",  VERB_USAGE},
    {"done",         "",     VERB_DONE},
    {"comment",      "b",    VERB_COMMENT},
    {"raw",          "b",    VERB_RAW},
    {"chunk",        "b",    VERB_CHUNK},
    {"json",         "l",    VERB_JSON},
    {"body",         "t",    VERB_BODY},
    {"wait",         "n",    VERB_WAIT},
    {"hold",         "w",    VERB_HOLD},
    {"stall",        "",     VERB_STALL},
    {"noread",       "",     VERB_NOREAD},
    {"rst",          "",     VERB_RST},
    {"fin",          "",     VERB_FIN},
    {"tls-truncate", "",     VERB_TLS_TRUNCATE},
    {"close",        "",     VERB_CLOSE},
};
/* clang-format on */

static uint32_t
hex(struct dc_str *s, size_t digits)
{
    char text[5] = "";
    size_t n = 0;
    while (n < digits && n < s->len &&
           strchr("0123456789abcdefABCDEF", s->ptr[n]) != NULL) {
        text[n] = s->ptr[n];
        n++;
    }
    s->ptr += n;
    s->len -= n;
    return (uint32_t)strtoul(text, NULL, 16);
}

static void
add_point(struct buf *out, struct dc_str *s)
{
    uint32_t point = hex(s, 4);
    if (point >= 0xd800 && point < 0xdc00 && str_starts(*s, "\\u")) {
        s->ptr += 2;
        s->len -= 2;
        point = 0x10000 + ((point - 0xd800) << 10) + ((hex(s, 4)) & 0x3ff);
    }
    utf8_add_point(out, point);
}

static void
unescape(struct buf *out, struct dc_str s)
{
    while (s.len > 0) {
        char c = *s.ptr++;
        s.len--;
        if (c != '\\' || s.len == 0) {
            buf_add_byte(out, c);
            continue;
        }
        c = *s.ptr++;
        s.len--;
        if (c == 'x')
            buf_add_byte(out, (char)hex(&s, 2));
        else if (c == 'u')
            add_point(out, &s);
        else
            buf_add_byte(out, c == 'n'   ? '\n'
                              : c == 'r' ? '\r'
                              : c == 't' ? '\t'
                              : c == '0' ? '\0'
                                         : c);
    }
}

static bool
add_file(struct buf *out, struct dc_str path, struct dc_error *err)
{
    char *name = mem_copy(path.ptr, path.len);
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        fail(err, DC_E_SYNTAX, "cannot read %s", name);
        free(name);
        return false;
    }
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(out, piece, n);
    fclose(file);
    free(name);
    return true;
}

/* Cut the next word off the line, with the one space behind it. */
static struct dc_str
take_word(struct dc_str *line)
{
    size_t n = str_find(*line, ' ');
    struct dc_str word = {line->ptr, n};
    n += n < line->len;
    line->ptr += n;
    line->len -= n;
    return word;
}

static bool
read_number(struct dc_str word, bool optional, double *out)
{
    *out = SCRIPT_NONE;
    if (word.len == 0 || str_is(word, "auto"))
        return optional;
    char text[32];
    if (word.len >= sizeof text)
        return false;
    memcpy(text, word.ptr, word.len);
    text[word.len] = '\0';
    char *end;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out) && *out >= 0;
}

static bool
read_rest(struct op *op, char kind, struct dc_str rest, struct dc_error *err)
{
    struct buf bytes;
    buf_init(&bytes, TEXT_MAX);
    bool done = true;
    if (kind == 'l')
        buf_add_str(&bytes, rest);
    else if (kind == 't' && str_starts(rest, "@"))
        done =
            add_file(&bytes, (struct dc_str){rest.ptr + 1, rest.len - 1}, err);
    else
        unescape(&bytes, rest);
    op->bytes = buf_take(&bytes, &op->len);
    return done;
}

static bool
read_arguments(struct op *op, const char *pattern, struct dc_str rest,
               struct dc_error *err)
{
    size_t nums = 0;
    for (; *pattern != '\0'; pattern++) {
        if (strchr("blt", *pattern) != NULL)
            return read_rest(op, *pattern, rest, err);
        struct dc_str word = take_word(&rest);
        if (*pattern == 'w') {
            if (word.len == 0)
                return fail(err, DC_E_SYNTAX, "a word is missing");
            op->word = mem_copy(word.ptr, word.len);
        } else if (!read_number(word, *pattern == 'N', &op->num[nums++])) {
            return fail(err, DC_E_SYNTAX, "bad number");
        } else {
            op->given += word.len > 0;
        }
    }
    return rest.len == 0 || fail(err, DC_E_SYNTAX, "too many arguments");
}

static bool
read_op(struct op *op, struct dc_str line, struct dc_error *err)
{
    *op =
        (struct op){.times = 1, .num = {SCRIPT_NONE, SCRIPT_NONE, SCRIPT_NONE}};
    struct dc_str name = take_word(&line);
    if (str_is(name, "repeat")) {
        double times;
        if (!read_number(take_word(&line), false, &times) || times < 1)
            return fail(err, DC_E_SYNTAX, "bad number");
        op->times = (size_t)times;
        name = take_word(&line);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (str_is(name, verbs[i].name)) {
            op->verb = verbs[i].verb;
            return read_arguments(op, verbs[i].pattern, line, err);
        }
    return fail(err, DC_E_SYNTAX, "unknown verb %.*s", (int)name.len, name.ptr);
}

static void
op_finish(struct op *op)
{
    free(op->word);
    free(op->bytes);
}

static struct attempt *
add_attempt(struct script *sc)
{
    sc->attempts =
        mem_resize(sc->attempts, sc->count + 1, sizeof *sc->attempts);
    sc->attempts[sc->count] = (struct attempt){NULL, 0};
    return &sc->attempts[sc->count++];
}

static bool
read_line(struct script *sc, struct dc_str line, struct dc_error *err)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (line.len == 0 || line.ptr[0] == '#')
        return true;
    if (str_is(line, "---")) {
        add_attempt(sc);
        return true;
    }
    struct op op;
    if (!read_op(&op, line, err)) {
        op_finish(&op);
        return false;
    }
    struct attempt *at = &sc->attempts[sc->count - 1];
    at->ops = mem_resize(at->ops, at->count + 1, sizeof *at->ops);
    at->ops[at->count++] = op;
    return true;
}

struct script *
script_parse(const char *name, struct dc_str text, struct dc_error *err)
{
    struct script *sc = mem_alloc(sizeof *sc);
    sc->refs = 1;
    sc->name = mem_str(name);
    add_attempt(sc);
    for (size_t number = 1; text.len > 0; number++) {
        size_t n = str_find(text, '\n');
        struct dc_error why;
        if (!read_line(sc, (struct dc_str){text.ptr, n}, &why)) {
            fail(err, DC_E_SYNTAX, "script %.64s, line %zu: %.160s", name,
                 number, why.text);
            script_unref(sc);
            return NULL;
        }
        n += n < text.len;
        text.ptr += n;
        text.len -= n;
    }
    return sc;
}

struct script *
script_ref(struct script *sc)
{
    sc->refs++;
    return sc;
}

void
script_unref(struct script *sc)
{
    if (sc == NULL || --sc->refs > 0)
        return;
    for (size_t a = 0; a < sc->count; a++) {
        for (size_t i = 0; i < sc->attempts[a].count; i++)
            op_finish(&sc->attempts[a].ops[i]);
        free(sc->attempts[a].ops);
    }
    free(sc->attempts);
    free(sc->name);
    free(sc);
}

const struct attempt *
script_peek(const struct script *sc)
{
    size_t last = sc->count - 1;
    return &sc->attempts[sc->served < last ? sc->served : last];
}

const struct attempt *
script_serve(struct script *sc)
{
    const struct attempt *at = script_peek(sc);
    sc->served++;
    return at;
}
