"""The proxy's cache (deploy/nginx/parts.conf): what it keeps, and what it must ask us each time."""

import http.server
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import utc_now
from app.main import create_app
from app.settings import read_settings

SNIPPET = Path(__file__).parents[2] / "deploy/nginx/parts.conf"
UPSTREAM = "http://127.0.0.1:8000"
ROUTE = "/api/recordings/{recording_id}/parts/{file}"
RECORDING = UUID(int=7)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:  # Any: a JSON document
    document: dict[str, Any] = create_app(read_settings()).openapi()
    return document


@pytest.fixture(scope="module")
def paths(described: dict[str, Any]) -> list[str]:  # Any: a JSON document
    return list(described["paths"])


@pytest.fixture(scope="module")
def names(described: dict[str, Any]) -> str:  # Any: a JSON document
    """What the route takes as the name of a part."""
    shared = described["components"]["parameters"]
    parameters = [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in described["paths"][ROUTE]["get"]["parameters"]
    ]
    (pattern,) = (each["schema"]["pattern"] for each in parameters if each["name"] == "file")
    return str(pattern)


@pytest.fixture(scope="module")
def location() -> re.Pattern[str]:
    """Whose answers are kept: nginx looks at the path, decoded and without its query."""
    (pattern,) = re.findall(r'^location ~ "(.+)" \{$', SNIPPET.read_text(), re.MULTILINE)
    return re.compile(pattern)


def path_of(file: str, recording_id: UUID = RECORDING) -> str:
    return ROUTE.format(recording_id=recording_id, file=file)


@given(st.data(), st.uuids())
def test_every_part_the_route_takes_is_kept(
    names: str, location: re.Pattern[str], data: st.DataObject, recording_id: UUID
) -> None:
    name = data.draw(st.from_regex(re.compile(names, re.ASCII), fullmatch=True))
    assert location.search(path_of(name, recording_id))


NEAR = st.text("0123456789-./mpwebx4%\\ 一", max_size=16)


@given(NEAR | st.text(max_size=16) | st.builds("{}-{}.mp4{}".format, NEAR, NEAR, NEAR))
def test_no_name_is_kept_that_the_route_refuses(
    names: str, location: re.Pattern[str], name: str
) -> None:
    is_taken = re.search(names, name, re.ASCII) is not None
    assert (location.search(path_of(name)) is not None) == is_taken


@pytest.mark.parametrize(
    "path",
    [
        f"/api/recordings/{RECORDING}/parts/1-000001.mp4/x",
        f"/api/recordings/{RECORDING}/parts/1-000001.m4s",
        f"/x/api/recordings/{RECORDING}/parts/1-000001.mp4",
        "/api/recordings/7/parts/1-000001.mp4",
    ],
)
def test_what_only_looks_like_a_part_is_not_kept(location: re.Pattern[str], path: str) -> None:
    assert not location.search(path)


def test_nothing_else_of_the_api_is_kept(paths: list[str], location: re.Pattern[str]) -> None:
    """Playlists, replays and files to take along: who asks is looked at each time."""
    assert len(paths) > 100
    for sample in (str(RECORDING), "1-000001.mp4", "7"):
        kept = [path for path in paths if location.search(re.sub(r"\{[^}]*\}", sample, path))]
        assert kept == []
    kept = [
        path
        for path in paths
        if location.search(path.format_map(_Samples(file="1-000001.mp4", part="1-000001.mp4")))
    ]
    assert kept == [ROUTE]


