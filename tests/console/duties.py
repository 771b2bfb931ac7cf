"""Rotas in memory: who is on duty is what a test puts in."""

from collections.abc import Sequence

from town.duty import OnDuty, Swap, Watch
from town.language import Label
from town.moment import HOUR, Moment
from town.ports import ActionRefused

NAMES = {"li.wei": "李伟", "wang.fang": "王芳", "shen.guohua": "沈国华"}


def watch(*people: str, start: Moment, end: Moment | None) -> Watch:
    """A watch of people who have names."""
    names = tuple(Label(zh=NAMES[one], en=NAMES[one]) for one in people)
    return Watch(people=people, names=names, start=start, end=end)


class Duties:
    """Two rotas: one changes in six hours, in the other nobody is on duty before that."""

    def __init__(self) -> None:
        self.kept: list[Swap] = []

    async def on_duty(self, at: Moment) -> Sequence[OnDuty]:
        """As they stand."""
        start, end = at - 4 * HOUR, at + 6 * HOUR
        now, following = watch("li.wei", "wang.fang", start=start, end=end), watch("shen.guohua", start=end, end=None)
        nobody = watch(start=start, end=end)
        fire, lead = Label(zh="消防值班", en="Fire duty"), Label(zh="带班领导", en="Lead on duty")
        return [
            OnDuty(rota="duty-fire", name=fire, now=now, next=following),
            OnDuty(rota="duty-lead", name=lead, now=nobody, next=following),
        ]

    async def swaps(self, at: Moment) -> Sequence[Swap]:
        """Those that are not over."""
        return [one for one in self.kept if one.end > at]

    async def swap(self, wanted: Swap, *, at: Moment) -> Swap:
        """Between people who are there, in time to come."""
        if not {wanted.out, wanted.stands_in} <= NAMES.keys():
            raise ActionRefused("unknown_person", "there is no such person")
        if wanted.end <= at:
            raise ActionRefused("no_time", "it is over")
        self.kept.append(wanted.model_copy(update={"id": len(self.kept) + 1}))
        return self.kept[-1]

    async def take_back(self, number: int, *, by: str, at: Moment) -> Swap:
        """Once."""
        found = next((one for one in self.kept if one.id == number), None)
        if found is None:
            raise ActionRefused("unknown_swap", f"there is no swap {number}")
        self.kept.remove(found)
        return found
