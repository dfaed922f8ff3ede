"""What a run of the lesson found: one line a fact, and whether it is as it must be."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fact:
    """One finding. `expected` says in words what it must be; `is_right` whether it is."""

    name: str
    value: str
    expected: str
    is_right: bool


@dataclass
class Facts:
    """The findings of one run, in order."""

    found: list[Fact] = field(default_factory=list)

    def add(self, name: str, value: object, *, expected: str, is_right: bool) -> None:
        """Keep a finding and print its line."""
        fact = Fact(name, str(value), expected, is_right)
        self.found.append(fact)
        verdict = "ok  " if is_right else "WRONG"
        print(f"{verdict:5} {name}: {fact.value}  (expected: {expected})", flush=True)

    def require_all_right(self) -> None:
        """Raise AssertionError naming every fact that is wrong."""
        wrong = [
            f"{fact.name}: {fact.value} (expected: {fact.expected})"
            for fact in self.found
            if not fact.is_right
        ]
        assert not wrong, "Not as it must be:\n" + "\n".join(wrong)