class _Samples(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(RECORDING)


# With nginx


Asked = tuple[str, str, str | None, str | None]
"""The method, the path, the Range and the Cookie of a request."""


class _Platform(http.server.BaseHTTPRequestHandler):
    """Answers as the platform does: a part by ranges, playlists unkept.

    A link with a `viewer` is good for the cookie of that name alone, and 404 to the cookie
    `classrooms=foreign`; nobody is 401.
    """

    asked: ClassVar[list[Asked]]
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        asked, cookie = self.headers.get("Range"), self.headers.get("Cookie")
        self.asked.append((self.command, self.path, asked, cookie))
        if (status := self._refusal(cookie)) is not None:
            self._send(status, b"refused in words", {})
            return
        headers = {"Cache-Control": "private, no-store", "Set-Cookie": f"{cookie}-again"}
        if "/parts/" in self.path:
            headers["X-Accel-Expires"] = f"@{int(utc_now().timestamp()) + 600}"
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked or "")
        body = bytes(range(200))
        if found is None:
            self._send(200, body, headers)
            return
        assert self.command == "GET"
        first, last = int(found[1]), int(found[2])
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        self._send(206, body[first : last + 1], headers)

    def _refusal(self, cookie: str | None) -> int | None:
        if cookie is None:
            return 401
        if cookie == "classrooms=foreign":
            return 404
        viewer = re.search(r"viewer=(\w+)", self.path)
        is_theirs = viewer is None or cookie == f"classrooms={viewer[1]}"
        return None if is_theirs and "key=right" in self.path else 403

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing: a test prints what fails."""


@contextmanager
def platform() -> Iterator[tuple[int, list[Asked]]]:
    class Handler(_Platform):
        asked: ClassVar[list[Asked]] = []

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], Handler.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configuration(folder: Path, listener: Path, upstream: int) -> Path:
    """Write a configuration around the snippet, as its first lines say."""
    snippet = SNIPPET.read_text()
    assert snippet.count(UPSTREAM) == 3
    here = f"http://127.0.0.1:{upstream}"
    (folder / "parts.conf").write_text(snippet.replace(UPSTREAM, here))
    comments = " ".join(line.removeprefix("#").strip() for line in snippet.splitlines()[:8])
    (cache,) = re.findall(r"proxy_cache_path [^;]+;", comments)
    cache = cache.replace("/var/cache/nginx/classrooms", str(folder / "cache"))
    for_others = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"daemon off; master_process off; worker_processes 1; pid {folder}/pid;\n"
        f"error_log stderr; events {{ worker_connections 64; }}\n"
        f"http {{ access_log off; {for_others} {cache}\n"
        f"server {{ listen unix:{listener}; include {folder}/parts.conf;\n"
        f"location / {{ proxy_pass {here}; }} }} }}\n"
    )
    return path


class _Unix(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    cache: str | None
    kept_by_browsers: str | None
    cookie: str | None


def get(listener: Path, path: str, *, span: str, cookie: str | None = "classrooms=1") -> Answer:
    connection = _Unix(listener)
    headers = {"Range": span} | ({"Cookie": cookie} if cookie else {})
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    try:
        return Answer(
            answer.status,
            answer.read(),
            answer.headers["X-Cache"],
            answer.headers["Cache-Control"],
            answer.headers["Set-Cookie"],
        )
    finally:
        connection.close()


def _listens(listener: Path) -> bool:
    """Return whether it answers: its name is there a moment before it does."""
    with socket.socket(socket.AF_UNIX) as tried:
        return tried.connect_ex(str(listener)) == 0


@contextmanager
def running(folder: Path, upstream: int) -> Iterator[Path]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("There is no nginx here: what it would keep is tried by its pattern alone.")
    listener = folder / "socket"
    path = configuration(folder, listener, upstream)
    command = [nginx, "-c", str(path), "-p", str(folder), "-e", "stderr"]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    with subprocess.Popen(command) as process:
        try:
            until = time.monotonic() + 10
            while not _listens(listener):
                assert process.poll() is None, "nginx ended"
                assert time.monotonic() < until, "nginx does not listen"
                time.sleep(0.02)
            yield listener
        finally:
            process.terminate()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("n")  # a socket's path is short


def link_of(viewer: str, file: str = "1-000001.mp4") -> str:
    return path_of(file) + f"?viewer={viewer}&until=1&key=right"


def test_a_range_that_several_ask_for_is_read_once_and_each_is_asked_about(folder: Path) -> None:
    spans = ("bytes=0-9", "bytes=10-19")
    with platform() as (port, asked), running(folder, port) as listener:
        answers = [
            get(listener, link_of(viewer), span=span, cookie=f"classrooms={viewer}")
            for span in spans
            for viewer in ("hers", "his")
        ]
    assert [(answer.status, answer.cache) for answer in answers] == [
        (206, "MISS"),
        (206, "HIT"),
    ] * 2
    assert [answer.body for answer in answers[::2]] == [answer.body for answer in answers[1::2]]
    assert [answer.body[0] for answer in answers[::2]] == [0, 10]
    assert {answer.kept_by_browsers for answer in answers} == {"private, no-store"}
    assert {answer.cookie for answer in answers} == {None}, "no answer brings another's cookie"
    expected: list[Asked] = []
    for span in spans:
        expected.append(("HEAD", link_of("hers"), None, "classrooms=hers"))
        expected.append(("GET", link_of("hers"), span, "classrooms=hers"))
        expected.append(("HEAD", link_of("his"), None, "classrooms=his"))
    assert asked == expected


@pytest.mark.parametrize(
    ("path", "cookie", "status"),
    [
        (link_of("hers"), "classrooms=his", 403),
        (link_of("hers").replace("key=right", "key=wrong"), "classrooms=hers", 403),
        (link_of("hers").replace("viewer=hers", "viewer=his"), "classrooms=hers", 403),
        (path_of("1-000001.mp4"), "classrooms=hers", 403),
        (link_of("hers"), "classrooms=foreign", 404),
        (link_of("hers"), None, 401),
    ],
)
def test_what_is_kept_is_given_to_nobody_whom_the_platform_refuses(
    folder: Path, path: str, cookie: str | None, status: int
) -> None:
    with platform() as (port, _), running(folder, port) as listener:
        kept = [
            get(listener, link_of("hers"), span="bytes=0-9", cookie="classrooms=hers")
            for _ in range(2)
        ]
        answer = get(listener, path, span="bytes=0-9", cookie=cookie)
    assert [one.cache for one in kept] == ["MISS", "HIT"]
    # Refused by the platform itself, in its words.
    assert (answer.status, answer.body, answer.cache) == (status, b"refused in words", None)


def test_nobody_asks_a_cache_by_the_way_it_asks_the_platform(folder: Path) -> None:
    with platform() as (port, asked), running(folder, port) as listener:
        assert get(listener, "/part-looked-at?key=right", span="bytes=0-9").status == 404
    assert asked == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (path_of("1-000001.mp4").replace("parts", "hls/hub/camera") + "?key=right", 206),
        (f"/api/recordings/{RECORDING}/hls/hub/camera/media.m3u8?key=right", 206),
    ],
)
def test_what_is_no_part_is_asked_for_each_time(folder: Path, path: str, status: int) -> None:
    part = path_of("1-000001.mp4") + "?until=1&key=right"
    with platform() as (port, asked), running(folder, port) as listener:
        assert get(listener, part, span="bytes=0-9").status == 206  # the right one is kept
        answers = [get(listener, path, span="bytes=0-9") for _ in range(2)]
    assert [answer.status for answer in answers] == [status] * 2
    assert "HIT" not in {answer.cache for answer in answers}
    assert [each[:2] for each in asked] == [
        ("HEAD", part),
        *[("GET", each) for each in (part, path, path)],
    ]
