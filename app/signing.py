"""The server's own signature: Ed25519 (RFC 8032), with a key that lies beside the data.

The key is made when it is first needed and read by nobody else (mode 0600). Whoever has the public
key can check a signature without this server; it is kept in the database for ever.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEYS = "keys"  # the folder of an installation's keys, below its var folder
KEY_FILE = "signing.key"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs in the server's name."""

    _key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """Return how signatures name the key."""
        return key_id_of(self.public_key)

    def sign(self, content: bytes) -> bytes:
        """Return the 64 bytes of a signature."""
        return self._key.sign(content)

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose that only who has the key can make (RFC 5869)."""
        kdf = HKDF(SHA256(), 32, salt=None, info=purpose.encode())
        return kdf.derive(self._key.private_bytes_raw())


def key_id_of(public_key: bytes) -> str:
    """Return the first 16 hex digits of a public key's SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def is_signed(content: bytes, *, signature: bytes, public_key: bytes) -> bool:
    """Return whether the signature was made over this content with this key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def load_signer(folder: Path) -> Signer:
    """Return the signer of an installation; make its key when there is none.

    Of many threads and processes that need it at once one makes the key, and all use it: each
    writes a file of its own, and one of them appears under the key's name, whole and only once.
    """
    file = folder / KEY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, partial = mkstemp(prefix=f"{KEY_FILE}.", dir=folder)  # for its owner alone
        with os.fdopen(descriptor, "wb") as out:
            out.write(Ed25519PrivateKey.generate().private_bytes_raw())
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(partial, file)
        except FileExistsError:
            pass  # another was first
        finally:
            Path(partial).unlink()
    return Signer(Ed25519PrivateKey.from_private_bytes(file.read_bytes()))
