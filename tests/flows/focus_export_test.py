#!/usr/bin/env python3
"""export focus writes the columns that each version of the specification has, and what it wrote loads again to the same cent."""
import csv
import decimal
import json
import shutil
import unittest

from lake import COSTS, USAGE, FlowTest

D = decimal.Decimal
decimal.getcontext().prec = 60
VERSIONS = ("1.0", "1.2", "1.3")
SUMS = f"select count(*) as n, sum(BilledCost) as billed, sum(EffectiveCost) as effective, sum(ListCost) as list, count(Tags) as tags from {COSTS}"


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class FocusExport(FlowTest):
    def columns(self, version):
        """Columns of CostAndUsage in one version, as the facts about the specification list them."""
        facts = json.loads(self.shared("focus", "columns.json").read_text())["columns"]
        return {column["id"] for column in facts if column["dataset"] == "CostAndUsage" and version in column["by_version"]}

    def loaded(self, name, path):
        home = self.folder / name
        home.mkdir()
        shutil.copyfile(path, home / path.name)
        lake = self.lake("lake-" + name)
        lake.add("acme", "focus", home)
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        return lake

    def test_each_version_has_its_columns_and_loads_again(self):
        sample = self.shared("data", "focus", "v1_3") / "aws_1_3_cost_and_usage_rows100_seed42.csv"
        lake = self.loaded("sample", sample)
        expected = lake.query("acme", SUMS)
        for version in VERSIONS:
            with self.subTest(version):
                file = self.folder / f"out-{version}.csv"
                lake("export", "focus", "--tenant", "acme", "--version", version, "--out", file)
                rows = read_csv(file)
                self.assertEqual(self.columns(version), set(rows[0]))
                self.assertEqual(sorted(D(row["BilledCost"]) for row in read_csv(sample)), sorted(D(row["BilledCost"]) for row in rows))
                for column in ("BillingPeriodStart", "ChargePeriodEnd"):
                    self.assertEqual({"T", "Z"}, {row[column][10] for row in rows} | {row[column][-1] for row in rows})
                self.assertTrue(all(isinstance(json.loads(row["Tags"]), dict) for row in rows if row["Tags"]))
                if version == "1.2":
                    self.assertEqual(expected, self.loaded("csv-" + version, file).query("acme", SUMS))
                typed = self.folder / f"out-{version}.parquet"
                lake("export", "focus", "--tenant", "acme", "--version", version, "--out", typed)
                again = self.loaded("parquet-" + version, typed)
                self.assertEqual(expected, again.query("acme", SUMS))
                # Bronze has every column of a file, so what is not of the version is not there with a value.
                for column in self.columns("1.3") - self.columns(version) - {"ServiceProviderName", "HostProviderName"}:
                    self.assertEqual("0", again.value("acme", f"select count({column}) from {COSTS}"), column)
        self.say(f"{', '.join(VERSIONS)}: columns as specified, {expected[0]['n']} rows of {expected[0]['billed']} written and read again")

    def test_a_version_that_is_none_is_refused(self):
        lake = self.loaded("sample", self.shared("data", "focus", "v1_3") / "aws_1_3_cost_and_usage_rows100_seed42.csv")
        done = lake("export", "focus", "--tenant", "acme", "--version", "2.7", "--out", self.folder / "x.csv", code=(1, USAGE))
        self.assert_one_clear_error(done, "--version", "2.7", "1.0, 1.1, 1.2, 1.3")
        self.assertFalse((self.folder / "x.csv").exists())


if __name__ == "__main__":
    unittest.main()
