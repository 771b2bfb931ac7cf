"""Signing in."""

import json
import stat
from pathlib import Path

import pytest

from console.access import Access, Person, SignInRefused
from console.accounts import fingerprint
from console.roles import Deed, Role, allows
from town.errors import ConfigError
from town.moment import DAY, SECOND, Moment


class Clock:
    """A clock that a test turns."""

    def __init__(self, now: Moment = 1_790_000_000_000) -> None:
        self.now = now

    def __call__(self) -> Moment:
        return self.now


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A state folder in which the first start was, and the password it told."""
    folder = tmp_path_factory.mktemp("state")
    _, password = Access.open(folder, clock=Clock())
    assert password
    return folder, password


def test_first_start_tells_a_password_once(made: tuple[Path, str]) -> None:
    folder, password = made

    _, again = Access.open(folder, clock=Clock())

    assert again is None
    assert len(password) >= 16


def test_file_holds_no_secret_and_is_private(made: tuple[Path, str]) -> None:
    folder, password = made
    path = folder / "accounts.json"

    assert password not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_session_belongs_to_who_signed_in(made: tuple[Path, str]) -> None:
    access = Access(made[0], clock=Clock())

    session = await access.sign_in("admin", made[1], source="10.0.0.1")

    person = access.person(session)
    assert person is not None
    assert person.name == "admin"
    assert session not in (made[0] / "accounts.json").read_text()


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong-password"), ("nobody", "wrong-password"), ("", "")])
async def test_wrong_guess_is_refused(made: tuple[Path, str], name: str, password: str) -> None:
    access = Access(made[0], clock=Clock())

    with pytest.raises(SignInRefused) as refused:
        await access.sign_in(name, password, source="10.0.0.1")

    assert refused.value.wait == 0


async def test_many_guesses_have_to_wait_and_lock_out_nobody_elsewhere(made: tuple[Path, str]) -> None:
    clock = Clock()
    access = Access(made[0], clock=clock)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await access.sign_in("admin", "guess-guess", source="10.6.6.6")

    with pytest.raises(SignInRefused) as refused:
        await access.sign_in("admin", made[1], source="10.6.6.6")

    assert refused.value.wait == SECOND
    assert await access.sign_in("admin", made[1], source="10.0.0.1")
    clock.now += SECOND
    assert await access.sign_in("admin", made[1], source="10.6.6.6")


async def test_session_ends_by_sign_out_by_time_and_by_new_password(tmp_path: Path) -> None:
    clock = Clock()
    access, password = Access.open(tmp_path, clock=clock)
    assert password
    first, second, third = [await access.sign_in("admin", password, source="a") for _ in range(3)]

    access.sign_out(first)
    assert access.person(first) is None
    assert access.person(second)
    clock.now += 31 * DAY
    assert access.person(second) is None
    clock.now -= 31 * DAY
    access.set_password("admin", "another password")
    assert access.person(third) is None


def test_another_process_adds_an_account(made: tuple[Path, str]) -> None:
    running, command = Access(made[0], clock=Clock()), Access(made[0], clock=Clock())

    command.add_account("li.wei", "a long enough one")

    assert running.accounts() == ["admin", "li.wei"]
    with pytest.raises(ConfigError, match="there already"):
        running.add_account("li.wei", "a long enough one")


@pytest.mark.parametrize(
    ("name", "password"), [("Li Wei", "long enough 1"), ("li", "short"), ("../x", "long enough 1")]
)
def test_account_that_is_not_acceptable(made: tuple[Path, str], name: str, password: str) -> None:
    with pytest.raises(ConfigError):
        Access(made[0], clock=Clock()).add_account(name, password)


def test_token_is_known_until_replaced(made: tuple[Path, str]) -> None:
    access = Access(made[0], clock=Clock())

    token = access.create_token("grafana")
    assert access.program(token) == Person("grafana", role=Role.OPERATOR)
    newer = access.create_token("grafana", role=Role.VIEWER)

    assert (access.program(token), access.program(newer)) == (None, Person("grafana", role=Role.VIEWER))
    assert token not in (made[0] / "accounts.json").read_text()


async def test_roles_are_kept_and_the_last_administrator_stays(tmp_path: Path) -> None:
    access, _ = Access.open(tmp_path, clock=Clock())
    access.add_account("li.wei", "a long enough one")
    access.set_role("li.wei", Role.VIEWER)
    person = access.person(await access.sign_in("li.wei", "a long enough one", source="a"))

    assert access.roles() == {"admin": Role.ADMINISTRATOR, "li.wei": Role.VIEWER}
    assert person is not None and person.role is Role.VIEWER
    with pytest.raises(ConfigError, match="last administrator"):
        access.set_role("admin", Role.OPERATOR)
    with pytest.raises(ConfigError, match="there is none"):
        access.set_role("wang", Role.OPERATOR)


def test_register_from_before_there_were_roles_loses_nobody(made: tuple[Path, str], tmp_path: Path) -> None:
    register = json.loads((made[0] / "accounts.json").read_text())
    del register["accounts"]["admin"]["role"]
    register["tokens"] = {fingerprint("town_old"): "grafana"}
    (tmp_path / "accounts.json").write_text(json.dumps(register))

    access = Access(tmp_path, clock=Clock())

    assert access.roles()["admin"] is Role.ADMINISTRATOR
    assert access.program("town_old") == Person("grafana", role=Role.OPERATOR)


@pytest.mark.parametrize(
    ("role", "deeds"),
    [(Role.ADMINISTRATOR, set(Deed)), (Role.OPERATOR, {Deed.HANDLE}), (Role.VIEWER, set())],
)
def test_role_allows(role: Role, deeds: set[Deed]) -> None:
    assert {deed for deed in Deed if allows(role, deed)} == deeds


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text("[]")

    with pytest.raises(ConfigError, match="not a register"):
        Access.open(tmp_path, clock=Clock())
