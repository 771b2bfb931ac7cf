"""All boards there are, in the order in which people meet them."""

from collections.abc import Callable, Sequence

from dashboards.board import Board
from dashboards.boards.brain import brain
from dashboards.boards.devices import devices
from dashboards.boards.environment import environment
from dashboards.boards.facility import facility
from dashboards.boards.fire import fire
from dashboards.boards.health import health
from dashboards.boards.industry import industry
from dashboards.boards.operations import operations
from dashboards.boards.performance import performance
from dashboards.boards.security import security
from dashboards.boards.village import village
from dashboards.boards.visitors import visitors
from dashboards.words import Known, Words
from town.language import Language

BOARDS: Sequence[Callable[[Words], Board]] = (
    operations,
    facility,
    fire,
    security,
    environment,
    visitors,
    industry,
    health,
    village,
    devices,
    performance,
    brain,
)


def boards(language: Language, known: Known | None = None) -> list[Board]:
    """Every board in that language, with the built-in kinds' limits and names, or those of a town."""
    say = Words(language, known)
    return [make(say) for make in BOARDS]
