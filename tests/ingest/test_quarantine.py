"""The quarantine keeps samples, counts everything, stays within its bounds, and can be read meanwhile."""

import hashlib
from pathlib import Path

import pytest

from ingest.quarantine import Quarantine, Refusal, list_entries, show_entry, tallies
from ingest.reason import REASON_LABELS, Reason, Scope
from tests.ingest.town import NOON
from town.errors import ConfigError


def refusal(number: int, *, reason: Reason = Reason.NOT_JSON, payload: bytes = b"oops", gateway: str = "gw") -> Refusal:
    return Refusal(NOON + number, gateway, "t/1", reason, Scope.MESSAGE, f"no. {number}", payload)


async def test_the_newest_come_first_and_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    async with Quarantine(path) as quarantine:
        await quarantine.add_many([refusal(1), refusal(2, reason=Reason.TOO_LARGE), refusal(3, gateway="other")])

        assert [each.detail for each in list_entries(path)] == ["no. 3", "no. 2", "no. 1"]
        assert [each.detail for each in list_entries(path, reason=Reason.TOO_LARGE)] == ["no. 2"]
        assert [each.detail for each in list_entries(path, gateway="other", limit=1)] == ["no. 3"]
        assert show_entry(path, 99) is None


async def test_a_large_payload_keeps_its_head_size_and_hash(tmp_path: Path) -> None:
    payload = b"x" * 100_000
    async with Quarantine(tmp_path / "q.db") as quarantine:
        await quarantine.add_many([refusal(1, payload=payload)])

    (entry,) = list_entries(tmp_path / "q.db")
    assert (len(entry.payload), entry.size) == (4_096, 100_000)
    assert entry.sha256 == hashlib.sha256(payload).hexdigest()


async def test_a_burst_is_counted_and_sampled(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    async with Quarantine(path) as quarantine:
        await quarantine.add_many([refusal(number) for number in range(5_000)])

    (tally,) = tallies(path)
    assert (tally.refused, tally.first_at, tally.last_at) == (5_000, NOON, NOON + 4_999)
    assert 0 < len(list_entries(path, limit=5_000)) <= 60


async def test_the_oldest_make_room(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    minutes = [refusal(60_000 * number, payload=b"x" * 100) for number in range(40)]
    async with Quarantine(path, entries=20) as by_number:
        await by_number.add_many(minutes)
    assert list_entries(path)[0].at == minutes[-1].at and len(list_entries(path)) <= 20
    async with Quarantine(path, size=1_000) as by_size:
        await by_size.add_many([refusal(1)])
    assert sum(len(each.payload) for each in list_entries(path)) <= 1_000


async def test_text_that_sqlite_cannot_hold_is_kept_all_the_same(tmp_path: Path) -> None:
    strange = Refusal(NOON, "gw", "t\udcff", Reason.WRONG_TYPE, Scope.VALUE, "\ud800 and \0", b"")
    async with Quarantine(tmp_path / "q.db") as quarantine:
        assert await quarantine.add_many([strange])

    assert list_entries(tmp_path / "q.db")[0].topic == "t?"


async def test_a_file_that_is_no_quarantine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q.db").write_bytes(b"not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(ConfigError, match="quarantine"):
        async with Quarantine(tmp_path / "q.db"):
            pass
    with pytest.raises(ConfigError, match="nothing was refused"):
        list_entries(tmp_path / "missing.db")


def test_every_reason_has_words_and_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text("utf-8")

    assert set(REASON_LABELS) == set(Reason)
    assert [reason for reason in Reason if f"`{reason}`" not in page] == []
