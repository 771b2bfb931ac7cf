"""One page about a replay: when each rule was active, in a file that needs nothing else."""

from collections.abc import Iterator, Sequence
from html import escape

from rules.replay_report import Episode, Outcome, episodes
from rules.ruleset import RuleSet
from town.alert import AlertDefinition, Subject
from town.language import Label, Language
from town.moment import DAY, MINUTE, Moment, format_duration, format_moment
from town.town import Town

_WORDS = {
    "title": Label(zh="规则回放", en="Replay of the rules"),
    "readings": Label(zh="条读数", en="readings"),
    "alerts": Label(zh="次报警", en="alerts"),
    "alert": Label(zh="次报警", en="alert"),
    "sent": Label(zh="未发送任何通知", en="nothing was sent"),
    "none": Label(zh="这段时间内没有规则报警。", en="No rule raised an alert in this time."),
    "told": Label(zh="本应通知", en="Would have been told"),
    "times": Label(zh="次", en="times"),
    "only_here": Label(zh="仅回放中有", en="Only in the replay"),
    "only_there": Label(zh="仅实际发生", en="Only really raised"),
    "same": Label(zh="相同", en="the same"),
    "still": Label(zh="仍在持续", en="still active"),
    "all_same": Label(zh="与实际报警完全一致。", en="Exactly the alerts that were really raised."),
}

_STYLE = """
:root{--bg:#0e1116;--panel:#151a21;--line:#2a333f;--text:#dfe5ec;--muted:#94a1b2;
--critical:#f0484f;--major:#f28c28;--minor:#e7c53f;--advisory:#4d9df0}
@media (prefers-color-scheme:light){:root{--bg:#fff;--panel:#f4f6f8;--line:#c9d1da;--text:#1a212a;--muted:#55616f;
--critical:#c4232b;--major:#a85a0a;--minor:#7d6400;--advisory:#1f69b8}}
body{margin:2rem auto;max-width:72rem;padding:0 1rem;background:var(--bg);color:var(--text);
font:15px/1.5 Inter,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
font-variant-numeric:tabular-nums}
h1{font-size:28px;font-weight:600;margin:0}h2{font-size:17px;font-weight:600;margin:2rem 0 .5rem}
p,small{color:var(--muted)}.rule{border-top:1px solid var(--line);padding:.7rem 0}
.lane{position:relative;height:18px;margin:.1rem 0 .4rem;border-radius:3px;
background:repeating-linear-gradient(to right,var(--line) 0 1px,transparent 1px 25%) var(--panel)}
.who{display:flex;justify-content:space-between;gap:1rem;margin-top:.4rem}.who small:last-child{text-align:right}
@media (max-width:40rem){.axis span:nth-child(even){display:none}}
.bar{position:absolute;top:3px;bottom:3px;min-width:3px;border-radius:2px}
.critical{background:var(--critical)}.major{background:var(--major)}.minor{background:var(--minor)}
.advisory{background:var(--advisory)}.mark{font-weight:600}
i.critical,i.major,i.minor,i.advisory{background:none;font-style:normal}
i.critical{color:var(--critical)}i.major{color:var(--major)}i.minor{color:var(--minor)}i.advisory{color:var(--advisory)}
.axis{display:flex;justify-content:space-between;color:var(--muted);font-size:13px}
table{border-collapse:collapse}td{padding:.1rem 1.2rem .1rem 0;vertical-align:top;white-space:nowrap}
td:nth-child(2){white-space:normal;overflow-wrap:anywhere}
"""


