"""Calls functions of the core pack on Spark. Argument: a JSON file {"functions": {name: Spark body}, "splits": [[before, amount, [weights], digits]], "currencies": [...], "out": file}."""
import decimal
import json
import pathlib
import sys

from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, DecimalType, IntegerType, StringType, StructField, StructType

job = json.loads(pathlib.Path(sys.argv[1]).read_text())
session = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "1")
           .config("spark.sql.session.timeZone", "UTC").getOrCreate())
session.sparkContext.setLogLevel("ERROR")
D = decimal.Decimal
MONEY = DecimalType(38, 21)


def call(name, *arguments):
    body = job["functions"][name]
    for number, argument in enumerate(arguments):
        body = body.replace("{%d}" % number, argument)
    return body


splits = session.createDataFrame(
    [(place, D(before), D(amount), [D(weight) for weight in weights], digits) for place, (before, amount, weights, digits) in enumerate(job["splits"])],
    StructType([StructField("place", IntegerType()), StructField("b", MONEY), StructField("a", MONEY), StructField("w", ArrayType(MONEY)), StructField("d", IntegerType())]))
parts = splits.selectExpr("place", call("cv_split", "b", "a", "w", "d") + " as parts").collect()
refused = {}
for name, weights in job["refused"].items():
    try:
        splits.limit(1).selectExpr(call("cv_split", "b", "a", weights, "2") + " as parts").collect()
        refused[name] = ""
    except Exception as error:  # whatever Spark calls it: the test looks for the words
        refused[name] = str(error)
currencies = session.createDataFrame([(currency,) for currency in job["currencies"]], StructType([StructField("c", StringType())]))
digits = currencies.selectExpr("c", call("cv_subunit_digits", "c") + " as digits").collect()
pathlib.Path(job["out"]).write_text(json.dumps({
    "parts": [[f"{part:f}" for part in row.parts] for row in sorted(parts, key=lambda row: row.place)],
    "null": splits.limit(1).selectExpr(call("cv_split", "b", "cast(null as decimal(38,21))", "w", "d") + " as parts").first().parts,
    "refused": refused, "digits": {row.c: row.digits for row in digits}}))
