"""Who may do what: three roles, and the least that each deed asks for."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the town."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Deed(StrEnum):
    """What people do beyond looking."""

    HANDLE = "handle"
    """Acknowledge, assign, comment, shelve, verify and reset alerts."""
    SHELVE_FIRE = "shelve_fire"
    SERVICE = "service"
    """Take alerts out of service and return them."""
    WINDOWS = "windows"
    """Make and end maintenance and drill windows."""


_LEAST: dict[Deed, Role] = {
    Deed.HANDLE: Role.OPERATOR,
    Deed.SHELVE_FIRE: Role.ADMINISTRATOR,
    Deed.SERVICE: Role.ADMINISTRATOR,
    Deed.WINDOWS: Role.ADMINISTRATOR,
}


def least_role(deed: Deed) -> Role:
    """The least that one has to be for it."""
    return _LEAST[deed]


def allows(role: Role, deed: Deed) -> bool:
    """Whether somebody of that role may do it."""
    order = list(Role)
    return order.index(role) <= order.index(_LEAST[deed])
