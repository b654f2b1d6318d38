"""What each statement of a dump is to the twin: who makes it, and in what form.

All but a few run as the owner of the schema, a role without rights, whatever they are: what it may not make the server
refuses. The others are read with the grammar, and only what is read there is put together anew for the superuser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_RUN = re.compile(r"((CREATE|DROP)\s|ALTER\s+(?!SYSTEM\b)|SET\s|SELECT\s+pg_catalog\.set_config\b)", re.IGNORECASE)
_SPECIAL = re.compile(
    r"""(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+)?
        (?:SCHEMA|EXTENSION|MATERIALIZED|OPERATOR\s+(?:CLASS|FAMILY)|ACCESS\s+METHOD|CAST|FUNCTION|PROCEDURE|ROUTINE|SERVER
         |FOREIGN|(?:UNLOGGED\s+|TEMP\s+|TEMPORARY\s+|LOCAL\s+|GLOBAL\s+)*TABLE\b.*\b(?:AS|EXECUTE)\b)\b""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SETTING = re.compile(
    r"SELECT\s+pg_catalog\.set_config\(\s*'(\w+)'\s*,\s*'([^'\\]*)'\s*,\s*(?:false|true)\s*\)\s*", re.IGNORECASE
)
_HANDLERS = frozenset({
    "heap_tableam_handler", "bthandler", "hashhandler", "gisthandler", "ginhandler", "spghandler", "brinhandler",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owned:
    """Run as the owner."""

    text: str
    leakproof: str | None = None
    """The function this makes, as `regprocedure` reads it, where it is leakproof in production."""


@dataclass(frozen=True, slots=True)
class Privileged:
    """Only a superuser may make it, and making it evaluates nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class NewSchema:
    """A schema and nothing in it."""

    name: str

    @property
    def text(self) -> str:
        """Return the statement that makes it for whoever runs it."""
        return f'CREATE SCHEMA IF NOT EXISTS "{self.name.replace(chr(34), chr(34) * 2)}"'


@dataclass(frozen=True, slots=True)
class NewExtension:
    """An extension, and the schema it shall stand in."""

    name: str
    schema: str | None


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A foreign-data wrapper, and whether it has a handler."""

    name: str
    handled: bool


@dataclass(frozen=True, slots=True)
class ForeignServer:
    """A foreign server."""

    name: str
    wrapper: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Never run."""

    reason: str


Part = Owned | Privileged | NewSchema | NewExtension | Wrapper | ForeignServer | LeftOut


def sorted_out(statement: str) -> Part:
    """Return what to do with a statement of a dump."""
    if not _RUN.match(statement):
        return LeftOut("a twin runs CREATE, ALTER and DROP only")
    if statement[:6].upper() == "SELECT":
        literal = _SETTING.fullmatch(statement)
        return Owned(statement) if literal else LeftOut("set_config is run with plain values only")
    if not _SPECIAL.match(statement):
        return Owned(statement)
    import pglast

    try:
        (raw,) = pglast.parse_sql(statement)
    except (pglast.parser.ParseError, ValueError):
        return Owned(statement)  # a grammar newer than ours: the server judges
    sort = _SORTS.get(type(raw.stmt).__name__)
    return sort(raw.stmt, statement) if sort else Owned(statement)


def _schema(node: Any, statement: str) -> Part:
    return Owned(statement) if node.schemaElts else NewSchema(node.schemaname or node.authrole.rolename)


def _extension(node: Any, _: str) -> Part:
    schema = [option.arg.sval for option in node.options or () if option.defname == "schema"]
    return NewExtension(node.extname, schema[0] if schema else None)


def _table_as(node: Any, statement: str) -> Part:
    """Make tables and materialized views from queries without running them."""
    if type(node.query).__name__ == "ExecuteStmt":
        return LeftOut("a prepared statement is not run")
    if node.into.skipData:
        return Owned(statement)
    import pglast

    bare = re.sub(r"\s+WITH\s+DATA\s*$", "", statement, flags=re.IGNORECASE)
    changed = f"{bare}\nWITH NO DATA"
    node = pglast.parse_sql(changed)[0].stmt
    return Owned(changed) if node.into.skipData else LeftOut("its query is not run")


def _function(node: Any, statement: str) -> Part:
    marks = [option.location for option in node.options or () if option.defname == "leakproof" and option.arg.boolval]
    if not marks:
        return Owned(statement)
    inputs = [parameter for parameter in node.parameters or () if parameter.mode.value in _INPUTS]
    return Owned(_without_leakproof(statement, marks[0]), _signature(node.funcname, [each.argType for each in inputs]))


def _altered_function(node: Any, statement: str) -> Part:
    if not any(option.defname == "leakproof" and option.arg.boolval for option in node.actions):
        return Owned(statement)
    if len(node.actions) > 1 or node.func.args_unspecified:
        return LeftOut("LEAKPROOF is set alone, on a function with its arguments")
    return Owned("", _signature(node.func.objname, node.func.objargs or ()))


_INPUTS = frozenset("dibv")
"""`FunctionParameterMode` of what a signature names: default, in, inout and variadic."""


def _signature(name: Any, types: Any) -> str:
    from pglast.stream import RawStream

    printed = ", ".join(RawStream()(each) for each in types)
    quoted = ".".join('"' + part.sval.replace('"', '""') + '"' for part in name)
    return f"{quoted}({printed})"


def _without_leakproof(statement: str, mark: int) -> str:
    """Return the statement without the option that begins there; functions and parameters may have its name, too."""
    return statement[:mark] + statement[mark + len("LEAKPROOF") :]


def _method(node: Any, statement: str) -> Part:
    names = [part.sval for part in node.handler_name]
    if names[-1] in _HANDLERS and names[:-1] in ([], ["pg_catalog"]):
        return Privileged(statement)
    return LeftOut("only access methods on PostgreSQL's own handlers are made")


def _cast(node: Any, statement: str) -> Part:
    """Casts between PostgreSQL's own types through their text are a superuser's to make; all others the owner's."""
    own = all(_built_in(each) for each in (node.sourcetype, node.targettype))
    if not own:
        return Owned(statement)
    return Privileged(statement) if node.inout else LeftOut("a function between types of PostgreSQL's own is not made")


def _built_in(kind: Any) -> bool:
    names = [part.sval for part in kind.names]
    return names[:-1] == ["pg_catalog"] or (len(names) == 1 and names[0] in _TYPES)


_TYPES = frozenset({"text", "date", "uuid", "json", "jsonb", "xml", "bytea", "inet", "cidr", "money", "name"})
"""Types of PostgreSQL's own that the grammar does not qualify."""


def _wrapper(node: Any, _: str) -> Part:
    return Wrapper(node.fdwname, any(option.defname == "handler" and option.arg for option in node.func_options or ()))


def _server(node: Any, _: str) -> Part:
    return ForeignServer(node.servername, node.fdwname, {each.defname: each.arg.sval for each in node.options or ()})


_SORTS = {
    "CreateSchemaStmt": _schema,
    "CreateExtensionStmt": _extension,
    "CreateTableAsStmt": _table_as,
    "CreateFunctionStmt": _function,
    "AlterFunctionStmt": _altered_function,
    "CreateOpClassStmt": lambda _, statement: Privileged(statement),
    "CreateOpFamilyStmt": lambda _, statement: Privileged(statement),
    "AlterOpFamilyStmt": lambda _, statement: Privileged(statement),
    "CreateAmStmt": _method,
    "CreateCastStmt": _cast,
    "CreateFdwStmt": _wrapper,
    "CreateForeignServerStmt": _server,
}


def without_options(statement: str) -> str:
    """Return a foreign table without the options that only production's wrapper knows."""
    import pglast
    from pglast.stream import RawStream

    node: Any = pglast.parse_sql(statement)[0].stmt
    node.options = None
    for element in node.base.tableElts or ():
        if hasattr(element, "fdwoptions"):
            element.fdwoptions = None
    return str(RawStream()(node))
