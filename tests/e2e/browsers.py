"""Real Chromium with fake devices: which flags, which files, what a page shows."""

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.chromium import chromium

QUIET = (
    "--disable-background-networking", "--disable-quic", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-gpu", "--no-sandbox",
    "--allow-loopback-in-peer-connection",
    # Three windows share one screen: none may be slowed down for being behind another.
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)  # fmt: skip


def launch(
    playwright: Playwright, *, video: Path | None = None, audio: Path | None = None
) -> Browser:
    """Start a Chromium. Without files it has no camera and no microphone, as many PCs have none.

    The autoplay rule stays as users have it: sound needs a touch on the page first.
    """
    flags = [*QUIET]
    if video is not None and audio is not None:
        flags += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
            f"--use-file-for-fake-audio-capture={audio}",
        ]
    return playwright.chromium.launch(executable_path=chromium(), args=flags)


def open_context(
    browser: Browser, *, width: int = 1366, height: int = 768, language: str = "zh-CN"
) -> BrowserContext:
    """Open a window of its own: cookies are shared with no other."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=language, timezone_id="Asia/Shanghai"
    )
    context.add_init_script(path=Path(__file__).with_name("counter.js"))
    return context


def video_of(page: Page, seat: str, source: str = "camera") -> str:
    """Return the selector of the picture of a seat's source on the page."""
    return f'video[data-seat="{seat}"][data-source="{source}"]'
