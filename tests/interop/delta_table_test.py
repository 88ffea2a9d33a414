#!/usr/bin/env python3
"""Do delta-rs and DuckDB's delta extension read our tables as we do?

Usage: delta_table_test.py [path of test_lake_delta], or through run.py

A test of ours makes a table with partitions of nasty names, a schema change, a replaced month, compaction, widening, a
restore and checkpoints, and writes what we read at every version. Each version is compared row by row, both ways.
Needs duckdb and duckdb-extension-delta 1.5.5 and deltalake 1.6.6 (scripts/setup interop). Exit code 0: all equal.
"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def test_program():
    """The newest build of lake/delta's tests, or None."""
    built = sorted(REPOSITORY.glob("build/*/src/test_lake_delta"), key=lambda path: path.stat().st_mtime)
    return built[-1] if built else None


def differences(connection, theirs: str, ours: str) -> str:
    """Empty when the two queries give the same rows; else how many differ."""
    columns = [row[0] for row in connection.sql(f"describe {ours}").fetchall()]
    # Maps compare by their entries in order of key; our order and a reader's may differ.
    names = ", ".join(f'list_sort(map_entries("{c}")) as "{c}"' if c == "tags" else f'"{c}"' for c in columns)
    types = {row[0]: row[1] for row in connection.sql(f"describe {ours}").fetchall()}
    their_types = {row[0]: row[1] for row in connection.sql(f"describe {theirs}").fetchall()}
    if types != their_types:
        return f"types {their_types}, ours {types}"
    a, b = f"(select {names} from ({theirs}))", f"(select {names} from ({ours}))"
    only_theirs = connection.sql(f"select count(*) from ({a} except all {b})").fetchone()[0]
    only_ours = connection.sql(f"select count(*) from ({b} except all {a})").fetchone()[0]
    return "" if only_theirs == only_ours == 0 else f"{only_theirs} rows only theirs, {only_ours} only ours"


def compare_versions(program) -> int:
    """Number of versions and filters that differ."""
    import duckdb
    import deltalake
    import pyarrow

    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("set timezone = 'UTC'")
    spec = importlib.util.find_spec("duckdb_extension_delta")
    extension = None
    if spec and spec.origin:
        extension = next(pathlib.Path(spec.origin).parent.rglob("delta.duckdb_extension"), None)
    if extension:
        connection.execute(f"load '{extension}'")
    else:
        print("delta_table_test: DuckDB's delta extension is not installed: compared with delta-rs only")

    bad = 0
    with tempfile.TemporaryDirectory(prefix="centavo-interop-") as folder:
        subprocess.run([program, "--gtest_filter=DeltaInterop.*", "--gtest_brief=1"], check=True,
                       env={**os.environ, "CENTAVO_INTEROP_DIR": folder}, cwd=REPOSITORY)
        table = f"{folder}/wide"
        versions = [int(line) for line in pathlib.Path(folder, "versions.txt").read_text().split()]
        for version in versions:
            ours = f"from read_parquet('{folder}/expected/{version}.parquet')"
            rows = connection.sql(f"select count(*) from ({ours})").fetchone()[0]
            results = {}
            arrow = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(table, version=version))
            connection.register("delta_rs", pyarrow.table(arrow.execute("select * from t").read_all()))
            results["delta-rs"] = differences(connection, "from delta_rs", ours)
            if extension:
                results["duckdb delta"] = differences(connection, f"from delta_scan('{table}', version={version})", ours)
            for reader, difference in results.items():
                bad += difference != ""
                print(f"version {version:2}  {rows:3} rows  {reader:12}  {difference or 'equal'}")
        # Filters that need our statistics to be right: the count with and without skipping must be the same.
        newest = f"from read_parquet('{folder}/expected/{versions[-1]}.parquet')"
        for where in ("cost = 7.000000000000000000007", "at_time > timestamptz '2026-10-01 12:59:59.9995+00'", "name >= repeat('ñ', 33)",
                      "account = 'x/y%z'", "account is null", "price < 0.00000001", "n = 31", "day between '2026-10-01' and '2026-10-03'"):
            want = connection.sql(f"select count(*) from ({newest}) where {where}").fetchone()[0]
            if extension:
                got = connection.sql(f"select count(*) from delta_scan('{table}') where {where}").fetchone()[0]
                bad += got != want
                print(f"where {where}: {got} rows{'' if got == want else f', {want} expected'}")
    print("all readers agree" if bad == 0 else f"{bad} differences")
    return bad


class DeltaTable(unittest.TestCase):
    def test_every_version_of_a_varied_table_reads_the_same(self):
        program = test_program()
        if program is None:
            self.skipTest("no test_lake_delta under build/: run make build")
        self.assertEqual(compare_versions(program), 0)


if __name__ == "__main__":
    found = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else test_program()
    sys.exit("no test_lake_delta under build/: run make build" if found is None else min(compare_versions(found), 1))
