#!/usr/bin/env python3
"""Raw to gold with dbt and its DuckDB adapter: writes a project of the packs' own SQL and runs it. Runs in .cache/venv/dbt.

Usage: dbt_project.py SPELLING RAW_FOLDER OUT_FOLDER FIRST END
Models are external Parquet files, as a lake would have them; no tests, no docs.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import duckdb

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pack_sql  # noqa: E402
import rivals.duckdb_script as plain  # noqa: E402


def main(spelling, raw, out, first, end):
    out = pathlib.Path(out)
    models = out / "models"
    models.mkdir(parents=True, exist_ok=True)
    (out / "dbt_project.yml").write_text(
        "name: rival\nversion: 1.0.0\nprofile: rival\nmodel-paths: [models]\nflags: {send_anonymous_usage_stats: false}\n")
    (out / "profiles.yml").write_text(
        "rival:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n"
        f"      path: {out}/rival.duckdb\n      threads: 2\n      external_root: {out}\n      settings: {{TimeZone: UTC, threads: 2}}\n")
    config = "{{ config(materialized='external', format='parquet', options={'compression': 'zstd'}) }}\n"

    files = plain.newest_files(raw)
    quoted = ", ".join(f"'{name}'" for name in files)
    reader = (f"read_csv([{quoted}], all_varchar=true, header=true, delim=',', quote='\"', filename=true)" if ".csv" in files[0]
              else f"read_parquet([{quoted}], filename=true, union_by_name=true)")
    delivered = [row[0] for row in duckdb.sql(f"describe select * from {reader}").fetchall() if row[0] != "filename"]
    start = "bill/BillingPeriodStartDate" if "bill/BillingPeriodStartDate" in delivered else "bill_billing_period_start_date"
    items = pack_sql.bronze_select(delivered) + [
        f'cast(left(cast("{start}" as varchar), 10) as date) as billing_period', "filename as source_file_name",
        "row_number() over () as source_row_number", "now() as ingestion_timestamp", "'run' as raw_ingestion_id"]
    (models / "aws_cur_line_items.sql").write_text(config + f"select {', '.join(items)} from {reader}")

    def refer(sql):
        sql = sql.replace("silver.focus_cost_and_usage", "{{ ref('focus_cost_and_usage') }}")
        return re.sub(r"\b(?:bronze|gold)\.(\w+)", r"{{ ref('\1') }}", sql)

    (models / "aws_cost_and_usage.sql").write_text(config + refer(pack_sql.model(pack_sql.silver_path(), "duckdb", spelling, first, end)))
    silver = set(pack_sql.silver_columns())
    union = ", ".join(f'"{name}"' if name in silver else f'cast(null as {kind}) as "{name}"' for name, kind in pack_sql.interface_columns())
    (models / "focus_cost_and_usage.sql").write_text(
        "{{ config(materialized='view') }}\n" + f"select {union} from {{{{ ref('aws_cost_and_usage') }}}}")
    for name, path in pack_sql.gold_models():
        (models / f"{name}.sql").write_text(config + refer(pack_sql.model(path, "duckdb", spelling, first, end)))
    dbt = pathlib.Path(sys.executable).with_name("dbt")
    done = subprocess.run([dbt, "--no-use-colors", "run", "--project-dir", out, "--profiles-dir", out], capture_output=True, text=True,
                          env={**os.environ, "DO_NOT_TRACK": "1"})
    if done.returncode != 0:
        sys.exit(done.stdout[-4000:] + done.stderr[-2000:])
    db = duckdb.connect(str(out / "rival.duckdb"))
    db.execute("set TimeZone = 'UTC'")
    totals = {}
    for table, view in (("silver.focus_cost_and_usage", "aws_cost_and_usage"), ("gold.cost_by_day", "cost_by_day"), ("gold.cost_by_month", "cost_by_month")):
        totals[table] = [str(value) for value in db.execute(f"select sum(BilledCost), sum(EffectiveCost) from '{out}/{view}.parquet'").fetchone()]
    totals["rows"] = db.execute(f"select count(*) from '{out}/aws_cost_and_usage.parquet'").fetchone()[0]
    print(json.dumps({"stages": {}, "totals": totals}))


if __name__ == "__main__":
    main(*sys.argv[1:])
