"""What Grafana reads when it starts: data sources, a provider for each folder of boards, and the watchdog."""

from typing import Any

from dashboards.board import FOLDERS
from dashboards.query import ALERTS_NAME, ALERTS_UID, INFLUX_UID
from dashboards.words import Words

INFLUX_NAME = "Town"
WATCHDOG_FOLDER_ZH, WATCHDOG_FOLDER_EN = "看门狗", "Watchdog"
WATCHDOG_UID = "town-ingest-silent"

Json = dict[str, Any]


def data_sources() -> Json:
    """The store, and our alerts for Grafana's own Alert list. Addresses and secrets come from the environment.

    Deleted first: a changed uid would stop the whole file. `$VAR` and not `${VAR}`, which is expanded twice.
    """
    return {
        "apiVersion": 1,
        "deleteDatasources": [{"name": INFLUX_NAME, "orgId": 1}, {"name": ALERTS_NAME, "orgId": 1}],
        "datasources": [
            influx_source(url="$INFLUX_URL", authorization="Token $INFLUX_TOKEN"),
            alerts_source(url="$TOWN_URL", authorization="Bearer $TOWN_TOKEN"),
        ],
    }


def influx_source(*, url: str, authorization: str, database: str = "town") -> Json:
    """InfluxDB over InfluxQL; `authorization` is the header, empty for a 1.x without users."""
    source: Json = {
        "access": "proxy",
        "editable": False,
        "isDefault": True,
        "jsonData": {"dbName": database, "httpMode": "POST", "timeInterval": "1s", "version": "InfluxQL"},
        "name": INFLUX_NAME,
        "orgId": 1,
        "type": "influxdb",
        "uid": INFLUX_UID,
        "url": url,
    }
    return _authorized(source, authorization)


def _authorized(source: Json, authorization: str) -> Json:
    if not authorization:
        return source
    data = {**source["jsonData"], "httpHeaderName1": "Authorization"}
    return {**source, "jsonData": data, "secureJsonData": {"httpHeaderValue1": authorization}}


def alerts_source(*, url: str, authorization: str = "") -> Json:
    """Our `/api/v1/rules` as a Prometheus; `authorization` is the header with a token of the console's."""
    source = {
        "access": "proxy",
        "editable": False,
        "isDefault": False,
        "jsonData": {"httpMethod": "GET", "manageAlerts": True, "prometheusType": "Prometheus"},
        "name": ALERTS_NAME,
        "orgId": 1,
        "type": "prometheus",
        "uid": ALERTS_UID,
        "url": url,
    }
    return _authorized(source, authorization)


def providers(say: Words, *, where: str) -> Json:
    """One provider for each folder; read again every 30 s, because bind mounts tell nothing of changes."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "allowUiUpdates": False,
                "disableDeletion": False,
                "editable": False,
                "folder": say(folder.zh, folder.en),
                "folderUid": folder.uid,
                "name": folder.uid,
                "options": {"foldersFromFilesStructure": False, "path": f"{where}/{folder.uid}"},
                "orgId": 1,
                "type": "file",
                "updateIntervalSeconds": 30,
            }
            for folder in FOLDERS
        ],
    }


def watchdog(say: Words) -> Json:
    """Notices that ingest writes nothing, when the brain can no longer say so itself, and tells a webhook.

    No policies: a policies file replaces the whole tree. The rule names its contact point itself.
    """
    return {
        "apiVersion": 1,
        "contactPoints": [
            {
                "name": "town-watchdog",
                "orgId": 1,
                "receivers": [
                    {
                        "disableResolveMessage": False,
                        "settings": {"httpMethod": "POST", "url": "$TOWN_WATCHDOG_URL"},
                        "type": "webhook",
                        "uid": "town-watchdog",
                    }
                ],
            }
        ],
        "groups": [
            {
                "folder": say(WATCHDOG_FOLDER_ZH, WATCHDOG_FOLDER_EN),
                "interval": "10s",
                "name": "town-watchdog",
                "orgId": 1,
                "rules": [_ingest_silent(say)],
            }
        ],
    }


def watchdog_board(say: Words) -> Json:
    """The watchdog's question as if a board asked it, to be checked with theirs."""
    rule = _ingest_silent(say)
    target = rule["data"][0]["model"]
    return {
        "title": say(WATCHDOG_FOLDER_ZH, WATCHDOG_FOLDER_EN),
        "panels": [{"title": rule["title"], "targets": [target]}],
    }


def _ingest_silent(say: Words) -> Json:
    return {
        "annotations": {
            "description": say(
                "InfluxDB 中已有 60 秒没有新的读数：检查收讯进程、代理与存储。",
                "No reading has been stored for 60 s: look at ingest, the broker and the store.",
            ),
            "summary": say("收讯停止入库", "Ingest writes nothing"),
        },
        "condition": "C",
        "data": [_stored(), _expression("B", "reduce", "A", reducer="max"), _is_nothing()],
        "execErrState": "Alerting",
        "for": "0s",
        "isPaused": False,
        "labels": {"category": "device", "severity": "critical"},
        "noDataState": "Alerting",
        "notification_settings": {"receiver": "town-watchdog"},
        "title": say("60 秒没有数据入库", "Ingest writes nothing for 60 s"),
        "uid": WATCHDOG_UID,
    }


def _stored() -> Json:
    """The most readings a second of the last minute, by town, as ingest tells. Without `$`, which is expanded."""
    query = (
        'SELECT max("value") AS "readings_per_s" FROM "brain_pipeline" '
        'WHERE time > now() - 60s AND "figure" = \'readings_per_s\' GROUP BY "town"'
    )
    model = {
        "datasource": {"type": "influxdb", "uid": INFLUX_UID},
        "intervalMs": 1000,
        "maxDataPoints": 100,
        "query": query,
        "rawQuery": True,
        "refId": "A",
        "resultFormat": "time_series",
    }
    return {"datasourceUid": INFLUX_UID, "model": model, "refId": "A", "relativeTimeRange": {"from": 60, "to": 0}}


def _expression(ref: str, kind: str, of: str, **more: Any) -> Json:
    model = {"datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": of, "refId": ref, "type": kind}
    span = {"from": 0, "to": 0}
    return {"datasourceUid": "__expr__", "model": model | more, "refId": ref, "relativeTimeRange": span}


def _is_nothing() -> Json:
    return _expression("C", "threshold", "B", conditions=[{"evaluator": {"params": [0], "type": "lte"}}])
