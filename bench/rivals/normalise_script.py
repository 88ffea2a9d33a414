#!/usr/bin/env python3
"""Raw to silver of one provider as a hand-written DuckDB script does it: the engine's own readers and the pack's SQL into plain Parquet,
without landing, checks, log or proof.

Usage: normalise_script.py PROVIDER RAW_FOLDER OUT_FOLDER FIRST END
Prints one JSON object: seconds of each stage, and the totals that must be equal for every contestant.
"""
import json
import pathlib
import sys
import time

import duckdb

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pack_sql  # noqa: E402


def quoted(files):
    return "[" + ", ".join(f"'{file}'" for file in files) + "]"


def json_reader(table, files):
    """Nested values as the text that they are: what the models read."""
    columns = ", ".join(f"\"{name}\": '{kind}'" for name, kind in pack_sql.bronze_columns(table))
    return f"read_json({quoted(files)}, format='newline_delimited', hive_partitioning=false, filename='source_file_name', columns={{{columns}}})"


def parquet_reader(table, files):
    """Declared columns in their type, nested ones as JSON text."""
    have = {row[0].lower(): (row[0], row[1]) for row in duckdb.sql(f"describe select * from read_parquet({quoted(files)})").fetchall()}

    def item(name, kind):
        if name not in have:
            return f"cast(null as {kind}) as {name}"
        delivered, is_kind = have[name]
        nested = is_kind.startswith(("STRUCT", "MAP")) or is_kind.endswith("[]")
        return f'{"to_json" if nested else ""}("{delivered}")::{kind} as {name}'

    items = ", ".join(item(name, kind) for name, kind in pack_sql.bronze_columns(table))
    return f"(select {items}, filename as source_file_name from read_parquet({quoted(files)}, filename=true, hive_partitioning=false))"


def azure(raw):
    """Runs by their manifests, the newest of each dataset and month."""
    newest = {}
    for path in raw.rglob("manifest.json"):
        run = json.loads(path.read_text())
        key = (run["exportConfig"]["type"], run["runInfo"]["startDate"])
        newest[key] = max(newest.get(key, ("", [])), (run["runInfo"]["submittedTime"], [str(raw / blob["blobName"]) for blob in run["blobs"]]))
    table, selects = "azure/bronze/azure_cost_details", []
    for kind, dataset in (("actual", "ActualCost"), ("amortized", "AmortizedCost")):
        files = [file for (of, _), (_, blobs) in sorted(newest.items()) if of == dataset for file in blobs]
        if files[0].endswith(".parquet"):
            selects.append(f"select * replace ('{kind}' as export_type), date_trunc('month', cast(billingperiodstartdate as date))::date as billing_period from {parquet_reader(table, files)}")
            continue
        reader = f"read_csv({quoted(files)}, all_varchar=true, header=true, delim=',', quote='\"', filename='source_file_name')"
        have = {row[0].lower(): row[0] for row in duckdb.sql(f"describe select * from {reader}").fetchall()}
        items = [f'"{have[name]}" as {name}' if name in have else f"'{kind}' as {name}" if name == "export_type" else f"cast(null as {of}) as {name}"
                 for name, of in pack_sql.bronze_columns(table)]
        items += ["source_file_name", "cast(strptime(\"billingPeriodStartDate\", '%m/%d/%Y') as date) as billing_period"]
        selects.append(f"select {', '.join(items)} from {reader}")
    return {"azure_cost_details": " union all by name ".join(selects)}, ["azure_cost_and_usage"]


def gcp(raw):
    """The newest run of each load day."""
    runs = {}
    for folder in raw.rglob("run=*"):
        runs[folder.parent] = max(runs.get(folder.parent, folder), folder)
    files = [str(file) for _, folder in sorted(runs.items()) for file in sorted(folder.iterdir())]
    table = "gcp/bronze/gcp_billing_lines"
    reader = json_reader(table, files) if ".json" in files[0] else parquet_reader(table, files)
    month = "json_extract_string(invoice, '$.month')"
    bronze = f"select *, cast(left({month}, 4) || '-' || right({month}, 2) || '-01' as date) as billing_period from {reader}"
    return {"gcp_billing_lines": bronze}, ["gcp_billing_lines", "gcp_commitments", "gcp_cost_and_usage"]


def databricks(raw):
    tables = {"databricks_usage": "system_billing_usage", "databricks_list_prices": "system_billing_list_prices", "databricks_account_prices": "system_billing_account_prices"}
    bronze = {name: f"select * from {json_reader('databricks/bronze/' + name, [str(raw / (file + '.jsonl'))])}" for name, file in tables.items()}
    bronze["databricks_usage"] = bronze["databricks_usage"].replace("select *", "select *, cast(left(usage_date, 7) || '-01' as date) as billing_period", 1)
    return bronze, ["databricks_prices", "databricks_cost_and_usage"]


def main(provider, raw, out, first, end, threads="2"):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.execute(f"set threads = {threads}; set TimeZone = 'UTC'; set enable_progress_bar = false; set temp_directory = '{out}/spill'")
    db.execute("create schema bronze; create schema silver")
    stages = {}

    def stage(layer, name, sql):
        started = time.monotonic()
        db.execute(f"copy ({sql}) to '{out}/{layer}.{name}.parquet' (format parquet, compression zstd)")
        db.execute(f"create view {layer}.{name} as select * from '{out}/{layer}.{name}.parquet'")
        stages[f"{layer}.{name}"] = round(time.monotonic() - started, 4)

    bronze, models = {"azure": azure, "gcp": gcp, "databricks": databricks}[provider](pathlib.Path(raw))
    for name, select in bronze.items():
        stage("bronze", name, f"select *, row_number() over () as source_row_number, now() as ingestion_timestamp, 'run' as raw_ingestion_id from ({select})")
    for name in models:
        stage("silver", name, pack_sql.model(pack_sql.PACKS / provider / "silver" / f"{name}.sql", "duckdb", "fast_or_plain", first, end))
    table = f"silver.{models[-1]}"
    sums = db.execute(f"select sum(BilledCost), sum(EffectiveCost), sum(ListCost), sum(ContractedCost) from {table}").fetchone()
    print(json.dumps({"stages": stages, "totals": {table: [str(value) for value in sums], "rows": db.execute(f"select count(*) from {table}").fetchone()[0]}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
