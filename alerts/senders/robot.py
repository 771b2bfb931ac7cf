"""What the robots of group chats have in common: tokens that are pasted as addresses, and people who are mentioned."""

from alerts.contact import Person

_CHINA = "+86"


def token_of(secret: str, *, after: str) -> str:
    """The token of a robot from its secret: the token itself, or the whole address as the provider shows it."""
    if "://" not in secret:
        return secret.strip()
    return secret.strip().rpartition(after)[2].partition("&")[0]


def mobile_of(person: Person) -> str | None:
    """The mobile number as the Chinese robots know people: without the country's code."""
    number = person.channels.get("sms") or person.channels.get("voice") or ""
    return number.removeprefix(_CHINA) if number.startswith(_CHINA) else None
