"""The spans a rule counts: which of them run at a moment, since when, and how much is over."""

from collections.abc import Iterator

from rules.condition import ConditionJudge
from rules.engine import Look
from rules.explanation import Timer
from rules.gate import CHATTER
from rules.hold import Hold
from rules.levels import LevelsJudge
from rules.sequence import SequenceJudge
from rules.silence import SilenceJudge
from town.alert import Condition
from town.moment import Duration, Moment, format_duration


def timers(look: Look, at: Moment) -> Iterator[Timer]:
    """Every span of the rule for one subject; `at` is the moment of the question, by the wall clock."""
    match look.judge:
        case ConditionJudge():
            yield from _of_condition(look.judge, look.view.watch.at, at)
        case LevelsJudge():
            yield from _of_levels(look.judge, look.view.watch.at, at)
        case SequenceJudge():
            yield from _of_sequence(look.judge, look.view.watch.at)
        case SilenceJudge():
            yield from _of_silence(look.judge, at)
    if look.passage is not None and look.passage.calm_at is not None:
        since = look.passage.calm_at - CHATTER
        yield Timer(key="chatter", limit=CHATTER, running=True, since=since, passed=at - since)


def _of_condition(judge: ConditionJudge, judged_at: Moment, at: Moment) -> Iterator[Timer]:
    standing, rule = judge.standing, judge.rule
    active = standing.condition is Condition.ACTIVE
    hold = Hold(active, standing.since, standing.held_at, standing.failing_since)
    yield from _spans(hold, judged_at, hold_for=rule.hold_for, keep=rule.keep_active_for, gap=judge.max_gap)
    if rule.count is not None:
        times = len([edge for edge in standing.edges if edge > judged_at - rule.count.within])
        since = min(standing.edges, default=None)
        note = f"became true {times} of {rule.count.at_least} times"
        yield Timer(key="count within", limit=rule.count.within, running=bool(times), since=since, note=note)
    if judge.notices_silence and standing.heard:
        yield _missing(judge.missing_after, standing.heard[0], at, rule.on_missing)


def _of_levels(judge: LevelsJudge, judged_at: Moment, at: Moment) -> Iterator[Timer]:
    standing, rule = judge.standing, judge.rule
    for level in rule.levels:
        hold = standing.levels[level.severity]
        found = _spans(hold, judged_at, hold_for=level.hold_for, keep=rule.keep_active_for, gap=judge.max_gap)
        yield from (_named(timer, level.severity) for timer in found)
    if judge.notices_silence and standing.heard:
        yield _missing(judge.missing_after, standing.heard[0], at, rule.on_missing)


def _named(timer: Timer, level: str) -> Timer:
    return Timer(
        key=f"{level} {timer.key}",
        limit=timer.limit,
        running=timer.running,
        since=timer.since,
        passed=timer.passed,
        note=timer.note,
    )


def _spans(hold: Hold, judged_at: Moment, *, hold_for: Duration, keep: Duration, gap: Duration) -> Iterator[Timer]:
    waits = not hold.active and hold.since is not None
    if hold_for:
        passed = judged_at - hold.since if waits and hold.since is not None else None
        yield Timer(key="for", limit=hold_for, running=waits, since=hold.since if waits else None, passed=passed)
        last = hold.held_at if waits else None
        yield Timer(key="max_gap", limit=gap, running=waits, since=last, note="between two readings that hold")
    if keep:
        failing = hold.failing_since if hold.active else None
        passed = None if failing is None else judged_at - failing
        yield Timer(key="keep_active_for", limit=keep, running=failing is not None, since=failing, passed=passed)


def _missing(limit: Duration, heard: Moment, at: Moment, does: str) -> Timer:
    return Timer(key="missing_after", limit=limit, running=True, since=heard, passed=at - heard, note=f"then: {does}")


def _of_sequence(judge: SequenceJudge, judged_at: Moment) -> Iterator[Timer]:
    standing, rule = judge.standing, judge.rule
    begun = standing.progress.begun if standing.progress else []
    steps = sum(step.apart is None for step in rule.sequence)
    for one in begun:
        note = f"{len(one.moments)} of {steps} steps"
        if one.quiet_until is not None:
            note += f", waits for {format_duration(one.quiet_until - one.moments[-1])} for what must not come"
        since = one.moments[0]
        yield Timer(key="within", limit=rule.within, running=True, since=since, passed=judged_at - since, note=note)
    if not begun:
        yield Timer(key="within", limit=rule.within, running=False, note="no sequence has begun")
    failing = standing.failing_since if standing.condition is Condition.ACTIVE else None
    passed = None if failing is None else judged_at - failing
    yield Timer(key="keep_active_for", limit=judge.keep, running=failing is not None, since=failing, passed=passed)


def _of_silence(judge: SilenceJudge, at: Moment) -> Iterator[Timer]:
    if judge.standing.heard:
        since = judge.quiet_since()
        yield Timer(key="absent for", limit=judge.limit, running=True, since=since, passed=at - since)
    if judge.rule.keep_active_for:
        back, keep = judge.standing.failing_since, judge.rule.keep_active_for
        passed = None if back is None else at - back
        yield Timer(key="keep_active_for", limit=keep, running=back is not None, since=back, passed=passed)
