"""What lies beside the code and is not run by other tests: decisions, links, the image."""

import re
from collections import Counter
from pathlib import Path

import pytest

from app import coturn

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_decision_has_a_number_of_its_own_and_says_it() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert not [number for number, times in Counter(numbers).items() if times > 1]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for path in DECISIONS:
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} "), path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    inner = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in inner if not (path.parent / link).exists()] == []


def test_an_image_carries_what_the_commands_read() -> None:
    folder = coturn.POLICY.relative_to(ROOT).parts[0]
    assert f"COPY {folder} {folder}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert f"!{folder}" in let_in
    assert "media/native/build" in let_in, "a library of this machine is built anew for the image"
