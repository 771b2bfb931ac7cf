"""What the statements about the outbox's rows have in common."""

from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, RowMapping, bindparam, literal_column

from town.alert import DeliveryState

Row = RowMapping | dict[str, Any]
"""A row by the names of its columns, as SQLAlchemy or a prepared statement gives it."""

OUTSTANDING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED)
"""Not over: `failed` means that the last attempt failed and another is due."""


NOW = bindparam("now", type_=BigInteger)
"""The moment a statement is asked at."""


def outstanding(columns: Any) -> ColumnElement[bool]:
    """Not over. The states stand in the statement itself: with parameters the partial index would not be used."""
    return _is_one_of(columns, *OUTSTANDING)


def waiting(columns: Any) -> ColumnElement[bool]:
    """Not over, and no attempt is under way."""
    return _is_one_of(columns, DeliveryState.QUEUED, DeliveryState.FAILED)


def _is_one_of(columns: Any, *states: DeliveryState) -> ColumnElement[bool]:
    written: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in states]
    return cast("ColumnElement[bool]", columns.state.in_(written))
