#!/usr/bin/env python3
"""Azure exports of ../shared land and reconcile to the last digit, month-to-date runs replace their month, and a manifest that
disagrees with its files keeps the month as it was. Sums are recomputed here from the raw CSV."""
import csv
import decimal
import json
import pathlib
import shutil
import unittest

from lake import COSTS, DONE, FAILED, Figures, FlowTest, centavo

decimal.getcontext().prec = 60
D = decimal.Decimal
BRONZE = "bronze.azure_cost_details"
SILVER = "silver.azure_cost_and_usage"
COMMITTED = ("reservation", "savingsplan")
UNUSED = ("unusedreservation", "unusedsavingsplan")


def read_export(path):
    """Rows under lower-case names; the BOM dropped, short rows filled."""
    with pathlib.Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [{name.lower(): value or "" for name, value in row.items() if name} for row in csv.DictReader(file)]


def cost(row):
    for name in ("costinbillingcurrency", "cost", "pretaxcost"):
        if row.get(name):
            # Azure writes up to 28 digits behind the point; a cost of FOCUS holds 21.
            return D(row[name]).quantize(D("1e-21"), decimal.ROUND_HALF_UP)
    return D(0)


def is_commitment(row):
    model = row.get("pricingmodel", "").lower()
    return model in COMMITTED or row.get("chargetype", "").lower() in UNUSED or (not model and bool(row.get("benefitid") or row.get("reservationid")))


def is_bought(row):
    return row.get("chargetype", "").lower() in ("purchase", "refund") and is_commitment(row)


def scope(row):
    return next((row[name].lower() for name in ("subscriptionid", "subscriptionguid", "billingprofileid", "billingaccountid") if row.get(name)), "")


def account(row):
    return next((row[name].lower() for name in ("billingprofileid", "billingaccountid", "subscriptionid", "subscriptionguid") if row.get(name)), "")


def bill_of(actual, amortized):
    """(rows, billed, effective) as the conversion guide has it, with unused rows billed 0."""
    scopes, accounts = {scope(row) for row in amortized}, {account(row) for row in amortized}
    spread = [row for row in amortized if not is_bought(row)]
    bought = [row for row in actual if is_bought(row)]
    alone = [row for row in actual if not is_bought(row) and scope(row) not in scopes]
    billed = sum((cost(row) for row in spread if not is_commitment(row)), D(0)) + sum(map(cost, bought + alone), D(0))
    effective = sum(map(cost, spread + alone), D(0)) + sum((cost(row) for row in bought if account(row) not in accounts), D(0))
    return len(spread) + len(bought) + len(alone), billed, effective


