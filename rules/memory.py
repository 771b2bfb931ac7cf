"""What the engine remembers: the newest value of every quantity a rule looks at, and the windows over them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rules.window import Window
from town.alert import Subject
from town.moment import Duration, Moment
from town.quantity import Value
from town.sensor import Sensor
from town.town import Town

if TYPE_CHECKING:
    from rules.gathered import Gathered
    from rules.judge import Judge
    from rules.terms import Term

NEVER: Moment = -(1 << 62)
"""Before every moment."""


Ask = Callable[[], Sequence["Judge"]]
"""The judges to ask, in their order."""


class Quick(NamedTuple):
    """Who judges when one quantity alone is new: while it lies between `low` and `high`, only `rest` says who."""

    judges: Sequence["Judge"]
    ask: Ask
    watch: "Watch | None" = None
    """It counts those that have to be asked wherever the value lies."""
    low: float = 0.0
    high: float = 0.0
    rest: Ask | None = None


class Plan(NamedTuple):
    """Who judges when some quantities are new, in order, and the function that says who of them has to be asked."""

    judges: Sequence["Judge"]
    ask: Ask


class Track:
    """One quantity of one sensor, judged in the order it was measured."""

    __slots__ = (
        "ahead", "ask", "asked", "at", "believed", "followed", "high", "judges", "low", "news", "only", "previous",
        "quantity", "rest", "value", "watch", "watches", "windows",
    )  # fmt: skip

    def __init__(self, quantity: str, watches: Sequence["Watch"]) -> None:
        self.quantity = quantity
        self.watches = watches
        """The subjects that its sensor belongs to."""
        self.value: Value | None = None
        """The newest value; None before the first and when the newest is not to be believed."""
        self.at = NEVER
        self.ahead: Duration = 0
        """How far ahead of its receipt the newest was by its sensor's own clock; `at` is never after the receipt."""
        self.only = False
        """Whether nothing else of its sensor is asked for; worked out when it comes alone."""
        self.believed: Value | None = None
        """The newest that was believed, while the newest is not."""
        self.previous: Value | None = None
        """The one before the newest that was believed."""
        self.windows: list[Window] = []
        self.judges: list[Judge] = []
        self.news: tuple[tuple[set[int], int], ...] = ()
        """Where to say that something is new, and by what number."""
        self.followed = False
        """Whether anybody has to be told of every value, as it comes."""
        self.asked: Sequence[Judge] = ()
        """Who judges when this alone is new; with what follows worked out at the first value, see `Quick`."""
        self.ask: Ask = tuple
        self.rest: Ask | None = None
        self.watch: Watch = NOBODY
        self.low = self.high = 0.0

    @property
    def order(self) -> Moment:
        """The moment the sensor itself named, by which a reading is new or late."""
        return self.at + self.ahead

    @property
    def last(self) -> Value | None:
        """The newest value that was believed."""
        return self.believed if self.value is None else self.value

    def hurry(self, quick: Quick) -> None:
        """Know who judges when this alone is new."""
        self.asked, self.ask, _, self.low, self.high, self.rest = quick
        self.watch = quick.watch or NOBODY

    def accept(self, at: Moment, order: Moment, value: Value) -> None:
        """Take a value that is newer than the last one."""
        self.previous = self.last
        self.at, self.ahead, self.value = at, order - at, value
        if self.followed:
            self.tell(at, value)

    def tell(self, at: Moment, value: Value) -> None:
        """Tell those who follow."""
        if type(value) is not float:
            value = float(value) if isinstance(value, bool | int) else 0.0
        for window in self.windows:
            window.push(at, value)
        for news, number in self.news:
            news.add(number)

    def tell_of_news(self, news: set[int], number: int) -> None:
        """Put that number there whenever something is new."""
        self.news = (*self.news, (news, number))
        self.followed = True

    def doubt(self, at: Moment, order: Moment) -> None:
        """Take note that a value came which is not to be believed: the quantity is unknown from now on."""
        self.believed = self.last
        self.at, self.ahead, self.value = at, order - at, None
        for news, number in self.news:
            news.add(number)


