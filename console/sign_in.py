"""The sign-in page, signing out, and how a person likes to read: plain forms that need no script."""

import math
from typing import Annotated, cast, get_args
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.access import COOKIE, SESSION_LASTS, Person, SignInRefused, Theme
from console.parts import ConsoleParts
from console.render import render
from console.words import LANGUAGES, words
from town.language import Language

router = APIRouter(include_in_schema=False)
_ChosenText = Annotated[str, Form(max_length=2_000)]


@router.get("/sign-in")
async def ask(request: Request, next: str = "/", language: str = "") -> Response:  # noqa: A002 - it is the URL's word
    """The page that asks for name and password."""
    return _page(request, next=next, language=language)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=40)],
    password: Annotated[str, Form(max_length=200)],
    next: _ChosenText = "/",  # noqa: A002 - it is the form's word
) -> Response:
    """Let somebody in, or say why not."""
    parts: ConsoleParts = request.state.parts
    told = words(_language(request, ""))
    try:
        session = await parts.access.sign_in(name, password, source=request.client.host if request.client else "")
    except SignInRefused as refused:
        seconds = math.ceil(refused.wait / 1000)
        text = told.gettext("Name or password is wrong.")
        if seconds:
            text = told.gettext("Too many guesses: try again in {seconds} s.").format(seconds=seconds)
        return _page(request, next=next, name=name, problem=text, status=429 if seconds else 401)
    answer = RedirectResponse(local_path(next), 303)
    secure = request.url.scheme == "https" or (parts.public_url or "").startswith("https:")
    answer.set_cookie(
        COOKIE, session, max_age=SESSION_LASTS // 1000, httponly=True, samesite="lax", secure=secure, path="/"
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End this session."""
    parts: ConsoleParts = request.state.parts
    parts.access.sign_out(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/preferences")
async def prefer(
    request: Request,
    language: Annotated[Language | None, Form()] = None,
    theme: Annotated[Theme | None, Form()] = None,
) -> Response:
    """Remember the language or theme of who asks, and go back to where they were."""
    parts: ConsoleParts = request.state.parts
    person: Person = request.state.person
    parts.access.prefer(person.name, language=language, theme=theme)
    came = urlsplit(request.headers.get("referer", "/"))
    return RedirectResponse(local_path(came.path + (f"?{came.query}" if came.query else "")), 303)


def local_path(asked: str) -> str:
    """The path if it is one of ours: never another site, whatever the address says."""
    plain = asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable()
    return asked if plain and "\\" not in asked else "/"


def _language(request: Request, asked: str) -> Language:
    """As asked, else the browser's first choice among ours, else the town's."""
    parts: ConsoleParts = request.state.parts
    if asked in get_args(Language):
        return cast(Language, asked)
    first = request.headers.get("accept-language", "").split(",")[0].strip().lower()
    if first.startswith("zh"):
        return "zh-Hant" if any(region in first for region in ("hant", "tw", "hk", "mo")) else "zh"
    return "en" if first.startswith("en") else parts.language


def _page(
    request: Request,
    *,
    next: str,  # noqa: A002 - it is the page's word
    language: str = "",
    name: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    told, town = words(_language(request, language)), request.state.parts.town()
    html = render(
        "sign_in.html",
        told,
        town=told.label(town.name),
        beside=told.other(town.name),
        next=local_path(next),
        name=name,
        problem=problem,
        languages=list(LANGUAGES.items()),
    )
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
