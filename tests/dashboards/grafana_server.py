"""A server that answers as the HTTP API of Grafana 12.4 is described at grafana.com/docs, with its state in memory."""

import contextlib
import copy
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
TOKEN = "glsa_0123456789"
VIEWER = "glsa_viewer"
PLAYLISTS = "/apis/playlist.grafana.app/v1/namespaces/default/playlists"


class GrafanaState:
    """What it has, and every request that would change something."""

    def __init__(self) -> None:
        self.folders: dict[str, Json] = {}
        self.sources: dict[str, Json] = {}
        self.secrets: dict[str, Json] = {}
        self.boards: dict[str, Json] = {}
        self.playlists: dict[str, Json] = {}
        self.writes: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """Status and body."""
        if path == "/api/health":
            return 200, {"commit": "abc", "database": "ok", "version": "12.4.0"}
        if method != "GET":
            self.writes.append(f"{method} {path}")
        for prefix, answer in (
            ("/api/folders", self._folder),
            ("/api/datasources", self._source),
            ("/api/dashboards", self._board),
            (PLAYLISTS, self._playlist),
        ):
            if path.startswith(prefix):
                return answer(method, path.removeprefix(prefix).strip("/"), body)
        return 404, {"message": "Not found"}

    def _folder(self, method: str, uid: str, body: Json) -> tuple[int, Json]:
        if method == "POST":
            if body["uid"] in self.folders:
                return 409, {"message": "a folder with the same UID already exists"}
            self.folders[body["uid"]] = {"id": 1, "uid": body["uid"], "title": body["title"], "version": 1}
            return 200, self.folders[body["uid"]]
        if uid not in self.folders:
            return 404, {"message": "folder not found", "status": "not-found"}
        folder = self.folders[uid]
        if method == "PUT":
            if not body.get("overwrite") and body.get("version") != folder["version"]:
                return 412, {"message": "the folder has been changed by someone else", "status": "version-mismatch"}
            folder |= {"title": body["title"], "version": folder["version"] + 1}
        return 200, folder

    def _source(self, method: str, rest: str, body: Json) -> tuple[int, Json]:
        if method == "POST":
            if any(one["name"] == body["name"] for one in self.sources.values()):
                return 409, {"message": "data source with the same name already exists"}
            return 200, {"datasource": self._keep(body), "message": "Datasource added", "name": body["name"]}
        uid = rest.removeprefix("uid/")
        if uid not in self.sources:
            return 404, {"message": "Data source not found"}
        if method == "PUT":
            return 200, {"datasource": self._keep(body), "message": "Datasource updated", "name": body["name"]}
        return 200, self.sources[uid]

    def _keep(self, body: Json) -> Json:
        shown = {key: value for key, value in body.items() if key not in ("secureJsonData", "editable")}
        secrets = body.get("secureJsonData", {})
        self.secrets[body["uid"]] = secrets
        defaults = {
            "basicAuth": False,
            "database": "",
            "id": 7,
            "readOnly": False,
            "user": "",
            "withCredentials": False,
        }
        self.sources[body["uid"]] = {
            **defaults,
            **shown,
            "secureJsonFields": dict.fromkeys(secrets, True),
            "version": 1,
        }
        return self.sources[body["uid"]]

    def _board(self, method: str, rest: str, body: Json) -> tuple[int, Json]:
        if method == "POST" and rest == "db":
            return self._save(body)
        uid = rest.removeprefix("uid/")
        if uid not in self.boards:
            return 404, {"message": "Dashboard not found"}
        return 200, self.boards[uid]

    def _save(self, body: Json) -> tuple[int, Json]:
        board, uid = copy.deepcopy(body["dashboard"]), body["dashboard"]["uid"]
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found", "status": "not-found"}
        before = self.boards.get(uid, {"dashboard": {"version": 0}})
        if before["dashboard"]["version"] and not body.get("overwrite"):
            message = "The dashboard has been changed by someone else"
            return 412, {"message": message, "status": "version-mismatch"}
        version = before["dashboard"]["version"] + 1
        board |= {"id": 100 + len(self.boards), "version": version}
        self.boards[uid] = {"dashboard": board, "meta": {"folderUid": body["folderUid"], "provisioned": False}}
        return 200, {"id": board["id"], "status": "success", "uid": uid, "url": f"/d/{uid}", "version": version}

    def _playlist(self, method: str, name: str, body: Json) -> tuple[int, Json]:
        if method == "POST":
            return self._put(body["metadata"]["name"], body, "1", 201)
        if name not in self.playlists:
            return 404, {"kind": "Status", "message": "playlist not found", "reason": "NotFound", "code": 404}
        there = self.playlists[name]["metadata"]["resourceVersion"]
        if method == "PUT":
            if body["metadata"].get("resourceVersion") != there:
                return 409, {"kind": "Status", "message": "the object has been modified", "reason": "Conflict"}
            return self._put(name, body, str(int(there) + 1), 200)
        return 200, self.playlists[name]

    def _put(self, name: str, body: Json, version: str, status: int) -> tuple[int, Json]:
        metadata = {"name": name, "namespace": "default", "resourceVersion": version}
        self.playlists[name] = {**body, "metadata": metadata}
        return status, self.playlists[name]


@contextlib.contextmanager
def running_grafana(state: GrafanaState | None = None) -> Iterator[GrafanaState]:
    """A server on a loopback port until the block ends; `url` says where."""
    state = state or GrafanaState()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, answer = 401, {"message": "Invalid API key"}
            if token == TOKEN or self.path == "/api/health":
                status, answer = state.answer(self.command, self.path, body)
            elif token == VIEWER:
                status, answer = 403, {"message": "You'll need additional permissions to perform this action."}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
