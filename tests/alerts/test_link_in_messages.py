"""Each person has a link of their own in the message; rooms, groups and robots have the page that asks to sign in."""

from alerts.book import Book
from alerts.claims import Claim
from alerts.links import Links
from alerts.outbox import Outbox
from alerts.people import People, Route
from alerts.sending import Answer, AnswerKind, OutgoingMessage
from tests.alerts.small_town import START, TOWN, active, definitions, hook
from tests.alerts.test_links import DUTY, KEY
from town.alert import AlertState


class Recorder:
    """A sender that remembers what it sent."""

    def __init__(self) -> None:
        self.sent: dict[str, OutgoingMessage] = {}

    async def send(self, message: OutgoingMessage) -> Answer:
        self.sent[message.recipient.id] = message
        return Answer(AnswerKind.ACCEPTED, "taken")


def of(links: Links, target: str, channel: str, event: str = "raised") -> str:
    content = {"alert": {"activations": 1}}
    way = {"target": target, "channel": channel, "event": event}
    return links.of(Claim(id="x", alert="A-20260921-0001", content=content, created_at=START, attempts=1, lease_by="x",
                          claimed_at=START, **way))  # fmt: skip


def test_only_what_reaches_one_person_signs_for_that_person(book: Book) -> None:
    book.reload(TOWN, DUTY)
    links = Links(book, KEY, base="https://town.example")

    assert of(links, "li.wei", "sms").startswith("https://town.example/a/")
    assert of(links, "li.wei", "sms") != of(links, "wang", "sms")
    assert of(links, "li.wei", "dingtalk") == "https://town.example/alerts/A-20260921-0001"
    assert of(links, "fire-room", "sms") == "https://town.example/alerts/A-20260921-0001"
    assert of(links, "li.wei", "sms", "digest") == "https://town.example/alerts"


async def test_the_link_in_a_message_acknowledges_for_who_got_it(book: Book) -> None:
    person = DUTY.people["wang"].model_copy(update={"channels": {"email": "wang@town.example"}})
    targets = {"fire-room": hook("fire-room")}
    book.reload(TOWN, People(people={"wang": person}, targets=targets, routes=(Route(to=("wang", "fire-room")),)))
    links, recorder = Links(book, KEY, base="https://town.example"), Recorder()
    await book.take([active()], definitions(), START)
    await Outbox(book, {"email": recorder, "webhook": recorder}, name="one", link=links.of).run_due()

    link = recorder.sent["wang"].link or ""
    assert link in recorder.sent["wang"].text
    assert recorder.sent["fire-room"].link == "https://town.example/alerts/A-20260921-0001"
    alert = await links.acknowledge(link.rpartition("/")[2], at=START)
    assert (alert.state, alert.acknowledged_by) == (AlertState.ACKNOWLEDGED, "wang")
