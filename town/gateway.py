"""Gateways: what forwards for many sensors over one MQTT connection."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from town.language import Label


class Gateway(BaseModel):
    """A gateway, the decoder that reads what it sends, and the topic filters (MQTT 5 section 4.7) it sends on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: Label
    decoder: str
    topics: tuple[str, ...]
    options: dict[str, Any] = {}
    """What its decoder may be told; each decoder says which."""
    secret: str | None = None
    """The name of the secret that holds its password, never the password."""
