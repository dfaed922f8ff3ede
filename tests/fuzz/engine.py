"""One target inside atheris, libFuzzer for Python: `python -m tests.fuzz.engine TARGET FLAGS`.

atheris is installed by `make fuzz` alone.
"""

import sys

import atheris

with atheris.instrument_imports(include=["app.recordings.caption_text", "media"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Feed the target until libFuzzer ends the process."""
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
