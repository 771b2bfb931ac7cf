"""The local receivers take what real senders send."""

from email.message import EmailMessage

import aiosmtplib
import httpx

from brain.receiver import local_receiver


async def test_receiver_takes_webhooks() -> None:
    async with local_receiver(lambda: 7) as receiver, httpx.AsyncClient() as client:
        answer = await client.post(
            f"{receiver.http_url}/duty", json={"text": "smoke"}, headers={"Idempotency-Key": "a:1"}
        )

    assert answer.status_code == 200
    assert [(r.channel, r.target, r.text, r.key, r.at) for r in receiver.newest] == [
        ("webhook", "duty", "smoke", "a:1", 7)
    ]


async def test_receiver_refuses_what_is_not_json() -> None:
    async with local_receiver(lambda: 0) as receiver, httpx.AsyncClient() as client:
        answer = await client.post(f"{receiver.http_url}/duty", content=b"smoke")

    assert (answer.status_code, receiver.count) == (400, 0)


async def test_receiver_takes_mail_once_for_each_recipient() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = "town@localhost", "a@x, b@x", "仓库烟雾", "<1@town>"
    mail.set_content("…")
    async with local_receiver(lambda: 0) as receiver:
        port = int(receiver.smtp_url.rsplit(":", 1)[1])
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)

    assert [(r.target, r.text) for r in receiver.newest] == [("a@x", "仓库烟雾"), ("b@x", "仓库烟雾")]
