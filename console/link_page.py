"""The page behind a link in a message: one alert, for the one person it was sent to, who need not sign in.

Looking at it changes nothing, because mail scanners open every link; only the button does. It needs no script.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.parts import ConsoleParts
from console.render import render
from console.views.alert_row import place_name, spot_name, telling, value_text
from console.views.history_text import delivery_name
from console.views.spoken import spoken
from console.words import Words, words
from town.alert import AlertState, TimelineEntry
from town.moment import Moment
from town.ports import ActionRefused, AlertDetail, AlertLinks, LinkedAlert

router = APIRouter(include_in_schema=False)

COMMENTS_SHOWN = 3
_Token = Annotated[str, Path(min_length=1, max_length=60)]
_HEADERS = {
    "Cache-Control": "no-store",
    # The address is the secret: no other site learns it. With no-referrer, browsers would not say who posts the form.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


@router.get("/a/{token}")
async def look(request: Request, token: _Token) -> Response:
    """What the alert is, and a button if it can be acknowledged by this link."""
    parts: ConsoleParts = request.state.parts
    try:
        return _page(parts, await _links(parts).look(token))
    except ActionRefused:
        told = words(parts.language)
        return HTMLResponse(render("link_none.html", told, town=_town(parts, told)), 404, headers=_HEADERS)


@router.post("/a/{token}")
async def acknowledge(request: Request, token: _Token) -> Response:
    """Use the link, then show how things stand; the page says so when somebody else was quicker."""
    parts: ConsoleParts = request.state.parts
    try:
        await _links(parts).acknowledge(token, at=parts.clock())
    except ActionRefused as refused:
        if refused.reason == "unknown_link":
            return await look(request, token)
    return RedirectResponse(f"/a/{token}", 303, headers=_HEADERS)


def _links(parts: ConsoleParts) -> AlertLinks:
    if parts.links is None:
        raise ActionRefused("unknown_link", "there are no links here")
    return parts.links


def _town(parts: ConsoleParts, told: Words) -> str:
    return told.label(parts.town().name)


def _page(parts: ConsoleParts, seen: LinkedAlert) -> Response:
    told = words(seen.language or parts.language)
    town, alert, now = parts.town(), seen.detail.alert, parts.clock()
    waits = alert.acknowledged_at is None and alert.state is not AlertState.CLOSED
    html = render(
        "link.html",
        told,
        town=_town(parts, told),
        person=seen.name,
        alert=alert,
        hollow=not waits,
        place=place_name(town, told, alert),
        spot=spot_name(town, told, alert),
        since=told.clock(alert.raised_at, town.zone_info, now=now),
        lasted=spoken(told, (alert.closed_at or now) - alert.raised_at),
        values=[value_text(town, told, each) for each in telling(alert)[:3]],
        todo=told.label(alert.response.text) if alert.response else "",
        informed=_informed(parts, told, seen.detail),
        comments=[_comment(parts, told, entry, now=now) for entry in _comments(seen.detail)],
        may=waits and seen.refusal is None,
        outcome=_outcome(parts, told, seen, now=now),
    )
    return HTMLResponse(html, headers=_HEADERS)


def _outcome(parts: ConsoleParts, told: Words, seen: LinkedAlert, *, now: Moment) -> str:
    """Who has it, or why this link is of no use any more; nothing while somebody is waited for."""
    alert, zone = seen.detail.alert, parts.town().zone_info
    if alert.state is AlertState.CLOSED and alert.closed_at is not None:
        return told.gettext("It is over since {time}.").format(time=told.clock(alert.closed_at, zone, now=now))
    if alert.acknowledged_at is not None:
        time = told.clock(alert.acknowledged_at, zone, now=now)
        if alert.acknowledged_by == seen.person:
            return told.gettext("You have it since {time}. The others are told no more.").format(time=time)
        who = _name(parts, told, alert.acknowledged_by or "?")
        return told.gettext("{who} has had it since {time}.").format(who=who, time=time)
    if seen.refusal == "over":
        return told.gettext("It was raised again since: use the link in the newer message, or sign in.")
    if seen.refusal is not None:
        return told.gettext("This link can no longer be used: sign in to act.")
    return ""


def _informed(parts: ConsoleParts, told: Words, detail: AlertDetail) -> str:
    """Who was told, each once, with what became of it."""
    newest = {one.target: one for one in detail.notifications}
    return told.gettext(", ").join(
        f"{_name(parts, told, target)} ({delivery_name(told, one.state)})" for target, one in newest.items()
    )


def _comments(detail: AlertDetail) -> list[TimelineEntry]:
    said = [entry for entry in detail.timeline if entry.detail.get("text") or entry.detail.get("comment")]
    return said[-COMMENTS_SHOWN:]


def _comment(parts: ConsoleParts, told: Words, entry: TimelineEntry, *, now: Moment) -> tuple[str, str]:
    time = told.clock(entry.at, parts.town().zone_info, now=now)
    said = str(entry.detail.get("text") or entry.detail.get("comment"))
    return f"{_name(parts, told, entry.by)} {time}", said


def _name(parts: ConsoleParts, told: Words, who: str) -> str:
    label = parts.called(who)
    return told.label(label) if label else who
