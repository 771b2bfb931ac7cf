"""The page of who is on duty."""

from fastapi import Request

from console.pages.shell import Visit, live, shell


async def page(request: Request) -> None:
    """Every rota, now and next, and who stands in for whom."""
    visit = Visit.of(request)
    with await shell(visit, "/people", visit.told.gettext("People"), classes="people"):
        await live(visit, "duty", classes="two-panels")
