"""Whether the ports we want are free, and who has them if not."""

import contextlib
import socket
import sys
from pathlib import Path

import psutil

from town.errors import ConfigError

if sys.platform != "win32":
    import pwd

_LISTENS = "0A"
"""The state in the kernel's table of connections (proc(5))."""


def require_free(host: str, port: int, *, purpose: str, instead: str) -> None:
    """Raise ConfigError naming who listens on the port already and what to do `instead`."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise ConfigError(f"Port {port} for {purpose} needs more rights than this user has. {instead}") from None
        except OSError as error:
            taken = f"Port {port} for {purpose} is taken by {_owner(port)}."
            raise ConfigError(f"{taken} {instead}" if _owner_exists(error) else f"{host}:{port}: {error}") from None


def _owner_exists(error: OSError) -> bool:
    return error.errno in {98, 48, 10048}  # EADDRINUSE on Linux, macOS, Windows


def _owner(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        connections = []
    for connection in connections:
        if (
            connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
            and connection.pid
        ):
            return _named(connection.pid)
    user = user_who_listens(port)
    return f"a process of {user}" if user else "a process of another user"


def user_who_listens(port: int) -> str | None:
    """Who listens on a port, where Linux tells it: it tells everybody whose process it is, but not which."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for row in [line.split() for line in Path(table).read_text("ascii").splitlines()[1:]]:
                if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port:
                    return pwd.getpwuid(int(row[7])).pw_name
    return None


def _named(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (process {pid}, user {process.username()})"
    except psutil.Error:
        return f"process {pid}"
