"""people.yaml: accounts, targets and addresses of every channel, and what is wrong with them."""

from pathlib import Path

import pytest

from alerts.people_file import load_people
from tests.alerts.small_town import TOWN
from town.findings import Finding

SID = "AC" + "0" * 32
TWILIO = f"sms: {{provider: twilio, account_sid: {SID}, secret: T, number: '+15550000000'}}"
ALIYUN = "sms: {provider: aliyun_sms, access_key_id: LTAI0001, secret: A, sign_name: 小镇, templates: {zh: SMS_1}}"


def found(folder: Path, *, accounts: str = "", person: str = "email: a@x.example", target: str = "") -> list[Finding]:
    text = f"""version: 1
accounts: {{{accounts}}}
people: [{{id: ann, name: Ann, channels: {{{person}}}}}]
targets: [{target}]
routes: [{{to: ann}}]
"""
    (folder / "people.yaml").write_text(text, encoding="utf-8")
    return load_people(folder, TOWN)[1]


@pytest.mark.parametrize(
    "target",
    [
        "{id: r, channel: dingtalk, secret: D, signing_secret: S, mention: [ann, all]}",
        "{id: r, channel: wecom, secret: W, mention: ann}",
        "{id: r, channel: lark, secret: L, limits: {1s: 5, 1m: 100}}",
        "{id: r, channel: slack, secret: S}",
        "{id: r, channel: apprise, secret: A}",
        "{id: r, channel: mqtt, topic: a/b}",
        '{id: r, channel: sms, address: "+15551230001"}',
    ],
)
def test_target_with_what_its_channel_needs_is_well(tmp_path: Path, target: str) -> None:
    assert found(tmp_path, accounts=TWILIO, target=target) == []


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("{id: r, channel: dingtalk}", "targets[0]"),
        ("{id: r, channel: dingtalk, secret: d3adbeef}", "targets[0].secret"),
        ("{id: r, channel: dingtalk, secret: D, signing_secret: SECabc}", "targets[0].signing_secret"),
        ("{id: r, channel: wecom, secret: W, signing_secret: S}", "targets[0].signing_secret"),
        ("{id: r, channel: feishu, secret: F, mention: anna}", "targets[0].mention[0]"),
        ("{id: r, channel: slack, secret: S, mention: ann}", "targets[0].mention"),
        ("{id: r, channel: mqtt, topic: 'a/#'}", "targets[0].topic"),
        ("{id: r, channel: mqtt, secret: S}", "targets[0]"),
        ("{id: r, channel: wecom, address: 'a b'}", "targets[0].address"),
        ("{id: r, channel: voice, address: '+8613800000001'}", "targets[0].channel"),
        ("{id: r, channel: sms, address: '13800000001'}", "targets[0].address"),
        ("{id: r, channel: slack, secret: S, limits: {1m: 0}}", "targets[0].limits"),
        ("{id: r, channel: slack, secret: S, limits: {often: 1}}", "targets[0].limits"),
        ("{id: r, channel: slack, secret: S, limits: {1m: true}}", "targets[0].limits"),
    ],
)
def test_target_without_what_its_channel_needs_is_refused(tmp_path: Path, target: str, where: str) -> None:
    errors = [one for one in found(tmp_path, accounts=TWILIO, target=target) if one.level == "error"]

    assert where in {one.where for one in errors}
    assert not any("d3adbeef" in one.message or "SECabc" in one.message for one in errors)


@pytest.mark.parametrize(
    ("accounts", "where"),
    [
        ("sms: {provider: pigeon}", "accounts.sms"),
        (ALIYUN.replace("LTAI0001", "'!'"), "accounts.sms.access_key_id"),
        (ALIYUN.replace("secret: A", "secret: a-secret"), "accounts.sms.secret"),
        (ALIYUN.replace("{zh: SMS_1}", "{}"), "accounts.sms.templates"),
        (ALIYUN.replace("SMS_1", "TTS_1"), "accounts.sms.templates.zh"),
        (TWILIO.replace(", number: '+15550000000'", ""), "accounts.sms"),
        ("voice: {provider: twilio}", "accounts.voice.provider"),
        ("wecom: {corp_id: ww01, secret: W}", "accounts.wecom.agent_id"),
        ("telegram: {token: 123}", "accounts.telegram.token"),
    ],
)
def test_account_that_cannot_be_is_refused(tmp_path: Path, accounts: str, where: str) -> None:
    errors = [one for one in found(tmp_path, accounts=accounts) if one.level == "error"]

    assert where in {one.where for one in errors}
    assert not any("a-secret" in one.message for one in errors)


@pytest.mark.parametrize(
    ("person", "where"),
    [
        ('sms: "13800000001"', "people[0].channels.sms"),
        ('telegram: "?"', "people[0].channels.telegram"),
        ("feishu: li.wei", "people[0].channels.feishu"),
        ("wecom: 'a|b|'", "people[0].channels.wecom"),
    ],
)
def test_address_of_another_form_is_refused(tmp_path: Path, person: str, where: str) -> None:
    errors = [one for one in found(tmp_path, person=person) if one.level == "error"]

    assert [one.where for one in errors] == [where]


def test_person_is_told_over_the_first_channel_that_has_an_account(tmp_path: Path) -> None:
    person = 'dingtalk: ann, voice: "+15551230001", sms: "+15551230001", email: a@x.example'
    warned = found(tmp_path, accounts=TWILIO, person=person)
    people, _ = load_people(tmp_path, TOWN)

    assert [(one.where, one.level) for one in warned] == [("people[0].channels.voice", "warning")]
    assert people is not None and people.recipients["ann"].sender == "twilio"
    assert [one.channel for one in people.channels_of("ann")] == ["sms", "email"]
    assert people.recipient("ann", "voice") is None and people.channels_of("nobody") == []


def test_person_who_is_only_mentioned_cannot_be_told(tmp_path: Path) -> None:
    warned = found(tmp_path, person="dingtalk: ann, feishu: ou_0123456789")

    assert any("will not be told" in one.message for one in warned)
