import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from town.topics import filter_mistake, matches, overlap

LEVEL = st.sampled_from(["a", "b", "", "town"])
TOPIC = st.lists(LEVEL, min_size=1, max_size=4).map("/".join)
FILTER = st.tuples(st.lists(LEVEL | st.just("+"), min_size=1, max_size=3), st.sampled_from([[], ["#"]])).map(
    lambda parts: "/".join(parts[0] + parts[1])
)


def by_pattern(topic_filter: str, topic: str) -> bool:
    """MQTT 5 section 4.7.1 as a regular expression."""
    pattern = re.escape(topic_filter).replace(r"\+", "[^/]*")
    pattern = re.sub(r"(^|/)\\#$", lambda found: "(/.*)?" if found.group(1) else ".*", pattern)
    return re.fullmatch(pattern, topic) is not None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("town/tea/gw/#", "town/tea/gw2/#", False),
        ("town/tea/gw/#", "town/tea/gw", True),
        ("town/+/gw/telemetry", "town/tea/+/telemetry", True),
        ("#", "any/thing", True),
        ("a/+", "a/b/c", False),
        ("a/+/#", "a", False),
        ("a//b", "a/+/b", True),
    ],
)
def test_overlap_of_filters(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
    assert overlap(other, one) is expected


@given(FILTER, TOPIC)
def test_matching_is_as_the_standard_says(topic_filter: str, topic: str) -> None:
    assert matches(topic_filter, topic) == by_pattern(topic_filter, topic)


@given(FILTER, FILTER, TOPIC)
def test_filters_that_share_a_topic_overlap(one: str, other: str, topic: str) -> None:
    if by_pattern(one, topic) and by_pattern(other, topic):
        assert overlap(one, other)


@pytest.mark.parametrize("bad", ["", "a/#/b", "a#", "a+/b", "$SYS/#", "a\0b", "x" * 70_000])
def test_malformed_filters_are_told(bad: str) -> None:
    assert filter_mistake(bad)


@given(FILTER)
def test_well_formed_filters_pass(good: str) -> None:
    assert filter_mistake(good) == "" or good == ""
