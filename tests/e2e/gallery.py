"""Pictures of every page that stands still, in both sizes and both languages, to be looked at."""

from pathlib import Path

from playwright.sync_api import Page

SIZES = ((1366, 768), (1920, 1080))
LANGUAGES = ("zh", "en")
SETTLED_MS = 600


def shoot(page: Page, folder: Path, name: str) -> None:
    """Take a picture of the page in both sizes."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"{name}-{width}.png")
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


def shoot_all(pages: dict[str, Page], folder: Path, session_id: str) -> None:
    """Go through the pages of each kind of person and take their pictures.

    `pages` has a signed-in page for `teacher`, `classroom` and `office` (an administrator).
    """
    origins = {who: "/".join(page.url.split("/")[:3]) for who, page in pages.items()}
    for who, path, name in (
        ("teacher", "/teach", "30-teacher-day"),
        ("teacher", "/sign-in", "31-sign-in"),
        ("teacher", "/check", "32-check"),
        ("classroom", "/classroom", "33-classroom"),
        ("classroom", "/enrol", "34-enrol"),
        ("office", "/admin/sessions", "35-sessions"),
        ("office", f"/admin/sessions/{session_id}", "36-session"),
        ("office", "/admin/classrooms", "37-classrooms"),
        ("office", f"/replay/{session_id}", "38-replay"),
        ("office", "/no-such-page", "39-not-found"),
    ):
        for language in LANGUAGES:
            page = pages[who]
            page.goto(origins[who] + path)
            page.evaluate(
                "language => localStorage.setItem('classrooms.locale', language)", language
            )
            page.reload(wait_until="load")
            page.wait_for_timeout(SETTLED_MS)
            shoot(page, folder, f"{name}-{language}")
