"""Feeds every decoder a million messages nobody meant; exits 1 when one raises, and prints the message that did it.

The messages are those of the cases in tests/ingest/decoders/ with bytes exchanged, cut and doubled, or with parts of
their JSON exchanged; many go to one decoder, so that what it has learned is tried too. A seed gives the same messages.
"""

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.decoded import Rejected
from ingest.decoders.registry import DECODERS

CASES = Path(__file__).parents[1] / "tests" / "ingest" / "decoders"
NOON = 1_790_000_000_000
CONVERSATION = 50
"""Messages after which a decoder starts anew."""
TOKENS = [
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1.5",
    b"1e999",
    b"NaN",
    b"99999999999999999999",
    b'""',
    b'"a":',
    b"[]",
    b"{}",
]
TOKENS += [
    b"{",
    b"}",
    b"[" * 40,
    b'"',
    b":",
    b",",
    b"\\u0000",
    b"\\ud800",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\x80" * 11,
]


VALUES = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e300,
    10**400,
    float("nan"),
    float("-inf"),
    "",
    "x" * 300,
    "1e5",
    "\ud800",
    "a\0b",
]
VALUES += [
    [],
    {},
    [[]],
    [None],
    {"": {}},
    {"id": 1},
    [1, "2", None],
    "2026-13-45T99:00:00Z",
    1 << 70,
    -(1 << 63),
    "+/#",
]


def spoil(payload: bytes, chance: random.Random) -> bytes:
    """A payload with one to four pieces changed."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(payload))
        until = min(len(payload), at + chance.choice((0, 1, 1, 2, 4, 16, 200)))
        piece = chance.choice(
            (b"", chance.choice(TOKENS), chance.randbytes(chance.randint(1, 8)), payload[at:until] * 2)
        )
        payload = payload[:at] + piece + payload[until:]
    return payload


def exchange(node: Any, chance: random.Random) -> Any:
    """A JSON tree with something else in the place of one of its parts."""
    parts = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    if not parts or chance.random() < 0.15:
        return chance.choice(VALUES)
    part = chance.choice(parts)
    copied = node.copy()
    copied[part] = exchange(node[part], chance)
    return copied


def spoil_tree(payload: bytes, chance: random.Random) -> bytes:
    """A JSON payload with one to four parts exchanged; another one with bytes changed."""
    try:
        tree = json.loads(payload)
        for _ in range(chance.randint(1, 4)):
            tree = exchange(tree, chance)
        return json.dumps(tree).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return spoil(payload, chance)


def messages(name: str) -> list[tuple[str, bytes]]:
    """Topic and payload of every message in the cases of a format."""
    paths = sorted((CASES / name).glob("*/message*.bin"))
    topics = [path.with_name(path.name.replace("message", "topic")).with_suffix(".txt") for path in paths]
    return [(topic.read_text("utf-8").strip(), path.read_bytes()) for topic, path in zip(topics, paths, strict=True)]


def told(name: str) -> list[dict[str, Any]]:
    """The options the cases of a format are read with, and none."""
    return [{}, *(json.loads(path.read_text("utf-8")) for path in sorted((CASES / name).glob("*/options.json")))]


def conversation(name: str, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Real and spoilt messages in any order."""
    real = messages(name)
    while True:
        topic, payload = chance.choice(real)
        if chance.random() < 0.1:
            topic = chance.choice(real)[0]
        yield topic, chance.choice((spoil, spoil_tree, spoil_tree, lambda same, _: same))(payload, chance)


def fuzz(name: str, count: int, seed: int) -> bool:
    """Try one decoder; False when it raised."""
    decoder, began = DECODERS[name], time.monotonic()
    chance = random.Random(f"{seed} {name}")  # noqa: S311 - nothing secret
    options, rejected, state = told(name), 0, None
    for number, (topic, payload) in zip(range(count), conversation(name, chance), strict=False):
        if number % CONVERSATION == 0:
            state = decoder.start(chance.choice(options))
        try:
            result = decoder.decode(topic, payload, NOON + number, state)
            rejected += isinstance(result, Rejected)
        except BaseException:  # whatever it is: the message that did it is what is looked for
            sys.stdout.write(f"{name} raised on {topic!r}\n{payload!r}\n{traceback.format_exc()}")
            return False
    took = time.monotonic() - began
    sys.stdout.write(f"{name:14} {count} messages, {rejected / max(count, 1):4.0%} rejected, {took:.0f} s\n")
    sys.stdout.flush()
    return True


def main() -> int:
    """Fuzz the decoders that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decoder", action="append", choices=sorted(DECODERS), help="default: all of them")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="messages in all")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time")
    given = parser.parse_args()
    names = given.decoder or sorted(DECODERS)
    sys.stdout.write(f"seed {given.seed}\n")
    well = [fuzz(name, given.inputs // len(names), given.seed) for name in names]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
