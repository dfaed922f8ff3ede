"""Which real browser the tests drive: Debian's Chromium, or Google Chrome where that is there."""

import shutil

NAMES = ("chromium", "google-chrome", "chromium-browser")


def chromium() -> str:
    """Return the browser's path. Raise FileNotFoundError that says what to do."""
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    raise FileNotFoundError(
        "Browser tests need Chromium or Chrome: `make setup-browser` installs it on Debian."
    )
