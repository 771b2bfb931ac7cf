"""What the statements about the outbox's rows have in common."""

from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, bindparam, literal_column

from town.alert import DeliveryState

OUTSTANDING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED)
"""Not over: `failed` means that the last attempt failed and another is due."""


NOW = bindparam("now", type_=BigInteger)
"""The moment a statement is asked at."""


def outstanding(columns: Any) -> ColumnElement[bool]:
    """Not over. The states stand in the statement itself: with parameters the partial index would not be used."""
    states: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in OUTSTANDING]
    return cast("ColumnElement[bool]", columns.state.in_(states))
