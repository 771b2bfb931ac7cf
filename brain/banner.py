"""What `town up` tells the person who started it."""

from pathlib import Path
from typing import NamedTuple

from rich.markup import escape

from brain.output import screen
from brain.receiver import Received
from console.access import FIRST_ACCOUNT
from town.language import Language, in_script
from town.town import Town

_WORDS = {
    "console": ("控制台", "Console"),
    "sign in": ("登录", "Sign in"),
    "shown once": ("此密码只显示这一次, 请记下", "this password is shown only now: write it down"),
    "known": ("用您的账号", "with your account"),
    "forgotten": ("忘记密码", "forgotten"),
    "broker": ("代理", "Broker"),
    "store": ("存储", "Store"),
    "state": ("状态目录", "State"),
    "stop": ("按 Ctrl-C 停止", "Ctrl-C stops it"),
}


class Where(NamedTuple):
    """Where the parts of a running town are; `password` is one that was just made for the first account."""

    url: str
    password: str | None
    broker: str
    store: str
    state: Path


def show(town: Town, where: Where, *, language: Language) -> None:
    """Say where everything is and how to sign in; a generated password is shown here and nowhere else."""
    sign_in = (
        f"[bold]{FIRST_ACCOUNT}[/] / [bold]{where.password}[/]  ({_word('shown once', language)})"
        if where.password
        else f"{_word('known', language)} ({_word('forgotten', language)}: town account password {FIRST_ACCOUNT})"
    )
    screen.print()
    screen.print(f"[bold]{escape(town.name.text(language))}[/] {escape(town.name.en) if language != 'en' else ''}")
    for word, value in (
        ("console", f"[bold cyan]{where.url}[/]"),
        ("sign in", sign_in),
        ("broker", escape(where.broker)),
        ("store", escape(where.store)),
        ("state", escape(str(where.state))),
    ):
        screen.print(f"  {_word(word, language)}: {value}")
    screen.print(f"  {_word('stop', language)}")
    screen.print()


def received(message: Received) -> None:
    """Show a notification that arrived at this machine's own receiver."""
    screen.print(f"→ {escape(message.target)} ({message.channel}): {escape(message.text.splitlines()[0])}")


def _word(name: str, language: Language) -> str:
    chinese, english = _WORDS[name]
    return english if language == "en" else in_script(chinese, language)
