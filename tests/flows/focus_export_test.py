#!/usr/bin/env python3
"""export focus writes the columns that each version of the specification has, and what it wrote loads again to the same cent; the other datasets hold
what the bills and the lake tell of them."""
import csv
import decimal
import json
import shutil
import unittest

import parquet_footer
from lake import COSTS, DOES_NOT_HOLD, FAILED, USAGE, FlowTest

D = decimal.Decimal
decimal.getcontext().prec = 60
VERSIONS = ("1.0", "1.2", "1.3")
SUMS = f"select count(*) as n, sum(BilledCost) as billed, sum(EffectiveCost) as effective, sum(ListCost) as list, count(Tags) as tags from {COSTS}"


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Exports(FlowTest):
    def facts(self, version, dataset):
        """{column: type} of a dataset in one version, as the facts about the specification list them."""
        facts = json.loads(self.shared("focus", "columns.json").read_text())["columns"]
        return {column["id"]: column["by_version"][version]["type"] for column in facts if column["dataset"] == dataset and version in column["by_version"]}

    def columns(self, version, dataset="CostAndUsage"):
        return self.facts(version, dataset).keys()

    def assert_typed(self, path, version, rows, dataset="CostAndUsage"):
        """The Parquet file has so many rows, and the specification's types: decimals are exact, times are moments, ids and JSON are text."""
        found, types = parquet_footer.read(path)
        kinds = {"Decimal": "decimal(38,21)", "DateTime": "time in UTC", "String": "text", "JSON": "text"}
        self.assertEqual((rows, {name: kinds[kind] for name, kind in self.facts(version, dataset).items()}), (found, types), f"{dataset} {version}")

    def loaded(self, name, path):
        home = self.folder / name
        home.mkdir()
        shutil.copyfile(path, home / path.name)
        lake = self.lake("lake-" + name)
        lake.add("acme", "focus", home)
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        return lake


class CostAndUsage(Exports):
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
                self.assert_typed(typed, version, len(rows))
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


