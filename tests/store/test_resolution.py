"""Questions are cut so that every moment is asked once, from something that knows it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from town.moment import HOUR, MINUTE, SECOND
from town.store.resolution import HOURS, MINUTES, Piece, pieces, spans

moments = st.integers(0, 20 * HOUR)


def test_a_long_question_takes_hours_in_the_middle_and_finer_ones_at_its_edges() -> None:
    start, end = 30 * MINUTE + 5 * SECOND, 5 * HOUR + MINUTE + SECOND

    found = pieces(start=start, end=end, every=2 * HOUR, changed={MINUTES: [], HOURS: [3 * HOUR]})

    assert found == [
        Piece(None, start, 31 * MINUTE),
        Piece(MINUTES, 31 * MINUTE, HOUR),
        Piece(HOURS, HOUR, 3 * HOUR),
        Piece(MINUTES, 3 * HOUR, 4 * HOUR),
        Piece(HOURS, 4 * HOUR, 5 * HOUR),
        Piece(MINUTES, 5 * HOUR, 5 * HOUR + MINUTE),
        Piece(None, 5 * HOUR + MINUTE, end),
    ]


def test_buckets_that_no_rollup_fits_come_from_what_was_stored() -> None:
    changed = {MINUTES: [], HOURS: []}

    assert pieces(start=0, end=HOUR, every=90 * SECOND, changed=changed) == [Piece(None, 0, HOUR)]
    assert pieces(start=0, end=HOUR, every=HOUR, changed={}) == [Piece(None, 0, HOUR)]
    assert pieces(start=0, end=HOUR, every=HOUR, changed={MINUTES: []}) == [Piece(MINUTES, 0, HOUR)]
    assert pieces(start=HOUR, end=HOUR, every=HOUR, changed=changed) == []


@given(
    start=moments,
    end=moments,
    every=st.sampled_from([SECOND, MINUTE, 5 * MINUTE, HOUR, 2 * HOUR]),
    minutes=st.none() | st.sets(moments.map(lambda at: at - at % MINUTE), max_size=40),
    hours=st.none() | st.sets(moments.map(lambda at: at - at % HOUR), max_size=20),
)
def test_pieces_have_no_gaps_and_never_hold_what_changed(
    start: int, end: int, every: int, minutes: set[int] | None, hours: set[int] | None
) -> None:
    given = {MINUTES: minutes, HOURS: hours}
    changed = {one: buckets for one, buckets in given.items() if buckets is not None}

    found = pieces(start=start, end=end, every=every, changed=changed)

    assert [piece.start for piece in found] == [start, *(piece.end for piece in found)][: len(found)]
    assert [piece.end for piece in found][-1:] == ([end] if start < end else [])
    for resolution, first, last in found:
        if resolution is not None:
            assert every % resolution.width == first % resolution.width == last % resolution.width == 0
            assert not [at for at in changed[resolution] if first <= at < last]


@given(buckets=st.sets(st.integers(0, 200).map(lambda n: n * MINUTE), min_size=1), most=st.integers(1, 8))
def test_spans_cover_every_bucket_in_few_pieces(buckets: set[int], most: int) -> None:
    found = spans(buckets, MINUTE, most=most)

    assert len(found) <= most
    assert all(any(start <= at < end for start, end in found) for at in buckets)
    assert all(after < start for (_, after), (start, _) in pairwise(found))
    if len(found) < most:
        assert sum((end - start) // MINUTE for start, end in found) == len(buckets)
