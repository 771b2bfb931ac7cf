"""What all pages share: the head of the document, the top line, the navigation, parts that follow the pulse."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from fastapi import Request
from nicegui import Client, ui
from nicegui.element import Element

from console.access import COOKIE, Person
from console.elements import Fragment, panel
from console.parts import ConsoleParts
from console.pulse import Key, Pulse
from console.render import render
from console.words import LANGUAGES, Words, words
from town.language import Language


class Visit(NamedTuple):
    """One page in one browser: who looks at it, in which words, and what it is made of."""

    parts: ConsoleParts
    pulse: Pulse
    person: Person
    session: str
    told: Words
    client: Client

    @classmethod
    def of(cls, request: Request) -> "Visit":
        """The visit that a request begins; the gate let only known people through."""
        state = request.state
        person: Person = state.person
        language: Language = person.language or state.parts.language
        session = request.cookies.get(COOKIE, "")
        return cls(state.parts, state.pulse, person, session, words(language), ui.context.client)

    def key(self, part: str, argument: str = "") -> Key:
        """A part in this visit's language."""
        return Key(part, self.told.language, argument)

    def person_now(self) -> Person | None:
        """Who it is, with the role of this moment; None when they signed out meanwhile."""
        return self.parts.access.person(self.session)

    def still_in(self) -> bool:
        """Whether the person did not sign out meanwhile; if they did, the browser is sent to the sign-in page."""
        if self.person_now():
            return True
        self.client.open("/sign-in")
        return False

    def say(self, text: str, kind: str = "") -> None:
        """Tell the person something in passing."""
        self.client.run_javascript(f"town.say({json.dumps(text)}, {json.dumps(kind)})")


Act = Callable[[dict[str, Any]], Awaitable[None]]


class Live:
    """A fragment that follows a part of the pulse, and may be turned to another part."""

    def __init__(self, visit: Visit, key: Key, html: str, *, classes: str = "", act: Act | None = None) -> None:
        self._visit = visit
        self.key = key
        self._fragment = Fragment(html, classes=classes)
        if act is not None:
            self._fragment.on("do", lambda event: act(event.args))
        self._leave = visit.pulse.follow(key, self._show)
        visit.client.on_delete(self.leave)

    def leave(self) -> None:
        """Follow nothing any more."""
        self._leave()

    async def turn(self, key: Key) -> None:
        """Show another part from now on."""
        self._leave()
        self.key = key
        self._leave = self._visit.pulse.follow(key, self._show)
        self._fragment.show(await self._visit.pulse.html(key))

    def _show(self, html: str) -> None:
        self._fragment.show(html)


async def live(visit: Visit, part: str, argument: str = "", *, classes: str = "", act: Act | None = None) -> Live:
    """A fragment that shows a part now and whenever it changes."""
    key = visit.key(part, argument)
    return Live(visit, key, await visit.pulse.html(key), classes=classes, act=act)


async def shell(visit: Visit, here: str, title: str, *, classes: str = "", own_heading: bool = False) -> Element:
    """The frame of a page: returns the block to fill. The title is a heading for who cannot see."""
    _head(visit)
    visit.client.on_delete(visit.pulse.each_beat(visit.still_in))
    ui.page_title(f"{title} · {visit.told.label(visit.parts.town().name)}")
    places = [
        ("/", visit.told.gettext("Now")),
        ("/alerts", visit.told.gettext("Alerts")),
        ("/places", visit.told.gettext("Places")),
        ("/people", visit.told.gettext("People")),
        ("/windows", visit.told.gettext("Drills")),
        ("/alerting", visit.told.gettext("Figures")),
        ("/pipeline", visit.told.gettext("Pipeline")),
    ]
    with panel("shell"):
        with ui.element("header").classes("top"):
            await live(visit, "top", classes="town-line")
            languages = list(LANGUAGES.items())
            theme, name = visit.person.theme, visit.person.name
            Fragment(render("user.html", visit.told, languages=languages, theme=theme, person=name), classes="user")
        await live(visit, "window.strip", classes="strips")
        with ui.element("nav").classes("rail").props(f'aria-label="{visit.told.gettext("Pages")}"'):
            Fragment(render("rail.html", visit.told, places=places, here=here), classes="links")
            await live(visit, "counts", classes="open-count")
        if not own_heading:
            with ui.element("h1").classes("unseen"):
                ui.label(title)
        return panel(f"page {classes}")  # NiceGUI's own page is the main landmark


def _head(visit: Visit) -> None:
    told, town = visit.told, visit.parts.town()
    dataset = {
        "zone": town.time_zone,
        "seconds": told.gettext("{s} s"),
        "minutes": told.gettext("{m} min"),
        "hours": told.gettext("{h} h {m} min"),
        "hour": told.gettext("{h} h"),
        "day": told.gettext("{d} d"),
        "days": told.gettext("{d} d {h} h"),
        "left": told.gettext("{t} left"),
        "over": told.gettext("{t} late"),
        "lost": told.gettext("No connection to the brain since {t}; what you see is from then."),
        "theme": visit.person.theme,
    }
    ui.add_head_html(
        '<link rel="stylesheet" href="/static/console.css">'
        f"<script>document.documentElement.lang = {json.dumps(told.language)};"
        f"Object.assign(document.documentElement.dataset, {_script_json(dataset)});"
        f"document.documentElement.dataset.skew = {visit.parts.clock()} - Date.now();</script>"
        '<script src="/static/console.js"></script>'
    )


def _script_json(values: dict[str, str]) -> str:
    return json.dumps(values).replace("<", "\\u003c")
