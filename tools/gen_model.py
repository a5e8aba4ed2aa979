#!/usr/bin/env python3
"""gen_model.py TEXTS.json MODEL.gguf: a language model that says what we wrote.

A llama-architecture model small enough to be written in a moment, for a real
llama-server to stream. It plays one of the given texts ({"name": "text"}),
always the same way and at any temperature: "/name" in the last user message
chooses, else "default" is played.

How: every piece of every text is a token of its own, so each has exactly one
successor. Embeddings are one-hot and attention and feed-forward weights are
zero, so what reaches the output matrix is the last token alone, and the matrix
is a table of successors. The chat template ends the prompt with the start
token of the chosen text. A reply cut between two tokens can be continued,
since its last token says what comes next.
"""
import array
import json
import math
import re
import struct
import sys

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
UNKNOWN, CONTROL, WHOLE, BYTE = 2, 3, 4, 6
PACK = {U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}
ALIGN = 32

TURN, END = "<|turn|>", "<|end|>"

# The think tags are what llama-server looks for to separate the reasoning.
TEMPLATE = """
{%- set ns = namespace(asked='') -%}
{%- for m in messages -%}
  {%- if m.role == 'user' -%}{%- set ns.asked = m.content -%}{%- endif -%}
  {{- '<|turn|>' + m.role + '\\n' -}}
  {%- if m.role == 'assistant' and m.reasoning_content -%}
    {{- '<think>\\n' + m.reasoning_content + '\\n</think>\\n\\n' -}}
  {%- endif -%}
  {{- m.content or '' -}}
  {{- '<|end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|turn|>assistant\\n' -}}
  @choice@
{%- endif -%}"""


def start(name):
    return "<|play:%s|>" % name


def choice(names):
    """The part of the template that picks the text to play."""
    rules = [
        "{%%- %s '/%s' in ns.asked -%%}{{- '%s' -}}"
        % ("elif" if i else "if", name, start(name))
        for i, name in enumerate(n for n in names if n != "default")
    ]
    return "%s{%%- else -%%}{{- '%s' -}}{%%- endif -%%}" % (
        "".join(rules),
        start("default"),
    )


def pieces(text, taken, all_texts):
    """Cut a text into strings that occur nowhere else as a piece."""
    cut, held = [], ""
    for atom in re.findall(r"</?think>|\n+|`+| ?[/\w]+|\W", text):
        held += atom
        # What goes on with a cut text is sent it without the blanks at its end.
        if held[-1].isspace() and not held.isspace():
            continue
        if held not in taken and (held == atom or all_texts.count(held) == 1):
            cut.append(held)
            taken.add(held)
            held = ""
    while held and held in taken:
        taken.discard(cut[-1])
        held = cut.pop() + held
    if held:
        cut.append(held)
        taken.add(held)
    return cut


def read_back(text, vocabulary):
    """Cut a text as llama-server does: the longest tokens first."""
    parts = [(text, False)]
    for token in sorted(vocabulary, key=len, reverse=True):
        split = []
        for part, done in parts:
            if done or token not in part:
                split.append((part, done))
                continue
            for i, rest in enumerate(part.split(token)):
                split += [(token, True)] if i else []
                split += [(rest, False)] if rest else []
        parts = split
    return [part for part, _ in parts]


class Vocabulary:
    def __init__(self):
        self.tokens, self.kinds, self.after = [], [], {}
        for text in ("<unk>", "<s>", "</s>"):
            self.add(text, UNKNOWN if text == "<unk>" else CONTROL)
        for byte in range(256):
            self.add("<0x%02X>" % byte, BYTE)
        self.add(TURN, CONTROL)
        self.end = self.add(END, CONTROL)

    def add(self, text, kind):
        self.tokens.append(text)
        self.kinds.append(kind)
        return len(self.tokens) - 1

    def add_texts(self, texts):
        taken = set(self.tokens)
        whole = "\0".join(texts.values())
        cut = {name: pieces(text, taken, whole) for name, text in texts.items()}
        for name, text in texts.items():
            if read_back(text, taken) != cut[name]:
                sys.exit("gen_model: %s would not be read as it is cut" % name)
            last = self.add(start(name), CONTROL)
            for piece in cut[name]:
                self.after[last] = self.add(piece, WHOLE)
                last = self.after[last]
            self.after[last] = self.end


