"""A running Grafana over its HTTP API: what it has, and what it is to have."""

import json
from typing import Any

from grafana_api.api import Api
from grafana_api.model import APIModel, RequestsMethods
from httpx import ConnectError, HTTPError, InvalidURL

from town.errors import ConfigError

Json = dict[str, Any]

NOT_THERE = 404
_SECONDS = 15.0
_NOT_ALLOWED = (401, 403)


class Grafana:
    """One Grafana, spoken to with the token of a service account. `url` may have a path, such as `/grafana`."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        # The token goes nowhere else: redirects are not followed.
        model = APIModel(self.url, token=token, headers={}, timeout=_SECONDS, retries=0, follow_redirects=False)
        self._api = Api(model)

    def version(self) -> str:
        """What answers there. Raises ConfigError when it is no Grafana."""
        answer = self._call("/api/health", RequestsMethods.GET)
        if answer is None or "database" not in answer:
            raise ConfigError(f"{self.url} is no Grafana: its /api/health does not answer as Grafana does")
        return str(answer.get("version", "of an unknown version"))

    def find(self, path: str) -> Json | None:
        """What is there, or None. Raises ConfigError when we may not see it."""
        return self._call(path, RequestsMethods.GET)

    def create(self, path: str, body: Json) -> Json:
        """Make it. Raises ConfigError with what Grafana says when it will not."""
        found = self._call(path, RequestsMethods.POST, body)
        if found is None:
            raise ConfigError(f"{self.url}{path}: this Grafana has no such thing; boards are for Grafana 12.4")
        return found

    def change(self, path: str, body: Json) -> Json:
        """Replace it. Raises ConfigError with what Grafana says when it will not."""
        found = self._call(path, RequestsMethods.PUT, body)
        if found is None:
            raise ConfigError(f"{self.url}{path} is no longer there: try again")
        return found

    def _call(self, path: str, method: RequestsMethods, body: Json | None = None) -> Json | None:
        text = None if body is None else json.dumps(body, ensure_ascii=False)
        try:
            answer = self._api.call_the_api(path, method, text, response_status_code=True)
        except ConnectError as error:  # also what it makes of a token that Grafana does not know
            raise ConfigError(f"{self.url}: {error}: check the address and TOWN_GRAFANA_TOKEN") from None
        except (HTTPError, InvalidURL) as error:
            raise ConfigError(f"{self.url} does not answer: {error or type(error).__name__}") from None
        status = answer.get("status") if isinstance(answer, dict) else None
        if status == NOT_THERE:
            return None
        if status in _NOT_ALLOWED:
            raise ConfigError(
                f"{self.url}{path}: {_words(answer)} ({status}): TOWN_GRAFANA_TOKEN must be of a service account "
                "with the role Admin"
            )
        if not isinstance(status, int) or not 200 <= status < 300:
            raise ConfigError(f"{self.url}{path} answered {status}: {_words(answer)}")
        found: Json = answer
        return found


def _words(answer: Any) -> str:
    """What Grafana says is wrong, on one line and cut short."""
    said = answer.get("message") or answer.get("data") if isinstance(answer, dict) else answer
    return " ".join(str(said or "without a word").split())[:300]
