/*
 * Chat files, by table: a file and what must be read from it, written out as
 * one string.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Turns as "role<pairs>[text]line-last\n". */
static char *
dump_turns(const struct dc_transcript *tr)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    const struct dc_turn *turn;
    for (size_t i = 0; (turn = dc_transcript_turn(tr, i)) != NULL; i++) {
        buf_addf(&out, "%s<", dc_role_name(turn->role));
        buf_add_str(&out, turn->pairs);
        buf_add_text(&out, ">[");
        buf_add_str(&out, turn->text);
        buf_addf(&out, "]%zu-%zu\n", turn->line, turn->last_line);
    }
    return buf_take(&out, NULL);
}

/* Fields as "line key=[value]\n" and the lines of the front matter. */
static char *
dump_front(const struct dc_transcript *tr)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    const struct dc_field *field;
    for (size_t i = 0; (field = dc_transcript_field(tr, i)) != NULL; i++) {
        buf_addf(&out, "%zu ", field->line);
        buf_add_str(&out, field->key);
        buf_add_text(&out, "=[");
        buf_add_str(&out, field->value);
        buf_add_text(&out, "]\n");
    }
    buf_addf(&out, "%zu lines\n", dc_transcript_front_lines(tr));
    return buf_take(&out, NULL);
}

/* Messages as "role(id,name)[text]\n". */
static char *
dump_messages(struct dc_transcript *tr, size_t last)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    size_t count;
    const struct dc_message *m = dc_transcript_messages(tr, last, &count);
    cr_assert_not_null(m);
    for (size_t i = 0; i < count; i++) {
        buf_addf(&out, "%s(", dc_role_name(m[i].role));
        buf_add_str(&out, m[i].id);
        buf_add_byte(&out, ',');
        buf_add_str(&out, m[i].name);
        buf_add_text(&out, ")[");
        buf_add_str(&out, m[i].text);
        buf_add_text(&out, "]\n");
    }
    return buf_take(&out, NULL);
}

static struct dc_transcript *
parse(struct dc_str text)
{
    struct dc_transcript *tr;
    struct dc_error err = {.code = DC_OK};
    cr_assert(dc_transcript_parse(&tr, text, &err), "%s", err.text);
    return tr;
}

static void
expect(const char *title, char *got, const char *want)
{
    cr_expect_str_eq(got, want, "%s:\n%s-- instead of --\n%s", title, got,
                     want);
    free(got);
}

