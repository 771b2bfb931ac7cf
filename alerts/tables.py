"""The tables of the alert book, for SQLite and PostgreSQL alike. Moments are BIGINT milliseconds since 1970 UTC."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

IDENTIFIER = String(200)
WORD = String(32)

alert = Table(
    "alert",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("rule", IDENTIFIER, nullable=False),
    Column("subject_kind", WORD, nullable=False),
    Column("subject", IDENTIFIER, nullable=False),
    Column("facility", IDENTIFIER),
    Column("zone", IDENTIFIER),
    Column("category", WORD, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("severity", WORD, nullable=False),
    Column("latches", Boolean, nullable=False),
    Column("condition", WORD, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("latched", Boolean, nullable=False),
    Column("activations", Integer, nullable=False),
    Column("suppressed_by", IDENTIFIER),
    Column("chattering", Boolean, nullable=False, server_default=text("false")),
    Column("unheard", Boolean, nullable=False, server_default=text("false")),
    Column("closed", String(64)),
    Column("state", WORD, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", IDENTIFIER),
    Column("closed_at", BigInteger),
    Column("closed_by", IDENTIFIER),
    Column("entries", Integer, nullable=False),
    Column("maintenance", String(24)),
    Column("drill", String(24)),
    Column("shelved_until", BigInteger),
    Column("shelved_by", IDENTIFIER),
    Column("shelved_why", Text),
    Column("out_of_service", Boolean, nullable=False, server_default=text("false")),
    Column("out_of_service_by", IDENTIFIER),
    Column("out_of_service_why", Text),
    Column("assigned_to", IDENTIFIER),
    Column("verification", WORD),
    Column("acknowledge_due_at", BigInteger),
    Column("resolve_due_at", BigInteger),
    Column("verify_due_at", BigInteger),
    Column("acknowledge_overdue", Boolean, nullable=False, server_default=text("false")),
    Column("resolve_overdue", Boolean, nullable=False, server_default=text("false")),
    Column("verify_overdue", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", BigInteger),
    # One open alert per rule and subject: held by the database, not by care.
    Index(
        "alert_open",
        "rule",
        "subject_kind",
        "subject",
        unique=True,
        sqlite_where=text("closed IS NULL"),
        postgresql_where=text("closed IS NULL"),
    ),
    Index("alert_by_state", "state"),
    Index("alert_by_opened", "opened_at"),
    Index("alert_by_changed", "changed_at", "id"),
    Index("alert_by_facility", "facility", "opened_at"),
    Index(
        "alert_by_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
"""`due_at` is the first moment at which something has to happen to an alert by itself."""

window = Table(
    "window",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", WORD, nullable=False),
    Column("scope_kind", WORD, nullable=False),
    Column("scope", IDENTIFIER, nullable=False),
    Column("why", Text, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("made_by", IDENTIFIER, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ended_by", IDENTIFIER),
    Column("due_at", BigInteger),
    Index(
        "window_by_due", "due_at", sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL")
    ),
    Index("window_by_end", "ends_at"),
)
"""Maintenance and drills. `due_at` is when open alerts are looked at next because of it: its beginning, its end."""

timeline = Table(
    "timeline",
    metadata,
    Column("alert", ForeignKey("alert.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("event", WORD, nullable=False),
    Column("by", IDENTIFIER, nullable=False),
    Column("detail", JSON, nullable=False),
)
"""Append-only: a trigger refuses every change."""

news = Table(
    "news",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("alert", String(24), nullable=False),
    Column("entry", Integer, nullable=False),
    Column("for_store", Boolean, nullable=False),
    Column("for_broker", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
"""Timeline entries that the store or the broker does not have yet. A trigger adds a row for each entry."""

pending = Table(
    "pending",
    metadata,
    Column("rule", IDENTIFIER, primary_key=True),
    Column("subject_kind", WORD, primary_key=True),
    Column("subject", IDENTIFIER, primary_key=True),
    Column("transition", JSON, nullable=False),
    Column("definition", JSON, nullable=False),
)
"""Conditions whose `for` is running: nobody is told, nothing is kept once they end."""

taken = Table(
    "taken",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("taken_at", BigInteger, nullable=False, index=True),
)
"""The transitions that were taken, so that one that comes again changes nothing."""

day = Table(
    "day",
    metadata,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
)
"""The last number given to an alert of a day."""

notification = Table(
    "notification",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("alert", ForeignKey("alert.id"), nullable=False),
    Column("target", IDENTIFIER, nullable=False),
    Column("channel", WORD, nullable=False),
    Column("event", WORD, nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("state", WORD, nullable=False),
    Column("content", JSON, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_by", IDENTIFIER),
    Column("lease_until", BigInteger),
    Column("answered_at", BigInteger),
    Column("answer", Text),
    Column("possibly_doubled", Boolean, nullable=False),
    Column("shortened", Boolean, nullable=False, server_default=text("false")),
    Column("digest", String(200)),
    Column("passed_on", WORD),
    Index("notification_by_alert", "alert", "number"),
    Index("notification_by_created", "created_at", "id"),
    Index(
        "notification_by_digest",
        "digest",
        sqlite_where=text("digest IS NOT NULL"),
        postgresql_where=text("digest IS NOT NULL"),
    ),
    Index(
        "notification_outstanding",
        "due_at",
        sqlite_where=text("state IN ('queued', 'sending', 'failed')"),
        postgresql_where=text("state IN ('queued', 'sending', 'failed')"),
    ),
)
"""The outbox. The id is the idempotency key `alert:episode:step:channel:target`; `number` is the step.

