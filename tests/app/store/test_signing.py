"""Signatures are those that Amazon's reference gives for the same requests."""

import hashlib
from datetime import UTC, datetime

import pytest

from app.store.signing import NO_BODY, Credentials, encode_path, encode_query, signed_headers

EXAMPLE = Credentials(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
)
WELCOME = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "signature"),
    [
        (
            *("GET", "/test.txt", {}, {"range": "bytes=0-9"}, NO_BODY),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            *("PUT", "/test$file.text", {}),
            {
                "date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            WELCOME,
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            *("GET", "/", {"lifecycle": ""}, {}, NO_BODY),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            *("GET", "/", {"max-keys": "2", "prefix": "J"}, {}, NO_BODY),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signature_is_that_of_the_reference(
    method: str,
    path: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: str,
    signature: str,
) -> None:
    sent = signed_headers(
        EXAMPLE,
        method=method,
        host="examplebucket.s3.amazonaws.com",
        path=path,
        query=query,
        headers=headers,
        body_sha256=body,
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert sent["authorization"].endswith(f"Signature={signature}")


def test_names_are_encoded_as_they_are_signed() -> None:
    assert encode_path("/a b/课~+.mp4") == "/a%20b/%E8%AF%BE~%2B.mp4"
    assert encode_query({"uploadId": "a/b=", "partNumber": "2"}) == "partNumber=2&uploadId=a%2Fb%3D"
