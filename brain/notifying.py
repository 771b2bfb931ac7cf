"""Sends one test message and shows the provider's answer, or what would have been sent."""

import asyncio
import json as json_format
from pathlib import Path
from typing import Any

import typer

from alerts.people import Recipient
from alerts.people_file import load_people
from alerts.senders.call import HttpRequest, Reply
from alerts.senders.channels import build_senders
from alerts.sending import AnswerKind, OutgoingMessage
from alerts.trial import trial_message
from brain.clock import wall_clock
from brain.endpoints import endpoints_of
from brain.output import FOUND_PROBLEMS, print_findings, print_json, print_table, screen
from brain.secrets import secret
from town.errors import ConfigError
from town.findings import has_errors, suggest
from town.folder import load_town
from town.settings import Settings, load_settings
from town.town import Town

_MASK = "***"


def run_test(target: str, folder: Path, *, dry_run: bool, json: bool) -> None:
    """Tell one person or target that this is a test; exits 1 when it was not taken."""
    town, recipient = _find(target, folder)
    settings = load_settings({}, folder).settings
    message = trial_message(recipient, town, now=wall_clock(), link=settings.public_url)
    shown = asyncio.run(_try(message, settings) if dry_run else _send(message, settings))
    if json:
        print_json(shown)
    else:
        _show(shown)
    if shown["answer"] not in (None, AnswerKind.ACCEPTED.value):
        raise typer.Exit(FOUND_PROBLEMS)


def _find(target: str, folder: Path) -> tuple[Town, Recipient]:
    town, findings = load_town(folder)
    people = None
    if town is not None:
        people, findings = load_people(folder, town)
    if town is None or people is None:
        print_findings(finding for finding in findings if has_errors([finding]))
        raise typer.Exit(FOUND_PROBLEMS)
    if target not in people.recipients:
        known = [*people.recipients]
        raise ConfigError(f"{target} cannot be told; {suggest(target, known) or 'there are ' + ', '.join(known)}")
    return town, people.recipients[target]


async def _send(message: OutgoingMessage, settings: Settings) -> dict[str, Any]:
    senders = build_senders(endpoints_of(settings), secret=secret, clock=wall_clock)
    answer = await senders[message.recipient.sender].send(message)
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
