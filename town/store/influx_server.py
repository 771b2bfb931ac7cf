"""Talking to InfluxDB over HTTP: 1.x, 2.x and 3.x all serve `/write` and `/query`; what each answer asks us to do."""

import asyncio
import gzip
import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from io import BytesIO
from types import TracebackType
from typing import Any, Generic, Literal, NoReturn, Self, TypeVar

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration

_WRITE_SECONDS = 15
_QUERY_SECONDS = 30
_CONNECT_SECONDS = 5
_MOST_CONNECTIONS = 16
_LARGEST_ANSWER = 64 << 20
_LONG_ANSWER = 256 << 10
"""What is longer is read in a thread: the loop has others to serve."""
_GZIP_FROM = 8 << 10
_AT_ONCE = 1 << 20
"""Bytes that are given to the socket in one piece; more would hold up the loop."""

_PASSING = frozenset({408, 429, 499, 500, 502, 503, 504})
_FOR_SOME_POINTS = frozenset({400, 413, 422})
# Limits of the server that refuse good points: nothing is wrong with the reading, so nothing may be given up.
_SERVER_LIMITS = re.compile(r"max-series-per-database|max-values-per-tag|would exceed limit")
_NOT_ALLOWED = re.compile(
    r"database not found|retention policy not found|authoriz|unauthorized|dbrp|bucket .*not found"
)
_DROPPED = re.compile(r"\bdropped=(\d+)")


class Refusal(msgspec.Struct, frozen=True):
    """InfluxDB will not take some or all of a body. `dropped` is how many points it says that it left out."""

    status: int
    text: str

    @property
    def dropped(self) -> int | None:
        """None when it does not say."""
        found = _DROPPED.search(self.text)
        return int(found.group(1)) if found else None


