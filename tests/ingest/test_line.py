"""A gateway's line: what the town gives its decoder, beside the gateway's own options."""

from ingest.decoded import Decoded
from ingest.ledger import Ledger
from ingest.line import Lines
from tests.ingest.town import NOON, small_town
from town.gateway import Gateway
from town.language import Label
from town.moment import HOUR
from town.town import Town

SAID = b'{"Time":"2026-06-01T16:00:00","BH1750":{"Illuminance":310}}'
EIGHT_UTC = 1_780_300_800_000


def town_with(**options: str) -> Town:
    gateway = Gateway(id="tas", name=Label(zh="名", en="name"), decoder="tasmota", topics=("tele/#",), options=options)
    town = small_town()
    return town.model_copy(update={"gateways": {**town.gateways, "tas": gateway}})


def test_devices_in_local_time_run_in_the_zone_of_the_town_unless_told() -> None:
    found = []
    for town in (town_with(), town_with(time_zone="Asia/Tokyo")):
        decoded = Lines(town, Ledger(town.gateways)).find("tele/roof/SENSOR").decode("tele/roof/SENSOR", SAID, NOON)
        assert isinstance(decoded, Decoded)
        found += [(each.at, each.flags) for each in decoded.readings]

    assert found == [(EIGHT_UTC, ()), (EIGHT_UTC - HOUR, ())]
