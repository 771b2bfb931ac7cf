"""Judging a rule with `sequence`: one thing after another, and what must not happen before or after."""

from typing import NamedTuple

from rules.expression import Expression
from rules.judge import Standing, changed, view_of
from rules.memory import Memory, View
from rules.progress import Begun, Progress
from rules.rule import Rule, Step
from rules.subject import Judged
from town.alert import Cause, Condition, Observation, Reason, Transition
from town.moment import MINUTE, Duration, Moment, format_duration

NORMAL, ACTIVE = Condition.NORMAL, Condition.ACTIVE

KEEP: Duration = 5 * MINUTE
"""How long it stays active when `keep_active_for` says nothing."""
MAX_BEGUN = 16
"""So many beginnings are followed at a time; the oldest gives way."""


class _Look:
    """One step's condition: its truth, and whether anything it looks at is new."""

    __slots__ = ("_news", "when")

    def __init__(self, expression: Expression, view: View) -> None:
        self.when = expression.bind(view)
        self._news: set[int] = set()
        for track in expression.tracks(view):
            track.tell_of_news(self._news, 0)

    def look(self) -> bool:
        """Whether something is new since the last look."""
        news = bool(self._news)
        self._news.clear()
        return news


class _Link(NamedTuple):
    """An `is` with the `not`s that follow it, each as the number of its step and its width."""

    step: int
    before: tuple[tuple[int, Duration], ...]
    after: tuple[tuple[int, Duration], ...]


