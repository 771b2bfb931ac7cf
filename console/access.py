"""Signing in and out: passwords, sessions of browsers, tokens of programs, and patience with wrong guesses."""

import asyncio
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from console.accounts import (
    Account,
    AccountFile,
    Register,
    Session,
    Token,
    fingerprint,
    hash_password,
    matches_password,
)
from console.patience import Patience
from console.roles import Role
from town.errors import ConfigError
from town.language import Language
from town.moment import DAY, Duration
from town.ports import Clock

COOKIE = "town_session"
SESSION_LASTS: Duration = 30 * DAY
FIRST_ACCOUNT = "admin"
Theme = Literal["dark", "light"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_PASSWORD_LENGTH = range(10, 201)
_SESSIONS_KEPT = 500


class Person(msgspec.Struct, frozen=True):
    """Who is asking. `language` is None as long as they did not choose one."""

    name: str
    language: Language | None = None
    theme: str = "dark"
    role: Role = Role.VIEWER


class SignInRefused(Exception):  # noqa: N818 - it is an answer to a person, not a failure
    """Wrong name or password, or too many guesses: then `wait` says for how long, in ms."""

    def __init__(self, wait: Duration = 0) -> None:
        super().__init__("wrong name or password" if not wait else "too many guesses")
        self.wait = wait


class Access:
    """The accounts of one town. Make it with `Access.open`."""

    def __init__(self, state: Path, *, clock: Clock) -> None:
        self._file = AccountFile(state)
        self._clock = clock
        self._patience = Patience()
        self._hashing = asyncio.Semaphore(2)

    @classmethod
    def open(cls, state: Path, *, clock: Clock) -> tuple["Access", str | None]:
        """The accounts in the state folder; on the first start also the password made for `admin`, told only here."""
        access = cls(state, clock=clock)
        if access.accounts():
            return access, None
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        access.add_account(FIRST_ACCOUNT, password, role=Role.ADMINISTRATOR)
        return access, password

    def accounts(self) -> list[str]:
        """The names of all accounts."""
        return sorted(self._file.register.accounts)

    def roles(self) -> dict[str, Role]:
        """What each account is."""
        return {name: account.role for name, account in sorted(self._file.register.accounts.items())}

    def set_role(self, name: str, role: Role) -> None:
        """Make somebody another role; raises ConfigError for who is not there, and for the last administrator."""

        def change(register: Register) -> None:
            _require(register, name)
            others = [other for other, one in register.accounts.items() if one.role is Role.ADMINISTRATOR]
            if role is not Role.ADMINISTRATOR and others == [name]:
                raise ConfigError(f"account {name!r} is the last administrator: make another one first")
            register.accounts[name].role = role

        self._file.change(change)

    def add_account(self, name: str, password: str, *, role: Role = Role.OPERATOR) -> None:
        """Let somebody in; raises ConfigError when the name is taken or either is not acceptable."""
        if not _NAME.fullmatch(name):
            raise ConfigError(f"account {name!r}: write it with a-z, 0-9, dot, dash and underscore, 40 at most")
        account = Account(_hashed(password), role=role)

        def add(register: Register) -> None:
            if name in register.accounts:
                raise ConfigError(f"account {name!r} is there already")
            register.accounts[name] = account

        self._file.change(add)

    def set_password(self, name: str, password: str) -> None:
        """Give an account a new password and end its sessions; raises ConfigError when there is none of that name."""
        hashed = _hashed(password)

        def change(register: Register) -> None:
            _require(register, name)
            register.accounts[name].password = hashed
            register.sessions = {k: s for k, s in register.sessions.items() if s.account != name}

        self._file.change(change)

    async def sign_in(self, name: str, password: str, *, source: str) -> str:
        """A new session's secret for the cookie; raises SignInRefused. `source` is the caller's address."""
        now = self._clock()
        if wait := self._patience.wait(name, source, now=now):
            raise SignInRefused(wait)
        account = self._file.register.accounts.get(name)
        async with self._hashing:  # scrypt takes 32 MiB each: a burst of guesses must not take all memory
            kept = account.password if account else _nobody()
            right = await asyncio.to_thread(matches_password, password[: _PASSWORD_LENGTH.stop], kept)
        if account is None or not right:
            self._patience.failed(name, source, now=now)
            raise SignInRefused
        self._patience.succeeded(name, source)
        return self._new_session(name)

    def sign_out(self, session: str) -> None:
        """End a session, everywhere it is used."""

        def end(register: Register) -> None:
            register.sessions.pop(fingerprint(session), None)

        self._file.change(end)

    def person(self, session: str | None) -> Person | None:
        """Who holds this session, if it still counts."""
        register = self._file.register
        found = register.sessions.get(fingerprint(session)) if session else None
        account = register.accounts.get(found.account) if found and found.ends_at > self._clock() else None
        if found is None or account is None:
            return None
        return Person(found.account, account.language, account.theme, account.role)

    def create_token(self, name: str, *, role: Role = Role.OPERATOR) -> str:
        """A token for a program; only its hash is kept. A new one replaces an old one of that name."""
        token = f"town_{secrets.token_urlsafe(32)}"

        def add(register: Register) -> None:
            register.tokens = {key: held for key, held in register.tokens.items() if _token(held).name != name}
            register.tokens[fingerprint(token)] = Token(name, role)

        self._file.change(add)
        return token

    def program(self, token: str) -> Person | None:
        """Which program holds this token."""
        held = self._file.register.tokens.get(fingerprint(token))
        return Person(_token(held).name, role=_token(held).role) if held is not None else None

    def prefer(self, name: str, *, language: Language | None = None, theme: Theme | None = None) -> None:
        """Remember how a person likes to read; what is None stays."""

        def change(register: Register) -> None:
            if account := register.accounts.get(name):
                account.language = language or account.language
                account.theme = theme or account.theme

        self._file.change(change)

    def _new_session(self, name: str) -> str:
        session, now = secrets.token_urlsafe(32), self._clock()

        def add(register: Register) -> None:
            living = [(key, held) for key, held in register.sessions.items() if held.ends_at > now]
            register.sessions = dict(living[-_SESSIONS_KEPT:])
            register.sessions[fingerprint(session)] = Session(name, now + SESSION_LASTS)

        self._file.change(add)
        return session


@cache
def _nobody() -> str:
    """What an unknown name's password is held against, so that it takes as long as a known one's."""
    return hash_password(secrets.token_urlsafe())


def _hashed(password: str) -> str:
    if len(password) not in _PASSWORD_LENGTH:
        raise ConfigError("a password has 10 to 200 characters")
    return hash_password(password)


def _token(held: Token | str) -> Token:
    return Token(held) if isinstance(held, str) else held


def _require(register: Register, name: str) -> None:
    if name not in register.accounts:
        raise ConfigError(f"account {name!r}: there is none; known are {', '.join(register.accounts)}")
