"""What providers tell us by themselves. Nobody signs in here: each proves who it is by its signature."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import Response

from console.parts import ConsoleParts
from console.problem import problem

router = APIRouter(include_in_schema=False)

MOST_FIELDS = 100
"""Twilio sends about twenty."""


@router.post("/hooks/twilio")
async def twilio(request: Request) -> Response:
    """What became of a short message. 403 unless the signature is Twilio's, and nothing else is told."""
    parts: ConsoleParts = request.state.parts
    body = (await request.body()).decode("utf-8", "replace")
    try:
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return problem(400, "This is not a form.")
    signature = request.headers.get("x-twilio-signature", "")
    if parts.receipts is None or not await parts.receipts.twilio(form, signature=signature):
        return problem(403, "The signature is not Twilio's.")
    return Response(status_code=204)
