"""The archive of a backup: copying what is in use, packing it with its sums, and unpacking only what is whole."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from town.errors import ConfigError
from town.moment import Moment

MANIFEST = "manifest.json"
FORM = 1
_LARGEST_MANIFEST = 64 << 20
_OF_OTHERS = ("influxdb", "postgresql", "logs")
"""Folders of servers that `town up --profile services` runs: what they hold is taken by asking them."""
_SQLITE = b"SQLite format 3\0"


class Manifest(msgspec.Struct, frozen=True):
    """What is in an archive: every file with its size and SHA-256, and what they hold."""

    form: int
    town: str
    made_at: Moment
    version: str
    readings: int
    book: dict[str, int]
    files: dict[str, tuple[int, str]]


def copy_folder(source: Path, target: Path, left_out: Collection[Path]) -> None:
    """Copy files; databases by their own means, so that a running brain may go on writing."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path in left_out or path.name.startswith(".") or path.name.endswith(("-wal", "-shm", ".wal")):
            continue
        if path.is_dir():
            if path.name not in _OF_OTHERS:
                copy_folder(path, target / path.name, left_out)
        elif path.is_file():
            _copy_file(path, target / path.name)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        is_database = file.read(len(_SQLITE)) == _SQLITE
    if not is_database:
        shutil.copy2(source, target)
        return
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30)) as live,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy, pages=2_000)
    shutil.copymode(source, target)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def sums_of(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of every file, by its name in the folder."""
    return {str(path.relative_to(folder)): (path.stat().st_size, _sum_of(path)) for path in _files(folder)}


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(folder: Path, file: Path) -> None:
    """Make the archive of a folder, the manifest first; whole or not at all, for its owner alone."""
    part = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive:
                archive.add(folder / MANIFEST, MANIFEST)
                for path in _files(folder):
                    if path.name != MANIFEST or path.parent != folder:
                        archive.add(path, str(path.relative_to(folder)))
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def unpack(file: Path, into: Path) -> Manifest:
    """Unpack an archive and compare every file with the manifest. Raises ConfigError for one that is not whole."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(into, filter="data")
        written = into / MANIFEST
        if written.stat().st_size > _LARGEST_MANIFEST:
            raise ConfigError(f"{file}: its list of files is too long")
        manifest = msgspec.json.decode(written.read_bytes(), type=Manifest)
    except (tarfile.TarError, OSError, EOFError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{file} is no whole backup of `town backup`: {error}") from None
    if manifest.form != FORM:
        raise ConfigError(f"{file} was made by version {manifest.version}: restore it with that one")
    found = {name: each for name, each in sums_of(into).items() if name != MANIFEST}
    if found != manifest.files:
        wrong = sorted(
            name for name in found.keys() | manifest.files.keys() if found.get(name) != manifest.files.get(name)
        )
        raise ConfigError(f"{file} is damaged: {', '.join(wrong[:5])} is not as it was written")
    return manifest
