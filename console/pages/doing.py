"""What the buttons and dialogs of the desk do."""

from collections.abc import Mapping

from console.access import Person
from console.parts import ConsoleParts
from console.roles import Deed, allows
from town.alert import Verification
from town.moment import parse_duration
from town.ports import ActionRefused

DEEDS = {"take_out_of_service": Deed.SERVICE, "return_to_service": Deed.SERVICE}
"""What is asked for beyond handling alerts."""


async def do(parts: ConsoleParts, person: Person, action: str, alert: str, fields: Mapping[str, str]) -> None:
    """Do one thing about an alert, with what was written into the form; raises ActionRefused."""
    actions, by, at = parts.actions, person.name, parts.clock()
    comment, reason = fields.get("comment", ""), fields.get("reason", "")
    match action:
        case "acknowledge":
            await actions.acknowledge(alert, by=by, at=at)
        case "reset":
            await actions.reset(alert, by=by, at=at)
        case "comment" if fields.get("text"):
            await actions.comment(alert, by=by, at=at, text=fields["text"])
        case "assign" if (to := fields.get("to", "")) in {"", *parts.assignable()}:
            await actions.assign(alert, by=by, at=at, to=to, comment=comment)
        case "verify" if (verdict := fields.get("verdict", "")) in set(Verification):
            await actions.verify(alert, by=by, at=at, verdict=Verification(verdict), comment=comment)
        case "shelve":
            fire = allows(person.role, Deed.SHELVE_FIRE)
            until = at + _length(fields.get("lasts", ""))
            await actions.shelve(alert, by=by, at=at, until=until, reason=reason, as_administrator=fire)
        case "unshelve":
            await actions.unshelve(alert, by=by, at=at)
        case "take_out_of_service":
            await actions.take_out_of_service(alert, by=by, at=at, reason=reason)
        case "return_to_service":
            await actions.return_to_service(alert, by=by, at=at)


def _length(text: str) -> int:
    try:
        return parse_duration(text[:10])
    except ValueError:
        raise ActionRefused("too_far", "say for how long, such as 2h") from None
