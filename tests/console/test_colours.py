"""Contrast of the two themes, after WCAG 2.2 (1.4.3 for texts, 1.4.11 for marks)."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "console" / "static" / "console.css").read_text()
SEVERITIES = ("critical", "major", "minor", "advisory")


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme, by name."""
    start = CSS.index(':root[data-theme="light"]') if theme == "light" else CSS.index(":root {")
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", CSS[start : CSS.index("}", start)]))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("ground", ["bg", "panel", "raised"])
def test_texts_can_be_read(theme: str, ground: str) -> None:
    colours = tokens(theme)

    assert contrast(colours["text"], colours[ground]) >= 4.5
    assert contrast(colours["muted"], colours[ground]) >= 4.5
    assert contrast(colours["on-primary"], colours["primary"]) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("severity", SEVERITIES)
def test_alerts_can_be_read(theme: str, severity: str) -> None:
    colours = tokens(theme)

    assert contrast(colours["on-mark"], colours[severity]) >= 4.5
    assert contrast(colours["text"], colours[f"{severity}-wash"]) >= 4.5
    assert contrast(colours["muted"], colours[f"{severity}-wash"]) >= 4.5
    assert contrast(colours[severity], colours[f"{severity}-wash"]) >= 3  # only large and bold on it
    assert contrast(colours[severity], colours["panel"]) >= 4.5
    assert contrast(colours[severity], colours["raised"]) >= 3


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("trace", ["trace-1", "trace-2", "trace-3"])
def test_traces_can_be_seen(theme: str, trace: str) -> None:
    colours = tokens(theme)

    assert contrast(colours[trace], colours["panel"]) >= 3