class SequenceJudge:
    """A rule with `sequence`."""

    __slots__ = ("_links", "_looks", "_watch", "awake", "index", "notices_silence", "rule", "standing", "subject")

    def __init__(self, rule: Rule, judged: Judged, memory: Memory, *, index: int) -> None:
        self.index, self.rule, self.subject = index, rule, judged.subject
        self._watch = memory.watch(judged.subject, judged.members)
        view = view_of(rule, judged, memory, self._watch)
        self._looks = [_Look(one.expression, view) for one in rule.sequence]
        self._links = _links(rule.sequence)
        for track in dict.fromkeys(track for one in rule.conditions for track in one.tracks(view)):
            track.judges.append(self)
        self.notices_silence = self.awake = True
        self.standing = Standing(severity=rule.definition.severity, version=rule.version)

    @property
    def _progress(self) -> Progress:
        found, number = self.standing.progress, len(self._looks)
        if found is None or len(found.truths) != number:
            found = self.standing.progress = Progress([None] * number, [None] * number)
        return found

    def wake(self, awake: bool) -> None:
        """It is always awake."""

    def wakes_on(self) -> None:
        """It is asked at every reading."""

    def judge(self, received: Moment, now: Moment) -> Transition | None:
        """Follow what has begun, and begin anew."""
        at, progress = self._watch.at, self._progress
        became = [self._became(number, look, progress, at) for number, look in enumerate(self._looks)]
        done = self._break_or_settle(progress, became, at)
        for begun in [*progress.begun, Begun([])]:
            if begun.quiet_until is None and len(begun.moments) < len(self._links):
                done = self._advance(begun, progress, became, at, received) or done
        progress.begun = [one for one in progress.begun if one.quiet_until is not None or self._in_time(one, at)]
        if done is not None:
            return self._complete(done, done.quiet_until or at, received, now)
        return self._end(at, now) if self._is_over(at) else None

    def _became(self, number: int, look: _Look, progress: Progress, at: Moment) -> bool:
        news, truth = look.look(), look.when(at)
        before = progress.truths[number]
        if truth is not None:
            progress.truths[number] = truth
        if truth and news:
            progress.true_at[number] = at
        return bool(truth) and not before

    def _in_time(self, begun: Begun, at: Moment) -> bool:
        return at - begun.moments[0] <= self.rule.within

    def _break_or_settle(self, progress: Progress, became: list[bool], at: Moment) -> Begun | None:
        """What must not happen happened, or did not and is now certain; the one that is complete by that."""
        done: Begun | None = None
        for begun in progress.begun:
            if begun.quiet_until is None:
                continue
            last = begun.moments[-1]
            after = self._links[len(begun.moments) - 1].after
            if any(became[step] and last < at <= last + width for step, width in after):
                begun.moments.pop()
                begun.quiet_until = begun.due = None
            elif at > begun.quiet_until:
                if len(begun.moments) == len(self._links):
                    done = done or begun
                else:
                    begun.quiet_until = begun.due = None
        progress.begun = [one for one in progress.begun if one.moments]
        return done

    def _advance(
        self, begun: Begun, progress: Progress, became: list[bool], at: Moment, received: Moment
    ) -> Begun | None:
        """Take the next step, if it has just been made; the sequence when that completes it."""
        link = self._links[len(begun.moments)]
        if not became[link.step] or (begun.moments and not self._in_time(begun, at)):
            return None
        for step, width in link.before:
            seen = progress.true_at[step]
            if seen is not None and at - width < seen <= at:
                return None
        if not begun.moments:
            progress.begun = [*progress.begun, begun][-MAX_BEGUN:]
        begun.moments.append(at)
        if link.after:
            width = max(width for _, width in link.after)
            begun.quiet_until, begun.due = at + width, received + width
            return None
        return begun if len(begun.moments) == len(self._links) else None

    def _complete(self, begun: Begun, at: Moment, received: Moment, now: Moment) -> Transition | None:
        """All steps were made: raise, or stay active for longer."""
        standing, schedule = self.standing, self.rule.active_between
        self._progress.begun = []
        if schedule is not None and not schedule.includes(begun.moments[-1]):
            return None
        standing.heard = [received]
        if standing.condition is ACTIVE:
            standing.failing_since = at
            return None
        since, reason = begun.moments[0], self._reason(begun, at)
        told = changed(self, ACTIVE, at=at, since=since, now=now, cause=Cause.CONDITION, reason=reason)
        standing.since, standing.failing_since = since, at
        return told

    @property
    def keep(self) -> Duration:
        """How long it stays active."""
        return self.rule.keep_active_for or KEEP

    def _is_over(self, at: Moment) -> bool:
        since = self.standing.failing_since
        return self.standing.condition is ACTIVE and since is not None and at - since >= self.keep

    def _end(self, at: Moment, now: Moment) -> Transition:
        since = self.standing.failing_since or at
        self.standing.since = None
        reason = Reason((), f"nothing for {format_duration(self.keep)}", self.rule.version)
        return changed(self, NORMAL, at=at, since=since, now=now, cause=Cause.CONDITION, reason=reason)

    def due(self) -> Moment | None:
        """When waiting is over, if nothing is heard until then."""
        begun = self.standing.progress.begun if self.standing.progress else ()
        waiting = [one.due for one in begun if one.due is not None]
        if self.standing.condition is ACTIVE and self.standing.heard:
            waiting.append(self.standing.heard[0] + self.keep)
        return min(waiting, default=None)

    def lapse(self, now: Moment) -> Transition | None:
        """Nothing came that must not come, or an alert has stayed for long enough."""
        for begun in self._progress.begun:
            if begun.due is None or begun.due > now or begun.quiet_until is None:
                continue
            due, at = begun.due, begun.quiet_until
            if len(begun.moments) == len(self._links):
                return self._complete(begun, at, due, now)
            begun.quiet_until = begun.due = None
        standing = self.standing
        if standing.condition is ACTIVE and standing.heard and standing.heard[0] + self.keep <= now:
            return self._end((standing.failing_since or now) + self.keep, now)
        return None

    def begin(self, now: Moment, pause: Duration) -> None:
        """Go on: what was not heard meanwhile may still come."""
        for look in self._looks:
            look.look()
        standing = self.standing
        for begun in self._progress.begun:
            if begun.due is not None:
                begun.due += pause
        standing.heard = [one + pause for one in standing.heard]
        if standing.condition is ACTIVE and (standing.failing_since is None or not standing.heard):
            # The rule was another one when it was raised: it ends as one of these does.
            standing.failing_since, standing.heard = now, [now]

    def _reason(self, begun: Begun, at: Moment) -> Reason:
        seen = []
        for link, moment in zip(self._links, begun.moments, strict=True):
            seen.append(self._seen(link.step, True, moment, "became true"))
            seen += [
                self._seen(step, False, moment, f"not in the {format_duration(width)} before")
                for step, width in link.before
            ]
            seen += [
                self._seen(step, False, at, f"not in the {format_duration(width)} after") for step, width in link.after
            ]
        text = ", then ".join(one.text for one in self.rule.sequence)
        return Reason(tuple(seen), f"{text}, within {format_duration(self.rule.within)}", self.rule.version)

    def _seen(self, step: int, value: bool, at: Moment, limit: str) -> Observation:
        text = self.rule.sequence[step].expression.text
        return Observation(self.subject.id, "", value, at, expression=text, limit=limit, holds=True)


def _links(steps: tuple[Step, ...]) -> tuple[_Link, ...]:
    found: list[_Link] = []
    for number, one in enumerate(steps):
        if one.apart is None:
            found.append(_Link(number, (), ()))
        elif one.apart < 0:
            found[-1] = found[-1]._replace(before=(*found[-1].before, (number, -one.apart)))
        else:
            found[-1] = found[-1]._replace(after=(*found[-1].after, (number, one.apart)))
    return tuple(found)
