"""How the gateways are: online or not as they say themselves, when they were last heard, which devices are away."""

import msgspec

from ingest.decoded import DeviceStatus
from town.moment import Moment

_MOST_DEVICES = 10_000


class GatewayStatus(msgspec.Struct, frozen=True):
    """One gateway. `online` is None until it says so or sends anything; `since` is when that last changed."""

    gateway: str
    online: bool | None
    since: Moment | None
    last_message_at: Moment | None
    offline_devices: tuple[str, ...] = ()


class GatewayWatch:
    """What one gateway has said of itself and of its devices. What the broker kept counts as said, not as heard."""

    __slots__ = ("_away", "_gateway", "_since", "last_message_at", "online")

    def __init__(self, gateway: str) -> None:
        self.online: bool | None = None
        self.last_message_at: Moment | None = None
        self._gateway = gateway
        self._since: Moment | None = None
        self._away: set[str] = set()

    def told(self, status: DeviceStatus, now: Moment) -> None:
        """Take a status message."""
        if status.device is None:
            self._turn(status.online, now)
        elif status.online:
            self._away.discard(status.device)
        elif len(self._away) < _MOST_DEVICES:
            self._away.add(status.device)

    def heard(self, now: Moment) -> None:
        """Telemetry came: it is there, whatever its last word was."""
        self.last_message_at = now
        if not self.online:
            self._turn(True, now)

    def status(self) -> GatewayStatus:
        """As it is now."""
        return GatewayStatus(self._gateway, self.online, self._since, self.last_message_at, tuple(sorted(self._away)))

    def _turn(self, online: bool, now: Moment) -> None:
        if online is not self.online:
            self.online, self._since = online, now