/* clang-format off */
static const struct {
    const char *title, *file, *turns;
} turn_cases[] = {
    {"empty file", "", ""},
    {"blank file", "\n \t\n\r\n", ""},
    {"no marker", "hi\nyou\n", "user<>[hi\nyou]1-2\n"},
    {"no line end", "hi", "user<>[hi]1-1\n"},
    {"blank lines above the text", "\n  \n  hi\n\n",
     "user<>[  hi]3-4\n"},
    {"text above a marker", "hi\n\n%% assistant\n\nyo\n",
     "user<>[hi]1-2\nassistant<>[yo]3-5\n"},
    {"blanks above a marker", "\n\n%% note\nx", "note<>[x]3-4\n"},
    {"every role",
     "%% system\n%% user\n%% assistant\n%% reasoning\n%% context\n%% call\n"
     "%% tool\n%% alternate\n%% note\n",
     "system<>[]1-1\nuser<>[]2-2\nassistant<>[]3-3\nreasoning<>[]4-4\n"
     "context<>[]5-5\ncall<>[]6-6\ntool<>[]7-7\nalternate<>[]8-8\n"
     "note<>[]9-9\n"},
    {"one blank is structure", "%% user\n\na\n\n%% note\n\nb\n\n",
     "user<>[a]1-4\nnote<>[b]5-8\n"},
    {"more blanks are text", "%% user\n\n\na\n\n\n%% note\n\n\n\nb\n\n\n\n",
     "user<>[\na\n]1-6\nnote<>[\n\nb\n\n]7-14\n"},
    {"blanks are not needed", "%% user\na\n%% note\nb",
     "user<>[a]1-2\nnote<>[b]3-4\n"},
    {"empty turns", "%% user\n\n%% note\n\n\n%% call\n\n\n\n%% tool\n\n\n\n\n",
     "user<>[]1-2\nnote<>[]3-5\ncall<>[]6-9\ntool<>[\n]10-14\n"},
    {"spaces are no structure", "%% user\n \na\n\t\n",
     "user<>[ \na\n\t]1-4\n"},
    {"pairs", "%% assistant finish=stop in=31 cost=0.1\nx\n",
     "assistant< finish=stop in=31 cost=0.1>[x]1-2\n"},
    {"blanks behind the pairs", "%% user a=b \t \nx\n%% note \t\ny",
     "user< a=b>[x]1-2\nnote<>[y]3-4\n"},
    {"escaped once", "%% user\n\n%%% user\n\n",
     "user<>[%% user]1-4\n"},
    {"escaped more", "%% user\n%%%% note a=b\n%%%%% tool \n",
     "user<>[%%% note a=b\n%%%% tool ]1-3\n"},
    {"near misses",
     "%% User\n%%user\n %% user\n% user\n%% user x\n%% users\n%% use\n%%\n"
     "%% user a\n%% user a=b=c\n%%% User\n%%%user\n%%  user\n%% user  a=b\n",
     "user<>[%% User\n%%user\n %% user\n% user\n%% user x\n%% users\n%% use\n"
     "%%\n%% user a\n%% user a=b=c\n%%% User\n%%%user\n%%  user\n"
     "%% user  a=b]1-14\n"},
    {"CRLF", "%% user a=b\r\n\r\nx\r\n\r\ny\r\n\r\n%% note\r\n\r\nz",
     "user< a=b>[x\n\ny]1-6\nnote<>[z]7-9\n"},
    {"CR is text in an LF file", "%% user\n\nx\r\n\r\ny\n\n%% note\r\nz\r\n",
     "user<>[x\r\n\r\ny]1-6\nnote<>[z\r]7-8\n"},
    {"LF behind CRLF", "%% user\r\n\r\nx\r\n\r\n%% note\n\ny\n\n",
     "user<>[x]1-4\nnote<>[y]5-8\n"},
    {"only the CR at the line end goes", "a\r\nb\rc\r\r\n%%% user\r\n",
     "user<>[a\nb\rc\r\n%% user]1-3\n"},
    {"broken UTF-8", "%% user a=\xff\n\na\xe2\x82\n\x80z\n\n",
     "user< a=\xef\xbf\xbd>[a\xef\xbf\xbd\n\xef\xbf\xbdz]1-5\n"},
    {"rule is no front matter", "---\n\nSome text: more\n---\n",
     "user<>[---\n\nSome text: more\n---]1-4\n"},
    {"rule above a marker", "---\n%% note\nx\n---\n",
     "user<>[---]1-1\nnote<>[x\n---]2-4\n"},
    {"rule alone", "---", "user<>[---]1-1\n"},
    {"rule above comments only", "---\n# Title\n\n",
     "user<>[---\n# Title]1-3\n"},
    {"front matter in front of text", "---\na: b\n---\n\nhi\n",
     "user<>[hi]5-5\n"},
    {"front matter in front of a turn", "---\na: b\n---\n\n%% note\n\nhi\n",
     "note<>[hi]5-7\n"},
    {"front matter only at the top", "\n---\na: b\n---\n",
     "user<>[---\na: b\n---]2-4\n"},
    {"four dashes", "----\na: b\n----\n", "user<>[----\na: b\n----]1-3\n"},
};

