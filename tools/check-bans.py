#!/usr/bin/env python3
"""check-bans.py: print the calls that are not made here, and fail if any is.

In C the functions that overflow or run a shell; in Vim script and Lua the ways
by which text of a model could be run as keys or commands. A line that is safe
for a reason says so on itself or in the line above: allow(NAME): the reason.
"""
import pathlib
import re
import sys

C = {
    "unbounded": r"\b(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok)\s*\(",
    "shell": r"\b(system|popen|wordexp)\s*\(",
    "alloca": r"\balloca\s*\(",
    "setlocale": r"\bsetlocale\s*\(",
    "verify": r"CURLOPT_(PROXY_)?SSL_VERIFY(PEER|HOST)\s*,\s*0",
}
C_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# A literal, in either quotes, and nothing joined to it.
ONLY_LITERAL = r"""(?!\s*(?:'[^']*'|"[^"]*")\s*(?:$|[|),]|<Bar>|<CR>))"""
ONLY_NUMBERS = ONLY_LITERAL + r"""(?!\s*printf\('(?:[^'%]|%d)*',)"""
# What :execute may be given without a reason: literals, modifiers, what is
# escaped for it, and numbers.
SAFE = (
    r"""(?:'[^']*'|"[^"]*"|[als]:mods|printf\('(?:[^'%]|%d)*',[^|]*\)|"""
    r"""(?:fnameescape|str2nr|line|col|(?:buf)?win(?:nr|id)|bufnr)\("""
    r"""(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))"""
)
ONLY_SAFE = r"(?!\s*%s(?:\s*(?:\.\.?)?\s*%s)*\s*(?:$|[|)]|<Bar>|<CR>))" % (SAFE, SAFE)
VIM = {
    "normal": r"(?:^|\||')\s*(?:silent!?\s+|keepjumps\s+)*norm(?:al|a)?\b(?!!)",
    "normal!": r"\bexe(?:c|cu|cut|cute)?\b" + ONLY_NUMBERS + r".*\bnorm(?:al|a)?!?",
    "execute": r"(?:^|(?<=\s)\||^\s*silent!?)\s*\bexe(?:c|cu|cut|cute)?\b(?!\()" + ONLY_SAFE,
    "execute()": r"(?<![.\w])execute\(" + ONLY_LITERAL,
    "keys": r"\b(?:nvim_)?feedkeys\(|\bnvim_input\(|\bnvim_put\(|\bnvim_paste\(",
    "command": r"\bnvim_(?:command|exec2?|cmd)\(" + ONLY_LITERAL,
    "eval": r"(?<![.\w])(?:lua|py|py3)?eval\(" + ONLY_LITERAL,
    "expand": r"(?<![.\w])expand\(\s*(?!['\"])",
    "glob": r"(?<![.\w])glob(?:path)?\(",
    "shell": r"(?<![.\w])system(?:list)?\(\s*(?!\[|shellescape\([^()]*(?:\([^()]*\))?\)\s*\.\s*'[^']*'\))",
    "source": r"(?:^|\|)\s*so(?:urce)?\s",
}
LUA = {
    "command": r"\bvim\.cmd\b\s*\(?" + ONLY_LITERAL + r"|\bnvim_(?:command|exec2?|cmd)\(",
    "keys": r"\b(?:nvim_)?feedkeys\(|\bnvim_input\(|\bnvim_put\(|\bnvim_paste\(",
    "load": r"\b(?:load|loadstring|dofile)\(",
    "shell": r"\bos\.execute\(|\bio\.popen\(|\bfn\.system\(\s*(?!\{)",
    "glob": r"\bfn\.(?:glob|globpath|expand)\(\s*(?!['\"])",
}
RULES = [
    (("src", "tests"), (".c", ".h"), C, r"^\s*(/?\*|//)"),
    (("plugin", "autoload", "ftplugin", "ftdetect"), (".vim",), VIM, r'^\s*"'),
    # Syntax files build their patterns and see no text.
    (("syntax",), (".vim",), {k: VIM[k] for k in VIM if k != "execute"}, r'^\s*"'),
    (("lua",), (".lua",), LUA, r"^\s*--"),
]


def offences(path, bans, comment):
    above = ""
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        for name, pattern in bans.items():
            allowed = "allow(%s): " % name
            if allowed in line or allowed in above or re.match(comment, line):
                continue
            code = C_STRING.sub('""', line) if bans is C else line
            if re.search(pattern, code):
                yield "%s:%d: %s: %s" % (path, number, name, line.strip())
        above = line


def main():
    found = [
        offence
        for folders, endings, bans, comment in RULES
        for folder in folders
        for path in sorted(pathlib.Path(folder).rglob("*"))
        if path.suffix in endings
        for offence in offences(path, bans, comment)
    ]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
