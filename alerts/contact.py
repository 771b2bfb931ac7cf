"""Whom a town can tell: people and targets, as people.yaml writes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.accounts import Limits
from alerts.hours import Hours
from town.language import Label, Language

Channel = Literal[
    "webhook", "email", "sms", "voice", "dingtalk", "wecom", "feishu", "lark", "telegram", "slack", "mqtt", "apprise"
]
"""Every way of telling somebody."""
PersonalChannel = Literal["email", "sms", "voice", "wecom", "telegram", "dingtalk", "feishu", "lark"]
"""What a person may have an address for; those of robots say who is mentioned in their group."""
REACHES_A_PERSON: tuple[Channel, ...] = ("email", "sms", "voice", "wecom", "telegram")
"""The ways that write to one person, and not into a group."""
EVERYBODY = "all"
"""Mentions everybody in a group."""


def many(value: Any) -> Any:
    """One text as a list of one."""
    return [value] if isinstance(value, str) else value


class Person(BaseModel):
    """Somebody who can be told; `channels` holds the address for each channel, the preferred one first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    name: str = Field(min_length=1, max_length=80)
    channels: dict[PersonalChannel, str]
    language: Language | None = None
    quiet: Hours | None = None
    """When this person is told of nothing but fire and what is critical; the rest is told afterwards."""


class Target(BaseModel):
    """A room, group, robot or hook; which of the keys it has follows from its channel (docs/senders.md)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    channel: Channel
    name: Label | None = None
    url: str | None = None
    secret: str | None = None
    signing_secret: str | None = None
    address: str | None = None
    topic: str | None = None
    mention: Annotated[tuple[str, ...], BeforeValidator(many)] = ()
    limits: Limits | None = None
    language: Language | None = None
    quiet: Hours | None = None
