#!/usr/bin/env python3
"""check-vim.py FILE...: print blocks of Vim script that are not closed, and
continued lines that are not read with the default 'cpoptions'.

The editors look inside a function only when it runs, so sourcing a file does
not find a missing endif. Block words are read where a command can stand: at the
start of a line, after a bar, and after silent. A file is read with the user's
'cpoptions', in which C joins no lines and < leaves <CR> in maps as it stands.
"""
import re
import sys

BLOCKS = {
    "if": r"if", "while": r"wh(?:ile)?", "for": r"for", "try": r"try",
    "function": r"fu(?:n|nc|ncti|nctio|nction)?!?",
}
ENDS = {
    "if": r"en(?:d|di|dif)?", "while": r"endw(?:hile)?", "for": r"endfor?",
    "try": r"endt(?:r|ry)?", "function": r"endf(?:u|un|unc|unction)?",
}
MIDDLES = {
    r"else?|elsei(?:f)?|elseif": "if",
    r"cat(?:c|ch)?|fina(?:l|ll|lly)?": "try",
}
STRING = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""")


def commands(path):
    """Each command with its line number, strings and comments taken out."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    number = 0
    while number < len(lines):
        start, text = number, lines[number]
        number += 1
        while number < len(lines) and re.match(r"\s*(\\|\"\\ )", lines[number]):
            text += " " + re.sub(r"^\s*(\\|\"\\ .*)", "", lines[number])
            number += 1
        heredoc = re.search(r"=<<\s*(?:trim\s+|eval\s+)*([A-Z]\w*)\s*$", text)
        if heredoc:
            while number < len(lines) and lines[number].strip() != heredoc.group(1):
                number += 1
            number += 1
        if re.match(r'\s*"', text):
            continue
        text = re.sub(r'\s"[^"]*$', "", STRING.sub("''", text))
        if re.match(r"\s*(?:au|autocmd|com|command|[nvxoics]?(?:nore)?map)\b", text):
            continue
        for part in re.split(r"(?<!\|)\|(?!\|)", text):
            yield start + 1, re.sub(r"^\s*(?:sil(?:ent)?!?\s+)?", "", part)


def named(table, text):
    for name, pattern in table.items():
        if re.match(r"(?:%s)(?![\w(:.#!])" % pattern, text):
            return name
    return None


def check(path):
    open_blocks = []
    for number, text in commands(path):
        word = named(BLOCKS, text)
        end = named(ENDS, text)
        middle = next((of for p, of in MIDDLES.items() if named({"": p}, text) == ""), None)
        inside = open_blocks[-1][0] if open_blocks else None
        if word == "function" and "(" not in text:
            continue
        if end and end != inside or middle and middle != inside:
            yield "%s:%d: %s inside %s" % (path, number, text.strip(), inside)
            return
        if word:
            open_blocks.append((word, number))
        elif end:
            open_blocks.pop()
    for word, number in open_blocks:
        yield "%s:%d: %s is not closed" % (path, number, word)


def check_cpoptions(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    joined = [at for at, line in enumerate(lines) if re.match(r"\s*\\", line)]
    if not joined:
        return
    for text, what in [("let s:cpo = &cpoptions", "kept"), ("set cpoptions&vim", "set")]:
        if text not in lines[:joined[0]]:
            yield "%s:%d: 'cpoptions' is not %s above: %s" % (path, joined[0] + 1, what, text)
    if "let &cpoptions = s:cpo" not in lines[joined[-1]:]:
        yield "%s:%d: 'cpoptions' is not restored below" % (path, joined[-1] + 1)


def main():
    found = [line for path in sys.argv[1:]
             for line in [*check(path), *check_cpoptions(path)]]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
