"""Identities of gateways at the broker: what `town gateway` does with the broker's folder, and what it shows once."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import segno
import typer

from brain.clock import wall_clock
from brain.output import FOUND_PROBLEMS, errors, print_findings, print_json, print_table, screen
from brain.state import state_folder
from ingest.identity.access_list import Role
from ingest.identity.accounts import BrokerAccounts
from ingest.identity.authority import CA_CERTIFICATE, LEAF_DAYS, SERVER_CERTIFICATE, Authority
from town.errors import ConfigError
from town.folder import load_town
from town.moment import DAY
from town.private_file import write_private
from town.settings import Settings, load_settings
from town.town import Town

BROKER = "broker"
"""The folder of the broker's files in the state folder, unless another is named."""
TLS_PORT, CERTIFICATE_PORT = 8883, 8884
_RELOAD = "Mosquitto takes this in when it gets the signal HUP: `docker compose kill -s HUP mosquitto`, or `kill -HUP`."


class Place(NamedTuple):
    """A town, the folder of its broker, and the settings in force."""

    town: Town
    folder: Path
    settings: Settings

    def accounts(self) -> BrokerAccounts:
        """Who may connect."""
        return BrokerAccounts(self.folder, self.town)

    def authority(self) -> Authority:
        """Who signs certificates, made when there is none yet."""
        return Authority.open(self.folder, name=f"{self.town.name.en} broker authority", now=wall_clock())


def find_place(folder: Path, broker: Path | None) -> Place:
    """The town of a folder and its broker's; leaves with exit code 1 when the town has mistakes."""
    town, findings = load_town(folder)
    if town is None:
        print_findings(findings)
        errors.print(f"Nothing was changed: mend {folder} first.", style="red")
        raise typer.Exit(FOUND_PROBLEMS)
    settings = load_settings({}, folder).settings
    return Place(town, broker or state_folder(settings, town.id) / BROKER, settings)


def initialise(place: Place, hosts: Sequence[str], *, keep: Path | None) -> None:
    """Make the authority, the broker's certificate, and the brain's account, where they are not there yet."""
    authority = place.authority()
    if not (place.folder / SERVER_CERTIFICATE).exists():
        authority.certify_server(list(hosts), now=wall_clock())
        screen.print(f"Certificate for {', '.join(hosts)}: {place.folder / SERVER_CERTIFICATE}", markup=False)
    accounts = place.accounts()
    if Role.BRAIN not in accounts.roles.values():
        _hand_over("brain", accounts.add("brain", Role.BRAIN), keep)
    else:
        accounts.write()


def add_all(place: Place, *, keep: Path) -> None:
    """An account for every gateway that has none, its password in a file of `keep`."""
    accounts = place.accounts()
    for name in place.town.gateways:
        if name not in accounts.roles:
            _hand_over(name, accounts.add(name, Role.GATEWAY), keep)


def _hand_over(name: str, password: str, keep: Path | None) -> None:
    if keep is None:
        screen.print(f"Account {name}, password (shown once): {password}", markup=False)
        return
    keep.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(keep / name, password + "\n")
    screen.print(f"Account {name}, password in {keep / name}", markup=False)


class Handover(NamedTuple):
    """What somebody enters on a device, once."""

    account: str
    password: str
    role: Role
    host: str
    topics: tuple[str, ...]
    certificate: tuple[bytes, bytes] | None

    def rows(self) -> list[tuple[str, str]]:
        """Line by line, as devices call it."""
        port = str(CERTIFICATE_PORT if self.certificate else TLS_PORT)
        rows = [("host", self.host), ("port", f"{port} (TLS)"), ("user", self.account), ("password", self.password)]
        return rows + [("topic", topic) for topic in self.topics]


def hand_over(
    place: Place, name: str, password: str, *, host: str | None, certificate: bool, json: bool, qr: Path | None
) -> None:
    """Show once what to enter on the device, as text and as a QR code of the same lines."""
    role = place.accounts().roles[name]
    signed = place.authority().certify_gateway(name, now=wall_clock()) if certificate else None
    topics = place.town.gateways[name].topics if role is Role.GATEWAY else (f"town/{place.town.id}/alerts/#",)
    what = Handover(name, password, role, host or _host(place.settings), topics, signed)
    text = "\n".join(f"{label}: {value}" for label, value in what.rows())
    if qr is not None:
        _save_code(text, qr)
    if signed is not None:
        for path, content in zip(_certificate_files(place, name), signed, strict=True):
            write_private(path, content)
    if json:
        print_json(_as_json(place, what))
        return
    print_table("", ("on the device", ""), what.rows())
    if signed is not None:
        certificate_file, key_file = _certificate_files(place, name)
        days = LEAF_DAYS // DAY
        screen.print(f"\nCertificate: {certificate_file}, for {days} days; key: {key_file}", markup=False)
        screen.print("Copy both to the device, then delete the key here.")
    screen.print(f"The authority to trust: {place.folder / CA_CERTIFICATE}", markup=False)
    screen.print("The password is not shown again.")
    if qr is None:
        code = io.StringIO()
        segno.make(text, error="l").terminal(code, compact=True)
        screen.print(code.getvalue(), markup=False)
    screen.print(_RELOAD, markup=False)


def _as_json(place: Place, what: Handover) -> dict[str, Any]:
    shown: dict[str, Any] = {"account": what.account, "role": what.role.value, "password": what.password}
    shown |= {"host": what.host, "port": CERTIFICATE_PORT if what.certificate else TLS_PORT, "topics": what.topics}
    files = [str(path) for path in _certificate_files(place, what.account)] if what.certificate else []
    return shown | {"authority": str(place.folder / CA_CERTIFICATE), "certificate": files}


def _certificate_files(place: Place, name: str) -> tuple[Path, Path]:
    return place.folder / f"{name}.crt", place.folder / f"{name}.key"


def _host(settings: Settings) -> str:
    named = urlsplit(settings.mqtt_url).hostname if settings.mqtt_url != "embedded" else None
    return named or urlsplit(settings.public_url or "").hostname or "the broker's address"


def _save_code(text: str, path: Path) -> None:
    kind = path.suffix.removeprefix(".").lower()
    if kind not in ("png", "svg"):
        raise ConfigError(f"{path}: a QR code is saved as .png or .svg")
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind=kind, scale=6)
    write_private(path, picture.getvalue())


def forget(place: Place, name: str) -> None:
    """Let an account in no more, and refuse its certificate."""
    place.accounts().revoke(name)
    place.authority().revoke(name, now=wall_clock())
    for path in _certificate_files(place, name):
        path.unlink(missing_ok=True)
    screen.print(f"{name} is not let in any more. {_RELOAD}", markup=False)


def show(place: Place, *, json: bool) -> None:
    """Everybody who may connect, and the gateways that cannot yet."""
    roles = place.accounts().roles
    names = [*place.town.gateways, *(name for name in roles if name not in place.town.gateways)]
    rows = [
        (name, (roles.get(name) or Role.GATEWAY).value, _standing(place, name, roles), _certified(place, name))
        for name in names
    ]
    if json:
        print_json([dict(zip(("account", "role", "standing", "certificate"), row, strict=True)) for row in rows])
    else:
        print_table("", ("account", "role", "", "certificate"), rows)


def _standing(place: Place, name: str, roles: Any) -> str:
    if name not in roles:
        return "no account"
    return "not in gateways.yaml" if roles[name] is Role.GATEWAY and name not in place.town.gateways else "may connect"


def _certified(place: Place, name: str) -> str:
    return "yes" if (place.folder / f"gateway-{name}.pem").exists() else ""