class AzureBills(FlowTest):
    def bills(self, *files):
        """A folder with copies of files (path, or (path, name))."""
        folder = self.folder / "bills"
        folder.mkdir(exist_ok=True)
        for file in files:
            path, name = file if isinstance(file, tuple) else (file, file.name)
            shutil.copyfile(path, folder / name)
        return folder

    def land(self, source, *more, code=DONE, kind="azure_cost", name="lake"):
        lake = self.lake(name)
        lake.add("acme", "azure", f"{kind}={source}", *more)
        self.done = lake.run("acme", code=code)
        return lake

    def sums(self, lake, where="true"):
        row = lake.query("acme", f"select count(*) as n, sum(BilledCost) as billed, sum(EffectiveCost) as effective from {SILVER} where {where}")[0]
        return int(row["n"]), D(row["billed"] or 0), D(row["effective"] or 0)

    def prove(self, lake, actual, amortized=(), name=""):
        """Queries and the stored proof give what the raw rows sum to here, to the last digit."""
        expected = bill_of(list(actual), list(amortized))
        self.assertEqual(expected, self.sums(lake))
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        self.assertEqual(D(len(actual) + len(amortized)), sum(D(line["from_amount"]) for line in proof["lines"] if line["measure"] == "rows"))
        for measure, amount in (("BilledCost", expected[1]), ("EffectiveCost", expected[2])):
            found = sum((D(line["to_amount"]) for line in proof["lines"] if line["measure"] == measure and line["from"] == BRONZE and not line["category"]), D(0))
            self.assertEqual(amount, found, measure)
        self.say(f"{name}: {expected[0]} rows, billed {expected[1]}, effective {expected[2]}")

    def test_commitments_in_reais_meet_their_expected_totals(self):
        source = self.shared("data", "azure_cost", "synthetic_mca_brl")
        expected = Figures(source / "expected.json")
        actual, amortized = (read_export(source / f"mca_brl_{kind}.csv") for kind in ("actual", "amortized"))
        lake = self.land(self.bills(source / "mca_brl_actual.csv", source / "mca_brl_amortized.csv"))
        self.prove(lake, actual, amortized, "synthetic_mca_brl")
        for kind in ("actual", "amortized"):
            row = lake.query("acme", f"select count(*) as n, sum(cast(costinbillingcurrency as decimal(38, 12))) as total from {BRONZE} where export_type = '{kind}'")[0]
            self.assertEqual((expected[f"rows_{kind}"], D(expected[f"sum_{kind}_brl"])), (int(row["n"]), D(row["total"])))
        self.assertEqual((expected["rows_focus"], D(expected["focus_billed_brl"]), D(expected["focus_effective_brl"])), self.sums(lake))
        unused = "CommitmentDiscountStatus = 'Unused' and CommitmentDiscountCategory = "
        self.assertEqual((D(0), D(expected["unused_reservation_brl"])), self.sums(lake, unused + "'Usage'")[1:])
        self.assertEqual((D(0), D(expected["unused_savings_plan_brl"])), self.sums(lake, unused + "'Spend'")[1:])
        self.assertEqual((D(expected["refund_brl"]), D(0)), self.sums(lake, "ChargeClass = 'Correction'")[1:])
        self.assertEqual([{"BillingCurrency": expected["billing_currency"], "PricingCurrency": expected["pricing_currency"], "fx": expected["fx"]}], [
            {**row, "fx": str(D(row["fx"]).normalize())} for row in lake.query("acme", f"select distinct BillingCurrency, PricingCurrency, x_ExchangeRate as fx from {SILVER}")])
        # What a person buys: sum(EffectiveCost, Usage) of the period, and prices that meet the costs.
        self.assertEqual("0", lake.value("acme", f"select count(*) from {SILVER} where abs(cast(ListUnitPrice as double) * cast(PricingQuantity as double) - cast(ListCost as double)) > 1e-9 "
                                                 "or abs(cast(ContractedUnitPrice as double) * cast(PricingQuantity as double) - cast(ContractedCost as double)) > 1e-9"))
        for version, columns in (("1.0", 43), ("1.2", 57), ("1.3", 65)):
            file = self.folder / f"focus-{version}.csv"
            lake("export", "focus", "--tenant", "acme", "--version", version, "--out", file)
            with file.open(encoding="utf-8", newline="") as text:
                exported = list(csv.DictReader(text))
            self.assertEqual((columns, expected["rows_focus"]), (len(exported[0]), len(exported)))
            self.assertEqual(D(expected["focus_effective_brl"]), sum(D(row["EffectiveCost"]) for row in exported))
        self.assert_all_asked(expected, "mtd_day10", "mtd_day11")   # test_the_newest_month_to_date_run_is_the_month

    def meets_truth(self, lake, truth, name):
        """Silver of every month is what the generator says, per category and commitment, to the last digit; the proof holds."""
        for month, told in truth["periods"].items():
            of = f"billing_period = date '{month}-01'"
            self.assertEqual((told["rows_focus"], D(told["billed"]), D(told["effective"])), self.sums(lake, of), month)
            for category in ("Usage", "Purchase", "Adjustment"):
                self.assertEqual((D(told["billed_by_charge_category"][category]), D(told["effective_by_charge_category"][category])), self.sums(lake, f"{of} and ChargeCategory = '{category}'")[1:], (month, category))
            for what, where in (("unused_reservation", "CommitmentDiscountStatus = 'Unused' and CommitmentDiscountCategory = 'Usage'"),
                                ("unused_savings_plan", "CommitmentDiscountStatus = 'Unused' and CommitmentDiscountCategory = 'Spend'")):
                self.assertEqual((D(0), D(told[what])), self.sums(lake, f"{of} and {where}")[1:], (month, what))
            for what, where in (("refunds", "ChargeClass = 'Correction'"), ("marketplace", "x_PublisherType = 'Marketplace'"),
                                ("commitments", "ChargeCategory = 'Purchase' and CommitmentDiscountId is not null")):
                self.assertEqual(D(told[what]), self.sums(lake, f"{of} and {where}")[1], (month, what))
        self.assertEqual([truth["currency"]], [row["c"] for row in lake.query("acme", f"select distinct BillingCurrency as c from {SILVER}")])
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        self.assertEqual("0", lake.value("acme", f"select count(*) from {SILVER} where Tags is null and x_UnreadTags is not null or x_ExchangeRate <> {truth['exchange_rate']}"))
        total = truth["total"]
        self.say(f"{name}: {total['rows']} rows of both exports, billed {total['billed']} {truth['currency']}, effective {total['effective']}, as truth.json")

    def test_generated_bills_meet_their_truth(self):
        for seed, rows, more in ((3, 2001, ()), (4, 7000, ("--format", "parquet", "--currency", "USD"))):
            bills = self.folder / f"generated-{seed}"
            generate = ("generate", "azure", "--seed", seed, "--rows", rows, "--months", 2, "--out", bills, *more)
            centavo(*generate, "--before-restatement")
            lake = self.land(bills, name=f"lake-{seed}")
            self.meets_truth(lake, json.loads((bills / "truth.json").read_text()), f"seed {seed}, month to date")
            self.assertNotIn("billed_is_the_actual_export", self.done.stdout)
            centavo(*generate)
            lake.run("acme")
            self.meets_truth(lake, json.loads((bills / "truth.json").read_text()), f"seed {seed}, whole")

    def test_the_newest_month_to_date_run_is_the_month(self):
        source = self.shared("data", "azure_cost", "synthetic_mca_brl")
        expected = json.loads((source / "expected.json").read_text())
        month = "daily-actual/20260901-20260930"
        runs = {json.loads(path.read_text())["runInfo"]["runId"]: path.parent for path in (source / "export_mtd").rglob("manifest.json")}
        bills = self.folder / "bills"
        first, second = (runs[expected[f"mtd_day{day}"]["run_id"]] for day in (10, 11))
        place = lambda run: bills / month / run.parent.name / run.name
        shutil.copytree(first, place(first))
        lake = self.land(bills)
        self.meets(lake, expected["mtd_day10"], first)
        shutil.copytree(second, place(second))
        lake.run("acme")
        self.meets(lake, expected["mtd_day11"], second)
        self.assertEqual([1, 2], lake.releases("acme"))
        self.assertEqual(expected["mtd_day10"]["rows"], int(lake.value("acme", f"select count(*) from {BRONZE}", "--release", 1)))
        self.assertEqual(1, len({row["f"] for row in lake.query("acme", f"select distinct source_file_name as f from {BRONZE}")}))
        # Both at once, and another export of the same scope whose run is older: the newest still is the month.
        again = self.folder / "again"
        shutil.copytree(bills, again)
        older = again / "monthly-actual" / "20260901-20260930" / first.parent.name / first.name
        shutil.copytree(first, older)
        manifest = json.loads((older / "manifest.json").read_text())
        manifest["exportConfig"]["exportName"] = "monthly-actual"
        manifest["exportConfig"]["resourceId"] = manifest["exportConfig"]["resourceId"].replace("daily-actual", "monthly-actual").upper()
        manifest["blobs"][0]["blobName"] = manifest["blobs"][0]["blobName"].replace("daily-actual", "monthly-actual")
        (older / "manifest.json").write_text(json.dumps(manifest))
        self.meets(self.land(again, name="lake-again"), expected["mtd_day11"], second)

    def meets(self, lake, expected, run):
        rows = read_export(next(run.glob("*.csv")))
        self.prove(lake, rows, name=run.name)
        row = lake.query("acme", f"select count(*) as n, sum(cast(costinbillingcurrency as decimal(38, 12))) as total from {BRONZE}")[0]
        self.assertEqual((expected["rows"], D(expected["sum_brl"])), (int(row["n"]), D(row["total"])))

    def runs(self, generation="2024"):
        """A folder with run 10 landed, run 11 beside it, and the manifest of run 11 to be bent."""
        source = self.shared("data", "azure_cost", "synthetic_mca_brl", "export_mtd")
        bills = self.folder / "bills"
        paths = sorted(source.rglob("manifest.json"))
        folders = [bills / path.parent.relative_to(source) for path in paths]
        for path, folder in zip(paths, folders):
            shutil.copytree(path.parent, folder)
            if generation == "2021":
                new = json.loads((folder / "manifest.json").read_text())
                old = {"manifestVersion": "2021-01-01", "dataFormat": "csv", **{key: new[key] for key in ("blobCount", "byteCount", "dataRowCount", "blobs")}}
                (folder / "manifest.json").unlink()
                (folder / "_manifest.json").write_text(json.dumps(old))
        aside = self.folder / "aside"
        shutil.move(folders[1], aside)
        return bills, folders[1], aside, read_export(next(paths[0].parent.glob("*.csv"))), read_export(next(paths[1].parent.glob("*.csv")))

    def test_a_manifest_that_disagrees_keeps_the_month_as_it_was(self):
        bills, second, aside, before, after = self.runs()
        lake = self.land(bills)
        shutil.move(aside, second)
        manifest = second / "manifest.json"
        whole = manifest.read_text()
        bent = {
            "blobCount": lambda m: m.update(blobCount=2),
            "byteCount": lambda m: m.update(byteCount=m["byteCount"] + 1),
            "dataRowCount": lambda m: m.update(dataRowCount=m["dataRowCount"] - 1),
            "bytes": lambda m: (m.update(byteCount=7), m["blobs"][0].update(byteCount=7)),
            "rows": lambda m: (m.update(dataRowCount=58), m["blobs"][0].update(dataRowCount=58)),
            "1 of its 1 files are not there": lambda m: m["blobs"][0].update(blobName="daily-actual/part_9.csv"),
        }
        for words, bend in bent.items():
            with self.subTest(words):
                document = json.loads(whole)
                bend(document)
                manifest.write_text(json.dumps(document))
                self.assert_one_clear_error(lake.run("acme", code=FAILED), words, "2026-09")
                self.prove(lake, before, name=words)
                self.assertEqual([1], lake.releases("acme"))
        manifest.write_text("{")
        self.assert_one_clear_error(lake.run("acme", code=FAILED), "manifest.json")
        self.prove(lake, before, name="no manifest at all")
        manifest.write_text(whole)
        lake.run("acme")
        self.prove(lake, after, name="whole again")

    def test_a_cut_file_keeps_the_month_as_it_was(self):
        bills, second, aside, before, _ = self.runs()
        lake = self.land(bills)
        shutil.move(aside, second)
        data = next(second.glob("*.csv"))
        data.write_bytes(data.read_bytes()[:-200])
        self.assert_one_clear_error(lake.run("acme", code=FAILED), "bytes", "2026-09")
        self.prove(lake, before, name="cut")

    def test_manifests_of_2021_name_their_month_by_their_place(self):
        bills, second, aside, before, after = self.runs("2021")
        lake = self.land(bills)
        self.prove(lake, before, name="2021, day 10")
        shutil.move(aside, second)
        lake.run("acme")
        self.prove(lake, after, name="2021, day 11")

    def test_datasets_by_manifest_not_by_name(self):
        """Actual and amortised runs whose paths say nothing, and a price sheet and a FOCUS export beside them."""
        source = self.shared("data", "azure_cost", "synthetic_mca_brl")
        model = json.loads(next((source / "export_mtd").rglob("manifest.json")).read_text())
        bills = self.folder / "bills"
        for name, kind, file in (("one", "ActualCost", "mca_brl_actual.csv"), ("two", "AmortizedCost", "mca_brl_amortized.csv"), ("three", "PriceSheet", "mca_brl_actual.csv"),
                                 ("four", "FocusCost", "mca_brl_actual.csv")):
            folder = bills / name / "20260901-20260930" / "202610020505" / ("run-" + name)
            folder.mkdir(parents=True)
            shutil.copyfile(source / file, folder / "part_0_0001.csv")
            size, rows = (source / file).stat().st_size, len(read_export(source / file))
            document = {**model, "byteCount": size, "dataRowCount": rows,
                        "exportConfig": {**model["exportConfig"], "type": kind, "exportName": name},
                        "runInfo": {**model["runInfo"], "runId": "run-" + name, "submittedTime": "2026-10-02T05:05:00Z", "endDate": "2026-09-30T00:00:00"},
                        "blobs": [{"blobName": f"{name}/20260901-20260930/202610020505/run-{name}/part_0_0001.csv", "byteCount": size, "dataRowCount": rows}]}
            (folder / "manifest.json").write_text(json.dumps(document))
        self.prove(self.land(bills), read_export(source / "mca_brl_actual.csv"), read_export(source / "mca_brl_amortized.csv"), "by manifest")

    def test_the_pair_of_an_enterprise_agreement(self):
        source = self.shared("data", "azure_cost", "ea_actual_amortized")
        lake = self.land(self.bills(*sorted(source.glob("*.csv"))))
        self.prove(lake, read_export(source / "EA_ActualCost_Small.csv"), read_export(source / "EA_AmortizedCost_Small.csv"), "EA pair")
        # The samples are not of the same rows, and that is said.
        self.assertIn("billed_is_the_actual_export", self.done.stdout)
        self.assertEqual([{"id": "8611537", "kind": "Billing Account"}],
                         lake.query("acme", f"select distinct BillingAccountId as id, BillingAccountType as kind from {SILVER}"))
        self.assertEqual("0", lake.value("acme", f"select count(*) from {SILVER} where x_UnreadTags is not null"))

    def test_every_header_and_language(self):
        folder = self.shared("data", "azure_cost")
        cases = {
            "koku/azure_version_2.csv": 5, "koku/costreport_a243c6f2-199f-4074-9a2c-40e671cf1584.csv": 3,
            "opencost_headersets/Enterprise.csv": 1, "opencost_headersets/EnterpriseCamel.csv": 1, "opencost_headersets/PayAsYouGo.csv": 1,
        }
        for name, count in cases.items():
            with self.subTest(name):
                home = self.folder / pathlib.Path(name).stem
                home.mkdir()
                shutil.copyfile(folder / name, home / "bill.csv")
                rows = read_export(folder / name)
                self.assertEqual(count, len(rows))
                lake = self.land(home, name="lake-" + home.name)
                self.prove(lake, rows, name=name)
                self.assertEqual({row.get("date") or row.get("usagedatetime") for row in rows} - {""},
                                 {row.get("date") or row.get("usagedatetime") for row in lake.query("acme", f"select date, usagedatetime from {BRONZE}")})

    def test_a_german_header_is_the_same_file(self):
        source = self.shared("data", "azure_cost", "opencost_headersets")
        header, rest = (source / "PayAsYouGo.csv").read_text().split("\n", 1)
        german = {"SubscriptionGuid": "Abonnement-GUID", "PreTaxCost": "Kosten vor Steuern", "UsageDateTime": "Verwendungsdatum", "Currency": "Währung", "UnitOfMeasure": "Maßeinheit"}
        names = [f"{german.get(name, name + 'en')} ({name})" for name in header.strip().split(",")]
        home = self.folder / "german"
        home.mkdir()
        (home / "rechnung.csv").write_text(",".join(names) + "\n" + rest, encoding="utf-8-sig")
        self.prove(self.land(home), read_export(source / "PayAsYouGo.csv"), name="German header")

    def test_values_without_a_currency_are_set_aside_until_the_tenant_names_it(self):
        folder = self.shared("data", "azure_cost", "opencost_values")
        for name in ("MissingBrackets.csv", "VirtualMachine.csv", "Template.csv"):
            with self.subTest(name):
                rows = read_export(folder / name)
                home = self.folder / pathlib.Path(name).stem
                home.mkdir()
                shutil.copyfile(folder / name, home / "bill.csv")
                kind = "azure_cost_short_rows" if name == "Template.csv" else "azure_cost"
                lake = self.land(home, kind=kind, name="lake-" + home.name)
                self.assertEqual("0", lake.value("acme", f"select count(*) from {SILVER}"))
                self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
                named = self.land(home, "--param", "azure_currency=USD", kind=kind, name="named-" + home.name)
                self.prove(named, rows, name=name)
                if name == "MissingBrackets.csv":
                    self.assertEqual("12345678", named.value("acme", f"select Tags['resourceNameSuffix'] from {SILVER}"))

    def test_a_row_that_says_nothing_is_set_aside(self):
        source = self.shared("data", "azure_cost", "opencost_headersets")
        lake = self.land(self.bills(source / "BOM.csv"))
        self.assertEqual(("1", "0"), (lake.value("acme", f"select count(*) from {BRONZE}"), lake.value("acme", f"select count(*) from {SILVER}")))
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])

    def test_an_unknown_charge_type_is_set_aside_with_its_cost(self):
        source = self.shared("data", "azure_cost", "synthetic_mca_brl")
        text = (source / "mca_brl_actual.csv").read_text()
        self.assertEqual(1, text.count("RoundingAdjustment"))
        home = self.folder / "odd"
        home.mkdir()
        (home / "actual.csv").write_text(text.replace("RoundingAdjustment", "Teleport"))
        lake = self.land(home)
        rows = read_export(source / "mca_brl_actual.csv")
        self.assertEqual(sum(map(cost, rows), D(0)) + D("0.0217284"), self.sums(lake)[1])
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertTrue(any("-0.0217284" in (line.get("note") or "") for line in proof["lines"]), proof["lines"])

    def test_short_rows_are_refused_unless_asked_for(self):
        source = self.shared("data", "azure_cost", "opencost_values")
        lake = self.lake()
        lake.add("acme", "azure", f"azure_cost={self.bills(source / 'Template.csv')}")
        self.assert_one_clear_error(lake.run("acme", code=FAILED), "Template.csv")

    def test_microsofts_own_focus_export(self):
        source = self.shared("data", "focus", "v1_2", "azure_1_2_cost_and_usage_rows100_seed42.csv")
        with source.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        by_month = {}
        for row in rows:
            by_month.setdefault(row["BillingPeriodStart"][:7], []).append(row)
        bills = self.folder / "bills"
        for month, part in by_month.items():
            first, last = month.replace("-", "") + "01", month.replace("-", "") + "28"
            folder = bills / "focus" / f"{first}-{last}" / "run"
            folder.mkdir(parents=True)
            with (folder / "part_0.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0].keys())
                writer.writeheader()
                writer.writerows(part)
            size = (folder / "part_0.csv").stat().st_size
            (folder / "manifest.json").write_text(json.dumps({
                "manifestVersion": "2024-04-01", "byteCount": size, "blobCount": 1, "dataRowCount": len(part),
                "exportConfig": {"exportName": "focus", "resourceId": "/x/providers/Microsoft.CostManagement/exports/focus", "dataVersion": "1.2-preview", "type": "FocusCost"},
                "runInfo": {"runId": "run-" + month, "submittedTime": "2026-01-01T00:00:00Z", "startDate": f"{month}-01T00:00:00", "endDate": f"{month}-28T00:00:00"},
                "blobs": [{"blobName": f"focus/{first}-{last}/run/part_0.csv", "byteCount": size, "dataRowCount": len(part)}]}))
        lake = self.land(bills, kind="azure_focus")
        self.assertEqual((str(len(rows)), sum((D(row["BilledCost"]) for row in rows), D(0))),
                         (lake.value("acme", f"select count(*) from {COSTS}"), D(lake.value("acme", f"select sum(BilledCost) from {COSTS}"))))
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])


if __name__ == "__main__":
    unittest.main()
