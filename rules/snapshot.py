"""What an engine keeps over a restart or a reload, as bytes that are the same for the same state."""

import msgspec

from rules.gate import Gate, Passage
from rules.hold import Hold
from rules.judge import Judge, Standing
from rules.memory import NEVER, Memory, Track
from rules.window import Window
from town.alert import Condition, Subject
from town.moment import Duration, Moment
from town.quantity import Value

VERSION = 2
READABLE = (1, 2)
"""Version 1 knew no levels, sequences and windows that lag; what it wrote is still understood."""


class SavedTrack(msgspec.Struct, array_like=True):
    """A `Track`."""

    at: Moment
    order: Moment
    value: Value | None
    last: Value | None
    previous: Value | None


class SavedWindow(msgspec.Struct, array_like=True):
    """A `Window` in the two parts it is kept in."""

    sensor: str
    quantity: str
    width: Duration
    front: list[tuple[Moment, float]]
    back: list[tuple[Moment, float]]
    lagging: bool = False


class SavedSubject(msgspec.Struct, array_like=True):
    """A `Watch`."""

    subject: Subject
    at: Moment
    windows: list[SavedWindow]


class SavedJudge(msgspec.Struct, array_like=True):
    """Where a rule stands with a subject."""

    rule: str
    subject: Subject
    standing: Standing


class Saved(msgspec.Struct):
    """The state of an engine at `now`."""

    version: int
    now: Moment
    tracks: dict[str, dict[str, SavedTrack]]
    heard: dict[str, Moment]
    subjects: list[SavedSubject]
    judges: list[SavedJudge]
    gate: list[Passage] = []


def encode(saved: Saved) -> bytes:
    """The bytes of a state."""
    return msgspec.msgpack.encode(saved, order="deterministic")


def decode(content: bytes) -> Saved:
    """The state in those bytes; raises ValueError when another version wrote them or they are damaged."""
    try:
        saved = msgspec.msgpack.decode(content, type=Saved)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the saved state of the rules cannot be read: {error}") from None
    if saved.version not in READABLE:
        raise ValueError(f"the saved state of the rules has version {saved.version}; this program reads {VERSION}")
    return saved


def take(memory: Memory, judges: list[Judge], gate: Gate, *, now: Moment) -> Saved:
    """The state of an engine that is about to be written down or to be given up: it is not copied."""
    return Saved(
        version=VERSION,
        now=now,
        tracks={
            sensor: {name: _track(track) for name, track in one.tracks.items() if track.order != NEVER}
            for sensor, one in memory.sensors.items()
            if one.heard != NEVER
        },
        heard={sensor: one.heard for sensor, one in memory.sensors.items() if one.heard != NEVER},
        subjects=[
            SavedSubject(watch.subject, watch.at, [_window(key, watch.windows[key]) for key in sorted(watch.windows)])
            for _, watch in sorted(memory.watches.items())
            if watch.at != NEVER
        ],
        judges=[
            SavedJudge(judge.rule.id, judge.subject, judge.standing) for judge in judges if not _idle(judge.standing)
        ],
        gate=gate.save(),
    )


def give(saved: Saved, memory: Memory, judges: list[Judge], gate: Gate) -> list[SavedJudge]:
    """Put a state into a new engine; returns what stood somewhere and is judged no more."""
    for sensor, moment in saved.heard.items():
        if sensor in memory.sensors:
            memory.sensors[sensor].spoke = moment
            _give_tracks(saved.tracks[sensor], memory.sensors[sensor].tracks)
    for one in saved.subjects:
        if watch := memory.watches.get(one.subject):
            watch.at = one.at
            for (sensor, quantity, _, lagging), window in watch.windows.items():
                of_it = (sensor, quantity, lagging)
                _give_window(window, [w for w in one.windows if (w.sensor, w.quantity, w.lagging) == of_it])
    gate.restore(saved.gate)
    standings = {(one.rule, one.subject): one for one in saved.judges}
    for judge in judges:
        if found := standings.pop((judge.rule.id, judge.subject), None):
            own, saved_one = judge.standing, found.standing
            # How bad it is, is what the rule says now; with levels, which of them it came to.
            severity = saved_one.severity if saved_one.severity in own.levels else own.severity
            judge.standing = msgspec.structs.replace(saved_one, severity=severity, version=own.version)
    return [one for one in standings.values() if one.standing.condition is not Condition.NORMAL]


def _idle(standing: Standing) -> bool:
    """Whether it stands as a new one would, as most do: those are not written down."""
    one = standing
    moments = (one.since, one.held_at, one.failing_since, one.was_true, one.error, one.progress)
    begun = one.heard or one.edges or one.outside or one.by_silence or any(x is not None for x in moments)
    return one.condition is Condition.NORMAL and not begun and all(hold == Hold() for hold in one.levels.values())


def _track(track: Track) -> SavedTrack:
    return SavedTrack(track.at, track.order, track.value, track.last, track.previous)


def _window(key: tuple[str, str, Duration, bool], window: Window) -> SavedWindow:
    sensor, quantity, width, lagging = key
    return SavedWindow(sensor, quantity, width, *window.values(), lagging)


def _give_tracks(saved: dict[str, SavedTrack], tracks: dict[str, Track]) -> None:
    for name, one in saved.items():
        if track := tracks.get(name):
            track.at, track.ahead, track.value = one.at, one.order - one.at, one.value
            track.believed, track.previous = one.last, one.previous


def _give_window(window: Window, saved: list[SavedWindow]) -> None:
    """The window as it was, or what the widest one over the same quantity still has of it."""
    for one in saved:
        if one.width == window.width:
            window.restore(one.front, one.back)
            return
    widest = max(saved, key=lambda one: one.width, default=None)
    for at, value in [*widest.front, *widest.back] if widest else []:
        window.push(at, value)
