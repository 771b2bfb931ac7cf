"""What stands between the rules and the alerts: too many, too often, and what is not to be told.

Every transition of a judge goes through here. Nothing is decided anew: a transition is held back and counted
(`max_alerts`), or leaves with a mark that says who is not to be told and why.
"""

from collections import Counter, deque
from collections.abc import Iterator

import msgspec

from rules.judge import SCHEDULE
from rules.labels import labels_of
from rules.ruleset import RULE_LIMIT, RuleSet
from town.alert import BACKLOG, Cause, Condition, Observation, Reason, Subject, Transition
from town.moment import MINUTE, SECOND, Duration, Moment
from town.town import Town

SHADOW = "shadow"
"""Suppressed because the rule is only tried out."""

CHATTER: Duration = MINUTE
"""`OFTEN` activations within this are chatter, and so long without one ends it."""
OFTEN = 3
SETTLED: Duration = 10 * SECOND
"""So long after an alert came out of a backlog it is told, unless it was over by then."""

NORMAL, ACTIVE = Condition.NORMAL, Condition.ACTIVE


class Passage(msgspec.Struct):
    """One rule and one subject at the gate; saved as it is."""

    rule: str
    subject: Subject
    last: Transition | None = None
    """What the rule decided last."""
    activations: list[Moment] = []
    """The last moments at which it became active, in event time."""
    calm_at: Moment | None = None
    """Until when it chatters, by the wall clock."""
    suppressed_by: str | None = None
    outside: bool = False
    """Whether it is active outside the hours of its rule."""
    shed: bool = False
    backlog_until: Moment | None = None
    """Until when, by the wall clock, it is not told because it came out of a backlog."""
    rests_until: Moment | None = None
    """Nothing is wrong, and when that is forgotten."""

    @property
    def open(self) -> bool:
        """Whether there is an alert of it: a chattering one is held."""
        return self.calm_at is not None or (self.last is not None and self.last.condition is ACTIVE)


Key = tuple[str, Subject]


