"""Checks a Demur record with pymerkle: the root over all entries, an inclusion proof for each entry and
a consistency proof from each published checkpoint. With `cryptography` also the log's signature and
the witnesses' cosignatures on every checkpoint, by an Ed25519 that is not ours.

It knows nothing of what the entries mean.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python verify.py RECORD VKEYFILE [POLICYFILE]

VKEYFILE holds the log's verifier key; POLICYFILE, a C2SP tlog-policy, adds the witnesses' keys. Exit
status: 0 verified, 1 not, 2 usage.
"""

import base64
import hashlib
import sys
from pathlib import Path

from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

TILE_WIDTH = 256
LOG, WITNESS = 0x01, 0x04


class Failed(Exception):
    """The record is not what it should be."""


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Failed(str(error)) from error


class Key:
    """A verifier key of C2SP signed-note: name+id+base64(type, Ed25519 key)."""

    def __init__(self, text):
        self.name, key_id, typed = text.strip().split("+", 2)
        self.typed = base64.b64decode(typed, validate=True)
        digest = hashlib.sha256(self.name.encode() + b"\n" + self.typed).digest()
        self.id = digest[:4]
        if self.id.hex() != key_id:
            raise Failed(f"{text!r} is not a verifier key")
        self.kind = self.typed[0]

    def check(self, text, signature):
        """Raises InvalidSignature unless `signature` is this key's over a note's text."""
        message = text
        if self.kind == WITNESS:
            time, signature = signature[:8], signature[8:]
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") + text
        Ed25519PublicKey.from_public_bytes(self.typed[1:]).verify(signature, message)


def open_checkpoint(path, keys, counts):
    """The size and root of a checkpoint; its signatures by known keys are checked."""
    note = read(path)
    text, separator, lines = note.rpartition(b"\n\n")
    text += b"\n"
    parts = text.decode().split("\n")
    if not separator or len(parts) != 4 or parts[0] != keys[0].name:
        raise Failed(f"{path}: not a checkpoint of {keys[0].name}")
    size, root = int(parts[1]), base64.b64decode(parts[2], validate=True)
    if Ed25519PublicKey is None:
        return size, root
    signed = set()
    for line in lines.decode().splitlines():
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        for key in keys:
            if dash == "\u2014" and key.name == name and key.id == blob[:4]:
                try:
                    key.check(text, blob[4:])
                except InvalidSignature:
                    raise Failed(f"{path}: wrong signature by {name}") from None
                signed.add(key.typed)
                counts[key.kind] += 1
    if keys[0].typed not in signed:
        raise Failed(f"{path}: not signed by {keys[0].name}")
    return size, root


def tile_path(index):
    number = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        number = f"x{index % 1000:03}/{number}"
    return number


def read_entries(record, size):
    """All entries, from the bundles: each has its length before it, 2 bytes big-endian."""
    entries = []
    for index in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
        count = min(TILE_WIDTH, size - index * TILE_WIDTH)
        path = record / "tile" / "entries" / tile_path(index)
        if count < TILE_WIDTH:
            path = path.with_name(path.name + ".p") / str(count)
        bundle = read(path)
        for _ in range(count):
            length = int.from_bytes(bundle[:2], "big")
            if len(bundle) < 2 + length:
                raise Failed(f"{path} ends within entry {len(entries)}")
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
        if bundle:
            raise Failed(f"{path} holds more than {count} entries")
    return entries


def verify(record, keys):
    counts = {LOG: 0, WITNESS: 0}
    size, root = open_checkpoint(record / "checkpoint", keys, counts)
    if size == 0:
        raise Failed("the record is empty")
    entries = read_entries(record, size)
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    if tree.get_root() != root:
        raise Failed(f"the entries have the root {tree.get_root().hex()}, the checkpoint says {root.hex()}")
    for index, entry in enumerate(entries):
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        try:
            # pymerkle counts from one.
            verify_inclusion(leaf, root, tree.prove_inclusion(index + 1, size))
        except InvalidProof as error:
            raise Failed(f"entry {index}: {error}") from error
    history = sorted((record / "history").glob("*"), key=lambda path: int(path.name))
    for path in history:
        old_size, old_root = open_checkpoint(path, keys, counts)
        if str(old_size) != path.name:
            raise Failed(f"{path} holds a checkpoint of size {old_size}")
        try:
            verify_consistency(old_root, root, tree.prove_consistency(old_size, size))
        except InvalidProof as error:
            raise Failed(f"{path}: {error}") from error
    print(f"verified with pymerkle: {len(entries)} entries included, {len(history)} earlier checkpoints consistent")
    if Ed25519PublicKey is None:
        print("skipped: signatures (the package cryptography is not installed)")
    else:
        print(f"verified with cryptography: {counts[LOG]} log signatures, {counts[WITNESS]} cosignatures")


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        keys = [Key(read(Path(arguments[1])).decode())]
        for policy in arguments[2:]:
            for line in read(Path(policy)).decode().splitlines():
                words = line.split()
                if words[:1] == ["witness"]:
                    keys.append(Key(words[2]))
        verify(Path(arguments[0]), keys)
    except (Failed, ValueError, IndexError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
