"""Rows against rows, both ways, duplicates counted."""
import pathlib

import duckdb


def connect():
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set threads = 2")
    return connection


def load_delta(connection):
    import duckdb_extension_delta
    home = pathlib.Path(duckdb_extension_delta.__file__).parent
    connection.execute(f"load '{next(home.rglob('delta.duckdb_extension'))}'")


def columns(connection, relation):
    return {row[0]: row[1] for row in connection.execute(f"describe select * from {relation}").fetchall()}


def difference(connection, one, other):
    """'' when two relations have the same columns and rows; else what differs, with two rows of it."""
    left, right = columns(connection, one), columns(connection, other)
    if left.keys() != right.keys():
        return f"columns differ: only in {one}: {sorted(left.keys() - right.keys())}, only in {other}: {sorted(right.keys() - left.keys())}"
    plain = []
    for name, kind in left.items():
        quoted = '"' + name.replace('"', '""') + '"'
        if kind != right[name] and {kind, right[name]} != {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}:
            return f"column {name} is {kind} in {one} and {right[name]} in {other}"
        # Maps and lists are compared as text, the order of their entries included.
        plain.append(f"cast({quoted} as varchar) as {quoted}" if "(" in kind and not kind.startswith("DECIMAL") or kind.endswith("]") else quoted)
    names = ", ".join(plain)
    for a, b in ((one, other), (other, one)):
        rows = connection.execute(f"select * from (select {names} from {a} except all select {names} from {b}) limit 2").fetchall()
        if rows:
            return f"rows in {a} that {b} lacks: {rows}"
    return ""