class OddValues(Exports):
    """What a bill says comes out as it said it: no id is made a number, no digit is lost, no text ends a field."""

    MONTH = {"BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z", "ChargePeriodStart": "2026-09-02T00:00:00Z",
             "ChargePeriodEnd": "2026-09-03T00:00:00Z", "BillingAccountId": "000123", "BillingCurrency": "BRL", "InvoiceIssuerName": "Nimbus", "ProviderName": "Nimbus",
             "PublisherName": "Nimbus", "ServiceName": "Machines", "ServiceCategory": "Compute", "ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based"}
    ODD = ({"BilledCost": "0.000000000000000000001", "SkuId": "007", "ResourceId": "1e5", "ResourceName": "0x1F", "Tags": '{"a":"1"}', "ChargeDescription": "two\nlines; \"q\", 's'"},
           {"BilledCost": "99999999999999.5", "SkuId": "7", "ResourceId": "=1+1", "ResourceName": "2026-09-01", "Tags": "{}", "ChargeDescription": "tab\there\r\nção 日本 🐷"},
           {"BilledCost": "-0.1", "SkuId": "7.0", "ResourceId": "NaN", "ResourceName": "true", "Tags": '{"k":"x\\"y\\\\z\\n","ç":""}', "ChargeDescription": "  blanks  "},
           {"BilledCost": "0", "SkuId": "1234567890" * 9, "ResourceId": "-0", "ResourceName": "Infinity", "Tags": "", "ChargeDescription": ""})

    def test_values_are_exported_as_they_came(self):
        rows = [{**self.MONTH, **odd, **{cost: odd["BilledCost"] for cost in ("EffectiveCost", "ListCost", "ContractedCost")}} for odd in self.ODD]
        bill = self.folder / "bill.csv"
        with bill.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        lake = self.loaded("odd", bill)
        by_sku = lambda found: sorted(({name: row[name] for name in rows[0]} for row in found), key=lambda row: row["SkuId"])
        for version in ("1.0", "1.1", "1.2", "1.3"):
            out = self.folder / f"{version}.csv"
            lake("export", "focus", "--tenant", "acme", "--version", version, "--out", out)
            self.assertEqual(by_sku(rows), by_sku(read_csv(out)), version)
        lake("export", "focus", "--tenant", "acme", "--version", "1.3", "--out", self.folder / "1.3.parquet")
        self.assertEqual(len(rows), parquet_footer.read(self.folder / "1.3.parquet")[0])
        again = self.loaded("again", self.folder / "1.3.parquet")
        again("export", "focus", "--tenant", "acme", "--version", "1.3", "--out", self.folder / "again.csv")
        self.assertEqual(by_sku(rows), by_sku(read_csv(self.folder / "again.csv")))

        # What cannot be exported leaves the file that was there.
        kept = (self.folder / "1.0.csv").read_bytes()
        for arguments, code, words in ((("--version", "1.4"), USAGE, ("1.4", "1.0, 1.1, 1.2, 1.3")), (("--period", "2026-13"), USAGE, ("--period",)),
                                       (("--period", "2031-01"), FAILED, ("no charges of 2031-01", "2026-09")), (("--release", "9"), FAILED, ("no release 9",)),
                                       (("--as-of", "1999-01-01"), FAILED, ("1999-01-01",)), (("--dataset", "ContractCommitment"), FAILED, ("no ContractCommitment",))):
            done = lake("export", "focus", "--tenant", "acme", "--out", self.folder / "1.0.csv", *arguments, code=code)
            self.assert_one_clear_error(done, *words)
            self.assertEqual(kept, (self.folder / "1.0.csv").read_bytes(), arguments)
        self.assert_one_clear_error(lake("validate", "focus", "--tenant", "acme", "--period", "2031-01", code=FAILED), "no charges of 2031-01")
        self.assert_one_clear_error(lake("reconcile", "--tenant", "acme", "--period", "2031-01", code=FAILED), "nothing of 2031-01", "2026-09")
        self.assertEqual([], [path.name for path in self.folder.iterdir() if path.is_file() and path.suffix not in (".csv", ".parquet")])
        done = lake("export", "focus", "--tenant", "acme", "--out", self.folder / "x.txt", code=USAGE)
        self.assert_one_clear_error(done, "x.txt", ".parquet", ".csv")
        empty = self.lake("empty")
        empty.add("acme", "focus", bill.parent)
        self.assert_one_clear_error(empty("export", "focus", "--tenant", "acme", "--out", self.folder / "x.csv", code=FAILED), "no release yet")


