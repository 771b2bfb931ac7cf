"""Templates: HTML from what the views prepared, escaped, in one language."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.words import Words, words
from town.alert import AlertState, Severity
from town.language import Language

_FOLDER = Path(__file__).parent / "templates"


def render(template: str, told: Words, **values: Any) -> str:
    """The template with these values; raises for a name that nobody gave."""
    return _environment(told.language).get_template(template).render(values)


def severity_name(told: Words, severity: Severity) -> str:
    """What people call a severity."""
    names: Mapping[Severity, str] = {
        Severity.CRITICAL: told.gettext("Critical"),
        Severity.MAJOR: told.gettext("Major"),
        Severity.MINOR: told.gettext("Minor"),
        Severity.ADVISORY: told.gettext("Advisory"),
    }
    return names[severity]


def state_name(told: Words, state: AlertState) -> str:
    """What people call the state of an alert."""
    names: Mapping[AlertState, str] = {
        AlertState.NORMAL: told.gettext("normal"),
        AlertState.PENDING: told.gettext("pending"),
        AlertState.ACTIVE: told.gettext("nobody has it"),
        AlertState.ACKNOWLEDGED: told.gettext("somebody has it"),
        AlertState.RETURNED: told.gettext("gone, nobody had it"),
        AlertState.LATCHED: told.gettext("gone, needs a reset"),
        AlertState.SHELVED: told.gettext("shelved"),
        AlertState.SUPPRESSED: told.gettext("suppressed"),
        AlertState.CLOSED: told.gettext("closed"),
    }
    return names[state]


@cache
def _environment(language: Language) -> Environment:
    told = words(language)
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        told.gettext, told.ngettext, newstyle=True
    )
    environment.globals.update(
        words=told,
        severity_name=lambda severity: severity_name(told, severity),
        state_name=lambda state: state_name(told, state),
    )
    return environment
