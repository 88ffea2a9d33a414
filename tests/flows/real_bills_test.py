#!/usr/bin/env python3
"""Real and synthetic bills of ../shared land and reconcile to the last digit; sums are recomputed here from the raw CSV."""
import csv
import decimal
import gzip
import io
import json
import pathlib
import shutil
import unittest

from lake import COSTS, DONE, FAILED, Figures, FlowTest

decimal.getcontext().prec = 60
D = decimal.Decimal
POD_SPLIT = ("EKSPod-EC2", "ECSTask-EC2")


def snake(name):
    """identity/LineItemId and identity_line_item_id under one name."""
    out = ""
    for i, c in enumerate(name):
        if c.isupper() and i and (name[i - 1].islower() or name[i - 1].isdigit()):
            out += "_"
        out += c.lower() if c.isalnum() else "_"
    return out


def read_bill(path):
    data = pathlib.Path(path).read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    return [{snake(name): value for name, value in row.items() if name} for row in csv.DictReader(io.StringIO(text))]


def amount(row, *names):
    for name in names:
        if row.get(name):
            return D(row[name])
    return D(0)


def billed(rows):
    return sum((amount(row, "line_item_net_unblended_cost", "line_item_unblended_cost") for row in rows), D(0))


def amortized(rows):
    """The published CASE (facts: Cloud Intelligence Dashboards, summary_view), without split rows."""
    whole = D(0)
    for row in rows:
        kind = row["line_item_line_item_type"]
        if row.get("line_item_operation") in POD_SPLIT:
            continue
        if kind == "SavingsPlanCoveredUsage":
            whole += amount(row, "savings_plan_savings_plan_effective_cost")
        elif kind == "SavingsPlanRecurringFee":
            whole += amount(row, "savings_plan_total_commitment_to_date") - amount(row, "savings_plan_used_commitment")
        elif kind in ("SavingsPlanNegation", "SavingsPlanUpfrontFee"):
            pass
        elif kind == "DiscountedUsage":
            whole += amount(row, "reservation_effective_cost")
        elif kind == "RIFee":
            whole += amount(row, "reservation_unused_amortized_upfront_fee_for_billing_period") + amount(row, "reservation_unused_recurring_fee")
        elif kind == "Fee" and row.get("reservation_reservation_arn", row.get("reservation_reservation_a_r_n")):
            pass
        else:
            whole += amount(row, "line_item_unblended_cost")
    return whole


# ChargeCategory of a line, where the line's type alone decides it.
CATEGORY = {"Usage": "Usage", "DiscountedUsage": "Usage", "SavingsPlanCoveredUsage": "Usage", "SavingsPlanNegation": "Usage", "EdpDiscount": "Usage",
            "Fee": "Purchase", "RIFee": "Purchase", "SavingsPlanRecurringFee": "Purchase", "SavingsPlanUpfrontFee": "Purchase",
            "Credit": "Credit", "Tax": "Tax"}
GOLD = {"gold.cost_by_day", "gold.cost_by_month", "gold.cost_by_tag"}


