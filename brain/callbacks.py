"""What providers tell us by themselves: checked, and handed to whoever waits for it."""

from collections.abc import Mapping

from alerts.accounts import Twilio
from alerts.book import Book
from alerts.receipts import Receipts
from alerts.senders.twilio import callback_answer, is_from_twilio
from alerts.senders.verdict import GetSecret
from town.settings import Settings

TWILIO_PATH = "/hooks/twilio"


def twilio_callback(settings: Settings) -> str | None:
    """Where Twilio tells what became of a message; None while nobody outside can reach the console."""
    return settings.public_url.rstrip("/") + TWILIO_PATH if settings.public_url else None


class Callbacks:
    """The port `town.ports.ProviderReceipts` on a book; `url` is the whole address that Twilio was given."""

    def __init__(self, book: Book, *, url: str | None, secret: GetSecret) -> None:
        self._book, self._url, self._secret = book, url, secret
        self._receipts = Receipts(book, {})

    async def twilio(self, form: Mapping[str, str], *, signature: str) -> bool:
        """Take what became of a message; False when it is not from the town's own Twilio account."""
        account = self._book.people.accounts.sms
        token = self._secret(account.secret) if isinstance(account, Twilio) else None
        if not self._url or not token or not is_from_twilio(self._url, form, signature=signature, token=token.strip()):
            return False
        if (answer := callback_answer(form)) is not None:
            await self._receipts.told(*answer)
        return True
