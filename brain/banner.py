"""What `town up` tells the person who started it."""

from rich.markup import escape

from brain.output import screen
from brain.receiver import Received
from brain.wiring import Brain
from console.access import FIRST_ACCOUNT
from town.language import Language, in_script

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


def show(brain: Brain, *, url: str, password: str | None, embedded_port: int | None) -> None:
    """Say where everything is and how to sign in; a generated password is shown here and nowhere else."""
    town, settings = brain.bundle.town, brain.settings
    language = settings.language or town.language
    sign_in = (
        f"[bold]{FIRST_ACCOUNT}[/] / [bold]{password}[/]  ({_word('shown once', language)})"
        if password
        else f"{_word('known', language)} ({_word('forgotten', language)}: town account password {FIRST_ACCOUNT})"
    )
    broker = (
        f"mqtt://127.0.0.1:{embedded_port} (MQTT 3.1.1), :{embedded_port + 1} (MQTT 5)"
        if embedded_port
        else escape(settings.mqtt_url)
    )
    screen.print()
    screen.print(f"[bold]{escape(town.name.text(language))}[/] {escape(town.name.en) if language != 'en' else ''}")
    for word, value in (
        ("console", f"[bold cyan]{url}[/]"),
        ("sign in", sign_in),
        ("broker", broker),
        ("store", escape(settings.store_url)),
        ("state", escape(str(brain.state))),
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
