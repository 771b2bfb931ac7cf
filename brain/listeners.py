"""Whether the ports we want are free, and who has them if not."""

import socket

import psutil

from town.errors import ConfigError


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
        return "another user's process"
    for connection in connections:
        if (
            connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
            and connection.pid
        ):
            return _named(connection.pid)
    return "a process of another user"


def _named(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return f"{process.name()} (process {pid}, user {process.username()})"
    except psutil.Error:
        return f"process {pid}"