static const struct {
    const char *title, *file, *front;
} front_cases[] = {
    {"none", "%% user\n", "0 lines\n"},
    {"rule", "---\ntext\n---\n", "0 lines\n"},
    {"empty", "---\n---\nx", "2 lines\n"},
    {"comments", "---\n# c\n\n  # d: e\n---\n", "5 lines\n"},
    {"fields",
     "---\nmodel: a/b\n# c\n\ntemperature:0.7\nstop:  [\"a: b\"] \t\nx-y_2:\n"
     "A: b:c\n---\n",
     "2 model=[a/b]\n5 temperature=[0.7]\n6 stop=[[\"a: b\"]]\n7 x-y_2=[]\n"
     "8 A=[b:c]\n9 lines\n"},
    {"CRLF", "---\r\na: b\r\n---\r\nx\r\n", "2 a=[b]\n3 lines\n"},
    {"mixed", "---\na: b\r\n---\r\nx\r\n", "2 a=[b]\n3 lines\n"},
    {"no line end", "---\na: b\n---", "2 a=[b]\n3 lines\n"},
    {"twice", "---\na: b\na: c\n---\n", "2 a=[b]\n3 a=[c]\n4 lines\n"},
};

static const struct {
    const char *title, *file, *text;
} bad_cases[] = {
    {"not closed", "---\na: b\n\nhi\n", "not closed"},
    {"closed only inside a turn", "---\na: b\n%% user\n---\n", "not closed"},
    {"no field", "---\na: b\n\nc\n---\n", "line 4:"},
    {"no key", "---\na: b\n: c\n---\n", "line 3:"},
    {"indented", "---\na:\n  b: c\n---\n", "line 3:"},
    {"space in the key", "---\na: b\nc d: e\n---\n", "line 3:"},
    {"digit in front", "---\na: b\n1c: d\n---\n", "line 3:"},
    {"end is not exact", "---\na: b\n--- \n", "not closed"},
};

static const struct {
    const char *title, *file;
    size_t last;
    const char *messages;
} message_cases[] = {
    {"nothing", "", 99, ""},
    {"plain", "%% system\nS\n%% user\nU\n%% assistant\nA\n%% user\n\n", 99,
     "system(,)[S]\nuser(,)[U]\nassistant(,)[A]\n"},
    {"up to a turn", "%% user\nU\n%% assistant\nA\n%% user\nV\n", 1,
     "user(,)[U]\nassistant(,)[A]\n"},
    {"up to the first", "%% user\nU\n%% assistant\nA\n", 0, "user(,)[U]\n"},
    {"left out",
     "%% user\nU\n%% reasoning\nR\n%% alternate\nX\n%% note\nN\n%% tool\n\n",
     99, "user(,)[U]\n"},
    {"neighbours", "a\n%% user\nb\n%% note\nN\n%% user\nc\n"
     "%% assistant\nd\n%% assistant\ne\n%% system\nf\n%% system\ng", 99,
     "user(,)[a\n\nb\n\nc]\nassistant(,)[d\n\ne]\nsystem(,)[f\n\ng]\n"},
    {"user text is trimmed", "%% user\n\n \n\n  a\nb  \n\t\n\n\n", 99,
     "user(,)[  a\nb  ]\n"},
    {"other text is not", "%% assistant\n\n\n  a \n\n\n", 99,
     "assistant(,)[\n  a \n]\n"},
    {"blank turns", "%% user\n\n \n\n%% assistant\n\n\n\n\n%% system\n\t\n", 99,
     ""},
    {"context goes in front",
     "%% context from=a\n\n\nC\n\n\n%% context\nD\n%% user\nU\n", 99,
     "user(,)[C\n\nD\n\nU]\n"},
    {"context waits for its user turn",
     "%% user\nU\n%% context\nC\n%% assistant\nA\n%% context\nD\n%% user\n"
     "\n%% user\nV\n", 99,
     "user(,)[U]\nassistant(,)[A]\nuser(,)[C\n\nD\n\nV]\n"},
    {"context is used once",
     "%% context\nC\n%% user\nU\n%% assistant\nA\n%% user\nV\n", 99,
     "user(,)[C\n\nU]\nassistant(,)[A]\nuser(,)[V]\n"},
    {"context without user turn", "%% user\nU\n%% context\nC\n", 99,
     "user(,)[U]\n"},
    {"context behind the last", "%% user\nU\n%% context\nC\n%% user\nV\n", 1,
     "user(,)[U]\n"},
    {"empty context", "%% context\n\n%% user\nU\n", 99, "user(,)[U]\n"},
    {"tools",
     "%% assistant\nA\n%% call id=c%201 name=run\n{\"a\":1}\n"
     "%% call name=ls id=c2\n%% tool id=c%201\nR\n%% tool id=c2 name=x\n"
     "%% tool\n%% tool\nT", 99,
     "assistant(,)[A]\ncall(c 1,run)[{\"a\":1}]\ncall(c2,ls)[{}]\n"
     "tool(c 1,)[R]\ntool(c2,)[]\ntool(,)[T]\n"},
};
/* clang-format on */

