"""Settings: read once, and a mistake is a sentence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, SettingsInvalid, read_settings


def test_defaults_serve_this_machine_only_and_keep_files_in_var() -> None:
    settings = read_settings({})
    assert settings.http_host == "localhost"
    assert settings.media_bind_host == "all"
    assert settings.database_url == "sqlite+aiosqlite:///var/classrooms.db"
    assert settings.recordings_dir == Path("var/recordings")
    assert settings.is_embedded
    assert settings.sqlite_file == Path("var/classrooms.db")
    assert settings.trusted_proxies == ()
    assert not settings.demo


def test_files_follow_the_var_folder() -> None:
    settings = read_settings({}, var_dir="/srv/classrooms")
    assert settings.recordings_dir == Path("/srv/classrooms/recordings")
    assert settings.sqlite_file == Path("/srv/classrooms/classrooms.db")


def test_environment_is_read_and_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSROOMS_MEDIA_HOSTS", " 10.0.0.5 , 2001:db8::1,")
    monkeypatch.setenv("CLASSROOMS_HTTP_PORT", "9000")
    settings = read_settings()
    assert settings.media_hosts == ("10.0.0.5", "2001:db8::1")
    assert settings.http_port == 9000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_HOST", "example.org"),
        ("MEDIA_BIND_HOST", "localhost"),
        ("MEDIA_HOSTS", "0.0.0.0"),
        ("MEDIA_HOSTS", "fe80::1%eth0"),
        ("MEDIA_HOSTS", "ff02::1"),
        ("MEDIA_HOSTS", "media.example.org"),
    ],
)
def test_an_address_nobody_could_use_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        read_settings({}, **{name.lower(): value})


def test_announced_addresses_are_written_one_way() -> None:
    settings = read_settings({}, media_hosts="2001:DB8:0::1, ::ffff:192.0.2.1")
    assert settings.media_hosts == ("2001:db8::1", "192.0.2.1")


def test_misspelt_setting_is_named() -> None:
    with pytest.raises(SettingsInvalid, match="CLASSROOMS_MEDIA_HOST is not a setting"):
        read_settings({"CLASSROOMS_MEDIA_HOST": "10.0.0.5", "HOME": "/root"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http_port", 70000),
        ("http_port", "eighty"),
        ("media_hosts", "my-server.example"),
        ("public_origins", "classrooms.example"),
        ("public_origins", "https://classrooms.example/"),
        ("public_origins", "ftp://classrooms.example"),
        ("trusted_proxies", "10.0.0.0/33"),
        ("metrics_from", "localhost"),
        ("database_url", "mysql://root@localhost/x"),
        ("session_hours", 0),
        ("log_level", "loud"),
    ],
)
def test_wrong_value_is_named_with_what_was_given(name: str, value: object) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_settings({}, **{name: value})
    assert f"CLASSROOMS_{name.upper()}" in str(caught.value)
    assert str(value) in str(caught.value)


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = read_settings({})
    with pytest.raises(ValidationError):
        settings.http_port = 1  # type: ignore[misc]  # the point: it is frozen


def test_postgresql_is_not_embedded() -> None:
    settings = read_settings({}, database_url="postgresql+asyncpg://u@localhost/classrooms")
    assert not settings.is_embedded
    with pytest.raises(AssertionError):
        _ = settings.sqlite_file


def test_every_setting_is_explained_in_the_operations_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    missing = [n for n in Settings.model_fields if f"`CLASSROOMS_{n.upper()}`" not in page]
    assert missing == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket",
        "https://",
        "https://key:secret@store.example/bucket",
        "https://store.example/bucket?x=1",
        "https://store.example/a bucket",
        "store.example/bucket",
    ],
)
def test_store_that_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="CLASSROOMS_STORE_URL: write the address"):
        read_settings({}, store_url=url, store_key_id="key", store_secret="secret")


@pytest.mark.parametrize("missing", ["store_url", "store_key_id", "store_secret"])
def test_half_a_store_is_refused_without_telling_its_secret(missing: str) -> None:
    given = {
        "store_url": "https://store.example/bucket/",
        "store_key_id": "key",
        "store_secret": "not-to-be-told",
    }
    assert read_settings({}, **given).store_url == "https://store.example/bucket"
    del given[missing]
    with pytest.raises(SettingsInvalid, match="set all three, or none") as refused:
        read_settings({}, **given)
    assert "not-to-be-told" not in str(refused.value)
