"""Writes `advisor/analysis/binding/builtins.tsv` from a real server: `python -m tests.analysis.builtins_from_server`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from advisor.analysis.binding import resolution
from advisor.twin.servers.server import Server, embedded_binaries

FILE = Path(resolution.__file__).parent / "builtins.tsv"
QUERIES = (
    # t: name, category, preferred, volatility of its input and output functions
    """
SELECT 't', t.typname, t.typcategory, CASE WHEN t.typispreferred THEN 'p' ELSE '' END, i.provolatile, o.provolatile
  FROM pg_type AS t JOIN pg_proc AS i ON i.oid = t.typinput JOIN pg_proc AS o ON o.oid = t.typoutput
 WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND t.typcategory <> 'A'
   AND t.typcategory <> 'Z'
 ORDER BY t.typname COLLATE "C"
""",
    # c: source, target, how (b binary, f function, i text), volatility, context (i implicit, a assignment, e explicit)
    """
SELECT 'c', s.typname, t.typname, c.castmethod, coalesce(p.provolatile, 'i'), c.castcontext
  FROM pg_cast AS c JOIN pg_type AS s ON s.oid = c.castsource JOIN pg_type AS t ON t.oid = c.casttarget
  LEFT JOIN pg_proc AS p ON p.oid = c.castfunc
 WHERE c.castsource <> c.casttarget
 ORDER BY s.typname COLLATE "C", t.typname COLLATE "C"
""",
    # o: operator, left type (empty for prefix operators), right type, result, volatility
    """
SELECT 'o', o.oprname, coalesce(l.typname, ''), r.typname, e.typname, p.provolatile
  FROM pg_operator AS o LEFT JOIN pg_type AS l ON l.oid = o.oprleft JOIN pg_type AS r ON r.oid = o.oprright
  JOIN pg_type AS e ON e.oid = o.oprresult JOIN pg_proc AS p ON p.oid = o.oprcode
 WHERE o.oprnamespace = 'pg_catalog'::regnamespace
 ORDER BY o.oprname COLLATE "C", l.typname COLLATE "C" NULLS FIRST, r.typname COLLATE "C"
""",
    # f: name, argument types, result, volatility, s when strict, fewest arguments, v when variadic, kind, r for sets
    """
SELECT 'f', p.proname, coalesce(a.types, ''), r.typname, p.provolatile, CASE WHEN p.proisstrict THEN 's' ELSE '' END,
       p.pronargs - p.pronargdefaults, CASE WHEN p.provariadic <> 0 THEN 'v' ELSE '' END, p.prokind,
       CASE WHEN p.proretset THEN 'r' ELSE '' END
  FROM pg_proc AS p JOIN pg_type AS r ON r.oid = p.prorettype,
       LATERAL (SELECT string_agg(t.typname, ',' ORDER BY u.place)
                  FROM unnest(p.proargtypes) WITH ORDINALITY AS u (oid, place)
                  JOIN pg_type AS t ON t.oid = u.oid) AS a (types)
 WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'p'
   AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
   AND r.typname !~ '^(internal|cstring|trigger|event_trigger|.*_handler)$'
   AND p.proname !~ '^(pg_stat_|binary_upgrade_|pg_replication_|pg_logical_|has_.*_privilege|pg_ls_|pg_restore_)'
 ORDER BY p.proname COLLATE "C", a.types COLLATE "C" NULLS FIRST
""",
)


def content(connection: psycopg.Connection[Any]) -> str:
    """Return what the file should hold, as this server says."""
    rows = [row for query in QUERIES for row in connection.execute(query.encode()).fetchall()]
    return "".join("\t".join(str(value) for value in row) + "\n" for row in rows)


def main() -> None:
    """Write the file."""
    with Server(embedded_binaries()) as server, server.connect() as connection:
        FILE.write_text(content(connection))


if __name__ == "__main__":
    main()
