"""Tests of the whole media plane are run with each data plane."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from media.config import DataPlaneChoice
from tests.chromium import chromium
from tests.media.classroom import chosen_plane
from tests.needs import needs_native_plane

_BOTH = {
    "test_sfu",
    "test_sfu_connections",
    "test_sfu_outside",
    "test_sfu_memory",
    "test_dataplane",
    "test_abuse",
    "test_coming_back",
    "test_red_in_browser",
    "test_ice_tcp",
    "test_ice_tcp_strangers",
    "test_simulcast",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the modules above once per data plane."""
    if metafunc.module.__name__.rpartition(".")[2] in _BOTH:
        planes = [
            DataPlaneChoice.REFERENCE,
            pytest.param(DataPlaneChoice.NATIVE, marks=needs_native_plane),
        ]
        metafunc.parametrize("data_plane", planes, indirect=True)


@pytest.fixture(autouse=True)
def data_plane(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let `classroom` use this plane, where the test is run with each."""
    chosen_plane.extend([request.param] if hasattr(request, "param") else [])
    yield
    chosen_plane.clear()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of a browser that plays films at once, with their sound."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser.new_page()
        browser.close()
