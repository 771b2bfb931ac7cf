"""Brings a running Grafana to where the boards are: folders, data sources, boards, and a playlist for the wall.

What is as it should be is left alone, so doing it again changes nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from dashboards.board import FOLDERS, Board
from dashboards.grafana import Grafana, Json
from dashboards.words import Words
from town.errors import ConfigError

PLAYLISTS = "/apis/playlist.grafana.app/v1/namespaces/default/playlists"
PLAYLIST = "town-wall"
EVERY = "1m"

Did = Literal["created", "changed", "unchanged"]


class Change(NamedTuple):
    """What was done, or would be, with one thing."""

    kind: Literal["folder", "data source", "board", "playlist"]
    name: str
    did: Did


class Push:
    """One push. With `dry_run` nothing is written; with `renew` also what seems as it should be, such as a token."""

    def __init__(self, grafana: Grafana, *, dry_run: bool, renew: bool = False) -> None:
        self._grafana, self._dry_run, self._renew = grafana, dry_run, renew

    def run(self, boards: Sequence[Board], sources: Sequence[Json], say: Words) -> Iterator[Change]:
        """Everything in the order in which one needs the other. Raises ConfigError at the first thing Grafana refuses.

        A source that has no `url` must be there already.
        """
        for folder in FOLDERS:
            yield self._folder(folder.uid, say(folder.zh, folder.en))
        for source in sources:
            yield self._source(source)
        for board in boards:
            yield self._board(board)
        yield self._playlist(say("墙面", "Wall"))

    def _folder(self, uid: str, title: str) -> Change:
        found = self._grafana.find(f"/api/folders/{uid}")
        if found is None:
            return self._done("folder", title, "POST", "/api/folders", {"title": title, "uid": uid})
        if found.get("title") == title and not self._renew:
            return Change("folder", title, "unchanged")
        return self._done("folder", title, "PUT", f"/api/folders/{uid}", {"overwrite": True, "title": title})

    def _source(self, source: Json) -> Change:
        uid, name = source["uid"], str(source["name"])
        found = self._grafana.find(f"/api/datasources/uid/{uid}")
        if not source["url"]:
            if found is None:
                raise ConfigError(f"Grafana has no data source {uid}: name its address ({_OPTION[uid]})")
            return Change("data source", name, "unchanged")
        if found is None:
            return self._done("data source", name, "POST", "/api/datasources", source)
        if found.get("readOnly"):
            raise ConfigError(f"The data source {uid} is provisioned from a file: change the file, or push without it")
        if _same_source(found, source) and not self._renew:
            return Change("data source", name, "unchanged")
        return self._done("data source", name, "PUT", f"/api/datasources/uid/{uid}", source)

    def _board(self, board: Board) -> Change:
        ours = board.build()
        found = self._grafana.find(f"/api/dashboards/uid/{board.uid}")
        meta = {} if found is None else found.get("meta", {})
        if meta.get("provisioned"):
            raise ConfigError(
                f"The board {board.uid} is provisioned from a file ({meta.get('provisionedExternalId') or 'unknown'}): "
                "change the file; `town boards build` writes it"
            )
        body = {"dashboard": ours, "folderUid": board.folder.uid, "message": "town boards push", "overwrite": True}
        if found is None:
            return self._done("board", board.title, "POST", "/api/dashboards/db", body)
        there = {key: value for key, value in found["dashboard"].items() if key not in ("id", "version")}
        if there == ours and meta.get("folderUid") == board.folder.uid and not self._renew:
            return Change("board", board.title, "unchanged")
        return self._done("board", board.title, "POST", "/api/dashboards/db", body, did="changed")

    def _playlist(self, title: str) -> Change:
        found = self._grafana.find(f"{PLAYLISTS}/{PLAYLIST}")
        spec = {"interval": EVERY, "items": [{"type": "dashboard_by_tag", "value": "wall"}], "title": title}
        body: Json = {"apiVersion": "playlist.grafana.app/v1", "kind": "Playlist", "spec": spec}
        if found is None:
            return self._done("playlist", title, "POST", PLAYLISTS, body | {"metadata": {"name": PLAYLIST}})
        if _part(found.get("spec"), spec) == spec and not self._renew:
            return Change("playlist", title, "unchanged")
        version = found.get("metadata", {}).get("resourceVersion")
        body["metadata"] = {"name": PLAYLIST, "resourceVersion": version}
        return self._done("playlist", title, "PUT", f"{PLAYLISTS}/{PLAYLIST}", body)

    def _done(
        self,
        kind: Literal["folder", "data source", "board", "playlist"],
        name: str,
        how: Literal["POST", "PUT"],
        path: str,
        body: Json,
        *,
        did: Did | None = None,
    ) -> Change:
        if not self._dry_run:
            (self._grafana.create if how == "POST" else self._grafana.change)(path, body)
        return Change(kind, name, did or ("created" if how == "POST" else "changed"))


_OPTION = {"town-influx": "--influx http://influxdb:8086", "town-alerts": "--console http://console:8080"}


def _same_source(found: Json, source: Json) -> bool:
    """Whether nothing differs that can be seen: Grafana hands out no secrets, only whether there are any."""
    seen = {key: value for key, value in source.items() if key not in ("orgId", "secureJsonData", "editable")}
    secrets = source.get("secureJsonData", {}).keys()
    return _part(found, seen) == seen and all(found.get("secureJsonFields", {}).get(name) for name in secrets)


def _part(found: Any, wanted: Any) -> Any:
    """What is found of what is wanted: Grafana adds keys of its own."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {key: _part(found.get(key), value) for key, value in wanted.items()}
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return [_part(one, other) for one, other in zip(found, wanted, strict=True)]
    return found
