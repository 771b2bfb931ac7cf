"""The broker's folder: who may connect and with which password, as the files that Mosquitto reads."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from ingest.identity.access_list import Role, access_list
from ingest.identity.password import mosquitto_hash, new_password
from town.errors import ConfigError
from town.private_file import write_private
from town.town import Town

PASSWORDS = "passwords"
ACCESS_LIST = "acl"
ACCOUNTS = "accounts.json"
DATA = "data"
"""The folder that Mosquitto keeps its sessions and messages in."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""No colon, space or line end: the names stand in Mosquitto's files."""


class BrokerAccounts:
    """The accounts in a folder. Every change writes the three files whole, each in one step, for their owner only."""

    def __init__(self, folder: Path, town: Town) -> None:
        self.folder, self._town = folder, town
        self._hashes = _hashes(folder / PASSWORDS)
        self.roles: Mapping[str, Role] = _roles(folder / ACCOUNTS)

    def add(self, name: str, role: Role, *, password: str | None = None) -> str:
        """Let somebody in; the password, made unless given, is nowhere else. ConfigError when the name is taken."""
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name[:80]!r} cannot be the name of an account: letters, digits, and . _ - inside")
        if name in self.roles:
            raise ConfigError(f"{name} has an account already: `town gateway rotate {name}` gives it another password")
        if role is Role.GATEWAY and name not in self._town.gateways:
            known = ", ".join(self._town.gateways) or "none"
            raise ConfigError(f"{name} is no gateway of {self._town.id}: name it in gateways.yaml; there are {known}")
        return self._set(name, role, password)

    def rotate(self, name: str) -> str:
        """Another password; the old one is refused from the broker's next look at its files on."""
        return self._set(name, self._role(name), None)

    def revoke(self, name: str) -> None:
        """Let it in no more."""
        self._role(name)
        self._write({k: v for k, v in self.roles.items() if k != name}, {**self._hashes, name: None})

    def write(self) -> None:
        """Write the files anew, for a town whose gateways have changed."""
        self._write(self.roles, self._hashes)

    def _role(self, name: str) -> Role:
        if name not in self.roles:
            known = ", ".join(self.roles) or "none"
            raise ConfigError(f"{name[:80]} has no account in {self.folder}; there are {known}")
        return self.roles[name]

    def _set(self, name: str, role: Role, password: str | None) -> str:
        password = new_password() if password is None else password
        self._write({**self.roles, name: role}, {**self._hashes, name: mosquitto_hash(password)})
        return password

    def _write(self, roles: Mapping[str, Role], hashes: Mapping[str, str | None]) -> None:
        kept = {name: hashed for name, hashed in sorted(hashes.items()) if hashed is not None}
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / DATA).mkdir(exist_ok=True, mode=0o700)
        write_private(self.folder / ACCESS_LIST, access_list(self._town, roles.items()))
        write_private(self.folder / PASSWORDS, "".join(f"{name}:{hashed}\n" for name, hashed in kept.items()))
        write_private(self.folder / ACCOUNTS, json.dumps(dict(sorted(roles.items())), indent=2) + "\n")
        self.roles, self._hashes = roles, kept


def _hashes(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pairs = [line.partition(":") for line in lines if ":" in line]
    return {name: hashed for name, _, hashed in pairs}


def _roles(path: Path) -> dict[str, Role]:
    if not path.exists():
        return {}
    try:
        written = json.loads(path.read_text("utf-8"))
        return {name: Role(role) for name, role in written.items()}
    except (ValueError, AttributeError) as error:
        raise ConfigError(f"{path} is not what `town gateway` wrote ({error}): restore it, or take it away") from None
