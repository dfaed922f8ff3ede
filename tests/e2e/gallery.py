"""Pictures of every page that stands still, in both sizes and both languages, to be looked at."""

from pathlib import Path

from playwright.sync_api import Page

SIZES = ((1366, 768), (1920, 1080))
LANGUAGES = ("zh", "en")
SETTLED_MS = 600
PAGES = {
    "teacher": {"/teach": "30-teacher-day", "/sign-in": "31-sign-in", "/check": "32-check"},
    "classroom": {"/classroom": "33-classroom", "/enrol": "34-enrol"},
    "office": {
        "/admin/sessions": "35-sessions",
        "/admin/sessions/{session_id}": "36-session",
        "/admin/classrooms": "37-classrooms",
        "/replay/{session_id}": "38-replay",
        "/no-such-page": "39-not-found",
    },
}


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
    for who, paths in PAGES.items():
        page = pages[who]
        origin = "/".join(page.url.split("/")[:3])
        page.goto(origin)
        for language in LANGUAGES:
            page.evaluate(
                "language => localStorage.setItem('classrooms.locale', language)", language
            )
            for path, name in paths.items():
                page.goto(origin + path.format(session_id=session_id), wait_until="load")
                page.wait_for_timeout(SETTLED_MS)
                shoot(page, folder, f"{name}-{language}")