def page(outcome: Outcome, rules: RuleSet, town: Town, *, language: Language) -> str:
    """The page in that language."""
    said = {name: label.text(language) for name, label in _WORDS.items()}
    found = episodes(outcome.transitions)
    shown = [format_moment(at, town.zone_info)[:16].replace("T", " ") for at in (outcome.start, outcome.end)]
    parts = [
        f"<h1>{said['title']} · {escape(town.name.text(language))}</h1>",
        f"<p>{' — '.join(shown)} · {outcome.readings:,} {said['readings']} · {_count(found, said)} · "
        f"{said['sent']}</p>",
        *_rules(found, outcome, rules, town=town, language=language, said=said),
        *_told(outcome, said),
        *_difference(outcome, town, said),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{said["title"]}</title>'
    body = "\n".join(parts)
    head += f"<style>{_STYLE}</style>"
    return f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body>{body}</body></html>\n'


def _rules(
    found: Sequence[Episode], outcome: Outcome, rules: RuleSet, *, town: Town, language: Language, said: dict[str, str]
) -> Iterator[str]:
    if not found:
        yield f"<p>{said['none']}</p>"
        return
    yield f'<div class="axis">{"".join(f"<span>{one}</span>" for one in _axis(outcome, town))}</div>'
    by_rule: dict[str, list[Episode]] = {}
    for one in found:
        by_rule.setdefault(one.rule, []).append(one)
    for rule in sorted(by_rule, key=lambda name: (min(e.severity.digit for e in by_rule[name]), name)):
        definition: AlertDefinition | None = rules.definitions.get(rule)
        title = definition.title.text(language) if definition else rule
        worst = min((one.severity for one in by_rule[rule]), key=lambda severity: severity.digit)
        yield (
            f'<section class="rule"><span class="mark"><i class="{worst.value}">{worst.mark} {worst.digit}</i> '
            f"{escape(title)}</span> <small>{escape(rule)} · {_count(by_rule[rule], said)}</small>"
        )
        for subject in dict.fromkeys(one.subject for one in by_rule[rule]):
            mine = [one for one in by_rule[rule] if one.subject == subject]
            bars = "".join(_bar(one, outcome, town, said) for one in mine)
            told = _when(mine[0], town, said) if len(mine) == 1 else _count(mine, said)
            name = escape(_name(subject, town, language))
            yield f'<div class="who"><small>{name}</small><small>{told}</small></div><div class="lane">{bars}</div>'
        yield "</section>"


def _axis(outcome: Outcome, town: Town) -> Iterator[str]:
    """Five moments at even distances, as exactly as the span asks for."""
    span = outcome.end - outcome.start
    places = slice(11, 19) if span < 20 * MINUTE else slice(11, 16) if span <= DAY else slice(5, 16)
    for quarter in range(5):
        yield format_moment(outcome.start + span * quarter // 4, town.zone_info)[places].replace("T", " ")


def _count(found: Sequence[Episode], said: dict[str, str]) -> str:
    return f"{len(found)} {said['alert' if len(found) == 1 else 'alerts']}"


def _name(subject: Subject, town: Town, language: Language) -> str:
    """What people call it, and where a sensor is."""
    name, facility = town.subject_name(subject).text(language), town.facility_of(subject)
    return name if facility is None or subject.kind == "facility" else f"{name} · {facility.name.text(language)}"


def _when(one: Episode, town: Town, said: dict[str, str]) -> str:
    length = said["still"] if one.until is None else format_duration(max(0, one.until - one.at))
    return f"{format_moment(one.at, town.zone_info)[5:19].replace('T', ' ')} · {length}"


def _bar(one: Episode, outcome: Outcome, town: Town, said: dict[str, str]) -> str:
    until = outcome.end if one.until is None else one.until
    left, right = (_share(at, outcome) for at in (one.at, until))
    told = f"{one.severity.mark} {one.subject.id} {_when(one, town, said)}"
    return (
        f'<span class="bar {one.severity.value}" style="left:{left:.3f}%;width:{max(0.0, right - left):.3f}%" '
        f'title="{escape(told)}"></span>'
    )


def _share(at: Moment, outcome: Outcome) -> float:
    return min(100.0, max(0.0, 100 * (at - outcome.start) / (outcome.end - outcome.start)))


def _told(outcome: Outcome, said: dict[str, str]) -> Iterator[str]:
    if outcome.notifications:
        rows = "".join(
            f"<tr><td>{escape(target)}</td><td>{escape(channel)}</td><td>{count} {said['times']}</td></tr>"
            for (target, channel), count in sorted(outcome.notifications.items())
        )
        yield f"<h2>{said['told']}</h2><table>{rows}</table>"


def _difference(outcome: Outcome, town: Town, said: dict[str, str]) -> Iterator[str]:
    found = outcome.difference
    if found is None:
        return
    if not found.added and not found.missing:
        yield f"<p>{said['all_same']}</p>"
        return
    for name, alerts in (("only_here", found.added), ("only_there", found.missing)):
        rows = "".join(
            f"<tr><td>{format_moment(one.at, town.zone_info)[5:19].replace('T', ' ')}</td>"
            f"<td>{escape(one.rule)}</td><td>{escape(one.subject.id)}</td></tr>"
            for one in alerts
        )
        if rows:
            yield f"<h2>{said[name]}</h2><table>{rows}</table>"
    yield f"<p>{found.same} {said['same']}</p>"
