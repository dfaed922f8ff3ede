"""What a function may refuse, read from its source and from that of all it names: an upper bound.

Followed is every function, class and table of functions of ours that a function names, however it
calls it, and every method of what it is given, makes or is returned, as far as annotations say of
which class that is. What a handler catches does not come out of its `try`.
"""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Annotated, Any, get_args, get_origin

from app.errors import Problem

Types = tuple[type, ...]
PACKAGES = ("app", "tests")


@dataclass
class _Read:
    """What one function refuses itself, and what it names; with each, what is caught around it."""

    raised: set[type[Problem]] = field(default_factory=set)
    named: set[tuple[FunctionType, Types]] = field(default_factory=set)


class Refusals:
    """Reads functions, each once. `never`: what a function does not refuse, whatever it names."""

    def __init__(self, never: Mapping[Callable[..., Any], Iterable[type[Problem]]]) -> None:
        self._never = never
        self._read: dict[FunctionType, _Read] = {}

    def of(self, function: Callable[..., Any]) -> set[type[Problem]]:
        """Return what may come out of a function of ours; of another's: nothing."""
        reached = self._reach(_functions(function))
        never = {each: set(self._never.get(each, ())) for each in reached}
        out = {each: self._read[each].raised - never[each] for each in reached}
        grows = True
        while grows:  # functions may call each other in circles
            grows = False
            for each in reached:
                before = len(out[each])
                for below, caught in self._read[each].named:
                    come = {one for one in out[below] if not issubclass(one, caught)}
                    out[each] |= come - never[each]
                grows |= len(out[each]) > before
        return set().union(*(out[each] for each in _functions(function)))

    def _reach(self, functions: Iterable[FunctionType]) -> list[FunctionType]:
        reached, pending = dict[FunctionType, None](), list(functions)
        while pending:
            function = pending.pop()
            if function in reached:
                continue
            reached[function] = None
            if function not in self._read:
                self._read[function] = _Reader(function).found
            pending += [below for below, _ in self._read[function].named]
        return list(reached)


def _functions(thing: object) -> Iterator[FunctionType]:
    """Yield the functions of ours that run when a thing is called, or one out of a table."""
    if isinstance(thing, Mapping):
        for each in thing.values():
            yield from _functions(each)
    elif isinstance(thing, property):
        yield from _functions(thing.fget)
    elif isinstance(thing, type):
        for name in ("__init__", "__post_init__"):
            yield from _functions(getattr(thing, name, None))
    elif callable(thing):
        function = inspect.unwrap(getattr(thing, "__func__", thing))
        if not isinstance(function, FunctionType):
            function = vars(type(thing)).get("__call__")
        if isinstance(function, FunctionType) and _is_ours(function):
            yield function


def _is_ours(thing: Any) -> bool:
    return str(thing.__module__).partition(".")[0] in PACKAGES


class _Reader(ast.NodeVisitor):
    """Reads one function."""

    def __init__(self, function: FunctionType) -> None:
        self.found = _Read()
        self._names = function.__globals__
        self._caught: Types = ()
        self._own = set[str]()
        self._classes = dict(self._given(function))
        try:
            source = textwrap.dedent(inspect.getsource(function))
        except OSError:  # made by a dataclass: it has none
            return
        tree = ast.parse(source)
        # A parameter or a variable of this name is not what the module calls so.
        self._own = {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)} | {
            each.id
            for each in ast.walk(tree)
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
        }
        self.visit(tree)

    def _given(self, function: FunctionType) -> Iterator[tuple[str, type]]:
        """Yield of which classes of ours the parameters are."""
        for name, hint in function.__annotations__.items():
            for each in _classes_in(hint):
                yield name, each
        owner = self._names.get(function.__qualname__.partition(".")[0])
        if isinstance(owner, type):
            yield "self", owner
            yield "cls", owner

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for each in node.body:  # neither the decorators nor the annotations
            self.visit(each)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name `ast` looks for

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        for each in _classes_in(self._thing(node.annotation)):
            if isinstance(node.target, ast.Name):
                self._classes[node.target.id] = each

    def visit_Assign(self, node: ast.Assign) -> None:
        made = self._class_of(node.value)
        for target in node.targets:
            if made is not None and isinstance(target, ast.Name):
                self._classes[target.id] = made
        self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        before = self._caught
        self._caught += tuple(each for one in node.handlers for each in self._types(one.type))
        for each in node.body:
            self.visit(each)
        self._caught = before
        for each in (
            *(e for one in node.handlers for e in one.body),
            *node.orelse,
            *node.finalbody,
        ):
            self.visit(each)

    def visit_Name(self, node: ast.Name) -> None:
        self._note(self._thing(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        thing = self._thing(node)
        if thing is None:
            self.visit(node.value)
            owner = self._class_of(node.value)
            thing = None if owner is None else inspect.getattr_static(owner, node.attr, None)
        self._note(thing)

    def _note(self, thing: object) -> None:
        if isinstance(thing, type) and issubclass(thing, Problem):
            if not issubclass(thing, self._caught):
                self.found.raised.add(thing)
            return
        self.found.named |= {(each, self._caught) for each in _functions(thing)}

    def _types(self, node: ast.expr | None) -> Types:
        each = node.elts if isinstance(node, ast.Tuple) else [node]
        return tuple(one for one in map(self._thing, each) if isinstance(one, type))

    def _class_of(self, node: ast.expr) -> type | None:
        """Return of which class of ours a value is, as far as annotations say it."""
        if isinstance(node, ast.Await):
            return self._class_of(node.value)
        if isinstance(node, ast.Name):
            return self._classes.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._class_of(node.value)
            hints = {} if owner is None else inspect.get_annotations(owner)
            return next(iter(_classes_in(hints.get(node.attr))), None)
        if isinstance(node, ast.Call):
            called = self._thing(node.func)
            if called is None and isinstance(node.func, ast.Attribute):
                owner = self._class_of(node.func.value)
                called = None if owner is None else getattr(owner, node.func.attr, None)
            if isinstance(called, type):
                return called if _is_ours(called) else None
            hints = getattr(called, "__annotations__", {})
            return next(iter(_classes_in(hints.get("return"))), None)
        return None

    def _thing(self, node: ast.AST | None) -> object:
        """Return what a name, or one in a module or a class, stands for; None: nothing global."""
        if isinstance(node, ast.Name) and node.id not in self._own:
            return self._names.get(node.id, getattr(builtins, node.id, None))
        if isinstance(node, ast.Attribute):
            owner = self._thing(node.value)
            if isinstance(owner, ModuleType | type):
                return getattr(owner, node.attr, None)
        return None


def _classes_in(hint: object) -> Iterator[type]:
    """Yield the classes of ours an annotation names: of Annotated, and of a union, each."""
    if get_origin(hint) is Annotated:
        yield from _classes_in(get_args(hint)[0])
    elif isinstance(hint, type):
        if _is_ours(hint):
            yield hint
    elif get_origin(hint) is not None and not isinstance(hint, type):
        for each in get_args(hint):
            if type(None) in get_args(hint):
                yield from _classes_in(each)
