"""Gives the rule language a million strings nobody meant; exits 1 when one is not answered as it must be.

Each is compiled as a condition; what is one is bound to a detector and to a facility and asked at several moments. It
must be refused with a place and a message, or give true, false or unknown; it must not take long, nor look at anything
but the town's quantities. The strings are signs and words of the language in any order, real conditions with pieces
exchanged, and plain noise. A seed gives the same strings.
"""

import argparse
import random
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import fields

from rules.expression import Expression, compile_condition
from rules.memory import Memory, View
from rules.names import Names
from rules.terms import Term, parts, quantities_in
from rules.tokens import MAX_LENGTH, ExpressionError
from tests.rules.places import START, town
from town.alert import Subject
from town.moment import SECOND
from town.quantity import Value, ValueType

TOWN = town("S1:smoke_detector@W1", "S2:smoke_detector@W1", "D1:door_contact@W1")
ASKED = {"sensor": Names(TOWN, "sensor", ("smoke_detector",)), "facility": Names(TOWN, "facility", tuple(TOWN.kinds))}
SLOW = 1.0
"""Seconds of CPU that no string may take."""
MOST_MB = 200
"""By which the process may grow, whatever it is given."""

VALUES: dict[ValueType, tuple[Value, Value]] = {
    ValueType.FLOAT: (0.5, 40.0),
    ValueType.BOOL: (True, False),
    ValueType.TEXT: ("x", ""),
}

REAL = [
    "smoke >= 0.15 dB/m or (smoke >= 0.08 dB/m and rate(temperature, 1m) > 5 Cel)",
    "zscore(temperature, 1h) > 3 and not fault",
    "count_of(smoke_detector.smoke >= 0.08 dB/m or smoke_detector.smoke_alarm) + count_of(door_contact.open) >= 2",
    'sensor_kind == "smoke_detector" and mean(smoke, 10m) > 0.1 and age(smoke) < 90s',
    "door_contact.open and not any_of(sum(door_contact.open, 5m) > 0)",
    "temperature in (20, 30, 41 °F) or changed(smoke) or previous(temperature) / smoke > 3",
    "mean_of(temperature) + 9 degF > 80 °F && all_of(smoke < 1)",
]
SIGNS = [*"()[],><+-*/!=.;:≥≤×÷（）＞＜＝", ">=", "<=", "==", "!=", "&&", "||", "**", "//"]
FUNCTIONS = ["rate", "mean", "min", "max", "sum", "count", "stddev", "zscore", "delta", "previous", "changed", "age"]
NUMBERS = ["0", "1", "0.15", "5", "-1", "1e308", "1e999", "99999999999", "10m", "1h30m", "1d", "9d", "0s", "3 ms"]
NAMES = ["smoke", "temperature", "fault", "smoke_alarm", "battery", "smoke_detector.smoke", "door_contact.open"]
NAMES += ["facility.kind", "sensor", "zone", "__class__", "__import__", "eval", "lambda", "x.y.z"]
WORDS = [*SIGNS, *FUNCTIONS, *NUMBERS, *NAMES, "count_of", "any_of", "all_of", "mean_of", "and", "or", "not", "in"]
WORDS += ["true", "false", "dB/m", "Cel", "°F", "%", "'x'", '"W1"', '"warehouse"']


def soup(chance: random.Random) -> str:
    """Words of the language in any order."""
    return chance.choice((" ", "")).join(chance.choices(WORDS, k=chance.randint(0, 60)))


def spoilt(chance: random.Random) -> str:
    """A real condition, or two, with pieces exchanged."""
    text = chance.choice(REAL)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        until = min(len(text), at + chance.choice((0, 1, 1, 3, 8, 40)))
        piece = chance.choice(
            ("", chance.choice(WORDS), f" {chance.choice(WORDS)} ", text[at:until] * 2, chance.choice(REAL))
        )
        text = text[:at] + piece + text[until:]
    return text


def limit(chance: random.Random, of: str) -> str:
    """A number of one sensor held against another, as an engineer might write it."""
    name = of + chance.choice(("smoke", "temperature", "battery"))
    windowed = f"{chance.choice(FUNCTIONS[:9])}({name}, {chance.choice(('10s', '1m', '10m', '1h', '1d'))})"
    left = chance.choice((name, windowed, f"previous({name})", f"-{name}", f"{name} / {windowed}", f"({name} - 3) * 2"))
    return f"{left} {chance.choice(('>', '>=', '<', '<=', '==', '!='))} {chance.choice(('0.2', '5', '9.5', windowed))}"


def asked(chance: random.Random, of: str) -> str:
    """A condition on one sensor without `and` and `or`."""
    name = of + chance.choice(("fault", "smoke_alarm", "tamper"))
    ways = (name, f"changed({of}smoke)", f"age({name}) > {chance.choice(('30s', '1h30m'))}", f"sum({name}, 1h) >= 2")
    return chance.choice((limit(chance, of), limit(chance, of), *ways, f"{of}battery in (1, 2, 3)", f"{name} == true"))


