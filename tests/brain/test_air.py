"""The air quality index of stations, from what the store holds of the last hour."""

from pathlib import Path

from brain.air import AirQualityRows
from town.folder import load_town
from town.moment import HOUR, MINUTE
from town.own import OwnRow
from town.reading import Reading
from town.store.duckdb import DuckStore

HUANGJIU = Path(__file__).parents[2] / "towns" / "huangjiu"
NOW = 1_790_000_000_000


async def test_the_mean_of_the_last_hour_counts_and_silent_stations_have_no_row() -> None:
    town, _ = load_town(HUANGJIU)
    assert town is not None
    station = next(one for one in town.sensors.values() if one.kind == "air_station")
    told = {30 * MINUTE: 60.0, 10 * MINUTE: 90.0, 2 * HOUR: 400.0}
    readings = [Reading(station.id, NOW - ago, NOW - ago, {"pm2_5": value}) for ago, value in told.items()]
    async with DuckStore(None, town) as store:
        await store.write(readings)

        rows = await AirQualityRows(store, town).rows(NOW)

    zone = town.facilities[station.facility].zone
    tags = {"sensor": station.id, "facility": station.facility, "zone": zone}
    assert rows == [OwnRow("air_quality", tags, {"index": 100.0, "primary": "pm2_5"}, NOW)]
