#!/usr/bin/env python3
"""Raw to gold as a hand-written DuckDB script does it: the packs' own SQL into plain Parquet, without checks, log or proof.

Usage: duckdb_script.py SPELLING RAW_FOLDER OUT_FOLDER FIRST END [THREADS] [MEMORY]
Prints one JSON object: seconds of each stage, and the totals that must be equal for every contestant.
"""
import json
import pathlib
import sys
import time

import duckdb

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pack_sql  # noqa: E402


def newest_files(raw):
    """The data files of the newest assembly of every period, as the period's manifest names them."""
    files = []
    for manifest in sorted(pathlib.Path(raw).glob("*/*/*-Manifest.json")):
        for key in json.loads(manifest.read_text())["reportKeys"]:
            files.append(str(pathlib.Path(raw) / key))
    return files


def main(spelling, raw, out, first, end, threads="2", memory=None):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.execute(f"set threads = {threads}; set TimeZone = 'UTC'; set enable_progress_bar = false")
    db.execute(f"set temp_directory = '{out}/spill'")
    if memory:
        db.execute(f"set memory_limit = '{memory}'")
    stages = {}

    def stage(name, sql):
        started = time.monotonic()
        db.execute(sql)
        stages[name] = round(time.monotonic() - started, 4)

    files = newest_files(raw)
    quoted = ", ".join(f"'{name}'" for name in files)
    reader = (f"read_csv([{quoted}], all_varchar=true, header=true, delim=',', quote='\"', filename=true)" if ".csv" in files[0]
              else f"read_parquet([{quoted}], filename=true, union_by_name=true)")
    delivered = [row[0] for row in db.execute(f"describe select * from {reader}").fetchall() if row[0] != "filename"]
    start = "bill/BillingPeriodStartDate" if "bill/BillingPeriodStartDate" in delivered else "bill_billing_period_start_date"
    items = pack_sql.bronze_select(delivered) + [
        f'cast(left(cast("{start}" as varchar), 10) as date) as billing_period', "filename as source_file_name",
        "row_number() over () as source_row_number", "now() as ingestion_timestamp", "'run' as raw_ingestion_id"]
    parquet = "(format parquet, compression zstd)"
    db.execute("create schema bronze; create schema silver; create schema gold")
    stage("bronze", f"copy (select {', '.join(items)} from {reader}) to '{out}/bronze.parquet' {parquet}")
    db.execute(f"create view bronze.aws_cur_line_items as select * from '{out}/bronze.parquet'")
    stage("silver", f"copy ({pack_sql.model(pack_sql.silver_path(), 'duckdb', spelling, first, end)}) to '{out}/silver.parquet' {parquet}")
    have = {row[0] for row in db.execute(f"describe select * from '{out}/silver.parquet'").fetchall()}
    union = ", ".join(f'"{name}"' if name in have else f'cast(null as {kind}) as "{name}"' for name, kind in pack_sql.interface_columns())
    db.execute(f"create view silver.focus_cost_and_usage as select {union} from '{out}/silver.parquet'")
    for name, path in pack_sql.gold_models():
        stage(f"gold.{name}", f"copy ({pack_sql.model(path, 'duckdb', spelling, first, end)}) to '{out}/{name}.parquet' {parquet}")
        db.execute(f"create view gold.{name} as select * from '{out}/{name}.parquet'")
    totals = {}
    for table in ["silver.focus_cost_and_usage"] + [f"gold.{name}" for name in ("cost_by_day", "cost_by_month")]:
        totals[table] = [str(value) for value in db.execute(f"select sum(BilledCost), sum(EffectiveCost) from {table}").fetchone()]
    totals["rows"] = db.execute("select count(*) from silver.focus_cost_and_usage").fetchone()[0]
    print(json.dumps({"stages": stages, "totals": totals}))


if __name__ == "__main__":
    main(*sys.argv[1:])