class RealBills(FlowTest):
    def land(self, source, tenant="acme"):
        lake = self.lake()
        lake.add(tenant, "aws", source)
        lake.run(tenant)
        return lake

    def prove(self, lake, rows):
        """Queries and the stored proof give what the raw lines sum to here, to the last digit, as a whole and by category."""
        self.assertEqual(str(len(rows)), lake.value("acme", "select count(*) from bronze.aws_cur_line_items"))
        self.assertEqual(billed(rows), self.sums(lake)["billed"])
        self.assertEqual(amortized(rows), self.sums(lake)["effective"])
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        self.assertEqual(GOLD, GOLD & {line["to"] for line in proof["lines"]})
        self.assertEqual([D(len(rows))], [D(line["from_amount"]) for line in proof["lines"] if line["measure"] == "rows"])
        by_category = {}
        for line in proof["lines"]:
            if line["measure"] == "BilledCost" and line["from"].startswith("bronze."):
                by_category[line["category"]] = by_category.get(line["category"], D(0)) + D(line["to_amount"])
        self.assertEqual(billed(rows), by_category[""])
        self.assertEqual(billed(rows), sum(amount for category, amount in by_category.items() if category))
        kinds = {row["line_item_line_item_type"] for row in rows}
        if kinds <= CATEGORY.keys():
            for category in {CATEGORY[kind] for kind in kinds}:
                expected = billed(row for row in rows if CATEGORY[row["line_item_line_item_type"]] == category)
                self.assertEqual(expected, by_category.get(category, D(0)), category)
                self.assertEqual(expected, self.sums(lake, f"ChargeCategory = '{category}'")["billed"], category)

    def sums(self, lake, where="true"):
        row = lake.query("acme", f"select sum(BilledCost) as billed, sum(EffectiveCost) as effective, sum(ListCost) as list, "
                                 f"count(*) as n from {COSTS} where {where}")[0]
        return {name: D(value) if value else D(0) for name, value in row.items()}

    def test_cur2_of_a_real_account(self):
        source = self.shared("data", "aws_cur", "cur2_2026_04")
        bills = self.folder / "bills"
        manifest = json.loads((source / "ha-project-CUR-daily-1-Manifest.json").read_text())
        # The file stands where its manifest says it was delivered, compressed as it says.
        key = manifest["dataFiles"][0].split("/", 3)[3]
        data = bills / key
        data.parent.mkdir(parents=True)
        raw = (source / "ha-project-CUR-daily-1-00001.csv").read_bytes()
        data.write_bytes(gzip.compress(raw, mtime=0) if key.endswith(".gz") else raw)
        metadata = bills / key.split("/data/")[0] / "metadata" / "BILLING_PERIOD=2026-04"
        metadata.mkdir(parents=True)
        shutil.copy(source / "ha-project-CUR-daily-1-Manifest.json", metadata)
        lake = self.land(bills)
        rows = read_bill(source / "ha-project-CUR-daily-1-00001.csv")
        self.assertEqual(1882, len(rows))
        self.prove(lake, rows)
        self.say(f"{len(rows)} lines of a real CUR 2.0 bill: billed {billed(rows)}")

    def test_anonymised_legacy_bill_without_manifest(self):
        source = self.shared("data", "aws_cur", "legacy_anonymous_2023_11")
        lake = self.land(source)
        rows = read_bill(source / "sample-anonymous-aws-export-dataset.csv")
        self.prove(lake, rows)
        self.say(f"{len(rows)} lines: billed {billed(rows)}")

    def test_koku_bill_with_manifest(self):
        source = self.shared("data", "aws_cur", "legacy_koku_local_2018_06")
        lake = self.land(source)
        rows = [row for path in source.rglob("*.csv.gz") for row in read_bill(path)]
        self.prove(lake, rows)
        self.say(f"{len(rows)} lines: billed {billed(rows)}")

    def test_commitments_meet_their_expected_totals(self):
        source = self.shared("data", "aws_cur", "synthetic_commitments")
        expected = Figures(source / "expected.json")
        lake = self.land(source)
        rows = read_bill(next(source.glob(f"*/*/{expected['final_assembly']}/*.csv")))
        self.assertEqual(expected["final_rows"], len(rows))
        self.prove(lake, rows)
        all_rows = self.sums(lake)
        self.assertEqual(D(expected["unblended"]), all_rows["billed"])
        self.assertEqual(D(expected["amortized"]), all_rows["effective"])
        # ListCost of usage that is neither idle nor a correction is the public on-demand cost (the pack's README).
        self.assertEqual(D(expected["list"]), self.sums(lake, "ChargeCategory = 'Usage' and ChargeClass is null and "
                                                              "CommitmentDiscountStatus is distinct from 'Unused'")["list"])
        self.assertEqual(D(expected["refunds"]), self.sums(lake, "ChargeClass = 'Correction'")["billed"])
        self.assertEqual(D(expected["upfront"]), self.sums(lake, "ChargeCategory = 'Purchase' and ChargeFrequency = 'One-Time'")["billed"])
        split = [row for row in rows if row.get("line_item_operation") in POD_SPLIT]
        self.assertEqual(expected["pod_split_rows"], len(split))
        self.assertEqual("0", lake.value("acme", "select count(*) from silver.aws_cost_and_usage s join bronze.aws_cur_line_items b "
                                                 "on s.x_SourceFile = b.source_file_name and s.x_SourceRow = b.source_row_number "
                                                 "where b.line_item_operation in ('EKSPod-EC2', 'ECSTask-EC2')"))
        self.assertEqual(D(expected["credits"]), self.sums(lake, "ChargeCategory = 'Credit'")["billed"])
        self.assertEqual(D(expected["tax"]), self.sums(lake, "ChargeCategory = 'Tax'")["billed"])
        unused = "CommitmentDiscountStatus = 'Unused' and CommitmentDiscountCategory = "
        self.assertEqual(D(expected["ri_unused"]), self.sums(lake, unused + "'Usage'")["effective"])
        self.assertEqual(D(expected["sp_unused"]), self.sums(lake, unused + "'Spend'")["effective"])
        # amortised = unblended - upfront fees + the period's part of them (facts: 32.40)
        self.assertEqual(D(expected["unblended"]) - D(expected["upfront"]) + D("32.40"), all_rows["effective"])
        for version, columns in (("1.0", 43), ("1.2", 57), ("1.3", 65)):
            file = self.folder / f"focus-{version}.csv"
            lake("export", "focus", "--tenant", "acme", "--version", version, "--out", file)
            with file.open(encoding="utf-8", newline="") as text:
                exported = list(csv.DictReader(text))
            self.assertEqual((columns, all_rows["n"]), (len(exported[0]), len(exported)))
            self.assertEqual(all_rows["effective"], sum(D(row["EffectiveCost"]) for row in exported))
            self.assertEqual({"2026-09-01T00:00:00Z"}, {row["BillingPeriodStart"] for row in exported})
            self.assertIn("-7.5", {row["BilledCost"] for row in exported})
        self.assert_all_asked(expected, "first_assembly", "first_assembly_rows", "first_assembly_unblended")   # sample_data_test.py
        self.say(f"billed {all_rows['billed']}, effective {all_rows['effective']}: as expected.json")

    def test_the_final_month_replaces_the_one_before(self):
        source = self.shared("data", "aws_cur", "legacy_final_vs_not_final")
        bills = self.folder / "bills"
        bills.mkdir()
        shutil.copyfile(source / "2023-06-01-not-final.csv", bills / "cur.csv")
        lake = self.land(bills)
        before = read_bill(source / "2023-06-01-not-final.csv")
        self.prove(lake, before)
        bill = f"select BillingAccountId, InvoiceId, BilledCost, EffectiveCost, ListCost, ChargeCategory from {COSTS} order by all"
        first = lake.query("acme", bill)
        self.assertEqual({""}, {row["InvoiceId"] for row in first})
        shutil.copyfile(source / "2023-06-01.csv", bills / "cur.csv")
        lake.run("acme")
        after = read_bill(source / "2023-06-01.csv")
        self.prove(lake, after)
        self.assertNotIn("", {row["InvoiceId"] for row in lake.query("acme", bill)})
        self.assertEqual([1, 2], lake.releases("acme"))
        self.assertEqual(first, lake.query("acme", bill, "--release", 1))
        self.say(f"{len(before)} lines without an invoice replaced by {len(after)} with one; release 1 still shows the first")
        payers = {row["bill_payer_account_id"] for row in after}
        self.assertEqual(payers, {row["id"] for row in lake.query("acme", f"select distinct BillingAccountId as id from {COSTS}")})


