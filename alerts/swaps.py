"""Who stands in for whom, as people arrange it while the brain runs: kept in the book, and taken back, not changed."""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, RowMapping, Select, bindparam, insert, select, update

from alerts import tables
from alerts.people import People
from town.duty import Swap
from town.findings import suggest
from town.moment import Moment
from town.ports import ActionRefused

LONGEST_NAME = 80


def read_swaps(connection: Connection, *, after: Moment) -> list[Swap]:
    """The swaps that are not over at a moment, the first to begin first."""
    return [_swap_of(row) for row in connection.execute(_not_over(), {"after": after}).mappings()]


@cache
def _not_over() -> Select[Any]:
    """Those that end `after` a moment. Made once, as it is asked whenever a rota is to be told."""
    table = tables.swap
    query = select(table).where(table.c.end > bindparam("after", type_=BigInteger), table.c.taken_back_at.is_(None))
    return query.order_by(table.c.start, table.c.id)


def add_swap(connection: Connection, wanted: Swap, *, at: Moment) -> Swap:
    """Keep a swap; it has its number afterwards."""
    row = wanted.model_dump(exclude={"id"})
    added = insert(tables.swap).values(**row, arranged_at=at).returning(tables.swap)
    return _swap_of(connection.execute(added).mappings().one())


def take_back_swap(connection: Connection, number: int, *, by: str, at: Moment) -> Swap:
    """End a swap from now on; ActionRefused when there is none of that number, or it ended already."""
    table = tables.swap
    ended = update(table).where(table.c.id == number, table.c.taken_back_at.is_(None), table.c.end > at)
    row = connection.execute(ended.values(taken_back_at=at, taken_back_by=by).returning(table)).mappings().one_or_none()
    if row is None:
        raise ActionRefused("unknown_swap", f"there is no swap {number} that is not over")
    return _swap_of(row)


def check_swap(wanted: Swap, people: People, *, at: Moment) -> None:
    """ActionRefused when a swap names nobody, no rota, the same person twice, or no time to come."""
    known = [*people.people, *people.targets]
    for name in (wanted.out, wanted.stands_in):
        if name not in known:
            hint = suggest(name, known)
            raise ActionRefused(
                "unknown_person", f"there is no `{name[:LONGEST_NAME]}` in people.yaml; {hint}".rstrip("; ")
            )
    if wanted.rota is not None and wanted.rota not in people.rotas:
        hint = suggest(wanted.rota, people.rotas) or f"there are: {', '.join(people.rotas) or 'none'}"
        raise ActionRefused("unknown_rota", f"there is no rota `{wanted.rota[:LONGEST_NAME]}`; {hint}")
    if wanted.out == wanted.stands_in:
        raise ActionRefused("same_person", f"{wanted.out} cannot stand in for themselves")
    if wanted.end <= max(wanted.start, at):
        raise ActionRefused("no_time", "a swap ends after it begins, and not in the past")


def _swap_of(row: RowMapping) -> Swap:
    return Swap(**{name: row[name] for name in Swap.model_fields})
