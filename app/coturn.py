"""The relay's configuration: the policy of `deploy/coturn`, and what this installation adds.

coturn (Debian's package) relays for browsers that reach the media port neither by UDP nor by
TCP. Its peers are the addresses the media plane announces, and nobody else.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import addresses
from app.settings import HOME, Settings, SettingsInvalid

POLICY = HOME / "deploy" / "coturn" / "turnserver.conf"
#: For a trial: free where Debian's own coturn has 3478 and 5349.
TRIAL_PORT, TRIAL_TLS_PORT = 34780, 34781
_TRIAL_RELAY_PORTS = (34800, 34999)
_CERTIFICATE_LIFE = timedelta(days=90)


class NotInstalled(Exception):
    """coturn is not on this machine; `str()` says what to do."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A relay to try out on this machine, and what the platform must be told of it."""

    configuration: Path
    urls: tuple[str, ...]
    secret: str

    @property
    def command(self) -> list[str]:
        """Return the command that runs it in the foreground."""
        return ["turnserver", "-c", str(self.configuration)]

    @property
    def text(self) -> str:
        """Return what to tell whoever started it."""
        return (
            "The relay starts. In another terminal, for the platform to use it:\n\n"
            f"  export CLASSROOMS_TURN_URLS='{','.join(self.urls)}'\n"
            f"  export CLASSROOMS_TURN_SECRET={self.secret}\n"
            "  make run\n"
        )

    def become(self) -> NoReturn:
        """Let this process be the relay. Raise NotInstalled."""
        try:
            os.execvp(self.command[0], self.command)  # noqa: S606 - no shell is wanted
        except FileNotFoundError:
            raise NotInstalled("There is no turnserver: install Debian's package coturn.") from None


def peers_of(settings: Settings) -> tuple[str, ...]:
    """Return what the relay must reach: the announced addresses, loopback if there is no other."""
    announced = addresses.announced(
        media_hosts=settings.media_hosts, bind_setting=settings.media_bind_host
    )
    outer = tuple(host for host in announced if not ip_address(host).is_loopback)
    return outer or announced


def for_installation(settings: Settings) -> str:
    """Return the whole configuration for an installation; its certificate is left to fill in.

    Raise SettingsInvalid when the platform has not been told of a relay.
    """
    if not settings.turn_urls:
        raise SettingsInvalid(
            "Set CLASSROOMS_TURN_URLS and CLASSROOMS_TURN_SECRET first "
            "(for the secret: openssl rand -hex 32)."
        )
    return _text(
        settings.turn_secret.get_secret_value(),
        peers_of(settings),
        [
            "listening-port=3478",
            "# TLS, on the port that every network lets through:",
            "tls-listening-port=443",
            "cert=/etc/coturn/fullchain.pem",
            "pkey=/etc/coturn/privkey.pem",
            "# behind NAT: external-ip=PUBLIC/INNER",
        ],
    )


def for_trial(
    folder: Path,
    peers: Sequence[str],
    *,
    now: datetime,
    port: int = TRIAL_PORT,
    tls_port: int = TRIAL_TLS_PORT,
) -> Trial:
    """Write a relay into `folder` that listens on loopback and needs no rights.

    The secret is drawn once and kept; the certificate is its own and of this day.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = _kept_secret(folder / "secret")
    _write_certificate(folder, now)
    lowest, highest = _TRIAL_RELAY_PORTS
    listening = [addresses.LOOPBACK]
    if addresses.LOOPBACK_V6 in addresses.local_addresses():
        listening.append(addresses.LOOPBACK_V6)
    lines = [
        *(f"listening-ip={host}" for host in listening),
        *(f"relay-ip={host}" for host in listening),
        f"listening-port={port}",
        f"tls-listening-port={tls_port}",
        f"min-port={lowest}",
        f"max-port={highest}",
        f"cert={folder / 'certificate.pem'}",
        f"pkey={folder / 'key.pem'}",
        f"userdb={folder / 'turndb'}",
        f"pidfile={folder / 'turnserver.pid'}",
    ]
    if any(ip_address(peer).is_loopback for peer in peers):
        lines.append("allow-loopback-peers")
    configuration = folder / "turnserver.conf"
    _write_private(configuration, _text(secret, peers, lines))
    host = addresses.LOOPBACK
    urls = (
        f"turn:{host}:{port}?transport=udp",
        f"turn:{host}:{port}?transport=tcp",
        f"turns:{host}:{tls_port}?transport=tcp",
    )
    return Trial(configuration, urls, secret)


def _text(secret: str, peers: Sequence[str], lines: Sequence[str]) -> str:
    added = [
        "",
        "# -- this installation ----------------------------------------------------------",
        f"static-auth-secret={secret}",
        *(f"allowed-peer-ip={peer}" for peer in peers),
        *lines,
        "",
    ]
    return POLICY.read_text(encoding="utf-8") + "\n".join(added)


def _kept_secret(file: Path) -> str:
    if not file.exists():
        _write_private(file, secrets.token_hex(32))
    return file.read_text(encoding="utf-8").strip()


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def _write_certificate(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _CERTIFICATE_LIFE)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    _write_private(folder / "key.pem", key.private_bytes(pem, form, plain).decode())
    _write_private(folder / "certificate.pem", certificate.public_bytes(pem).decode())
