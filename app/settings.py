"""The one place where the environment is read. `Settings` is frozen and built in `app.main`."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.addresses import ALL, THIS_MACHINE, canonical

PREFIX = "CLASSROOMS_"
# RFC 7065 section 3.1, with the query browsers know; an IPv6 address stands in brackets.
_TURN_URL = re.compile(
    r"turns?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(\?transport=(udp|tcp))?"
)
# Of a bucket: no user, query or fragment; names and labels as S3 allows them.
_STORE_URL = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*/?", re.ASCII
)
_LEAST_SECRET = 32
HOME = Path(__file__).resolve().parent.parent

# In the environment a list is written with commas: CLASSROOMS_MEDIA_HOSTS=10.0.0.5,192.0.2.7
CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class SettingsInvalid(Exception):
    """A setting is unknown or makes no sense. `str()` of it is for the person who starts us."""


class Settings(BaseSettings):
    """All that may differ between two installations. `docs/operations.md` explains each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    var_dir: Path = Path("var")
    database_url: str = Field(
        default_factory=lambda data: f"sqlite+aiosqlite:///{data['var_dir']}/classrooms.db"
    )
    redis_url: str | None = None
    recordings_dir: Path = Field(default_factory=lambda data: data["var_dir"] / "recordings")
    recordings_second_dir: Path | None = None
    files_dir: Path = Field(default_factory=lambda data: data["var_dir"] / "files")
    frontend_dir: Path = HOME / "frontend" / "dist"
    migrate_on_start: bool = True
    demo: bool = False

    http_host: str = THIS_MACHINE
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_origins: CommaSeparated = ()
    trusted_proxies: CommaSeparated = ()
    metrics_from: CommaSeparated = ("127.0.0.0/8", "::1/128")
    jobs_in_server: CommaSeparated = ("LIGHT", "REPLAYS", "KEEPING", "HEAVY")
    shutdown_timeout_s: Annotated[int, Field(ge=1, le=120)] = 8
    watchdog: bool = True

    media_bind_host: str = ALL
    media_port: Annotated[int, Field(ge=0, le=65535)] = 7882
    media_hosts: CommaSeparated = ()
    data_plane: Literal["auto", "reference", "native"] = "auto"
    data_plane_lanes: Annotated[int, Field(ge=0, le=64)] = 0
    recording_keyframe_s: Annotated[float, Field(ge=1, le=10)] = 2.0
    turn_urls: CommaSeparated = ()
    turn_secret: SecretStr = SecretStr("")

    store_url: str = ""
    store_key_id: str = ""
    store_secret: SecretStr = SecretStr("")
    store_region: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")] = "us-east-1"

    session_idle_minutes: Annotated[int, Field(ge=5, le=720)] = 120
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    setup_link_hours: Annotated[int, Field(ge=1, le=168)] = 48
    enrolment_code_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    password_memory_kib: Annotated[int, Field(ge=8, le=1048576)] = 65536
    password_rounds: Annotated[int, Field(ge=1, le=20)] = 3

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False

    @field_validator(
        "public_origins",
        "trusted_proxies",
        "metrics_from",
        "media_hosts",
        "turn_urls",
        "jobs_in_server",
        mode="before",
    )
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("public_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, _, host = origin.partition("://")
            if scheme not in {"http", "https"} or not host or "/" in host:
                raise ValueError(
                    f"{origin!r} is no origin; write https://name or https://name:port"
                )
        return value

    @field_validator("jobs_in_server")
    @classmethod
    def _queues(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for queue in value:
            if queue not in {"LIGHT", "REPLAYS", "KEEPING", "HEAVY"}:
                raise ValueError(
                    f"{queue!r} is no queue; "
                    "write some of LIGHT, REPLAYS, KEEPING, HEAVY, or nothing"
                )
        return value

    @field_validator("trusted_proxies", "metrics_from")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @field_validator("media_hosts")
    @classmethod
    def _announced(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            address = ip_address(text)
            if address.is_unspecified or address.is_multicast or "%" in text:
                raise ValueError(f"no browser can send to {text}; write the address it sees")
        return tuple(canonical(text) for text in value)

    @field_validator("turn_urls")
    @classmethod
    def _turn_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not _TURN_URL.fullmatch(url):
                raise ValueError(
                    f"{url!r} is no address of a relay; write turn:name:3478?transport=udp or "
                    "turns:name:443?transport=tcp"
                )
        return value

    @model_validator(mode="after")
    def _turn_is_whole(self) -> "Settings":
        secret = self.turn_secret.get_secret_value()
        if bool(self.turn_urls) != bool(secret):
            raise ValueError(
                "CLASSROOMS_TURN_URLS and CLASSROOMS_TURN_SECRET: set both, or neither."
            )
        if secret and len(secret) < _LEAST_SECRET:
            raise ValueError(f"CLASSROOMS_TURN_SECRET: {_LEAST_SECRET} characters at least.")
        return self

    @field_validator("store_url")
    @classmethod
    def _store_url(cls, value: str) -> str:
        if value and not _STORE_URL.fullmatch(value):
            raise ValueError(
                "write the address of the bucket: https://host/bucket or https://bucket.host"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _store_is_whole(self) -> "Settings":
        given = (self.store_url, self.store_key_id, self.store_secret.get_secret_value())
        if any(given) and not all(given):
            raise ValueError(
                "CLASSROOMS_STORE_URL, CLASSROOMS_STORE_KEY_ID and CLASSROOMS_STORE_SECRET: "
                "set all three, or none."
            )
        return self

    @field_validator("http_host")
    @classmethod
    def _http_host(cls, value: str) -> str:
        if value not in {ALL, THIS_MACHINE}:
            _address_to_bind(value, f"{THIS_MACHINE}, {ALL}")
        return value

    @field_validator("media_bind_host")
    @classmethod
    def _media_bind_host(cls, value: str) -> str:
        if value != ALL:
            _address_to_bind(value, ALL)
        return value

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, value: str) -> str:
        if not value.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("begin it with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        return value

    @property
    def is_embedded(self) -> bool:
        """Return whether the database is a local SQLite file."""
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path:
        """Return the database file. Only asked when `is_embedded`."""
        assert self.is_embedded
        return Path(self.database_url.removeprefix("sqlite+aiosqlite:///"))


def _address_to_bind(value: str, words: str) -> None:
    try:
        ip_address(value)
    except ValueError:
        raise ValueError(f"write {words} or an address of this machine") from None


def read_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings from the environment; keyword arguments come before it.

    Raise SettingsInvalid with one sentence for each setting that is unknown or wrong: a
    misspelt name would else silently leave the default in force.
    """
    names = os.environ if environment is None else environment  # noqa: TID251 - the one place
    complaints = [
        f"{name} is not a setting of this version."
        for name in sorted(names)
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX).lower() not in Settings.model_fields
    ]
    if complaints:
        raise SettingsInvalid("\n".join(complaints))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_sentence(fault) for fault in error.errors())) from None


def _sentence(fault: Any) -> str:
    if not fault["loc"]:  # of several settings together: the message names them
        return str(fault["msg"]).removeprefix("Value error, ")
    name = PREFIX + str(fault["loc"][0]).upper()
    return f"{name}: {fault['msg'].removeprefix('Value error, ')} (given: {fault['input']!r})."
