"""The local receivers take what real senders send."""

import hashlib
import hmac
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from brain.receiver import local_receiver


def signed(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"7." + body, hashlib.sha256).hexdigest()
    return {"Idempotency-Key": "a:1", "X-Town-Signature": f"t=7,v1={digest}"}


async def test_receiver_takes_signed_webhooks() -> None:
    async with local_receiver(lambda: 7) as receiver, httpx.AsyncClient() as client:
        body = b'{"text": "smoke"}'
        answer = await client.post(f"{receiver.http_url}/duty", content=body, headers=signed(body, receiver.secret))

    assert answer.status_code == 200
    assert [(r.channel, r.target, r.text, r.key, r.at) for r in receiver.newest] == [
        ("webhook", "duty", "smoke", "a:1", 7)
    ]


@pytest.mark.parametrize(("body", "secret", "status"), [(b"smoke", None, 400), (b"{}", "of somebody else", 401)])
async def test_receiver_refuses_what_is_not_json_or_not_ours(body: bytes, secret: str | None, status: int) -> None:
    async with local_receiver(lambda: 0) as receiver, httpx.AsyncClient() as client:
        headers = signed(body, secret or receiver.secret)
        answer = await client.post(f"{receiver.http_url}/duty", content=body, headers=headers)

    assert (answer.status_code, receiver.count) == (status, 0)


async def test_receiver_takes_mail_once_for_each_recipient() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "town@localhost", "a@x, b@x", "仓库烟雾", "<1@town>"
    mail.set_content("…")
    async with local_receiver(lambda: 0) as receiver:
        port = int(receiver.smtp_url.rsplit(":", 1)[1])
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)

    assert [(r.target, r.text) for r in receiver.newest] == [("a@x", "仓库烟雾"), ("b@x", "仓库烟雾")]
