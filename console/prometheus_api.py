"""What Grafana asks of a Prometheus data source: rules with their alerts, who answers, and an instant query."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import JSONResponse, Response

from console.asking import Name, Parts
from console.parts import ConsoleParts
from console.prometheus_shape import SHOWN, BadQuery, alert_of, chosen, query, rule_groups
from console.words import Words, words
from town.language import Language
from town.ports import AlertFilter

router = APIRouter(prefix="/api/v1", tags=["prometheus"])

MOST_ALERTS = 10_000
_Words = Annotated[list[Name] | None, Query(max_length=50)]
_Text = Annotated[str, Query(max_length=1_000)]


def _success(data: Any) -> Response:
    return JSONResponse({"status": "success", "data": data})


def _told(request: Request, parts: ConsoleParts, language: Language | None) -> Words:
    return words(language or request.state.person.language or parts.language)


@router.get("/rules", summary="Rules and their alerts, in the shape of Prometheus")
async def rules(
    request: Request,
    parts: Parts,
    *,
    state: _Words = None,
    kind: Annotated[str, Query(alias="type", max_length=20)] = "",
    rule_name: Annotated[_Words, Query(alias="rule_name[]")] = None,
    rule_group: Annotated[_Words, Query(alias="rule_group[]")] = None,
    exclude_alerts: bool = False,
    language: Language | None = None,
) -> Response:
    """Groups are categories. `state` is firing, pending or inactive; shelved and suppressed alerts are not firing."""
    told, found = _told(request, parts, language), []
    if kind != "record":
        alerts = await parts.alerts.alerts(AlertFilter(states=SHOWN, limit=MOST_ALERTS))
        found = rule_groups(parts.rules(), alerts, parts.town(), told, judged_at=parts.clock())
    found = chosen(found, states=state or (), names=rule_name or (), groups_named=rule_group or ())
    if exclude_alerts:
        found = [{**group, "rules": [{**rule, "alerts": []} for rule in group["rules"]]} for group in found]
    return _success({"groups": found})


@router.get("/status/buildinfo", summary="Which version answers, in the shape of Prometheus")
async def buildinfo() -> Response:
    """Grafana asks before it asks for rules."""
    said = {"version": version("town-brain"), "revision": "town-brain", "branch": "", "buildUser": "", "buildDate": ""}
    return _success({**said, "goVersion": ""})


@router.get("/query", summary="An instant query, in the shape of Prometheus")
async def get_query(request: Request, parts: Parts, query: _Text, language: Language | None = None) -> Response:
    """`ALERTS`, with plain matchers, and sums of two numbers, with which data sources are tested."""
    return await _answer(request, parts, query, language)


@router.post("/query", summary="The same, as Grafana sends it")
async def post_query(
    request: Request,
    parts: Parts,
    query: Annotated[str, Form(max_length=1_000)],
    language: Language | None = None,
) -> Response:
    """As with GET."""
    return await _answer(request, parts, query, language)


async def _answer(request: Request, parts: ConsoleParts, text: str, language: Language | None) -> Response:
    told, town = _told(request, parts, language), parts.town()
    found = await parts.alerts.alerts(AlertFilter(states=SHOWN, limit=MOST_ALERTS))
    try:
        return _success(query(text, [alert_of(alert, town, told) for alert in found], now=parts.clock()))
    except BadQuery as error:
        return JSONResponse({"status": "error", "errorType": "bad_data", "error": str(error)}, 400)
