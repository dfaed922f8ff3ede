"""What `make bench-data` prints: a table of requests, and which targets they meet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench import planning
from bench.data.asking import Answered, Exported
from bench.data.imports import Imported
from bench.data.province import Size
from bench.targets import Verdict

EXPORT_ROWS_PER_S = 20_000
#: What an export may add to the server's memory, whatever its length.
EXPORT_KB = 32 * 1024
#: For how long long work may hold the event loop, in which lessons are.
HELD_MS = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """One database: what was asked of it, the export and the import."""

    size: Size
    answered: Sequence[Answered]
    exported: Exported
    imported: Imported


def filled(written: Mapping[str, int], seconds: float) -> str:
    """Return the line about what was written."""
    most = sorted(written.items(), key=lambda each: -each[1])[:6]
    told = ", ".join(f"{rows} {name}" for name, rows in most)
    return f"{sum(written.values())} rows in {seconds:.0f} s: {told}, ..."


def asked(each: Answered) -> str:
    """Return the line about a request, when it has been asked as often as it will be."""
    statements = _counts(each)
    return f"{each.question.name}: p95 {each.p95_ms:.0f} ms, {statements} statements"


def table(measured: Sequence[Measured]) -> str:
    """Return the requests with p50 and p95 of the largest database and statements of all."""
    large = measured[-1]
    lines = [f"{'request':<28}{'as':<11}{'p50 ms':>8}{'p95 ms':>8}{'KB':>7}  statements"]
    for place, each in enumerate(large.answered):
        statements = " / ".join(_counts(one.answered[place]) for one in measured)
        lines.append(
            f"{each.question.name:<28}{each.question.who:<11}{each.p50_ms:>8.1f}{each.p95_ms:>8.1f}"
            f"{each.bytes / 1024:>7.0f}  {statements}"
        )
    return "\n".join(lines)


def _counts(answered: Answered) -> str:
    least, most = min(answered.statements), max(answered.statements)
    return str(least) if least == most else f"{least}-{most}"


def planned(measured: planning.Measured) -> Verdict:
    """Return the line about the planning of a county, which no database takes part in."""
    plans = len(measured.answer.plans)
    return Verdict(
        f"planning of a county ({planning.POINTS} points, {planning.HUBS} hubs, "
        f"{planning.PERIODS} periods): {plans} plans, "
        f"all of them after {measured.prepare_s + max(measured.plan_s, default=0):.1f} s",
        plans > 0,
    )


def judge(measured: Sequence[Measured]) -> Iterator[Verdict]:
    """Return a verdict for each request, the export and the import."""
    large = measured[-1]
    for each in large.answered:
        limit = each.question.limit_ms
        yield Verdict(
            f"{each.question.name}: p95 {each.p95_ms:.0f} ms (at most {limit:.0f})",
            each.p95_ms <= limit,
        )
    yield from _constant(measured)
    export = large.exported
    grew = export.highest_kb - export.before_kb
    yield Verdict(
        f"export of a month: {export.rows} rows at {export.rows_per_s:.0f} rows/s (at least "
        f"{EXPORT_ROWS_PER_S})",
        export.rows_per_s >= EXPORT_ROWS_PER_S,
    )
    yield Verdict(
        f"export of a month: {grew} KB more memory at its highest (at most {EXPORT_KB})",
        grew <= EXPORT_KB,
    )
    imported = large.imported
    yield Verdict(
        f"import of {imported.rows} schools: {imported.first_s:.1f} s, "
        f"again {imported.again_s:.1f} s",
        None,
    )
    yield Verdict(
        f"import of {imported.rows} schools: event loop held for {imported.held_ms:.0f} ms at most "
        f"(at most {HELD_MS})",
        imported.held_ms <= HELD_MS,
    )


def _constant(measured: Sequence[Measured]) -> Iterator[Verdict]:
    """Say of which requests the statements grow with the data, or that none does."""
    answered = measured[-1].answered
    # The least of each: once a minute an answer also notes that its caller was here.
    counts = [
        [min(one.answered[place].statements) for one in measured] for place in range(len(answered))
    ]
    growing = [
        (each, least) for each, least in zip(answered, counts, strict=True) if len(set(least)) > 1
    ]
    for each, least in growing:
        yield Verdict(f"{each.question.name}: statements grow with the data: {least}", False)
    if len(measured) > 1 and not growing:
        points = " and ".join(str(one.size.points) for one in measured)
        yield Verdict(
            f"statements: as many of {points} points, for all {len(counts)} requests", True
        )


def exit_code(lines: Sequence[Verdict]) -> int:
    """Return what the command ends with: 1 when a target is missed."""
    return int(any(line.is_met is False for line in lines))
