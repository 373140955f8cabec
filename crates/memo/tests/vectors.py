#!/usr/bin/env python3
"""Writes vectors.json: content roots computed from docs/memo.md, with nothing of Demur's code.

    python3 crates/memo/tests/vectors.py > crates/memo/tests/vectors.json
"""

import hashlib
import json
import sys


def sha(data):
    return hashlib.sha256(data).digest()


def be(number):
    return number.to_bytes(8, "big")


def tagged(domain, *parts):
    """H(domain, parts...) of docs/protocol.md section 1."""
    pieces = [domain.encode(), be(len(parts)), *parts]
    return sha(b"".join(be(len(piece)) + piece for piece in pieces))


def left(seed):
    return tagged("demur/seed", seed, b"\x00")


def right(seed):
    return tagged("demur/seed", seed, b"\x01")


def split(size):
    """The largest power of two smaller than size."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def seeds(seed, size):
    """The seeds of a subtree's leaves."""
    if size == 1:
        return [seed]
    middle = split(size)
    return seeds(left(seed), middle) + seeds(right(seed), size - middle)


def tree(hashes):
    if len(hashes) == 1:
        return hashes[0]
    middle = split(len(hashes))
    return sha(b"\x01" + tree(hashes[:middle]) + tree(hashes[middle:]))


def leaf(salt, data):
    return sha(b"\x00" + salt + data)


def part(label, marking, text, seed):
    words = text.split()
    salts = seeds(right(seed), len(words))
    words_root = tree([leaf(salt, word.encode()) for salt, word in zip(salts, words)])
    marking_leaf = leaf(left(seed), marking.encode())
    return tagged("demur/part", label.encode(), be(len(words)), marking_leaf, words_root)


def vector(name, scheme, banner, seed, text, head, body):
    parts = []
    roots = []
    for side, seed_of_side in ((head, left(seed)), (body, right(seed))):
        hashes = [part(*p, s) for p, s in zip(side, seeds(seed_of_side, len(side)))]
        roots.append(tree([sha(b"\x00" + h) for h in hashes]))
        for (label, marking, words), digest in zip(side, hashes):
            parts.append({"label": label, "marking": marking, "text": words, "hash": digest.hex()})
    words = sum(len(words.split()) for _, _, words in body)
    root = tagged("demur/content-root", roots[0], be(len(head)), roots[1], be(len(body)), be(words))
    return {
        "name": name,
        "scheme": scheme,
        "text": text,
        "seed": seed.hex(),
        "banner": banner,
        "parts": parts,
        "head_root": roots[0].hex(),
        "portions_root": roots[1].hex(),
        "counts": {"portions": len(body), "words": words},
        "content_root": root.hex(),
    }


FIRST, SECOND = "11" * 32, "22" * 32

EVERY_PART = f"""+++
title = "(U) Keep the lower ferry open"
to = ["The Minister for Waterways", "The Harbour Board"]
date = "2026-11-20"
authors = ["{FIRST}", "{SECOND}"]
threshold = 2

[[point]]
number = 1
marking = "SBU"
policy = "The ferry closes each winter"
argument = "See portions 2 and 3"
recommendation = "Run it at half its hours"
+++

## (U) Summary

(SBU//NF) The ferry carries four hundred people a day.

- (U) at six
- at noon

> (C) Nobody asked the villages — not once.
"""

CUI = """+++
title = "(U) The gauge at Lower Weir"
+++

(CUI//SP-CTI/PRVCY//NF) The gauge reads low.

(CUI) It was known.
"""

VECTORS = [
    vector(
        "smallest", "state", "UNCLASSIFIED", bytes(32),
        '+++\ntitle = "(U) Ferry"\n+++\n\n(U) Stay.\n',
        [("title", "U", "Ferry")],
        [("paragraph", "U", "Stay.")],
    ),
    vector(
        "every part", "state", "CONFIDENTIAL//NOFORN", bytes(range(32)), EVERY_PART,
        [
            ("title", "U", "Keep the lower ferry open"),
            ("to/1", "", "The Minister for Waterways"),
            ("to/2", "", "The Harbour Board"),
            ("date", "", "2026-11-20"),
            ("author/1", "", FIRST),
            ("author/2", "", SECOND),
            ("threshold", "", "2"),
            ("point/1/policy", "SBU", "The ferry closes each winter"),
            ("point/1/argument", "SBU", "See portions 2 and 3"),
            ("point/1/recommendation", "SBU", "Run it at half its hours"),
        ],
        [
            ("heading/2", "U", "Summary"),
            ("paragraph", "SBU//NF", "The ferry carries four hundred people a day."),
            ("list", "U", "- at six - at noon"),
            ("quote", "C", "Nobody asked the villages — not once."),
        ],
    ),
    vector(
        "cui", "cui", "CUI//SP-CTI/PRVCY//NOFORN", b"\xff" * 32, CUI,
        [("title", "U", "The gauge at Lower Weir")],
        [
            ("paragraph", "CUI//SP-CTI/PRVCY//NF", "The gauge reads low."),
            ("paragraph", "CUI", "It was known."),
        ],
    ),
]

json.dump(VECTORS, sys.stdout, ensure_ascii=False, indent=1)
print()