def string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def value(kind, item):
    return string(item) if kind == STRING else struct.pack(PACK[kind], item)


def entry(key, kind, item):
    if isinstance(item, list):
        head = struct.pack("<IIQ", ARRAY, kind, len(item))
        return string(key) + head + b"".join(value(kind, i) for i in item)
    return string(key) + struct.pack("<I", kind) + value(kind, item)


def metadata(vocab, width, head, names):
    llama = [
        ("context_length", U32, 131072),
        ("embedding_length", U32, width),
        ("block_count", U32, 1),
        ("feed_forward_length", U32, head),
        ("attention.head_count", U32, 1),
        ("attention.head_count_kv", U32, 1),
        ("attention.key_length", U32, head),
        ("attention.value_length", U32, head),
        ("attention.layer_norm_rms_epsilon", F32, 1e-5),
        ("rope.dimension_count", U32, head),
        ("rope.freq_base", F32, 10000.0),
    ]
    tokenizer = [
        ("ggml.model", STRING, "llama"),
        ("ggml.pre", STRING, "default"),
        ("ggml.tokens", STRING, vocab.tokens),
        ("ggml.scores", F32, [0.0] * len(vocab.tokens)),
        ("ggml.token_type", I32, vocab.kinds),
        ("ggml.bos_token_id", U32, 1),
        ("ggml.eos_token_id", U32, vocab.end),
        ("ggml.unknown_token_id", U32, 0),
        ("ggml.add_bos_token", BOOL, True),
        ("ggml.add_eos_token", BOOL, False),
        ("ggml.add_space_prefix", BOOL, False),
        ("chat_template", STRING, TEMPLATE.strip().replace("@choice@", choice(names))),
    ]
    return (
        [
            entry("general.architecture", STRING, "llama"),
            entry("general.name", STRING, "player-piano"),
            entry("general.file_type", U32, 0),
        ]
        + [entry("llama." + key, kind, item) for key, kind, item in llama]
        + [entry("tokenizer." + key, kind, item) for key, kind, item in tokenizer]
    )


def width_of(vocab):
    """A multiple of 32 with room for a place of its own for each token."""
    return (len(vocab.tokens) + 31) // 32 * 32


def weights(vocab, width, head):
    """Name, dimensions (columns first) and data of each tensor."""
    count = len(vocab.tokens)
    embedding = array.array("f", bytes(4 * count * width))
    output = array.array("f", bytes(4 * count * width))
    # A logit of 40 after the normalisation: certain at any temperature in use.
    sure = 40.0 / math.sqrt(width)
    for token in range(count):
        embedding[token * width + token] = 1.0
        output[vocab.after.get(token, vocab.end) * width + token] = sure
    ones = array.array("f", [1.0] * width)
    zeros = array.array("f", bytes(4 * width * head))
    yield "token_embd.weight", (width, count), embedding
    yield "output.weight", (width, count), output
    yield "output_norm.weight", (width,), ones
    yield "blk.0.attn_norm.weight", (width,), ones
    yield "blk.0.ffn_norm.weight", (width,), ones
    for name in ("attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"):
        yield "blk.0.%s.weight" % name, (width, head), zeros
    for name in ("attn_output", "ffn_down"):
        yield "blk.0.%s.weight" % name, (head, width), zeros


def padded(raw):
    return raw + bytes(-len(raw) % ALIGN)


def write(path, entries, tensors):
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    head += b"".join(entries)
    offset = 0
    for name, dims, data in tensors:
        head += string(name) + struct.pack("<I", len(dims))
        head += struct.pack("<%dQ" % len(dims), *dims)
        head += struct.pack("<IQ", 0, offset)
        offset += len(padded(data.tobytes()))
    with open(path, "wb") as file:
        file.write(padded(head))
        for _, _, data in tensors:
            file.write(padded(data.tobytes()))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = json.load(file)
    vocab = Vocabulary()
    vocab.add_texts(texts)
    width, head = width_of(vocab), 32
    write(
        sys.argv[2],
        metadata(vocab, width, head, texts),
        list(weights(vocab, width, head)),
    )


if __name__ == "__main__":
    main()
