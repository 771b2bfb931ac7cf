"""Providers that are as strict as they say: they count, fall silent, and remember every limit that was broken."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.alerts.receivers import Request, says
from tests.alerts.small_town import Clock
from town.moment import DAY, MINUTE, SECOND, Moment


@dataclass
class Credential:
    """What one credential was asked to do: when, and what it said."""

    limits: tuple[tuple[int, int], ...]
    """At most so many in any window of so long."""
    silence: int = 0
    """For how long it says nothing more once it was too fast."""
    texts: list[tuple[Moment, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    silent_until: Moment = 0

    def takes(self, now: Moment, text: str) -> bool:
        """Whether one more is taken at this moment."""
        if now < self.silent_until:
            self.broken.append(f"asked at {now} while it was silent")
            return False
        for most, window in self.limits:
            if sum(at > now - window for at, _ in self.texts) >= most:
                self.broken.append(f"more than {most} in {window} ms at {now}")
                self.silent_until = now + self.silence
                return False
        self.texts.append((now, text))
        return True


class StrictProviders:
    """All of them on one port, told apart by their paths."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.dingtalk = Credential(((20, MINUTE),), silence=10 * MINUTE)
        self.wecom = Credential(((20, MINUTE),))
        self.feishu = Credential(((5, SECOND), (100, MINUTE)))
        self.telegram = Credential(((1, SECOND), (20, MINUTE)))
        self.slack = Credential(((1, SECOND),))
        self.aliyun = Credential(((2, MINUTE), (50, DAY)))

    @property
    def all(self) -> list[Credential]:
        """Every credential."""
        return [self.dingtalk, self.wecom, self.feishu, self.telegram, self.slack, self.aliyun]

    def answer(self, request: Request) -> bytes:
        """What the provider says whose path it is."""
        path = urlsplit(request.path).path
        found: dict[str, Callable[[Request], Any]] = {
            "/robot/send": self._dingtalk,
            "/cgi-bin/webhook/send": self._wecom,
            "/open-apis/bot/v2/hook/hook": self._feishu,
            "/bot1:bot/sendMessage": self._telegram,
            "/services/T/B/x": self._slack,
            "/": self._aliyun,
        }
        status, body = found[path](request)
        return says(status, body if isinstance(body, bytes) else json.dumps(body).encode())(request)

    def _dingtalk(self, request: Request) -> tuple[str, object]:
        self._check_size(self.dingtalk, len(request.body), 20_000)
        text = json.loads(request.body)["markdown"]["text"]
        return "200 OK", {"errcode": 0 if self.dingtalk.takes(self._clock(), text) else 130101}

    def _wecom(self, request: Request) -> tuple[str, object]:
        body = json.loads(request.body)
        text = body[body["msgtype"]]["content"]
        self._check_size(self.wecom, len(text.encode()), 4_096 if body["msgtype"] == "markdown" else 2_048)
        return "200 OK", {"errcode": 0 if self.wecom.takes(self._clock(), text) else 45009}

    def _feishu(self, request: Request) -> tuple[str, object]:
        self._check_size(self.feishu, len(request.body), 20_480)
        card = json.loads(request.body)["card"]
        text = card["header"]["title"]["content"] + "\n" + card["elements"][0]["text"]["content"]
        return "200 OK", {"code": 0 if self.feishu.takes(self._clock(), text) else 11232}

    def _telegram(self, request: Request) -> tuple[str, object]:
        text = json.loads(request.body)["text"]
        self._check_size(self.telegram, len(text), 4_096)
        if self.telegram.takes(self._clock(), text):
            return "200 OK", {"ok": True}
        return "429 Too Many Requests", {"ok": False, "error_code": 429, "parameters": {"retry_after": 30}}

    def _slack(self, request: Request) -> tuple[str, object]:
        blocks = json.loads(request.body)["blocks"]
        texts = [block["text"]["text"] for block in blocks if "text" in block]
        self._check_size(self.slack, max(map(len, texts)), 3_000)
        taken = self.slack.takes(self._clock(), "\n".join(texts))
        return ("200 OK", b"ok") if taken else ("429 Too Many Requests", b"rate_limited")

    def _aliyun(self, request: Request) -> tuple[str, object]:
        query = {name: value for name, [value] in parse_qs(urlsplit(request.path).query).items()}
        variables = json.loads(query["TemplateParam"])
        self._check_size(self.aliyun, max(map(len, variables.values())), 35)
        if self.aliyun.takes(self._clock(), json.dumps(variables, ensure_ascii=False)):
            return "200 OK", {"Code": "OK", "BizId": "1"}
        return "200 OK", {"Code": "isv.BUSINESS_LIMIT_CONTROL"}

    def _check_size(self, credential: Credential, size: int, most: int) -> None:
        if size > most:
            credential.broken.append(f"{size} where {most} are allowed")
