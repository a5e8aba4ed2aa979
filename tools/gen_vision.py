#!/usr/bin/env python3
"""gen_vision.py TEXTS.json VISION.gguf: eyes for the model of gen_model.py.

A vision tower of one random layer, so that a real llama-server takes images
("--mmproj VISION.gguf") and decodes them. What it makes of them does not
matter: the model goes by the last token alone.
"""
import array
import json
import random
import sys

from gen_model import BOOL, F32, STRING, U32, Vocabulary, entry, width_of, write

SIZE, PATCH, WIDTH, HEAD = 32, 16, 32, 32


def metadata(out_width):
    clip = [
        ("has_vision_encoder", BOOL, True),
        ("has_text_encoder", BOOL, False),
        ("has_llava_projector", BOOL, True),
        ("projector_type", STRING, "mlp"),
        ("use_gelu", BOOL, True),
        ("use_silu", BOOL, False),
    ]
    vision = [
        ("image_size", U32, SIZE),
        ("patch_size", U32, PATCH),
        ("embedding_length", U32, WIDTH),
        ("feed_forward_length", U32, HEAD),
        ("projection_dim", U32, out_width),
        ("block_count", U32, 1),
        ("attention.head_count", U32, 1),
        ("attention.layer_norm_epsilon", F32, 1e-5),
        ("image_mean", F32, [0.5] * 3),
        ("image_std", F32, [0.5] * 3),
        ("mm_patch_merge_type", STRING, "flat"),
    ]
    return (
        [
            entry("general.architecture", STRING, "clip"),
            entry("general.name", STRING, "glass-eye"),
            entry("general.type", STRING, "mmproj"),
            entry("general.file_type", U32, 0),
        ]
        + [entry("clip." + key, kind, item) for key, kind, item in clip]
        + [entry("clip.vision." + key, kind, item) for key, kind, item in vision]
    )


def noise(count, deviation, source):
    return array.array("f", (source.gauss(0, deviation) for _ in range(count)))


def matrix(name, columns, rows, source):
    weights = noise(columns * rows, 0.05, source)
    yield name + ".weight", (columns, rows), weights
    yield name + ".bias", (rows,), array.array("f", bytes(4 * rows))


def norm(name):
    yield name + ".weight", (WIDTH,), array.array("f", [1.0] * WIDTH)
    yield name + ".bias", (WIDTH,), array.array("f", bytes(4 * WIDTH))


def weights(out_width):
    """Name, dimensions (columns first) and data of each tensor."""
    source = random.Random(7)
    places = (SIZE // PATCH) ** 2 + 1
    yield "v.class_embd", (WIDTH,), noise(WIDTH, 0.05, source)
    yield "v.patch_embd.weight", (PATCH, PATCH, 3, WIDTH), noise(
        PATCH * PATCH * 3 * WIDTH, 0.05, source
    )
    yield "v.position_embd.weight", (WIDTH, places), noise(
        WIDTH * places, 0.05, source
    )
    yield from norm("v.pre_ln")
    for name in ("attn_q", "attn_k", "attn_v", "attn_out", "ffn_up", "ffn_down"):
        yield from matrix("v.blk.0." + name, WIDTH, WIDTH, source)
    yield from norm("v.blk.0.ln1")
    yield from norm("v.blk.0.ln2")
    yield from matrix("mm.0", WIDTH, out_width, source)
    yield from matrix("mm.2", out_width, out_width, source)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        texts = json.load(file)
    vocab = Vocabulary()
    vocab.add_texts(texts)
    out_width = width_of(vocab)
    write(sys.argv[2], metadata(out_width), list(weights(out_width)))


if __name__ == "__main__":
    main()
