"""The gate in front of every request: who is asking, from where, and what a browser may do with the answer."""

from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.access import COOKIE, Person
from console.parts import ConsoleParts
from console.problem import problem

_OPEN = ("/healthz", "/readyz", "/sign-in", "/a/", "/hooks/", "/static/", "/_nicegui/", "/favicon.ico")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_BODY_LIMIT = 256 << 10
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    # The pages' own scripts are inline and Vue compiles templates; nothing may come from or go to another machine.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
}


class Gate:
    """ASGI middleware: lets in who signed in, and puts `person` and `parts` into the request's state."""

    def __init__(self, app: ASGIApp, *, parts: ConsoleParts) -> None:
        self._app, self._parts = app, parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse or pass on one request or WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        asking = HTTPConnection(scope)
        person = self._person(asking)
        scope["state"] = {**scope.get("state", {}), "parts": self._parts, "person": person}
        refusal = self._refusal(asking, person)
        if scope["type"] == "websocket":
            if refusal is not None:
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        target = refusal or self._app
        await target(scope, receive, _with_headers(send))

    def _person(self, asking: HTTPConnection) -> Person | None:
        access = self._parts.access
        scheme, _, token = asking.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return access.program(token.strip())
        return access.person(asking.cookies.get(COOKIE))

    def _refusal(self, asking: HTTPConnection, person: Person | None) -> Response | None:
        path = asking.scope["path"]
        method = asking.scope.get("method", "GET")
        if refusal := _too_large(asking.headers):
            return refusal
        changes = method not in _SAFE or asking.scope["type"] == "websocket"
        if changes and COOKIE in asking.cookies and not self._same_origin(asking.headers):
            return problem(403, "The request comes from a page of another site.")
        if person is not None or path.startswith(_OPEN) or (path == "/metrics" and _is_loopback(asking)):
            return None
        if path.startswith(("/api/", "/metrics", "/_nicegui_ws/")) or method != "GET":
            refusal = problem(401, "Sign in, or send Authorization: Bearer and a token.")
            refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        query = asking.scope["query_string"].decode("latin-1")
        return RedirectResponse(f"/sign-in?next={quote(path + ('?' + query if query else ''), safe='')}", 303)

    def _same_origin(self, headers: Headers) -> bool:
        origin = headers.get("origin", "")
        ours = {headers.get("host", "").lower(), urlsplit(self._parts.public_url or "").netloc.lower()} - {""}
        return urlsplit(origin).netloc.lower() in ours


def _too_large(headers: Headers) -> Response | None:
    if "transfer-encoding" in headers:
        return problem(411, "Send the body with a Content-Length.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _BODY_LIMIT:
        return problem(413, f"At most {_BODY_LIMIT} bytes.")
    return None


def _is_loopback(asking: HTTPConnection) -> bool:
    # A proxy on this machine makes everybody loopback; it says so in this header.
    forwarded = "x-forwarded-for" in asking.headers or "forwarded" in asking.headers
    return asking.client is not None and asking.client.host in _LOOPBACK and not forwarded


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
