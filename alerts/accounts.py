"""What a town sends with: its accounts at providers, and how much each provider lets a credential send."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alerts.allowance import Limit
from town.language import Language
from town.moment import DAY, MINUTE, SECOND, parse_duration

Variable = Literal["told", "severity", "category", "title", "place", "time", "number", "next"]
"""What a fixed template can be filled with."""
VARIABLES: tuple[Variable, ...] = ("told", "severity", "category", "title", "place", "time", "number", "next")

SecretName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
"""The name of a secret, in capitals, never the secret itself."""


def _limits(value: Any) -> Any:
    """`{1m: 20}` as limits; anything else is left for pydantic to refuse."""
    if not isinstance(value, Mapping):
        return value
    windows = {parse_duration(str(window)): count for window, count in value.items()}
    if any(isinstance(count, bool) or not isinstance(count, int) or count < 1 for count in windows.values()):
        raise ValueError("a limit is a whole number of messages, at least 1")
    if any(not SECOND <= window <= 30 * DAY for window in windows):
        raise ValueError("the window of a limit is between 1s and 30d")
    if any(count > 10_000 for count in windows.values()):
        raise ValueError("a limit is at most 10000 messages")
    return tuple(Limit(count, window) for window, count in sorted(windows.items()))


Limits = Annotated[tuple[Limit, ...], BeforeValidator(_limits)]
"""What a provider allows, written as `{1m: 20, 1d: 500}`; we use 80 % of it."""


class _Account(BaseModel):
    """What every account has: the name of its secret, and limits when they are not the usual ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretName
    limits: Limits | None = None


class AliyunSms(_Account):
    """Aliyun short messages: `secret` names the AccessKey secret, `templates` holds a template code per language."""

    provider: Literal["aliyun_sms"]
    access_key_id: str = Field(pattern=r"^[A-Za-z0-9._-]{8,64}$")
    sign_name: str = Field(min_length=2, max_length=12)
    templates: dict[Language, Annotated[str, Field(pattern=r"^SMS_[0-9]{1,20}$")]] = Field(min_length=1)
    variables: tuple[Variable, ...] = VARIABLES


class AliyunVoice(_Account):
    """Aliyun calls that read a template aloud; without `show_number`, one of Aliyun's common numbers is shown."""

    provider: Literal["aliyun_voice"] = "aliyun_voice"
    access_key_id: str = Field(pattern=r"^[A-Za-z0-9._-]{8,64}$")
    show_number: str | None = Field(None, pattern=r"^[0-9]{5,20}$")
    templates: dict[Language, Annotated[str, Field(pattern=r"^TTS_[0-9]{1,20}$")]] = Field(min_length=1)
    variables: tuple[Variable, ...] = VARIABLES
    times: int = Field(2, ge=1, le=3)


class Twilio(_Account):
    """Twilio short messages: `secret` names the auth token; they come from `number` or a `messaging_service`."""

    provider: Literal["twilio"]
    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    number: str | None = Field(None, pattern=r"^\+[1-9][0-9]{6,14}$")
    messaging_service: str | None = Field(None, pattern=r"^MG[0-9a-fA-F]{32}$")
    parts: int = Field(2, ge=1, le=6)
    """How many parts a message may have; a longer text is shortened."""


class WeComApp(_Account):
    """A WeCom application that writes to single people: `secret` names the application's secret."""

    provider: Literal["wecom_app"] = "wecom_app"
    corp_id: str = Field(pattern=r"^[A-Za-z0-9_-]{4,64}$")
    agent_id: int = Field(ge=1)


class TelegramBot(_Account):
    """A Telegram bot: `secret` names its token."""

    provider: Literal["telegram"] = "telegram"


Account = AliyunSms | AliyunVoice | Twilio | WeComApp | TelegramBot


class Accounts(BaseModel):
    """The account that each channel to single people uses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sms: Annotated[AliyunSms | Twilio, Field(discriminator="provider")] | None = None
    voice: AliyunVoice | None = None
    wecom: WeComApp | None = None
    telegram: TelegramBot | None = None

    def of(self, channel: str) -> Account | None:
        """The account of a channel, if the channel uses one and the town has it."""
        found: Account | None = getattr(self, channel, None) if channel in type(self).model_fields else None
        return found


USUAL_LIMITS: dict[str, tuple[Limit, ...]] = {
    "dingtalk": (Limit(20, MINUTE),),
    "wecom": (Limit(20, MINUTE),),
    "wecom_app": (Limit(30, MINUTE),),
    "feishu": (Limit(5, SECOND), Limit(100, MINUTE)),
    "lark": (Limit(5, SECOND), Limit(100, MINUTE)),
    "aliyun_sms": (Limit(2, MINUTE), Limit(50, DAY)),
    "aliyun_voice": (Limit(2, MINUTE), Limit(50, DAY)),
    "telegram": (Limit(1, SECOND), Limit(20, MINUTE)),
    "slack": (Limit(1, SECOND),),
}
"""What each provider's documentation allows a robot, or an account to one person; others have no limit of their own."""
