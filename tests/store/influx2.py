"""The management API of InfluxDB 2.x as its documentation says, in memory: organisations, buckets, mappings, tokens."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.store.answering import Answer, Asked

JSON = (("Content-Type", "application/json"), ("Connection", "close"))


class Influx2:
    """Answers one administrator's token; with `virtual` mappings a bucket `a/b` is found as database a, policy b."""

    def __init__(self, *, organisations: tuple[str, ...] = ("town hall",), virtual: bool = True) -> None:
        self.organisations = [{"id": f"{i:016x}", "name": name} for i, name in enumerate(organisations, 1)]
        self.buckets: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = []
        self.authorizations: list[dict[str, Any]] = []
        self.virtual = virtual
        self.changes: list[str] = []

    def __call__(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.target)
        if parts.path == "/ping":
            return Answer(204, headers=(("X-Influxdb-Version", "v2.7.12"),))
        if asked.headers.get("authorization") != "Token adm1n":
            return Answer(401, '{"code":"unauthorized","message":"unauthorized access"}', JSON)
        by = {name: values[0] for name, values in parse_qs(parts.query).items()}
        kind, _, one = parts.path.removeprefix("/api/v2/").partition("/")
        body = json.loads(asked.body) if asked.body else None
        if body is not None:
            self.changes.append(f"{asked.method} {kind}")
        status, answer = getattr(self, f"_{kind}")(by, body, one)
        return Answer(status, json.dumps(answer), JSON)

    def _orgs(self, by: dict[str, str], body: Any, _: str) -> tuple[int, Any]:
        if body is not None:
            self.organisations.append({"id": f"{len(self.organisations) + 1:016x}", **body})
            return 201, self.organisations[-1]
        found = [one for one in self.organisations if by.get("org", one["name"]) == one["name"]]
        if "org" in by and not found:
            return 404, {"code": "not found", "message": f'organization name "{by["org"]}" not found'}
        return 200, {"orgs": found}

    def _buckets(self, by: dict[str, str], body: Any, one: str) -> tuple[int, Any]:
        if one:
            bucket = next(each for each in self.buckets if each["id"] == one)
            bucket["retentionRules"] = body["retentionRules"]
            return 200, bucket
        if body is not None:
            self.buckets.append({"id": f"{len(self.buckets) + 1:016x}", **body})
            return 201, self.buckets[-1]
        return 200, {"buckets": [each for each in self.buckets if each["name"] == by["name"]]}

    def _dbrps(self, by: dict[str, str], body: Any, _: str) -> tuple[int, Any]:
        if body is not None:
            self.mappings.append({"id": f"{len(self.mappings) + 1:016x}", **body})
            return 201, self.mappings[-1]
        virtual = [_mapping(bucket) for bucket in self.buckets] if self.virtual else []
        return 200, {"content": [one for one in [*self.mappings, *virtual] if one["database"] == by["db"]]}

    def _authorizations(self, by: dict[str, str], body: Any, _: str) -> tuple[int, Any]:
        if body is not None:
            number = len(self.authorizations) + 1
            self.authorizations.append({"id": f"{number:016x}", "token": f"fresh-{number}", **body})
            return 201, self.authorizations[-1]
        return 200, {"authorizations": [one for one in self.authorizations if one["orgID"] == by["orgID"]]}


def _mapping(bucket: dict[str, Any]) -> dict[str, Any]:
    database, _, policy = bucket["name"].partition("/")
    return {
        "id": bucket["id"],
        "orgID": bucket["orgID"],
        "bucketID": bucket["id"],
        "database": database,
        "retention_policy": policy or "autogen",
        "default": not policy,
        "virtual": True,
    }
