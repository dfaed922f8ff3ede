"""Signatures of requests to S3-compatible storage: AWS Signature Version 4, computed, no I/O.

The whole body is signed by its SHA-256, so that a store refuses what was changed on the way.
Source: Amazon S3 API reference, "Authenticating Requests: Using the Authorization Header".
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
NO_BODY = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks. `region` is the store's own word; many that are not Amazon's take any."""

    key_id: str
    secret: str
    region: str


def encode_path(path: str) -> str:
    """Return a path as it is sent and signed: each byte but `A-Za-z0-9-._~/` as %XX."""
    return quote(path, safe="/~")


def encode_query(query: Mapping[str, str]) -> str:
    """Return a query as it is sent and signed: sorted, each pair with its sign of equality."""
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed_headers(
    credentials: Credentials,
    *,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body_sha256: str,
    now: datetime,
) -> dict[str, str]:
    """Return all headers to send: `headers` (lower case), what SigV4 adds, and the signature.

    `path` is not encoded yet, and is sent as `encode_path` gives it. `host` with its port where
    that is not the scheme's own.
    """
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    sent = {
        **headers,
        "host": host,
        "x-amz-content-sha256": body_sha256,
        "x-amz-date": moment,
    }
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{' '.join(sent[name].split())}\n" for name in sorted(sent))
    request = "\n".join((method, encode_path(path), encode_query(query), lines, names, body_sha256))
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, f"{ALGORITHM}\n{moment}\n{scope}\n{digest}".encode(), "sha256")
    sent["authorization"] = (
        f"{ALGORITHM} Credential={credentials.key_id}/{scope},"
        f"SignedHeaders={names},Signature={signature.hex()}"
    )
    return sent
