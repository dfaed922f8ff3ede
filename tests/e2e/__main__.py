"""`make e2e`: run the lessons in real browsers and show every fact as it is found."""

import sys
from pathlib import Path

import pytest

sys.exit(pytest.main(["-s", "-q", "--no-header", *sys.argv[1:], str(Path(__file__).parent)]))
