"""Who may come in, kept in one file of the state folder that only its owner may read."""

import base64
import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from console.roles import Role
from town.errors import ConfigError
from town.language import Language
from town.moment import Moment

SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_PARALLEL = 2**15, 8, 1
"""N, r, p of RFC 7914: 32 MiB and about 80 ms a guess on a small server."""


class Account(msgspec.Struct):
    """A person who may sign in, and how they like to read."""

    password: str
    language: Language | None = None
    theme: str = "dark"
    role: Role = Role.ADMINISTRATOR
    """Accounts from before there were roles could do everything."""


class Token(msgspec.Struct, frozen=True):
    """A program's token."""

    name: str
    role: Role = Role.OPERATOR


class Session(msgspec.Struct, frozen=True):
    """A browser that signed in."""

    account: str
    ends_at: Moment


class Register(msgspec.Struct):
    """Everything in the file. Sessions and tokens are by the SHA-256 of what the other side holds."""

    version: int = 1
    accounts: dict[str, Account] = {}
    tokens: dict[str, Token | str] = {}
    """A plain name is a token from before there were roles: an operator's."""
    sessions: dict[str, Session] = {}


class AccountFile:
    """The register on disk; other processes may change it meanwhile, such as `town account add`."""

    def __init__(self, state: Path) -> None:
        self._path = state / "accounts.json"
        self._seen: tuple[int, int] | None = None
        self._register = Register()

    @property
    def register(self) -> Register:
        """The newest register, read again only when the file changed; raises ConfigError when it is not ours."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._register
        if (seen := (status.st_mtime_ns, status.st_ino)) != self._seen:
            try:
                self._register = msgspec.json.decode(self._path.read_bytes(), type=Register)
            except msgspec.DecodeError as error:
                raise ConfigError(f"{self._path}: not a register of accounts ({error}); move it away") from None
            self._seen = seen
        return self._register

    def change(self, act: Callable[[Register], None]) -> None:
        """Change the register under a lock that other processes respect, and replace the file whole."""
        with self._lock():
            register = self.register
            act(register)
            fresh = self._path.with_suffix(".new")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(register)))
                file.flush()
                os.fsync(descriptor)
            fresh.replace(self._path)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def hash_password(password: str) -> str:
    """The password as scrypt (RFC 7914) with its parameters and a salt of its own."""
    salt = secrets.token_bytes(16)
    derived = _scrypt(password, salt, SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_PARALLEL)
    parts = (SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_PARALLEL, _text(salt), _text(derived))
    return "$".join(["scrypt", *map(str, parts)])


def matches_password(password: str, kept: str) -> bool:
    """Whether the password is the one that was hashed; takes as long when it is not."""
    _, cost, block, parallel, salt, expected = kept.split("$")
    derived = _scrypt(password, base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(derived, base64.b64decode(expected))


def fingerprint(secret: str) -> str:
    """What is kept of a session or token: they are long and random, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    memory = 2 * 128 * cost * block
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=memory, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
