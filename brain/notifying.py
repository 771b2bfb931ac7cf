"""Sends test messages and shows the providers' answers, or what would have been sent."""

import asyncio
import json as json_format
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from alerts.people import People, Recipient
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.channels import build_senders, close_senders
from alerts.sending import AnswerKind, OutgoingMessage, Publish
from alerts.trial import trial_message
from brain.clock import wall_clock
from brain.duty import folder_of, who_is_on
from brain.endpoints import endpoints_of
from brain.output import FOUND_PROBLEMS, print_json, print_table, screen
from brain.publishing import publishing
from brain.secrets import secret
from town.errors import ConfigError
from town.findings import suggest
from town.settings import Settings, load_settings
from town.town import Town

_MASK = "***"
EVERY_CHANNEL = "all"
"""Every way of telling somebody, one after the other."""


def run_test(target: str, folder: Path, *, channel: str | None, dry_run: bool, json: bool) -> None:
    """Tell a person, a target or whoever is on duty that this is a test; exits 1 when one of them did not take it."""
    town, people = folder_of(folder)
    found = [way for name in _meant(target, folder, town, people) for way in _ways(name, people, channel)]
    if not found:
        raise ConfigError(_unreached(target, people, channel))
    settings = load_settings({}, folder).settings
    now = wall_clock()
    messages = [trial_message(one, town, now=now, link=settings.public_url) for one in found]
    shown = [asyncio.run(_try(one, settings) if dry_run else _send(one, settings, town.id)) for one in messages]
    if json:
        print_json({"results": shown})
    else:
        for one in shown:
            _show(one)
    if any(one["answer"] not in (None, AnswerKind.ACCEPTED.value) for one in shown):
        raise typer.Exit(FOUND_PROBLEMS)


def _meant(target: str, folder: Path, town: Town, people: People) -> Sequence[str]:
    """Who is meant: whoever is on duty now when it is a rota."""
    if target in people.rotas:
        return who_is_on(folder, town, people, target)
    known = [*people.people, *people.targets, *people.rotas]
    if target not in known:
        raise ConfigError(f"{target} cannot be told; {suggest(target, known) or 'there are ' + ', '.join(known)}")
    return [target]


def _ways(name: str, people: People, channel: str | None) -> Sequence[Recipient]:
    """The first way of telling somebody, the one that was asked for, or all of them."""
    ways = people.channels_of(name)
    if channel is None:
        return ways[:1]
    return [one for one in ways if channel in (EVERY_CHANNEL, one.channel)]


def _unreached(target: str, people: People, channel: str | None) -> str:
    if target in people.rotas and channel is None:
        return f"nobody who can be told is on duty in {target}; `town people who-is-on` shows its watches"
    over = f" by {channel}" if channel not in (None, EVERY_CHANNEL) else ""
    ways = ", ".join(one.channel for one in people.channels_of(target)) or "no channel of theirs is connected"
    return f"{target} cannot be told{over}; there is: {ways}"


async def _send(message: OutgoingMessage, settings: Settings, town: str) -> dict[str, Any]:
    if message.recipient.channel == "mqtt":
        async with publishing(settings, town) as publish:
            return await _sent(message, settings, publish)
    return await _sent(message, settings, None)


async def _sent(message: OutgoingMessage, settings: Settings, publish: Publish | None) -> dict[str, Any]:
    senders = build_senders(endpoints_of(settings), secret=secret, clock=wall_clock, publish=publish)
    try:
        answer = await senders[message.recipient.sender].send(message)
    finally:
        await close_senders(senders)
    told = {"answer": answer.kind.value, "delivered": answer.delivered, "said": answer.text, "receipt": answer.receipt}
    return {**_whom(message.recipient), **told}


class _Recorder:
    """Takes requests instead of a provider; whoever asks for a token gets one that is none."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    async def __call__(self, request: HttpRequest) -> Reply:
        self.requests.append(_masked(request))
        return Reply(200, json_format.dumps({"errcode": 0, "access_token": _MASK, "expires_in": 7200}))


async def _try(message: OutgoingMessage, settings: Settings) -> dict[str, Any]:
    """What would be sent; the answer is None unless it could not be made."""
    recorder, shown = _Recorder(), _whom(message.recipient)
    match message.recipient.channel:
        case "email":
            text = f"To: {message.recipient.address}\nSubject: {message.subject}\n\n{message.text}"
            return {**shown, "answer": None, "requests": [{"mail": text}]}
        case "mqtt":
            return {**shown, "answer": None, "requests": [{"topic": message.recipient.topic, "payload": message.body}]}
        case "apprise":
            return {**shown, "answer": None, "requests": [{"text": message.text}]}
    senders = build_senders(endpoints_of(settings), secret=secret, clock=wall_clock, call=recorder)
    answer = await senders[message.recipient.sender].send(message)
    if not recorder.requests:
        return {**shown, "answer": answer.kind.value, "said": answer.text}
    return {**shown, "answer": None, "requests": recorder.requests}


def _whom(recipient: Recipient) -> dict[str, Any]:
    return {"target": recipient.id, "channel": recipient.channel, "sender": recipient.sender}


def _masked(request: HttpRequest) -> dict[str, Any]:
    def mask(text: str) -> str:
        for hidden in sorted(request.secrets, key=len, reverse=True):
            text = text.replace(hidden, _MASK) if hidden else text
        return text

    headers = {name: mask(value) for name, value in request.headers.items()}
    body = mask(request.content.decode("utf-8", "replace"))
    return {"method": request.method, "url": mask(request.url), "headers": headers, "body": body}


def _show(shown: dict[str, Any]) -> None:
    for request in shown.get("requests", []):
        for name, value in request.items():
            lines = value.items() if isinstance(value, dict) else [("", value)]
            for inner, text in lines:
                screen.print(f"{name} {inner}".strip() + f": {text}", markup=False)
    if shown["answer"] is not None:
        rows = [(name, value) for name, value in shown.items() if value is not None]
        print_table("", ("", ""), rows)
