"""The figures of alerting as the book has them."""

from alerts.book import Book
from alerts.performance import Performing
from alerts.windows import Windows
from tests.alerts.small_town import START, TOWN, Clock, active, definitions, normal
from town.alert import Verification
from town.moment import DAY, HOUR, MINUTE, SECOND
from town.window import WindowKind


def told(performance: Performing, window: int = DAY) -> dict[str, float]:
    return {one.name: one.value for one in performance.at(window)}


async def test_figures_follow_what_happens(book: Book, clock: Clock) -> None:
    performance = Performing(book)
    await performance.refresh()
    assert told(performance)["activations"] == 0 and "share_critical" not in told(performance)

    [alert] = await book.take([active(at=START)], definitions(), START)
    clock.now = START + MINUTE
    await performance.refresh()
    assert (told(performance)["per_operator_10min"], told(performance)["share_critical"]) == (1, 1)
    assert "ack_seconds_p50" not in told(performance)

    await book.acknowledge(alert.id, by="li.wei", at=START + 70 * SECOND)
    clock.now = START + 11 * MINUTE
    await performance.refresh()
    assert (told(performance)["per_operator_10min"], told(performance)["ack_seconds_p95"]) == (0, 70)


async def test_a_restart_and_another_process_know_the_same(book: Book, clock: Clock) -> None:
    followed = Performing(book)
    for number in range(30):
        clock.now = START + number * MINUTE
        await book.take([active(at=clock.now)], definitions(), clock.now)
        await book.take([normal(at=clock.now + number * 5 * SECOND)], definitions(), clock.now)
        await followed.refresh()
    clock.now += HOUR
    await followed.refresh()
    fresh = Performing(book)
    await fresh.refresh()

    assert fresh.at(7 * DAY) == followed.at(7 * DAY)
    assert told(fresh)["fleeting"] == 12


async def test_more_alerts_than_one_look_holds_are_all_counted(book: Book, clock: Clock) -> None:
    for part in range(2):
        raised = [active(at=START + number, subject=f"s{part}-{number}") for number in range(600)]
        await book.take(raised, definitions(), START + part)
    clock.now = START + MINUTE
    performance = Performing(book, operators=2)
    await performance.refresh()

    assert (told(performance)["activations"], told(performance)["per_operator_10min"]) == (1_200, 600)
    assert told(performance)["top_ten_share"] == 10 / 1_200
    assert len((await performance.look(DAY)).top_sources) == 10


async def test_figures_are_rows_and_metrics(book: Book, clock: Clock) -> None:
    await book.take([active(at=START)], definitions(), START)
    performance = Performing(book)

    rows = await performance.rows(START)

    assert {row.tags["figure"] for row in rows} >= {"per_operator_10min", "flood_share", "top_ten_share", "stale"}
    assert {row.at for row in rows} == {START}
    gauges = {gauge.labels["figure"]: gauge.value for gauge in performance.figures()}
    assert gauges == {row.tags["figure"]: row.fields["value"] for row in rows}


async def test_drills_are_left_out(book: Book, clock: Clock) -> None:
    ends_at = START + HOUR
    await Windows(book.database, town=lambda: TOWN, clock=clock).make_window(
        WindowKind.DRILL, "zone", "cellars", starts_at=START, ends_at=ends_at, why="autumn drill", by="chief"
    )
    await book.take([active(at=START)], definitions(), START)
    performance = Performing(book)
    await performance.refresh()

    assert told(performance)["activations"] == 0


async def test_what_was_found_on_site_makes_the_false_alarm_rate(book: Book, clock: Clock) -> None:
    alerts = await book.take([active(at=START, subject=f"s{number}") for number in range(4)], definitions(), START)
    for alert, verdict in zip(alerts, ("false", "false", "true", "unreachable"), strict=True):
        await book.verify(alert.id, by="li.wei", at=START, verdict=Verification(verdict))
    performance = Performing(book)
    await performance.refresh()

    assert told(performance)["false_alarm_rate"] == 2 / 3
