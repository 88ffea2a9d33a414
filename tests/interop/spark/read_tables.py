"""Runs under Spark with Delta: reads each (folder, version) of a job file and writes the rows as Parquet. Not a test itself."""
import json
import os
import sys

from pyspark.sql import SparkSession


def main(job_file, jars):
    job = json.load(open(job_file))
    names = ",".join(os.path.join(jars, name) for name in sorted(os.listdir(jars)) if name.endswith(".jar"))
    spark = (SparkSession.builder.master("local[2]").appName("interop").config("spark.jars", names)
             .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
             .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
             .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
             .config("spark.sql.shuffle.partitions", "2").config("spark.databricks.delta.snapshotPartitions", "1")
             .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS").config("spark.driver.memory", "2g").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    for entry in job:
        rows = spark.read.format("delta").option("versionAsOf", entry["version"]).load(entry["folder"])
        rows.coalesce(1).write.mode("overwrite").parquet(entry["out"])
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
