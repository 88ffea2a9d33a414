#!/usr/bin/env python3
"""Raw to gold on Spark with Delta, local[2]: the packs' own SQL into Delta tables. Runs in .cache/venv/spark.

Usage: spark_script.py RAW_FOLDER OUT_FOLDER FIRST END JARS
"""
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pack_sql  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402


def main(raw, out, first, end, jars):
    names = ",".join(os.path.join(jars, name) for name in sorted(os.listdir(jars)) if name.endswith(".jar"))
    spark = (SparkSession.builder.master("local[2]").config("spark.jars", names)
             .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
             .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
             .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false").config("spark.driver.memory", "6g")
             .config("spark.sql.shuffle.partitions", "4").config("spark.databricks.delta.snapshotPartitions", "1")
             .config("spark.sql.warehouse.dir", f"{out}/warehouse").config("spark.local.dir", f"{out}/local")
             .config("spark.sql.ansi.enabled", "true").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    files = []
    for manifest in sorted(pathlib.Path(raw).glob("*/*/*-Manifest.json")):
        files += [str(pathlib.Path(raw) / key) for key in json.loads(manifest.read_text())["reportKeys"]]
    rows = spark.read.option("header", "true").csv(files) if ".csv" in files[0] else spark.read.parquet(*files)
    delivered = rows.columns
    rows.createOrReplaceTempView("delivered")
    start = "bill/BillingPeriodStartDate" if "bill/BillingPeriodStartDate" in delivered else "bill_billing_period_start_date"
    items = pack_sql.bronze_select(delivered, "spark") + [
        f"cast(substring(cast(`{start}` as string), 1, 10) as date) as billing_period", "input_file_name() as source_file_name",
        "monotonically_increasing_id() as source_row_number", "current_timestamp() as ingestion_timestamp", "'run' as raw_ingestion_id"]
    stages = {}

    def stage(layer, name, sql):
        started = time.monotonic()
        where = f"{out}/{layer}/{name}"
        spark.sql(sql).write.format("delta").mode("overwrite").partitionBy("billing_period").save(where)
        spark.read.format("delta").load(where).createOrReplaceTempView(f"{layer}__{name}")
        stages[layer if layer != "gold" else f"gold.{name}"] = round(time.monotonic() - started, 4)

    def text(path):
        sql = pack_sql.model(path, "spark", "plain", first, end)
        for layer in ("bronze", "silver", "gold"):
            sql = sql.replace(f"{layer}.", f"{layer}__")
        return sql

    stage("bronze", "aws_cur_line_items", f"select {', '.join(items)} from delivered")
    stage("silver", "aws_cost_and_usage", text(pack_sql.silver_path()))
    have = set(spark.table("silver__aws_cost_and_usage").columns)
    union = ", ".join(f"`{name}`" if name in have else f"cast(null as {pack_sql.spark_types(kind)}) as `{name}`"
                      for name, kind in pack_sql.interface_columns())
    spark.sql(f"select {union} from silver__aws_cost_and_usage").createOrReplaceTempView("silver__focus_cost_and_usage")
    for name, path in pack_sql.gold_models("spark"):
        stage("gold", name, text(path))
    totals = {}
    for table, view in (("silver.focus_cost_and_usage", "silver__focus_cost_and_usage"), ("gold.cost_by_day", "gold__cost_by_day"),
                        ("gold.cost_by_month", "gold__cost_by_month")):
        row = spark.sql(f"select cast(sum(BilledCost) as string), cast(sum(EffectiveCost) as string) from {view}").collect()[0]
        totals[table] = [row[0], row[1]]
    totals["rows"] = spark.table("silver__aws_cost_and_usage").count()
    spark.stop()
    print(json.dumps({"stages": stages, "totals": totals}))


if __name__ == "__main__":
    main(*sys.argv[1:])
