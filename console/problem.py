"""Answers of the API when something is not as it should be: problem details after RFC 9457."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from town.errors import Unavailable
from town.ports import ActionRefused

_STATUS = {
    "administrator": 403, "unknown_alert": 404, "unknown_window": 404, "unknown_place": 422, "no_reason": 422,
    "unknown_notification": 404,
    "empty": 422, "too_long": 422, "too_far": 422, "too_short": 422, "in_the_past": 422,
}  # fmt: skip
"""What is wrong with the request itself; every other refusal says that it does not fit how things are."""


def problem(status: int, detail: str = "", *, kind: str = "about:blank", **members: object) -> JSONResponse:
    """One problem; `kind` is its type, and `members` are its extension members."""
    body = {"type": kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return JSONResponse(body, status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of the routes of this app with a problem."""

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = problem(error.status_code, error.detail)
        answer.headers.update(error.headers or {})
        return answer

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [{"where": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
        return problem(422, "The request is not as described in /api/openapi.json.", errors=errors)

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, ActionRefused)
        return problem(
            _STATUS.get(error.reason, 409), str(error), kind=f"urn:town:refused:{error.reason}", reason=error.reason
        )

    async def unavailable(_: Request, error: Exception) -> Response:
        answer = problem(503, str(error))
        answer.headers["Retry-After"] = "5"
        return answer

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ActionRefused, refused)
    app.add_exception_handler(Unavailable, unavailable)
