"""The delivery ledger: who was told what, when, over which channel, what the provider answered, who acknowledged."""

import csv
import io
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, ConfigDict

from town.alert import Category, Notification, Severity
from town.language import Label
from town.moment import Moment, format_moment


class Attempt(BaseModel):
    """One try, and what was answered in one line without secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    at: Moment
    kind: str
    answer: str


class Delivery(BaseModel):
    """A notification, what it was about, every attempt, and who acknowledged the alert in the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    notification: Notification
    title: Label
    category: Category
    severity: Severity
    facility: str | None
    attempts: tuple[Attempt, ...]
    acknowledged_by: str | None
    acknowledged_at: Moment | None


class DeliveryFilter(msgspec.Struct, frozen=True):
    """Which deliveries are asked for; what is None does not matter. Moments are those of `created_at`."""

    alert: str | None = None
    target: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    before: tuple[Moment, str] | None = None
    """Only what comes after this one in the order: `created_at` and id of the last of the page before."""
    limit: int = 200


COLUMNS = (
    "created_at", "alert", "severity", "category", "facility", "title", "told", "target", "channel", "state",
    "attempts", "answered_at", "answer", "possibly_doubled", "digest", "acknowledged_by", "acknowledged_at",
    "notification",
)  # fmt: skip
"""The columns of the ledger as a table."""


def delivery_row(delivery: Delivery, zone: ZoneInfo, *, language: str) -> list[str]:
    """One delivery as a row of the table, times as the town's clocks show them."""
    one = delivery.notification

    def time(at: Moment | None) -> str:
        return format_moment(at, zone) if at is not None else ""

    title = delivery.title.en if language == "en" else delivery.title.zh
    return [
        time(one.created_at), one.alert, delivery.severity.value, delivery.category.value, delivery.facility or "",
        title, one.event, one.target, one.channel, one.state.value, str(one.attempts), time(one.answered_at),
        one.answer or "", "yes" if one.possibly_doubled else "", one.digest or "", delivery.acknowledged_by or "",
        time(delivery.acknowledged_at), one.id,
    ]  # fmt: skip


def csv_lines(deliveries: Iterable[Delivery], zone: ZoneInfo, *, language: str, header: bool = True) -> Iterator[str]:
    """The ledger as CSV (RFC 4180), in UTF-8 with a mark, so that spreadsheets see what it is."""
    if header:
        yield "\ufeff" + ",".join(COLUMNS) + "\r\n"
    for delivery in deliveries:
        line = io.StringIO()
        csv.writer(line).writerow([safe_cell(cell) for cell in delivery_row(delivery, zone, language=language)])
        yield line.getvalue()


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    return (
        f"'{text}"
        if text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        else text
    )
