"""A message as head, lines and link, shortened to what a channel takes: lines go first from the end, then the head."""

from bisect import bisect_left
from collections.abc import Callable, Sequence

import msgspec

from alerts.sending import OutgoingMessage

_ELLIPSIS = "…"

# Full-width signs look alike and are plain text in every dialect; backslashes are shown as they are by some robots.
_MARKDOWN = str.maketrans(
    {"[": "［", "]": "］", "*": "＊", "_": "＿", "`": "｀", "#": "＃", "<": "＜", ">": "＞", "~": "～"}
)


class Layout(msgspec.Struct, frozen=True):
    """What a message is made of; `link_label` says what the link is for."""

    head: str
    lines: tuple[str, ...]
    link: str | None
    link_label: str


def layout_of(message: OutgoingMessage) -> Layout:
    """The parts of a message; the line of its text that holds the link is not among the lines."""
    lines, label = [], message.link or ""
    for line in message.text.splitlines()[1:]:
        if message.link and line.endswith(message.link):
            label = line.removesuffix(message.link).rstrip("：: ") or label
        else:
            lines.append(line)
    return Layout(message.subject, tuple(lines), message.link, label)


def fit(
    head: str, lines: Sequence[str], *, write: Callable[[str, Sequence[str]], str], fits: Callable[[str], bool]
) -> str:
    """What `write` makes of head and lines, with as many lines and as much of the head as fit.

    The head is the last to be shortened: it says it all.
    """
    whole = write(head, lines)
    if fits(whole):
        return whole
    count = _most(len(lines), lambda count: fits(write(head, (*lines[:count], _ELLIPSIS))))
    if count is not None:
        return write(head, (*lines[:count], _ELLIPSIS))
    length = _most(len(head), lambda length: fits(write(head[:length] + _ELLIPSIS, ())))
    return "" if length is None else write(head[:length] + _ELLIPSIS, ())


def _most(below: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number below a bound that fits, when every smaller one does too; None when 0 does not."""
    found = bisect_left(range(below), True, key=lambda number: not fits(number))
    return found - 1 if found else None


def plain_text(message: OutgoingMessage, *, fits: Callable[[str], bool], also: Sequence[str] = ()) -> str:
    """The message without any markup, its link and what is `also` said kept at the end."""
    layout = layout_of(message)
    link = [f"{layout.link_label} {layout.link}"] if layout.link else []

    def write(head: str, lines: Sequence[str]) -> str:
        return "\n".join([head, *lines, *link, *also])

    return fit(layout.head, layout.lines, write=write, fits=fits)


def no_markdown(text: str) -> str:
    """Text from outside in which no dialect of Markdown finds links, pictures, headings or emphasis."""
    return text.translate(_MARKDOWN)


def in_bytes(limit: int) -> Callable[[str], bool]:
    """Whether a text has at most so many bytes of UTF-8."""
    return lambda text: len(text.encode()) <= limit


def utf16_units(text: str) -> int:
    """The length of a text as phones and many providers count it: signs beyond U+FFFF are two."""
    return len(text.encode("utf-16-le")) // 2
