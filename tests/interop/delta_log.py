"""A second opinion on a Delta log: replays the JSON commits of one version in plain Python, sharing no code with centavo.

Enough for the tables centavo writes (protocol 1/2, all commits present); DuckDB reads the Parquet files it lists.
"""
import json
import pathlib
import urllib.parse


def commits(folder):
    """Versions there are commit files for."""
    return sorted(int(path.stem) for path in (pathlib.Path(folder) / "_delta_log").glob("*.json") if path.stem.isdigit())


def actions(folder, version):
    text = (pathlib.Path(folder) / "_delta_log" / f"{version:020d}.json").read_text()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def replay(folder, version):
    """(metaData, {path: add}) at a version."""
    metadata, live = None, {}
    for number in range(version + 1):
        for action in actions(folder, number):
            if "metaData" in action:
                metadata = action["metaData"]
            if "remove" in action:
                live.pop(action["remove"]["path"], None)
            if "add" in action:
                live[action["add"]["path"]] = action["add"]
    return metadata, live


TYPES = {"string": "varchar", "long": "bigint", "integer": "integer", "short": "smallint", "byte": "tinyint", "double": "double",
         "float": "float", "boolean": "boolean", "date": "date", "timestamp": "timestamptz", "timestamp_ntz": "timestamp", "binary": "blob"}


def sql_type(kind):
    if isinstance(kind, str):
        return TYPES.get(kind, kind)  # decimal(p,s) is spelled the same
    if kind["type"] == "array":
        return sql_type(kind["elementType"]) + "[]"
    if kind["type"] == "map":
        return f"map({sql_type(kind['keyType'])}, {sql_type(kind['valueType'])})"
    return "struct(" + ", ".join(f'"{field["name"]}" {sql_type(field["type"])}' for field in kind["fields"]) + ")"


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


def scan(folder, version):
    """A select over exactly the live files of a version, in the table's column order."""
    metadata, live = replay(folder, version)
    fields = json.loads(metadata["schemaString"])["fields"]
    partitions = metadata["partitionColumns"]
    parts = []
    for path, add in sorted(live.items()):
        file = pathlib.Path(folder) / urllib.parse.unquote(path)
        columns = []
        for field in fields:
            name, kind = '"' + field["name"].replace('"', '""') + '"', sql_type(field["type"])
            if field["name"] in partitions:
                value = add["partitionValues"][field["name"]]
                columns.append(f"cast({'null' if value is None else text(value)} as {kind}) as {name}")
            else:
                columns.append((name, kind))
        parts.append((str(file), columns))
    return fields, parts


def view(connection, name, folder, version):
    """Makes a table of a version's rows, file by file: columns a file lacks are null."""
    fields, parts = scan(folder, version)
    selects = []
    for file, columns in parts:
        have = {row[0] for row in connection.execute(
            "select name from parquet_schema(?)", [file]).fetchall()}
        pattern = file
        for character in "[*?":  # the engine's globbing
            pattern = pattern.replace(character, f"[{character}]")
        out = [column if isinstance(column, str) else
               (f"cast({column[0]} as {column[1]}) as {column[0]}" if column[0][1:-1].replace('""', '"') in have
                else f"cast(null as {column[1]}) as {column[0]}") for column in columns]
        selects.append(f"select {', '.join(out)} from read_parquet({text(pattern)}, hive_partitioning=false)")
    if not selects:
        empty = ", ".join(f'cast(null as {sql_type(field["type"])}) as "{field["name"]}"' for field in fields)
        selects = [f"select {empty} where false"]
    connection.execute(f"create or replace temp table {name} as " + " union all ".join(selects))