`digest` is the notification in which this one is told together with others, `passed_on` the channel on which its target
is told as well because this one fails, empty when there is none. A digest is a row of its own, about its first alert.
"""

attempt = Table(
    "attempt",
    metadata,
    Column("notification", ForeignKey("notification.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("answer", Text, nullable=False),
)
"""What every attempt was answered, and when: the delivery ledger."""

pause = Table(
    "pause",
    metadata,
    Column("target", IDENTIFIER, primary_key=True),
    Column("channel", WORD, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Targets that are left alone for a while, because they said so or refuse our configuration."""

allowance = Table(
    "allowance",
    metadata,
    Column("credential", String(400), primary_key=True),
    Column("spent", JSON, nullable=False),
)
"""When each credential with a limit sent its last messages, oldest first."""

used_link = Table(
    "used_link",
    metadata,
    Column("link", String(64), primary_key=True),
    Column("used_at", BigInteger, nullable=False, index=True),
)
"""Links in messages by which somebody acknowledged an alert."""

receipt = Table(
    "receipt",
    metadata,
    Column("notification", ForeignKey("notification.id"), primary_key=True),
    Column("target", IDENTIFIER, nullable=False),
    Column("channel", WORD, nullable=False),
    Column("reference", IDENTIFIER, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("asked", Integer, nullable=False),
    Index("receipt_by_reference", "reference"),
    Index("receipt_by_due", "due_at"),
)
"""Messages that were taken, of which it is not known yet whether they arrived; `reference` is the provider's."""

swap = Table(
    "swap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rota", IDENTIFIER),
    Column("out", IDENTIFIER, nullable=False),
    Column("stands_in", IDENTIFIER, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False, index=True),
    Column("by", IDENTIFIER, nullable=False),
    Column("arranged_at", BigInteger, nullable=False),
    Column("taken_back_at", BigInteger),
    Column("taken_back_by", IDENTIFIER),
)
"""Who stands in for whom, as people arranged it while the brain runs; people.yaml may name others."""

planned = Table(
    "planned",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("alert", ForeignKey("alert.id"), nullable=False),
    Column("kind", WORD, nullable=False),
    Column("plan", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("told", WORD, nullable=False),
    Column("to", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("until", WORD, nullable=False),
    Column("repeat", BigInteger),
    Column("bundle", String(400)),
    Column("armed_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("ended", WORD),
    Column("ended_at", BigInteger),
    Index("planned_by_alert", "alert"),
    Index(
        "planned_waiting",
        "due_at",
        sqlite_where=text("ended IS NULL"),
        postgresql_where=text("ended IS NULL"),
    ),
)
"""What is still to be told of alerts and when; `ended` says how it came out: `told`, or what made it needless."""