Test(transcript, turns, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(turn_cases); i++) {
        struct dc_transcript *tr = parse(str_of(turn_cases[i].file));
        expect(turn_cases[i].title, dump_turns(tr), turn_cases[i].turns);
        dc_transcript_free(tr);
    }
    struct dc_transcript *tr = parse((struct dc_str){"a\0b\n%% user k=\0", 15});
    expect("NUL", dump_turns(tr),
           "user<>[a\xef\xbf\xbd"
           "b]1-1\nuser< k=\xef\xbf\xbd>[]2-2\n");
    dc_transcript_free(tr);
    dc_transcript_free(NULL);
}

Test(transcript, front_matter, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(front_cases); i++) {
        struct dc_transcript *tr = parse(str_of(front_cases[i].file));
        expect(front_cases[i].title, dump_front(tr), front_cases[i].front);
        dc_transcript_free(tr);
    }
    for (size_t i = 0; i < COUNT(bad_cases); i++) {
        struct dc_transcript *tr;
        struct dc_error err = {.code = DC_OK};
        struct dc_str file = str_of(bad_cases[i].file);
        cr_expect_not(dc_transcript_parse(&tr, file, &err), "%s",
                      bad_cases[i].title);
        cr_expect_null(tr);
        cr_expect_eq(err.code, DC_E_SYNTAX);
        cr_expect_not_null(strstr(err.text, bad_cases[i].text), "%s: %s",
                           bad_cases[i].title, err.text);
        cr_expect_not(dc_transcript_parse(&tr, file, NULL));
    }
}

Test(transcript, messages, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(message_cases); i++) {
        struct dc_transcript *tr = parse(str_of(message_cases[i].file));
        size_t last = message_cases[i].last;
        free(dump_messages(tr, 99)); /* a second call starts over */
        expect(message_cases[i].title, dump_messages(tr, last),
               message_cases[i].messages);
        dc_transcript_free(tr);
    }
}

/* The text is kept. */
Test(transcript, outlives_its_input, .timeout = 20)
{
    char file[] = "---\na: b\n---\n%% call id=i\n\nx\n";
    struct dc_transcript *tr = parse(str_of(file));
    memset(file, '-', sizeof file - 1);
    expect("turns", dump_turns(tr), "call< id=i>[x]4-6\n");
    expect("front", dump_front(tr), "2 a=[b]\n3 lines\n");
    expect("messages", dump_messages(tr, 0), "call(i,)[x]\n");
    dc_transcript_free(tr);
}

Test(transcript, size_limit, .timeout = 60)
{
    size_t max = DC_REQUEST_MAX;
    char *text = malloc(max + 1);
    cr_assert_not_null(text);
    memset(text, 'x', max + 1);
    struct dc_transcript *tr = parse((struct dc_str){text, max});
    cr_expect_eq(dc_transcript_turn(tr, 0)->text.len, max);
    dc_transcript_free(tr);
    struct dc_error err = {.code = DC_OK};
    cr_expect_not(
        dc_transcript_parse(&tr, (struct dc_str){text, max + 1}, &err));
    cr_expect_eq(err.code, DC_E_TOO_BIG);
    cr_expect_null(tr);
    /* U+FFFD takes two bytes more than the NUL that it stands for. */
    text[7] = '\0';
    tr = parse((struct dc_str){text, max - 2});
    dc_transcript_free(tr);
    cr_expect_not(
        dc_transcript_parse(&tr, (struct dc_str){text, max - 1}, &err));
    cr_expect_eq(err.code, DC_E_TOO_BIG);
    free(text);
}
