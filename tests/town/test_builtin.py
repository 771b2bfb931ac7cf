from town.builtin import builtin_kinds
from town.kind import COMMON_QUANTITIES
from town.quantity import ValueType


def test_every_kind_measures_known_quantities_and_the_common_ones() -> None:
    kinds = builtin_kinds()

    assert (len(kinds.quantities), len(kinds.kinds), len(kinds.facility_kinds)) == (73, 33, 27)
    for kind in kinds.kinds.values():
        assert set(kind.quantities) <= set(kinds.quantities)
        assert set(COMMON_QUANTITIES) <= set(kind.quantities)


def test_ranges_of_kinds_are_within_those_of_their_quantities() -> None:
    kinds = builtin_kinds()

    for kind in kinds.kinds.values():
        for name, (low, high) in kind.ranges.items():
            quantity = kinds.quantities[name]
            assert quantity.low is not None and quantity.high is not None
            assert quantity.low <= low < high <= quantity.high


def test_only_numbers_have_units_and_only_counters_are_open_above() -> None:
    for quantity in builtin_kinds().quantities.values():
        assert (quantity.unit is not None) == (quantity.type is ValueType.FLOAT)
        assert quantity.counter == (quantity.type is ValueType.FLOAT and quantity.high is None)


def test_some_of_the_words_that_must_not_change() -> None:
    kinds = builtin_kinds()

    assert kinds.kinds["smoke_detector"].quantities[:4] == ("smoke", "smoke_alarm", "temperature", "fault")
    assert kinds.kinds["smoke_detector"].family == "fire"
    assert (kinds.quantities["smoke"].unit, kinds.quantities["smoke"].high) == ("dB/m", 10)
    assert (kinds.quantities["energy"].unit, kinds.quantities["energy"].counter) == ("kWh", True)
    assert (kinds.quantities["power"].low, kinds.quantities["power"].high) == (-1e8, 1e8)