class OtherDatasets(Exports):
    """Commitments, billing periods and invoices' details."""

    def generated(self, provider, *more):
        lake = self.lake(provider)
        home = self.folder / f"{provider}-bill"
        lake("generate", provider, "--seed", 3, "--rows", 1500, "--months", 2, "--out", home, *more)
        lake.add("acme", provider, home)
        lake.run("acme")
        return lake

    def export(self, lake, dataset, *more):
        """Rows of the CSV; the Parquet file must have as many, under columns of the same names."""
        csv_file, typed = self.folder / f"{dataset}.csv", self.folder / f"{dataset}.parquet"
        for file in (csv_file, typed):
            lake("export", "focus", "--tenant", "acme", "--dataset", dataset, "--out", file, *more)
        rows = read_csv(csv_file)
        found, types = parquet_footer.read(typed)
        self.assertEqual((len(rows), set(rows[0])), (found, types.keys()))
        return rows

    def test_columns_are_those_of_the_specification(self):
        lake = self.generated("aws", "--layout", "cur2")
        for dataset, versions in (("ContractCommitment", ("1.3", "1.4")), ("BillingPeriod", ("1.4",)), ("InvoiceDetail", ("1.4",))):
            for version in versions:
                with self.subTest(dataset=dataset, version=version):
                    rows = self.export(lake, dataset, "--version", version)
                    self.assertEqual(self.columns(version, dataset), set(rows[0]))
                    self.assert_typed(self.folder / f"{dataset}.parquet", version, len(rows), dataset)
        done = lake("export", "focus", "--tenant", "acme", "--dataset", "InvoiceDetail", "--version", "1.2", "--out", self.folder / "x.csv", code=(FAILED, USAGE))
        self.assert_one_clear_error(done, "--version", "1.2", "1.4", "InvoiceDetail")
        done = lake("export", "focus", "--tenant", "acme", "--dataset", "Commitments", "--out", self.folder / "x.csv", code=USAGE)
        self.assert_one_clear_error(done, "--dataset", "ContractCommitment")

    def test_what_a_bill_says_of_its_commitments_keeps_every_rule(self):
        lake = self.generated("aws", "--layout", "cur2")
        rows = self.export(lake, "ContractCommitment")
        charged = lake.query("acme", f"select distinct CommitmentDiscountId as id, CommitmentDiscountCategory as category from {COSTS} where CommitmentDiscountId is not null")
        self.assertEqual({(row["id"], row["category"]) for row in charged}, {(row["ContractCommitmentId"], row["ContractCommitmentCategory"]) for row in rows})
        # By the hours of its term, a plan's commitment is what its fees commit to an hour.
        hourly = lake.query("acme", f"""select CommitmentDiscountId as id, sum(EffectiveCost) / count(distinct ChargePeriodStart) / 24 as an_hour from {COSTS}
            where CommitmentDiscountCategory = 'Spend' and CommitmentDiscountStatus is not null group by all""")
        self.assertTrue(hourly)
        for row in rows:
            if row["ContractCommitmentCategory"] == "Spend":
                spent = next(D(each["an_hour"]) for each in hourly if each["id"] == row["ContractCommitmentId"])
                self.assertAlmostEqual(float(spent * 8760), float(row["ContractCommitmentCost"]), delta=float(spent))
            else:
                self.assertEqual(D(0), D(row["ContractCommitmentQuantity"]) % 8760)
        for data in (self.folder / "ContractCommitment.csv", self.folder / "ContractCommitment.parquet"):
            found = lake.json("validate", "focus", data)
            self.assertEqual(("focus.contract_commitment", "1.3", []), (found["dataset"], found["version"], [r["id"] for r in found["rules"] if r["state"] == "fail"]))
        found = lake.json("validate", "focus", "--tenant", "acme", "--dataset", "ContractCommitment")
        self.assertEqual(([], len(rows)), ([r["id"] for r in found["rules"] if r["state"] == "fail"], found["rows"]))
        self.say(f"{len(rows)} commitments of AWS keep the rules of FOCUS {found['version']}")

    def test_what_a_source_does_not_tell_is_empty_and_the_rules_say_so(self):
        for provider, unknown in (("azure", "ContractCommitmentPeriodStart"), ("gcp", "ContractCommitmentPeriodStart")):
            with self.subTest(provider):
                lake = self.generated(provider)
                rows = self.export(lake, "ContractCommitment")
                charged = {row["id"] for row in lake.query("acme", f"select distinct CommitmentDiscountId as id from {COSTS} where CommitmentDiscountId is not null")}
                self.assertEqual(charged, {row["ContractCommitmentId"] for row in rows})
                empty = sum(row[unknown] == "" for row in rows)
                found = lake.json("validate", "focus", "--tenant", "acme", "--dataset", "ContractCommitment", code=DOES_NOT_HOLD if empty else 0)
                bad = {rule["id"]: rule["bad"] for rule in found["rules"] if rule["state"] == "fail"}
                self.assertEqual(empty, bad.get(f"CCT-{unknown}-C-003-M", 0))
                # What is null is wrong once: by the rule that forbids it, and not as a date of bad form, in CSV as in Parquet.
                texts = lake.json("validate", "focus", self.folder / "ContractCommitment.csv", code=DOES_NOT_HOLD if empty else 0)
                self.assertEqual(bad, {rule["id"]: rule["bad"] for rule in texts["rules"] if rule["state"] == "fail"})
                self.say(f"{len(rows)} commitments of {provider}, {empty} without a known term")
        lake = self.generated("databricks")
        done = lake("export", "focus", "--tenant", "acme", "--dataset", "ContractCommitment", "--out", self.folder / "none.csv", code=FAILED)
        self.assert_one_clear_error(done, "no ContractCommitment", "acme")
        self.assertFalse((self.folder / "none.csv").exists())

    def test_a_list_of_commitments_in_focus_is_kept_as_it_is(self):
        sample = self.shared("data", "focus", "v1_3") / "aws_1_3_contract_commitment_rows100_seed42.csv"
        lake = self.loaded("sample", self.shared("data", "focus", "v1_3") / "aws_1_3_cost_and_usage_rows100_seed42.csv")
        lake("source", "add", "focus_contract_commitments", "--tenant", "acme", "--uri", sample)
        lake.run("acme")
        exact = lambda row: {name: D(value) if value and name.endswith(("Cost", "Quantity")) else value for name, value in row.items()}
        by_id = lambda rows: {row["ContractCommitmentId"]: exact(row) for row in rows}
        self.assertEqual(by_id(read_csv(sample)), by_id(self.export(lake, "ContractCommitment")))
        found = lake.json("validate", "focus", self.folder / "ContractCommitment.parquet")
        self.assertEqual([], [r["id"] for r in found["rules"] if r["state"] == "fail"])

    def test_invoices_add_up_to_the_bill_and_periods_close(self):
        lake = self.generated("aws")
        rows = self.export(lake, "InvoiceDetail")
        self.assertEqual(len(rows), len({row["InvoiceDetailId"] for row in rows}))
        of_bill = lake.query("acme", f"select InvoiceId, ChargeCategory, sum(BilledCost) as billed from {COSTS} where InvoiceId is not null group by all")
        details = {}
        for row in rows:
            key = row["InvoiceId"], row["ChargeCategory"]
            details[key] = details.get(key, D(0)) + D(row["BilledCost"])
            self.assertEqual(row["ChargeCategory"], json.loads(row["InvoiceDetailGrain"])["ChargeCategory"])
        self.assertEqual({(row["InvoiceId"], row["ChargeCategory"]): D(row["billed"]) for row in of_bill}, details)
        one = self.export(lake, "InvoiceDetail", "--period", "2026-09")
        self.assertEqual({row["BillingPeriodStart"] for row in one}, {"2026-09-01T00:00:00Z"})

        before = self.export(lake, "BillingPeriod")
        issuers = {row["InvoiceIssuerName"] for row in lake.query("acme", f"select distinct InvoiceIssuerName from {COSTS}")}
        self.assertEqual(({"Open"}, issuers), ({row["BillingPeriodStatus"] for row in before}, {row["InvoiceIssuerName"] for row in before}))
        lake("period", "close", "--tenant", "acme", "2026-09")
        after = self.export(lake, "BillingPeriod")
        self.assertEqual({("2026-09-01T00:00:00Z", "Closed"), ("2026-10-01T00:00:00Z", "Open")},
                         {(row["BillingPeriodStart"], row["BillingPeriodStatus"]) for row in after})
        self.assertTrue(all(row["BillingPeriodCreated"] <= row["BillingPeriodLastUpdated"] for row in after))
        self.assertEqual([row["BillingPeriodCreated"] for row in before], [row["BillingPeriodCreated"] for row in after], "closing made no period")
        self.assertEqual({"Open"}, {row["BillingPeriodStatus"] for row in self.export(lake, "BillingPeriod", "--release", 1)}, "as it was then")
        lake("period", "reopen", "--tenant", "acme", "2026-09")
        self.assertEqual({"Open"}, {row["BillingPeriodStatus"] for row in self.export(lake, "BillingPeriod")})
        done = lake("export", "focus", "--tenant", "acme", "--dataset", "ContractCommitment", "--period", "2026-09", "--out", self.folder / "x.csv", code=USAGE)
        self.assert_one_clear_error(done, "--period", "ContractCommitment")


if __name__ == "__main__":
    unittest.main()
