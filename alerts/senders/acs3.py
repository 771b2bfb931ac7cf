"""Aliyun's signature V3, `ACS3-HMAC-SHA256`: the headers of a request whose parameters all stand in its query."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def query_of(parameters: Mapping[str, str]) -> str:
    """Parameters as a canonical query: sorted, and encoded as RFC 3986 says."""
    return "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))


def signed_headers(
    *, key_id: str, secret: str, host: str, action: str, version: str, date: str, nonce: str, query: str
) -> dict[str, str]:
    """The headers of a POST without a body. `date` is UTC as `2023-10-26T10:22:32Z`; a `nonce` is used once."""
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": nothing,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(("POST", "/", query, lines, names, nothing))
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {
        **headers,
        "Authorization": f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}",
    }


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
