"""Choose with OR-tools' CP-SAT. Run as a process of its own: `python -m app.planning.cpsat`.

Its library takes a second to load and holds the interpreter meanwhile, so no server loads it.
One worker, a fixed seed and a limit in the solver's deterministic time (docs/adr/0016): the same
choices give the same answer on every machine, however busy, with one version of the library.

Reads one JSON line {"choices", "plans", "effort"}; writes a line {"options", "is_best"} for each
answer as soon as it is found, the best first.
"""

import json
import os
import sys
from collections.abc import Iterator

from ortools.sat.python import cp_model

from app.planning.choices import UNPLACED, Choices, Chosen, least_difference

SEED = 20190617
BEHIND_LESSONS = 10  # niceness


def choose(choices: Choices, *, plans: int, effort: float) -> Iterator[Chosen]:
    """Return up to `plans` answers, each the cheapest found that differs from those before."""
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in choices.options]
    missing = _add_groups(model, choices, taken)
    for limit in choices.limits:
        model.add(sum(taken[index] for index in limit.options) <= limit.most)
    crowded = _add_crowds(model, choices, taken)
    model.minimize(
        sum(option.cost * each for option, each in zip(choices.options, taken, strict=True))
        + sum(weight * each for weight, each in crowded)
        + sum(UNPLACED * each for each in missing)
    )
    for number in range(plans):
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        # The first plan is the one most are accepted of: it gets as much as all others.
        solver.parameters.max_deterministic_time = effort if number == 0 else effort / plans
        status = solver.solve(model)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return  # no other plan differs enough; the first always exists, if only empty
        options = tuple(i for i, each in enumerate(taken) if solver.boolean_value(each))
        yield Chosen(options, status == cp_model.OPTIMAL)
        if not options:
            return
        differing = least_difference(len(options))
        model.add(sum(taken[index] for index in options) <= len(options) - differing)
        model.clear_hints()  # type: ignore[no-untyped-call]  # the library left it out
        for index, each in enumerate(taken):
            model.add_hint(each, index in set(options))


def _add_groups(
    model: cp_model.CpModel, choices: Choices, taken: list[cp_model.IntVar]
) -> list[cp_model.IntVar]:
    """Have each group get what it wants, or pay for what it lacks; return what each lacks."""
    of_group: list[list[cp_model.IntVar]] = [[] for _ in choices.wanted]
    for option, each in zip(choices.options, taken, strict=True):
        of_group[option.group].append(each)
    missing = []
    for wanted, mine in zip(choices.wanted, of_group, strict=True):
        lacks = model.new_int_var(0, wanted, "")
        model.add(sum(mine) + lacks == wanted)
        missing.append(lacks)
    return missing


def _add_crowds(
    model: cp_model.CpModel, choices: Choices, taken: list[cp_model.IntVar]
) -> list[tuple[int, cp_model.IntVar]]:
    crowded = []
    for crowd in choices.crowds:
        beyond = model.new_int_var(0, len(crowd.options), "")
        model.add(beyond >= sum(taken[index] for index in crowd.options) - crowd.free)
        crowded.append((crowd.weight, beyond))
    return crowded


def main() -> None:
    """Answer one question from the standard input, behind whatever lessons run."""
    os.nice(BEHIND_LESSONS)
    asked = json.loads(sys.stdin.readline())
    choices = Choices.of_json(asked["choices"])
    for chosen in choose(choices, plans=asked["plans"], effort=asked["effort"]):
        line = {"options": chosen.options, "is_best": chosen.is_best}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
