"""One row of the drill is held for real: the quickest of those that lose something."""

from pathlib import Path

import pytest

from bench.drill import __main__ as command


@pytest.mark.slow
def test_a_server_killed_in_a_lesson_costs_what_is_promised_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--rows", "server", "--results", str(tmp_path)]) == 0, capsys.readouterr()
    assert "PASS  server" in capsys.readouterr().out
    assert len(list(tmp_path.glob("drill-*.json"))) == 1


def test_a_row_there_is_not_is_an_error_that_names_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        command.parse_arguments(["--rows", "server,flood"])
    assert (
        "no such row: flood; there are server, server-lessons, recorder" in capsys.readouterr().err
    )
