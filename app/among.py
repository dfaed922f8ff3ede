"""Whether a column's value is among what a query finds: looked up once, before all else.

For `IN` PostgreSQL reckons how many values there will be. Of schools few of which give lessons it
takes a hundred times too many to come, and then reads whole tables. An array it takes to be short,
and goes to its values by an index: of a county's two thousand lessons a year, in milliseconds.
"""

from typing import Any

from sqlalchemy import Boolean, CompoundSelect, Select, SQLColumnExpression, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Among(FunctionElement[bool]):
    """The condition that `column` is one of what `query` finds, which has one column.

    The query stands for itself: nothing of the statement around it is meant by what it names.
    """

    name = "among"
    type = Boolean()
    inherit_cache = True

    def __init__(
        self, column: SQLColumnExpression[Any], query: Select[Any] | CompoundSelect[Any]
    ) -> None:
        alone = query if isinstance(query, Select) else select(*query.subquery().c)
        super().__init__(column, alone.correlate(None).scalar_subquery())


def _arguments(element: FunctionElement[bool], compiler: SQLCompiler, given: dict[str, Any]) -> Any:
    return (compiler.process(each, **given) for each in element.clauses)


@compiles(Among)
def _in(element: Among, compiler: SQLCompiler, **given: Any) -> str:
    column, query = _arguments(element, compiler, given)
    return f"{column} IN {query}"


@compiles(Among, "postgresql")
def _any_of_array(element: Among, compiler: SQLCompiler, **given: Any) -> str:
    column, query = _arguments(element, compiler, given)
    return f"{column} = ANY (ARRAY{query})"
