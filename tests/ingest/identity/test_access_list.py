"""The access list as text."""

from ingest.identity.access_list import Role, access_list, commands
from tests.ingest.identity.broker import huangjiu
from town.gateway import Gateway
from town.language import Label


def test_a_gateway_has_its_topics_and_a_listener_only_reads_alerts() -> None:
    text = access_list(huangjiu(), [("z2m-street", Role.GATEWAY), ("siren", Role.LISTENER)])

    assert text.splitlines()[1:] == [
        "",
        "user siren",
        "topic read town/huangjiu/alerts/#",
        "topic read town/huangjiu/alert-events/#",
        "",
        "user z2m-street",
        "topic readwrite zigbee2mqtt-street/#",
    ]


def test_a_gateway_that_left_the_town_may_do_nothing() -> None:
    assert access_list(huangjiu(), [("gone", Role.GATEWAY)]).splitlines()[1:] == ["", "user gone"]


def test_an_edge_node_is_asked_on_its_command_topic() -> None:
    topics = ("spBv1.0/mill/+/press-1", "spBv1.0/mill/+/press-1/+")
    gateway = Gateway(id="mill", name=Label(zh="厂", en="Mill"), decoder="sparkplug_b", topics=topics)

    assert commands(gateway) == ["spBv1.0/mill/NCMD/press-1"]
