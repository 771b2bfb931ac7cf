"""The map that is drawn from the town's own file."""

from pathlib import Path

from console.town_map import HEIGHT, WIDTH, draw_map, text_width
from tests.console.world import FOLDER, huangjiu


def names() -> dict[str, str]:
    return {facility.id: facility.name.zh for facility in huangjiu().facilities.values()}


def test_every_facility_is_on_the_map() -> None:
    drawn = draw_map(FOLDER, huangjiu(), names(), lambda shape: shape.zone)

    assert {spot.facility for spot in drawn.spots} == set(huangjiu().facilities)
    assert all(0 < spot.x < WIDTH and 0 < spot.y < HEIGHT for spot in drawn.spots)
    assert {shape.role for shape in drawn.shapes} == {"outline", "water", "road", "zone"}


def test_names_of_facilities_cover_no_mark() -> None:
    drawn = draw_map(FOLDER, huangjiu(), names(), lambda _: "")
    below = [spot for spot in drawn.spots if spot.anchor == "middle" and spot.label_y > 0]

    assert below
    for spot in below:
        half = text_width(names()[spot.facility]) / 2
        for other in drawn.spots:
            across = abs(other.x - spot.x) < half + 8
            assert not (across and spot.y + 18 < other.y < spot.y + 36), (spot.facility, other.facility)


def test_north_is_up_and_east_is_right() -> None:
    spots = {spot.facility: spot for spot in draw_map(FOLDER, huangjiu(), names(), lambda _: "").spots}
    places = {facility.id: facility.position for facility in huangjiu().facilities.values()}

    assert (spots["cellar-1"].x < spots["cellar-2"].x) == (places["cellar-1"].longitude < places["cellar-2"].longitude)
    assert (spots["cellar-1"].y < spots["cellar-3"].y) == (places["cellar-1"].latitude > places["cellar-3"].latitude)


def test_without_a_map_the_facilities_are_there(tmp_path: Path) -> None:
    drawn = draw_map(tmp_path, huangjiu(), names(), lambda _: "")

    assert drawn.shapes == ()
    assert len(drawn.spots) == len(huangjiu().facilities)