class FocusFiles(FlowTest):
    def test_focus_samples_of_every_version_load(self):
        folder = self.shared("data", "focus")
        samples = [*sorted(folder.glob("v1_[0123]/*.csv"))]
        samples = [path for path in samples if "contract_commitment" not in path.name]
        self.assertGreaterEqual(len(samples), 5)
        for path in samples:
            with self.subTest(path.name):
                home = self.folder / path.stem
                home.mkdir()
                shutil.copyfile(path, home / path.name)
                lake = self.lake("lake-" + path.stem)
                lake.add("acme", "focus", home)
                lake.run("acme")
                lake("reconcile", "--tenant", "acme")
                with path.open(encoding="utf-8-sig") as file:
                    rows = list(csv.DictReader(file))
                total = sum((D(row["BilledCost"]) for row in rows if row["BilledCost"]), D(0))
                found = lake.query("acme", f"select count(*) as n, sum(BilledCost) as billed, sum(EffectiveCost) as effective from {COSTS}")[0]
                self.assertEqual(str(len(rows)), found["n"])
                self.assertEqual(total, D(found["billed"]))
                self.assertEqual(sum((D(row["EffectiveCost"]) for row in rows if row["EffectiveCost"]), D(0)), D(found["effective"]))
                self.say(f"{path.name}: {len(rows)} rows, billed {total}")

    def test_a_folder_of_many_providers_loads_as_one(self):
        """1.3 has a file of another dataset beside: it is named, and does not hold up the costs."""
        for version, stranger in (("v1_2", ""), ("v1_3", "contract_commitment")):
            with self.subTest(version):
                home = self.shared("data", "focus", version)
                lake = self.lake("lake-" + version)
                lake.add("acme", "focus", home)
                done = lake.run("acme", code=FAILED if stranger else DONE)
                if stranger:
                    self.assert_one_clear_error(done, stranger, "BillingPeriodStart")
                lake("reconcile", "--tenant", "acme")
                rows = []
                for path in sorted(home.glob("*_cost_and_usage_*.csv")):
                    with path.open(encoding="utf-8-sig") as file:
                        rows += csv.DictReader(file)
                self.assertEqual(str(len(rows)), lake.value("acme", f"select count(*) from {COSTS}"))
                self.assertEqual(sum((D(row["BilledCost"]) for row in rows if row["BilledCost"]), D(0)),
                                 D(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))


if __name__ == "__main__":
    unittest.main()
