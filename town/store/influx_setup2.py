# mypy: allow-untyped-calls
# influxdb-client has no types.
"""What an InfluxDB 2.x needs: an organisation, buckets, what maps 1.x names to them, and a token for just these.

Speaks the management API through influxdb-client, which waits for its answers: call it in a thread.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from influxdb_client import (
    Authorization,
    Bucket,
    BucketRetentionRules,
    DBRPCreate,
    DBRPsService,
    InfluxDBClient,
    Organization,
    Permission,
    PermissionResource,
)
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from town.errors import ConfigError, Unavailable
from town.moment import SECOND, Duration
from town.store.resolution import ROLLUPS
from town.store.retention import Keep, write_keep

_TIMEOUT_MS = 10_000
_NOT_FOUND = 404


class Token(NamedTuple):
    """A token with no more rights than its user needs: what it is for, and what it may do with the buckets."""

    name: str
    purpose: str
    actions: tuple[str, ...]


BRAIN = Token("store_token", "town brain", ("read", "write"))
BOARDS = Token("boards_token", "town boards", ("read",))


class Wanted(NamedTuple):
    """What to prepare. Without `organisation` the only one there is; `dry_run` changes nothing.

    A token that `tokens` names is made when there is none, one that `new_tokens` names in any case.
    """

    database: str
    organisation: str | None
    keep: Keep
    dry_run: bool = False
    tokens: tuple[Token, ...] = (BRAIN,)
    new_tokens: tuple[Token, ...] = ()


class Prepared(NamedTuple):
    """What was done, or would be, in words; and the new tokens by name, told once."""

    done: list[str]
    tokens: Mapping[str, str]


def prepare(url: str, admin_token: str, wanted: Wanted) -> Prepared:
    """Make what is missing and correct what differs. Raises Unavailable, and ConfigError when we may not."""
    try:
        with InfluxDBClient(url=url, token=admin_token, timeout=_TIMEOUT_MS) as client:
            return _Setup(client, wanted).run()
    except ApiException as error:
        text = " ".join(str(error.body or error.reason).split())
        raise ConfigError(f"{url} answered {error.status}: {text:.300} (check TOWN_STORE_ADMIN_TOKEN)") from None
    except HTTPError as error:
        raise Unavailable(f"{url} cannot be reached: {type(error).__name__}") from None


class _Setup:
    def __init__(self, client: InfluxDBClient, wanted: Wanted) -> None:
        self._client, self._wanted = client, wanted
        self._done: list[str] = []

    def run(self) -> Prepared:
        organisation = self._organisation()
        if organisation is None:  # a dry run, and everything else would be new
            asked = [f"make the token of the {one.purpose}" for one in self._wanted.tokens]
            return Prepared([*self._done, *(f"make bucket {name}" for _, name, _ in self._plan()), *asked], {})
        buckets = {policy: self._bucket(organisation, name, keep) for policy, name, keep in self._plan()}
        self._mappings(organisation, buckets)
        made = [one for one in buckets.values() if one]
        tokens = {one.name: self._token(organisation, made, one) for one in self._wanted.tokens}
        return Prepared(self._done, {name: token for name, token in tokens.items() if token})

    def _plan(self) -> list[tuple[str, str, Duration | None]]:
        """Policy as 1.x calls it, bucket, and how long it keeps."""
        database, keep = self._wanted.database, self._wanted.keep
        rollups = [(one.name, f"{database}/{one.name}", keep.of(one)) for one in ROLLUPS]
        return [("autogen", database, keep.raw), *rollups]

    def _organisation(self) -> Organization | None:
        name, api = self._wanted.organisation, self._client.organizations_api()
        found = _found(api.find_organizations, **({"org": name} if name else {}))
        matching: list[Organization] = [one for one in found if name in (None, one.name)]
        if len(matching) == 1:
            return matching[0]
        if name is None:
            names = ", ".join(sorted(one.name for one in found)) or "none"
            raise ConfigError(f"name the organisation with --organisation; there are: {names}")
        self._do(f"make organisation {name}")
        if self._wanted.dry_run:
            return None
        made: Organization = api.create_organization(name=name)
        return made

    def _bucket(self, organisation: Organization, name: str, keep: Duration | None) -> Bucket | None:
        api, seconds = self._client.buckets_api(), 0 if keep is None else keep // SECOND
        rules = [BucketRetentionRules(type="expire", every_seconds=seconds)]
        found = _found(lambda **by: api.find_buckets(**by).buckets, name=name, org_id=organisation.id)
        if not found:
            self._do(f"make bucket {name}, kept {write_keep(keep)}")
            if self._wanted.dry_run:
                return None
            made: Bucket = api.create_bucket(bucket_name=name, org=organisation, retention_rules=rules)
            return made
        bucket: Bucket = found[0]
        before = sum(rule.every_seconds or 0 for rule in bucket.retention_rules or ())
        if before == seconds:
            return bucket
        self._do(f"bucket {name} keeps {write_keep(keep)}, it kept {write_keep(before * SECOND or None)}")
        if not self._wanted.dry_run:
            bucket.retention_rules = rules
            bucket = api.update_bucket(bucket)
        return bucket

    def _mappings(self, organisation: Organization, buckets: dict[str, Bucket | None]) -> None:
        """Since 2.4 a bucket is found by its own name; older ones are told."""
        service, database = DBRPsService(self._client.api_client), self._wanted.database
        found = _found(lambda **by: service.get_dbr_ps(**by).content, org_id=organisation.id, db=database)
        there = {(one.retention_policy, one.bucket_id) for one in found}
        for policy, bucket in buckets.items():
            if bucket is None or (policy, bucket.id) in there:
                continue
            self._do(f"map {database}.{policy} to bucket {bucket.name}")
            if not self._wanted.dry_run:
                mapping = DBRPCreate(
                    org_id=organisation.id,
                    bucket_id=bucket.id,
                    database=database,
                    retention_policy=policy,
                    default=policy == "autogen",
                )
                service.post_dbrp(mapping)

    def _token(self, organisation: Organization, buckets: list[Bucket], token: Token) -> str | None:
        api, description = self._client.authorizations_api(), f"{token.purpose}: {self._wanted.database}"
        found = _found(api.find_authorizations, org_id=organisation.id)
        if any(one.description == description for one in found) and token not in self._wanted.new_tokens:
            return None
        may, names = " and ".join(token.actions), ", ".join(one.name for one in buckets) or "these buckets"
        self._do(f"make the token of the {token.purpose}, which may {may} {names}")
        if self._wanted.dry_run:
            return None
        permissions = [
            Permission(action=action, resource=PermissionResource(type="buckets", id=bucket.id, org_id=organisation.id))
            for bucket in buckets
            for action in token.actions
        ]
        asked = Authorization(org_id=organisation.id, permissions=permissions, description=description)
        return str(api.create_authorization(authorization=asked).token)

    def _do(self, what: str) -> None:
        self._done.append(what)


def _found(ask: Any, **by: str) -> list[Any]:
    """What is there; some versions answer 404 where others answer an empty list."""
    try:
        return list(ask(**by) or [])
    except ApiException as error:
        if error.status == _NOT_FOUND:
            return []
        raise
