"""An administrator's page, and what she does on all of them: choose, save, confirm, ask the API."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

# The page's own way of asking: the session's cookie, and its token for what changes something.
ASK = """async ([method, path, body, etag]) => {
  const headers = { "Content-Type": "application/json" };
  const me = await (await fetch("/api/me")).json();
  if (method !== "GET") headers["X-CSRF-Token"] = me.person.csrf_token;
  if (etag) headers["If-Match"] = etag;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return { json: await answer.json(), etag: answer.headers.get("ETag") };
}"""

# A page's own download: the bytes as the browser gets them.
BYTES = "async (path) => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]"


class Office:
    """Somebody who is signed in at the office."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def visit(self, path: str) -> None:
        """Go to a page by its address."""
        self.page.goto("/".join(self.page.url.split("/")[:3]) + path)

    def go(self, group: str, place: str) -> None:
        """Go to a page by the bar on top."""
        self.page.get_by_role("button", name=group, exact=True).click()
        self.page.get_by_role("navigation", name="主导航").get_by_role(
            "link", name=place, exact=True
        ).click()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the first button of that name."""
        self.page.get_by_role("button", name=name).first.click()

    def dialog(self, title: str) -> Locator:
        """Return the open dialog of that title."""
        found = self.page.get_by_role("dialog", name=title)
        expect(found).to_be_visible()
        return found

    def field(self, dialog: Locator, label: str) -> Locator:
        """Return the field of a form by its label, which what is chosen may follow."""
        return dialog.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first

    def choose(self, dialog: Locator, label: str, *options: str) -> None:
        """Choose in a field of a dialog; several where it takes several."""
        field = self.field(dialog, label)
        # What is shown as chosen lies over the input: the frame around both is pressed.
        field.locator("xpath=ancestor::div[contains(@class, 'el-select__wrapper')]").click()
        for option in options:
            self.page.get_by_role("option", name=option, exact=True).click()
        if len(options) > 1:
            field.press("Tab")

    def save(self, dialog: Locator) -> None:
        """Save a form, which closes it."""
        dialog.get_by_role("button", name="保存").click()
        expect(dialog).to_be_hidden()

    def agree(self) -> None:
        """Say yes to the question on the page."""
        self.page.locator(".el-message-box").get_by_role(
            "button", name=re.compile("确定|OK")
        ).click()

    def ask(self, path: str) -> Any:
        """Return the JSON of an endpoint."""
        return self.send("GET", path)

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send what a page would send, and return the JSON of the answer."""
        return self.page.evaluate(ASK, [method, path, body, None])["json"]

    def change(self, method: str, thing: str, body: object, *, step: str = "") -> Any:
        """Change a thing as it is now, or take it a step on: read, then sent with what was read."""
        etag = self.page.evaluate(ASK, ["GET", thing, None, None])["etag"]
        return self.page.evaluate(ASK, [method, thing + step, body, etag])["json"]