class Table(msgspec.Struct):
    """One series of an answer, or a piece of one."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []


class UnreadTable(msgspec.Struct):
    """The same with its rows as they came: a JSON array of arrays."""

    values: msgspec.Raw = msgspec.Raw(b"[]")

    @property
    def lines(self) -> bytes:
        """Its rows as lines of CSV, for rows of numbers, booleans, nulls and ids, which have no comma and no quote."""
        return msgspec.json.format(bytes(self.values), indent=-1)[2:-2].replace(b"],[", b"\n")


_T = TypeVar("_T")


class _Result(msgspec.Struct, Generic[_T]):
    series: list[_T] = []
    error: str = ""


class _Answer(msgspec.Struct, Generic[_T]):
    results: list[_Result[_T]] = []
    error: str = ""


_read = msgspec.json.Decoder(_Answer[Table]).decode
_leave_unread = msgspec.json.Decoder(_Answer[UnreadTable]).decode


class InfluxServer:
    """One database of one server. Use it with `async with`; `base` is such as `http://127.0.0.1:8086`."""

    def __init__(
        self,
        base: str,
        database: str,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
    ) -> None:
        self.base, self.database = base, database
        self._headers = {"User-Agent": "town-brain", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        if user:
            pair = b64encode(f"{user}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"
        elif token:
            self._headers["Authorization"] = f"Token {token}"
        self._url = URL(base)
        self._compresses = not _is_loopback(self._url.host or "")

    async def __aenter__(self) -> Self:
        self._session = ClientSession(
            connector=TCPConnector(limit=_MOST_CONNECTIONS),
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            headers=self._headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def write(
        self, body: bytes, *, policy: str | None = None, precision: Literal["ms", "ns"] = "ms"
    ) -> Refusal | None:
        """Write lines with moments in that precision; None when all are in. Raises Unavailable and ConfigError.

        Without a `policy` the database's own takes them.
        """
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if self._compresses and len(body) >= _GZIP_FROM:
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers["Content-Encoding"] = "gzip"
        parameters = {"db": self.database, "precision": precision} | ({"rp": policy} if policy else {})
        url = (self._url / "write").with_query(parameters)
        data = body if len(body) <= _AT_ONCE else BytesIO(body)
        answer, content = await self._send("POST", url, data, headers=headers, seconds=_WRITE_SECONDS)
        if answer.status in (200, 204):
            return None
        text = self._problem(content)
        if _SERVER_LIMITS.search(text):
            raise ConfigError(f"{self.base} has reached a limit of its configuration: {text}")
        if answer.status in _FOR_SOME_POINTS or (answer.status == 500 and "field type conflict" in text):
            return Refusal(answer.status, text)
        self._refuse(answer, text)

    async def query(self, statement: str, *, database: bool = True, policy: str | None = None) -> list[Table]:
        """The tables that answer one InfluxQL statement, moments in ms. Raises Unavailable and ConfigError."""
        return await self._query(statement, _read, database=database, policy=policy)

    async def query_unread(self, statement: str) -> list[UnreadTable]:
        """The same for very many rows, which somebody else reads."""
        return await self._query(statement, _leave_unread)

    async def _query(
        self,
        statement: str,
        decode: Callable[[bytes], _Answer[_T]],
        *,
        database: bool = True,
        policy: str | None = None,
    ) -> list[_T]:
        # In pieces, a JSON object a line: whole answers may be cut at max-row-limit, and 1.x marks even others as cut.
        form = {"q": statement, "epoch": "ms", "chunked": "true"} | ({"db": self.database} if database else {})
        form |= {"rp": policy} if policy else {}
        answer, content = await self._send("POST", self._url / "query", form, seconds=_QUERY_SECONDS)
        if answer.status not in (200, 400):
            self._refuse(answer, self._problem(content))
        try:
            if len(content) < _LONG_ANSWER:
                pieces = _pieces(content, decode)
            else:
                pieces = await asyncio.to_thread(_pieces, content, decode)
        except msgspec.DecodeError as error:
            raise Unavailable(f"{self.base} does not answer as InfluxDB does: {error}") from None
        results = [result for piece in pieces for result in piece.results]
        problems = [piece.error for piece in pieces] + [result.error for result in results]
        problem = next(filter(None, problems), "")
        if problem:
            self._refuse_query(problem)
        return [table for result in results for table in result.series]

    async def version(self) -> str:
        """What it says that it is. Raises Unavailable."""
        answer, content = await self._send("GET", self._url / "ping", seconds=_CONNECT_SECONDS)
        if answer.status not in (200, 204):
            self._refuse(answer, self._problem(content))
        version = answer.headers.get("X-Influxdb-Version") or _version_in(content)
        if not version:
            raise ConfigError(f"{self.base} is not InfluxDB: its /ping names no version")
        return str(version)

    async def _send(
        self,
        method: str,
        url: URL,
        data: bytes | BytesIO | dict[str, str] | None = None,
        *,
        headers: dict[str, str] | None = None,
        seconds: float,
    ) -> tuple[ClientResponse, bytes]:
        ask = self._session.request(method, url, data=data, headers=headers, allow_redirects=False)
        try:
            async with asyncio.timeout(seconds), ask as answer:
                return answer, await self._read(answer)
        except TimeoutError:
            raise Unavailable(f"{self.base} did not answer within {seconds} s") from None
        except ClientError as error:
            raise Unavailable(f"{self.base} cannot be reached: {error or type(error).__name__}") from None

    async def _read(self, answer: ClientResponse) -> bytes:
        content = bytearray()
        async for piece in answer.content.iter_any():
            content += piece
            if len(content) > _LARGEST_ANSWER:
                raise Unavailable(f"{self.base} answered more than {_LARGEST_ANSWER >> 20} MB")
        return bytes(content)

    def _problem(self, content: bytes) -> str:
        """What it says is wrong, on one line, quoted by nobody's trust: cut short."""
        try:
            body = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = content[:2000].decode(errors="replace")
        if isinstance(body, dict):
            body = body.get("error") or body.get("message") or body
        return " ".join(str(body).split())[:2000]

    def _refuse(self, answer: ClientResponse, text: str) -> NoReturn:
        status = answer.status
        if status in _PASSING:
            raise Unavailable(f"{self.base} answered {status}: {text:.300}", retry_after=_retry_after(answer))
        hint = {
            401: "check TOWN_STORE_USER with TOWN_STORE_PASSWORD (1.x) or TOWN_STORE_TOKEN (2.x, 3.x)",
            403: f"this user or token may not use database {self.database}",
            404: f"there is no database {self.database}: make it with `town store init`, or correct TOWN_STORE_URL",
        }.get(status, "this is not how InfluxDB answers: check TOWN_STORE_URL")
        raise ConfigError(f"{self.base} answered {status}: {text:.300} ({hint})")

    def _refuse_query(self, problem: str) -> NoReturn:
        if _NOT_ALLOWED.search(problem):
            raise ConfigError(
                f"{self.base}, database {self.database}: {problem:.300} (make the database with `town store init`, "
                "and check that the user or token may read it)"
            )
        if "parsing" in problem:
            raise RuntimeError(f"InfluxDB does not understand our question: {problem:.300}")
        raise Unavailable(f"{self.base}: {problem:.300}")


def _pieces(content: bytes, decode: Callable[[bytes], _Answer[_T]]) -> list[_Answer[_T]]:
    return [decode(line) for line in content.splitlines() if line]


def _version_in(content: bytes) -> str:
    """3.x says it in the body."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return str(body.get("version", "")) if isinstance(body, dict) else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after(answer: ClientResponse) -> Duration | None:
    """Retry-After (RFC 9110 section 10.2.3) as a duration: seconds, or a date held against the answer's own Date."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) * SECOND
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(0, round(wait.total_seconds() * SECOND))
