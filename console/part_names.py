"""What people call the parts of the line."""

from console.words import Words


def part_names(told: Words) -> dict[str, str]:
    """What people call the parts of the line."""
    return {
        "broker": told.gettext("broker"),
        "ingest": told.gettext("intake"),
        "store": told.gettext("store"),
        "rule files": told.gettext("rule files"),
        "people file": told.gettext("people file"),
        "spool": told.gettext("spool on disk"),
        "ledger": told.gettext("loss ledger"),
        "gateways": told.gettext("Gateways"),
        "telling": told.gettext("telling the rules"),
        "following": told.gettext("hearing ingest"),
        "rollups": told.gettext("rollups"),
        "rules": told.gettext("rules"),
        "alerts": told.gettext("alert book"),
        "alert book": told.gettext("alert book"),
        "outbox": told.gettext("outbox"),
        "heartbeat": told.gettext("sign of life"),
        "own measurements": told.gettext("own measurements"),
        "alert events to the store": told.gettext("alert events to the store"),
        "alert events to the broker": told.gettext("alert events to the broker"),
        "console": told.gettext("console"),
        "simulator": told.gettext("simulator"),
    }