def of_many(chance: random.Random) -> str:
    """A condition on the sensors of a place."""
    inside = " and ".join(asked(chance, "") for _ in range(chance.randint(1, 3)))
    ways = (f"any_of({inside})", f"all_of({inside})", f"count_of({inside}) >= 2", "mean_of(temperature) > 4 Cel")
    return chance.choice((*ways, asked(chance, "smoke_detector."), f"count_of({inside}) / count_of(battery > 5) > 0.5"))


def grown(chance: random.Random, depth: int = 0, place: bool | None = None) -> str:
    """A condition as it might be written about a detector or a place, most of them good ones."""
    place = chance.random() < 0.5 if place is None else place
    if depth > 3 or chance.random() < 0.3:
        return of_many(chance) if place else asked(chance, "")
    one, other = grown(chance, depth + 1, place), grown(chance, depth + 1, place)
    return chance.choice(("({0}) and ({1})", "{0} or {1}", "not ({0})", "{0} && !({1})")).format(one, other)


def noise(chance: random.Random) -> str:
    """Characters of all sorts, sometimes far too many, sometimes deeply nested."""
    if chance.random() < 0.1:
        return chance.choice("([-!'\"not 1") * chance.choice((50, 500, MAX_LENGTH, 50_000))
    high = chance.choice((0x7F, 0x2FF, 0xFFFF, 0x10FFFF))
    return "".join(chr(chance.randint(0, high)) for _ in range(chance.randint(0, 80)))


def strings(seed: int) -> Iterator[str]:
    """Strings without end."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    while True:
        yield chance.choice((soup, spoilt, spoilt, grown, noise))(chance)


def views() -> dict[str, View]:
    """A detector and a facility, with a few values that came."""
    memory = Memory(TOWN)
    detector, sensors = TOWN.sensors["S1"], tuple(TOWN.sensors.values())
    of_sensor, of_facility = (
        memory.watch(Subject("sensor", "S1"), (detector,)),
        memory.watch(Subject("facility", "W1"), sensors),
    )
    return {
        "sensor": View(memory, of_sensor, max_age=None, sensor=detector),
        "facility": View(memory, of_facility, max_age=None, sensor=None),
    }


def ask(expression: Expression, view: View) -> None:
    """Bind it and ask it over a minute in which values come; raises AssertionError when the answer is none."""
    evaluate, tracks = expression.bind(view), set(expression.tracks(view))
    named = [(name, one) for each in view.memory.sensors.values() for name, one in each.tracks.items() if one in tracks]
    for second in range(0, 60, 15):
        at = START + second * SECOND
        for name, track in named:
            track.accept(at, at, VALUES[TOWN.quantities[name].type][second % 2])
        answer = evaluate(at)
        assert answer is None or answer is True or answer is False, f"gives {answer!r}"
        expression.observe(view, at)


def look(term: Term) -> None:
    """Raises AssertionError when it is made of anything but the language's own parts and the town's quantities."""
    assert set(quantities_in(term)) <= set(TOWN.quantities)
    for part in parts(term):
        assert type(part).__module__ == "rules.terms", type(part)
        for field in fields(part):
            value = getattr(part, field.name)
            assert isinstance(value, Term | str | float | bool | int | frozenset | None), value


def tried(text: str) -> bool:
    """Whether it is a condition; raises whatever it does wrong."""
    good = False
    for kind, names in ASKED.items():
        try:
            expression = compile_condition(text, names)
        except ExpressionError as error:
            assert 1 <= error.column <= max(len(text), 1) + 1, f"column {error.column}"
            assert error.message, "says nothing"
            continue
        good = True
        look(expression.term)
        ask(expression, views()[kind])
    return good


def main(arguments: list[str] | None = None) -> int:
    """Try so many strings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="strings in all")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time")
    given = parser.parse_args(arguments)
    good, before, began = 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    for text, _ in zip(strings(given.seed), range(given.inputs), strict=False):
        since = time.process_time()
        try:
            good += tried(text)
            assert time.process_time() - since < SLOW, f"took {time.process_time() - since:.1f} s"
        except BaseException:  # whatever it is: the string that did it is what is looked for
            sys.stdout.write(f"seed {given.seed}: {text!r}\n{traceback.format_exc()}")
            return 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    took = time.process_time() - began
    sys.stdout.write(
        f"seed {given.seed}: {given.inputs} strings, {good} conditions, {grown:.0f} MB, {took:.0f} s CPU\n"
    )
    return 1 if grown > MOST_MB else 0


if __name__ == "__main__":
    sys.exit(main())