class Gate:
    """The transitions of one town on their way out."""

    def __init__(self, rules: RuleSet, town: Town) -> None:
        self.shed = 0
        """Activations that were not let through because their rule has too many alerts."""
        self._rules, self._town, self._backlog_after = rules.rules, town, rules.backlog_after
        self._limit = rules.definitions[RULE_LIMIT]
        self._passages: dict[str, dict[Subject, Passage]] = {}
        self._open: Counter[str] = Counter()
        self._shed: Counter[str] = Counter()
        self._chattering: dict[Key, Passage] = {}
        self._catching_up: dict[Key, Passage] = {}
        self._resting: deque[tuple[Moment, Key]] = deque()
        self._over: Counter[tuple[str, tuple[str, ...]]] = Counter()
        """How many alerts of an inhibiting rule are open, by the rule and the labels that must be equal."""
        self.unsettled: dict[str, None] = {}
        """The inhibiting rules of which an alert opened or closed since `settle`."""
        self._inhibitors: dict[str, list[str]] = {}
        for rule in self._rules.values():
            for target in rule.inhibits.rules if rule.inhibits and not rule.shadow else ():
                self._inhibitors.setdefault(target, []).append(rule.id)

    def take(self, decided: Transition, received: Moment, now: Moment) -> list[Transition]:
        """What leaves when a rule decided this."""
        self._forget(received)
        passage = self._passage(decided)
        was_open, was_told = passage.open, passage.open and not passage.shed
        began = decided.condition is ACTIVE and (passage.last is None or passage.last.condition is not ACTIVE)
        passage.last, passage.rests_until = decided, None
        if began or decided.cause in (Cause.SUPPRESSION, Cause.LEVEL) or decided.condition is not ACTIVE:
            passage.outside = decided.suppressed_by == SCHEDULE
        if began:
            self._count(passage, decided.at, received)
        self._catch_up(passage, began=began, received=received)
        out = self._shedding(passage, was_open, now)
        if out is None:
            out = self._told(passage, decided)
        self._open[passage.rule] += (passage.open and not passage.shed) - was_told
        return out + self._after(passage, was_open, received, now)

    def due(self) -> Moment | None:
        """When the next chattering alert will be calm."""
        waits = [one.calm_at for one in self._chattering.values()]
        waits += [one.backlog_until for one in self._catching_up.values()]
        return min((one for one in waits if one is not None), default=None)

    def calm(self, now: Moment) -> list[Transition]:
        """Tell where everything stands that has been calm for long enough, and what came out of a backlog and stays."""
        out: list[Transition] = []
        late = [one for one in self._catching_up.values() if one.backlog_until is not None and one.backlog_until <= now]
        for passage in sorted(late, key=lambda one: (one.backlog_until, one.rule, one.subject)):
            at, passage.backlog_until = passage.backlog_until or now, None
            del self._catching_up[passage.rule, passage.subject]
            out += self._resuppress(passage, at, now) if passage.open and not passage.shed else []
        ready = [one for one in self._chattering.values() if one.calm_at is not None and one.calm_at <= now]
        for passage in sorted(ready, key=lambda one: (one.calm_at, one.rule, one.subject)):
            out += self._calm(passage, now)
        return out

    def begin(self, now: Moment) -> list[Transition]:
        """Hold what is open against the rules as they are now; tell what is suppressed, or let through, by that."""
        out: list[Transition] = []
        for passage in self._all():
            if passage.open and not passage.shed:
                out += self._resuppress(passage, now, now)
        for rule in sorted(self._shed):
            out += self._admit(rule, now)
        return out

    def passage(self, rule: str, subject: Subject) -> Passage | None:
        """What is remembered of a rule and a subject: None when nothing is wrong and nothing was lately."""
        return self._passages.get(rule, {}).get(subject)

    def inhibitors(self, rule: str, subject: Subject) -> dict[str, bool]:
        """The rules that may inhibit this one about this subject, and whether an alert of theirs does so now."""
        labels = {source: self._labels(source, subject) for source in self._inhibitors.get(rule, ())}
        return {one: what is not None and self._over[one, what] > 0 for one, what in labels.items()}

    def save(self) -> list[Passage]:
        """Everything `restore` needs."""
        return list(self._all())

    def restore(self, saved: list[Passage]) -> None:
        """Go on where another gate was saved."""
        resting: list[tuple[Moment, Key]] = []
        for passage in saved:
            self._passages.setdefault(passage.rule, {})[passage.subject] = passage
            if passage.shed:
                self._shed[passage.rule] += 1
            elif passage.open:
                self._open[passage.rule] += 1
            if passage.calm_at is not None:
                self._chattering[passage.rule, passage.subject] = passage
            if passage.backlog_until is not None:
                self._catching_up[passage.rule, passage.subject] = passage
            if passage.open:
                self._stand(passage, 1)
            if passage.rests_until is not None:
                resting.append((passage.rests_until, (passage.rule, passage.subject)))
        self._resting.extend(sorted(resting))
        self.unsettled = {}

    def _all(self) -> Iterator[Passage]:
        for rule in sorted(self._passages):
            for subject in sorted(self._passages[rule]):
                yield self._passages[rule][subject]

    def _passage(self, decided: Transition) -> Passage:
        of_rule = self._passages.setdefault(decided.rule, {})
        passage = of_rule.get(decided.subject)
        if passage is None:
            passage = of_rule[decided.subject] = Passage(decided.rule, decided.subject)
        return passage

    def _count(self, passage: Passage, at: Moment, received: Moment) -> None:
        """Count an activation; from the third in a minute on it chatters."""
        passage.activations = [*passage.activations, at][-OFTEN:]
        often = len(passage.activations) == OFTEN and passage.activations[0] > at - CHATTER
        if passage.calm_at is not None or (often and not passage.shed):
            passage.calm_at = received + CHATTER
            self._chattering[passage.rule, passage.subject] = passage

    def _catch_up(self, passage: Passage, *, began: bool, received: Moment) -> None:
        """What a reading raises that is late by minutes waits for those behind it; what is over waits for nothing."""
        decided, rule = passage.last, self._rules.get(passage.rule)
        # A sequence is sure of itself only after a while: that its moment is past says nothing.
        judged = decided is not None and decided.cause is Cause.CONDITION and (rule is None or not rule.sequence)
        late = self._backlog_after if rule is None or rule.late is None else rule.late
        if began and judged and decided is not None and received - decided.at >= late:
            passage.backlog_until = received + SETTLED
            self._catching_up[passage.rule, passage.subject] = passage
        elif not passage.open and passage.backlog_until is not None:
            passage.backlog_until = None
            del self._catching_up[passage.rule, passage.subject]

    def _shedding(self, passage: Passage, was_open: bool, now: Moment) -> list[Transition] | None:
        """What leaves of an alert that there is no room for; None when it is let through."""
        decided, rule = passage.last, self._rules.get(passage.rule)
        assert decided is not None
        if passage.shed:
            if decided.condition is ACTIVE:
                return []
            passage.shed = False
            self._shed[passage.rule] -= 1
            return [msgspec.structs.replace(decided, previous=Condition.PENDING), *self._told_limit(now)]
        if rule is None or was_open or not passage.open or self._open[passage.rule] < rule.max_alerts:
            return None
        passage.shed = True
        self.shed += 1
        self._shed[passage.rule] += 1
        return self._told_limit(now, first=passage) if self._shed.total() == 1 else []

    def _told(self, passage: Passage, decided: Transition) -> list[Transition]:
        before, passage.suppressed_by = passage.suppressed_by, self._suppressor(passage) if passage.open else None
        if decided.cause is Cause.SUPPRESSION and before == passage.suppressed_by:
            return []
        return [self._marked(passage, decided)]

    def _after(self, passage: Passage, was_open: bool, received: Moment, now: Moment) -> list[Transition]:
        """What follows for others: room for one that was shed, and for those that this one suppresses."""
        out: list[Transition] = []
        opened = passage.open
        if opened == was_open:
            if not opened and passage.last is not None and passage.last.condition is NORMAL:
                self._rest(passage, received)
            return out
        self._stand(passage, 1 if opened else -1)
        if not opened:
            self._rest(passage, received)
            out += self._admit(passage.rule, now)
        return out

    def _rest(self, passage: Passage, received: Moment) -> None:
        """Nothing is wrong: only how often it was active lately is remembered, for a while."""
        passage.last, passage.suppressed_by, passage.rests_until = None, None, received + CHATTER
        self._resting.append((passage.rests_until, (passage.rule, passage.subject)))

    def _forget(self, received: Moment) -> None:
        while self._resting and self._resting[0][0] <= received:
            until, (rule, subject) = self._resting.popleft()
            passage = self._passages.get(rule, {}).get(subject)
            if passage is not None and passage.rests_until == until:
                del self._passages[rule][subject]

    def _admit(self, rule: str, now: Moment) -> list[Transition]:
        """Let those through that were shed the longest, as far as there is room."""
        known, out = self._rules.get(rule), list[Transition]()
        while self._shed[rule] and (known is None or self._open[rule] < known.max_alerts):
            waiting = [one for one in self._passages[rule].values() if one.shed and one.last is not None]
            passage = min(waiting, key=lambda one: (one.last.at if one.last else 0, one.subject))
            passage.shed = False
            self._shed[rule] -= 1
            self._open[rule] += 1
            passage.suppressed_by = self._suppressor(passage)
            assert passage.last is not None
            told = msgspec.structs.replace(passage.last, previous=NORMAL, decided_at=now)
            out += [self._marked(passage, told), *self._told_limit(now)]
        return out

    def _told_limit(self, now: Moment, *, first: Passage | None = None) -> list[Transition]:
        """The alert about shedding begins with the first that is shed, and is over when none is."""
        if first is None and self._shed.total():
            return []
        seen: tuple[Observation, ...] = ()
        if first is not None:
            rule = self._rules[first.rule]
            limit = f"max_alerts: {rule.max_alerts}"
            seen = (Observation(self._town.id, "", None, now, expression=rule.id, limit=limit, holds=True),)
        condition, previous = (ACTIVE, NORMAL) if first is not None else (NORMAL, ACTIVE)
        reason, subject = Reason(seen, "max_alerts", self._limit.version), Subject("town", self._town.id)
        severity = self._limit.severity
        told = Transition(RULE_LIMIT, subject, condition, previous, severity, now, now, now, Cause.CONDITION, reason)
        return [told]

    def _marked(self, passage: Passage, told: Transition) -> Transition:
        chattering = passage.calm_at is not None
        if told.suppressed_by == passage.suppressed_by and told.chattering == chattering:
            return told
        return msgspec.structs.replace(told, suppressed_by=passage.suppressed_by, chattering=chattering)

    def _calm(self, passage: Passage, now: Moment) -> list[Transition]:
        """It has not become active for a minute: where it stands is the state that counts."""
        last, at = passage.last, passage.calm_at or now
        del self._chattering[passage.rule, passage.subject]
        passage.calm_at, passage.activations = None, []
        if last is None:
            return []
        stays = last.condition is ACTIVE
        passage.suppressed_by = self._suppressor(passage) if stays else None
        told = msgspec.structs.replace(
            last,
            condition=ACTIVE if stays else NORMAL,
            previous=ACTIVE if stays else NORMAL,
            at=at,
            decided_at=now,
            cause=Cause.CALM,
        )
        out = [self._marked(passage, told)]
        if stays:
            return out
        self._open[passage.rule] -= 1
        return out + self._after(passage, True, now, now)

    def _suppressor(self, passage: Passage) -> str | None:
        """Why nobody is to be told of an open alert."""
        rule = self._rules.get(passage.rule)
        if rule is not None and rule.shadow:
            return SHADOW
        if passage.outside:
            return SCHEDULE
        for source in self._inhibitors.get(passage.rule, ()):
            labels = self._labels(source, passage.subject)
            if labels is not None and self._over[source, labels] > 0:
                return source
        return None if passage.backlog_until is None else BACKLOG

    def _labels(self, source: str, subject: Subject) -> tuple[str, ...] | None:
        rule = self._rules.get(source)
        return labels_of(subject, rule.inhibits.equal, self._town) if rule and rule.inhibits else None

    def _stand(self, passage: Passage, number: int) -> None:
        """Count an alert of a rule that inhibits others; those are looked at when the whole reading was judged."""
        rule = self._rules.get(passage.rule)
        labels = self._labels(rule.id, passage.subject) if rule and rule.inhibits and not rule.shadow else None
        if rule is None or labels is None:
            return
        self._over[rule.id, labels] += number
        if self._over[rule.id, labels] <= 0:
            del self._over[rule.id, labels]
        self.unsettled[rule.id] = None

    def settle(self, at: Moment, now: Moment) -> list[Transition]:
        """Tell what is suppressed, or let through, by what has come or gone since the last time."""
        changed, self.unsettled = self.unsettled, {}
        targets = sorted({target for source in changed for target in self._targets(source)})
        others = [one for target in targets for one in self._passages.get(target, {}).values()]
        open_ones = [one for one in others if one.open and not one.shed]
        out: list[Transition] = []
        for passage in sorted(open_ones, key=lambda one: (one.rule, one.subject)):
            out += self._resuppress(passage, at, now)
        return out

    def _targets(self, source: str) -> tuple[str, ...]:
        rule = self._rules.get(source)
        return rule.inhibits.rules if rule and rule.inhibits else ()

    def _resuppress(self, passage: Passage, at: Moment, now: Moment) -> list[Transition]:
        """Look again whether people are to be told of an open alert."""
        suppressor = self._suppressor(passage)
        if suppressor == passage.suppressed_by or passage.last is None:
            return []
        passage.suppressed_by = suppressor
        told = msgspec.structs.replace(
            passage.last, condition=ACTIVE, previous=ACTIVE, at=at, decided_at=now, cause=Cause.SUPPRESSION
        )
        return [self._marked(passage, told)]