class Watch:
    """One subject: who belongs to it, the newest moment seen among them, and the windows looked through from there."""

    __slots__ = ("at", "awake", "gathered", "members", "subject", "views", "windows")

    def __init__(self, subject: Subject, members: tuple[Sensor, ...]) -> None:
        self.subject = subject
        self.members = members
        self.at = NEVER
        self.views: dict[Duration | None, View] = {}
        """How rules see it, by how old a value may be: most see it the same way."""
        self.gathered: dict[tuple[Term, Duration | None], Gathered] = {}
        """How conditions stand with its sensors, by what is asked and how old a value may be."""
        self.awake = 0
        """How many judges have to be asked at every reading."""
        self.windows: dict[tuple[str, str, Duration, bool], Window] = {}
        """By sensor, quantity, width, and whether it lags behind."""


NOBODY = Watch(Subject("town", ""), ())
"""The watch of what nobody looks at."""


class SensorMemory:
    """One sensor: its tracks by quantity, the subjects it belongs to, and who listens to all it says."""

    __slots__ = ("judges", "plans", "spoke", "tracks", "watches")

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self.watches: list[Watch] = []
        self.judges: list[Judge] = []
        self.spoke = NEVER
        """The newest moment of its readings, those left out that were new to one track alone."""
        self.plans: dict[tuple[Track, ...], Plan] = {}
        """Who judges when these are new: worked out once for every set of quantities."""

    @property
    def heard(self) -> Moment:
        """The newest moment of any reading of it."""
        return max(self.spoke, *(track.at for track in self.tracks.values()), NEVER)


class Memory:
    """Every sensor and subject that a rule looks at."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.sensors: dict[str, SensorMemory] = {}
        self.watches: dict[Subject, Watch] = {}

    def sensor(self, sensor: str) -> SensorMemory:
        """The memory of a sensor, made when it is first asked for."""
        return self.sensors.setdefault(sensor, SensorMemory())

    def track(self, sensor: str, quantity: str) -> Track | None:
        """The track of a quantity, or None when that sensor does not measure it."""
        if quantity not in self.town.kinds[self.town.sensors[sensor].kind].quantities:
            return None
        memory = self.sensor(sensor)
        return memory.tracks.setdefault(quantity, Track(quantity, memory.watches))

    def watch(self, subject: Subject, members: tuple[Sensor, ...]) -> Watch:
        """The watch over a subject, made when it is first asked for."""
        watch = self.watches.get(subject)
        if watch is None:
            watch = self.watches[subject] = Watch(subject, members)
            for member in members:
                self.sensor(member.id).watches.append(watch)
        return watch


class View:
    """How one rule sees one subject, or one sensor of it."""

    __slots__ = ("_max_age", "memory", "properties", "sensor", "watch")

    def __init__(self, memory: Memory, watch: Watch, *, max_age: Duration | None, sensor: Sensor | None) -> None:
        self.memory = memory
        self.watch = watch
        self.sensor = sensor
        self._max_age = max_age
        self.properties = properties_of(memory.town, watch.subject, sensor)

    def of(self, member: Sensor) -> "View":
        """The same view narrowed to one sensor."""
        return View(self.memory, self.watch, max_age=self._max_age, sensor=member)

    @property
    def own_max_age(self) -> Duration | None:
        """What the rule itself says of it."""
        return self._max_age

    @property
    def max_age(self) -> Duration:
        """How old a value of this sensor may be: as the rule says, else three of its intervals."""
        if self._max_age is not None:
            return self._max_age
        return 3 * self.sensor.interval if self.sensor else 0

    def track(self, quantity: str) -> Track | None:
        """The track of one of this sensor's quantities."""
        return self.memory.track(self.sensor.id, quantity) if self.sensor else None

    def window(self, quantity: str, width: Duration, *, lagging: bool = False) -> Window | None:
        """The window over one of this sensor's quantities; rules about one subject share it."""
        track = self.track(quantity)
        if track is None or self.sensor is None:
            return None
        key = (self.sensor.id, quantity, width, lagging)
        window = self.watch.windows.get(key)
        if window is None:
            window = self.watch.windows[key] = Window(width, lagging=lagging)
            track.windows.append(window)
            track.followed = True
        return window


def properties_of(town: Town, subject: Subject, sensor: Sensor | None) -> Mapping[str, str]:
    """The properties (see `names.PROPERTIES`) of a sensor, or of a subject that is none."""
    found: dict[str, str] = {}
    if sensor is not None:
        found = {"sensor.id": sensor.id, "sensor.kind": sensor.kind}
    facility = town.facilities[sensor.facility] if sensor else town.facility_of(subject)
    if facility is not None:
        return found | {"facility.id": facility.id, "facility.kind": facility.kind, "zone.id": facility.zone}
    return found | ({"zone.id": subject.id} if subject.kind == "zone" else {})
