"""The sign-on's hashes and a verifier's public inputs, written from docs/protocol.md (sections 1, 5 and 6)
and the Poseidon paper alone, with nothing but Python's standard library.

    python3 signon.py [VECTORS]

recomputes every vector of crates/signon/tests/vectors.json, the statements of the sign-on events among
them. It does not verify proofs: circuit, proof length and proofs are for a halo2.

Exit status: 0 all agree, 1 some do not, 2 usage.
"""

import calendar
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path

# The order of Pallas' base field.
P = 0x40000000000000000000000000000000224698FC094CF91B992D30ED00000001
FIELD_BITS = 255

# P128Pow5T3: width 3, x^5, 8 full and 56 partial rounds.
WIDTH, FULL, PARTIAL = 3, 8, 56

DEPTH = 20
TAGS = {"node": 1, "leaf": 2, "null": 3, "mid": 4}


class Grain:
    """The Grain LFSR in self-shrinking mode: Poseidon (eprint 2019/458), appendix F."""

    def __init__(self):
        # Prime field, power S-box, then the numbers above, then ones up to 80 bits.
        words = [(1, 2), (0, 4), (FIELD_BITS, 12), (WIDTH, 12), (FULL, 10), (PARTIAL, 10), (2**30 - 1, 30)]
        self.state = [int(bit) for value, size in words for bit in f"{value:0{size}b}"]
        for _ in range(160):
            self.step()

    def step(self):
        s = self.state
        bit = s[62] ^ s[51] ^ s[38] ^ s[23] ^ s[13] ^ s[0]
        self.state = s[1:] + [bit]
        return bit

    def bit(self):
        """Of each two bits the second counts if the first is set."""
        while True:
            first, second = self.step(), self.step()
            if first:
                return second

    def integer(self):
        value = 0
        for _ in range(FIELD_BITS):
            value = value << 1 | self.bit()
        return value

    def element(self):
        while True:
            value = self.integer()
            if value < P:
                return value


def parameters():
    """Round constants, and the first Cauchy matrix: 1 / (x_i + y_j)."""
    grain = Grain()
    rounds = [[grain.element() for _ in range(WIDTH)] for _ in range(FULL + PARTIAL)]
    points = [grain.integer() % P for _ in range(2 * WIDTH)]
    assert len(set(points)) == 2 * WIDTH
    xs, ys = points[:WIDTH], points[WIDTH:]
    matrix = [[pow(x + y, -1, P) for y in ys] for x in xs]
    return rounds, matrix


ROUNDS, MATRIX = parameters()


def permute(state):
    for number, constants in enumerate(ROUNDS):
        state = [(word + constant) % P for word, constant in zip(state, constants)]
        full = number < FULL // 2 or number >= FULL // 2 + PARTIAL
        state = [pow(word, 5, P) if full or place == 0 else word for place, word in enumerate(state)]
        state = [sum(factor * word for factor, word in zip(row, state)) % P for row in MATRIX]
    return state


def poseidon(tag, left, right):
    """P(tag, left, right)."""
    return permute([left, right, 2**65 + TAGS[tag]])[0]


def framed(domain, parts):
    """What H and H512 hash: domain, number of parts, parts, each with its length before it."""
    pieces = [domain.encode(), len(parts).to_bytes(8, "big"), *parts]
    return b"".join(len(piece).to_bytes(8, "big") + piece for piece in pieces)


def reduced(domain, *parts):
    """H512 as a field element: little-endian, modulo the order."""
    return int.from_bytes(hashlib.sha512(framed(domain, parts)).digest(), "little") % P


def octets(element):
    return element.to_bytes(32, "little")


def element(octets_):
    """The element with this canonical form; other forms are refused."""
    value = int.from_bytes(octets_, "little")
    if len(octets_) != 32 or value >= P:
        raise ValueError(f"not a canonical field element: {octets_.hex()}")
    return value


def hkdf(secret, label, length=64):
    """HKDF-SHA256 (RFC 5869) without salt."""
    key = hmac.digest(bytes(32), secret, "sha256")
    block, out = b"", b""
    while len(out) < length:
        number = len(out) // 32 + 1
        block = hmac.digest(key, block + label.encode() + bytes([number]), "sha256")
        out += block
    return out[:length]


class Member:
    """A member secret of 32 bytes, and what follows from it."""

    def __init__(self, secret):
        derive = lambda label: int.from_bytes(hkdf(secret, label), "little") % P
        self.s = derive("demur/member/s")
        self.r1 = derive("demur/member/r1")
        self.r2 = derive("demur/member/r2")

    def leaf(self):
        return poseidon("leaf", poseidon("mid", self.s, self.r1), self.r2)

    def nullifier(self, scope):
        return poseidon("null", self.s, scope)


def root(leaves):
    """The root over leaves in the order of their bytes; zero where there is none."""
    if len(set(leaves)) != len(leaves) or 0 in leaves or not 0 < len(leaves) <= 2**DEPTH:
        raise ValueError("leaves must be distinct, not zero, at least one and at most 2^20")
    nodes, empty = sorted(leaves, key=octets), 0
    for _ in range(DEPTH):
        if len(nodes) % 2:
            nodes = [*nodes, empty]
        nodes = [poseidon("node", left, right) for left, right in zip(nodes[::2], nodes[1::2])]
        empty = poseidon("node", empty, empty)
    return nodes[0]


