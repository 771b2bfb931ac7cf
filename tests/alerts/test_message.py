"""What people read: understood at once, in their language, and harmless whatever a title says."""

from sqlalchemy import select

from alerts.book import Book
from alerts.claims import Claim
from alerts.message import compose
from alerts.people import Recipient
from alerts.sending import OutgoingMessage
from alerts.tables import notification
from tests.alerts.small_town import START, TOWN, active, definition, definitions, normal
from town.language import Language

LINK = "http://127.0.0.1:8080/alerts/A-20260921-0001"


async def written(book: Book, language: Language, *, told: str = "raised") -> OutgoingMessage:
    """The message of the notification in the book that tells that."""
    query = select(notification).where(notification.c.event == told)
    [row] = await book.database.read(lambda link: link.execute(query).mappings().all())
    names = ("id", "alert", "target", "channel", "event", "content", "created_at")
    claim = Claim(**{name: row[name] for name in names}, attempts=1, lease_by="test", claimed_at=START)
    return compose(claim, Recipient("room", "email", language), town=TOWN, language=language, link=LINK)


async def test_message_in_chinese_says_what_where_since_when_and_what_to_do(book: Book) -> None:
    await book.take([active(at=START)], definitions(), START)

    message = await written(book, "zh")
    assert message.subject == "■ 紧急 火警：烟雾过高 · 二号酒窖"
    assert message.text.splitlines()[1:] == [
        "地点：藏酒区 / 二号酒窖 / CE2-S01",
        "开始：2026-09-21 22:13:10",
        "数值：烟雾 0.18 dB/m（限值 ≥ 0.15 dB/m）",
        "处置：派员核警（3分钟内）",
        f"查看与确认：{LINK}",
        "编号：A-20260921-0001 · 小镇",
    ]


async def test_message_in_english_and_traditional_chinese(book: Book) -> None:
    await book.take([active(at=START)], definitions(), START)
    english = await written(book, "en")

    assert english.subject == "■ Critical Fire: Smoke <high> · Cellar 2"
    assert "Seen: Smoke 0.18 dB/m (limit ≥ 0.15 dB/m)" in english.text
    assert "Smoke &lt;high&gt;" in english.html and "<high>" not in english.html


async def test_message_in_traditional_chinese_is_derived(book: Book) -> None:
    await book.take([active(at=START)], definitions(), START)

    assert (await written(book, "zh-Hant")).subject == "■ 緊急 火警：煙霧過高 · 二號酒窖"


async def test_message_that_it_is_over_asks_for_nothing(book: Book) -> None:
    [alert] = await book.take([active(at=START)], definitions(), START)
    await book.acknowledge(alert.id, by="li.wei", at=START)
    await book.take([normal(at=START + 60_000)], definitions(), START)

    lines = (await written(book, "zh", told="resolved")).text.splitlines()
    assert lines[0] == "■ 【已解除】紧急 火警：烟雾过高 · 二号酒窖"
    assert "结束：2026-09-21 22:14:20（1分钟10秒）" in lines
    assert "情况已消失，无需再处理。" in lines and not any("处置" in line for line in lines)


async def test_message_of_what_readings_told_that_came_late_says_from_when_to_when(book: Book) -> None:
    await book.take([active(at=START, suppressed_by="backlog")], definitions(), START)
    await book.take([normal(at=START + 900_000)], definitions(), START)

    english, chinese = await written(book, "en", told="was_active"), await written(book, "zh", told="was_active")
    assert "Was active 22:13–22:28, known from readings that arrived late." in english.text
    assert english.subject == "■ [Was active] Critical Fire: Smoke <high> · Cellar 2" and english.over
    assert "22:13–22:28 期间曾报警" in chinese.text


async def test_message_of_a_latched_alert_asks_for_a_look_on_site(book: Book) -> None:
    await book.take([active(), normal()], definitions(latch=True), START)

    message = await written(book, "en", told="cleared")
    assert "Somebody must look on site and reset it." in message.text


async def test_message_title_cannot_write_mail_headers(book: Book) -> None:
    evil = definition(title="x\r\nBcc: all@x.example\x00")
    await book.take([active()], {"fire.smoke.high": evil}, START)

    message = await written(book, "en")
    assert "\n" not in message.subject and "\r" not in message.subject and "\x00" not in message.subject
    assert (message.body["event"], message.body["alert"]["id"]) == ("raised", "A-20260921-0001")