def memo_scope(origin, edition_root, memo):
    return reduced("demur/scope", b"sign-on", origin.encode(), octets(edition_root), memo)


def opening_scope(origin, month, counter):
    return reduced("demur/scope", b"opening", origin.encode(), month.encode(), counter.to_bytes(4, "big"))


def message(
    kind, origin, memo, content_root, version, action, seq, roots, cohort, note, audience, checkpoint, expires
):
    size, tree = checkpoint
    return reduced(
        "demur/message",
        kind.encode(),
        origin.encode(),
        memo,
        content_root,
        version.to_bytes(8, "big"),
        action.encode(),
        seq.to_bytes(8, "big"),
        b"".join(octets(shown) for shown in roots),
        cohort.encode(),
        note,
        audience.encode(),
        size.to_bytes(8, "big") + tree,
        expires.to_bytes(8, "big"),
    )


def statements(event, origin, edition_root, cohort_root):
    """What the proofs of a sign-on event must prove: (root, nullifier, scope, message), in their order.

    The roots are those of the edition that the memo is pinned to: of cohort "all", and of the cohort that
    the event names, else None.
    """
    cohort = event["cohort"]
    if (cohort is None) != (cohort_root is None):
        raise ValueError("a root for the cohort that the event names, and for no other")
    memo = bytes.fromhex(event["memo"])
    roots = [edition_root] if cohort is None else [edition_root, cohort_root]
    said = message(
        "sign-on",
        origin,
        memo,
        bytes.fromhex(event["content_root"]),
        event["version"],
        event["action"],
        event["seq"],
        roots,
        cohort or "",
        bytes.fromhex(event["note"]),
        "",
        (event["checkpoint"]["size"], bytes.fromhex(event["checkpoint"]["hash"])),
        calendar.timegm(time.strptime(event["expires"], "%Y-%m-%dT%H:%M:%SZ")),
    )
    nullifier = element(bytes.fromhex(event["nullifier"]))
    scope = memo_scope(origin, edition_root, memo)
    return [(shown, nullifier, scope, said) for shown in roots]


def recomputed():
    """Every vector by name, from the inputs that its "what" describes."""
    members = [Member(bytes([n]) * 32) for n in (1, 2, 3)]
    bytes_of = lambda n: bytes([n]) * 32
    leaves = [member.leaf() for member in members]
    root_1, root_3 = root(leaves[:1]), root(leaves)
    origin, memo, content_root = "rivers.example/dissent", bytes_of(4), bytes_of(5)
    checkpoint, expires, nothing = (300, bytes_of(6)), 1_795_470_610, bytes(32)
    act = lambda kind, action, seq, roots, cohort, note, audience: message(
        kind, origin, memo, content_root, 2, action, seq, roots, cohort, note, audience, checkpoint, expires
    )
    vectors = {f"hash-{tag}": poseidon(tag, 6, 42) for tag in TAGS}
    vectors |= {
        "wide": reduced("demur/test", b"abc"),
        "leaf": leaves[0],
        "nullifier": members[0].nullifier(int.from_bytes(b"\x02" * 64, "little") % P),
        "root-1": root_1,
        "root-3": root_3,
        "scope": memo_scope(origin, root_3, memo),
        "message": act("sign-on", "sign", 258, [root_3], "", bytes_of(7), ""),
        "message-cohort": act("sign-on", "sign", 258, [root_3, root_1], "field", bytes_of(7), ""),
        "message-named": act("named", "sign", 258, [root_1], "", nothing, "office"),
        "message-claim": act("claim", "claim", 0, [root_1], "", nothing, "inspector general"),
        "scope-opening": opening_scope(origin, "2026-11", 2),
        "message-opening": message(
            "opening", origin, memo, memo, 0, "open", 0, [root_3], "", nothing, "", checkpoint, expires
        ),
    }
    return {name: octets(value).hex() for name, value in vectors.items()}


# What no hash gives.
PINS = {"circuit", "proof-bytes"}


def check(vectors):
    """The names of the vectors that differ."""
    ours = recomputed()
    wrong = []
    for name, vector in vectors.items():
        if name in PINS:
            continue
        if "event" in vector:
            read = lambda key: vector[key] and element(bytes.fromhex(vector[key]))
            found = statements(vector["event"], vector["origin"], read("edition_root"), read("cohort_root"))
            keys = ("root", "nullifier", "scope", "message")
            found = [dict(zip(keys, (octets(value).hex() for value in one))) for one in found]
            agrees = found == vector["statements"]
        else:
            agrees = ours.pop(name, None) == vector["value"]
        if not agrees:
            wrong.append(name)
    return wrong + [f"{name} (not in the file)" for name in ours]


def main(arguments):
    if len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    here = Path(__file__).resolve().parent
    path = Path(arguments[0]) if arguments else here / "../../crates/signon/tests/vectors.json"
    try:
        vectors = json.loads(path.read_text())
        wrong = check(vectors)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"FAILED: {path}: {error!r}", file=sys.stderr)
        return 1
    for name in wrong:
        print(f"FAILED: {name}", file=sys.stderr)
    if not wrong:
        print(f"recomputed in Python: {len(vectors) - len(PINS & vectors.keys())} vectors of sign-on")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
