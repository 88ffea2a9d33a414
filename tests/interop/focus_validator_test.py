"""The public FOCUS validator on our 1.2 export: only the rules that no correct data can pass may fail."""
import decimal
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import compare
from lake import COSTS, ROOT, SHARED, Lake, centavo

# Rules of the published model 1.2.0.1 that no correct data passes. CommitmentDiscountStatus-C-004-C has its condition inverted;
# CapacityReservationStatus-C-004-C one in a form the validator drops. Both run only with every applicability criterion.
# InvoiceId-C-004-C (null without an invoice) and -C-005-C (not null with one) have none: a closed month fails the first, an open one the second.
CLOSED, OPEN = {"InvoiceId-C-004-C"}, {"InvoiceId-C-005-C"}
FAULTY = {"CommitmentDiscountStatus-C-004-C", "CapacityReservationStatus-C-004-C"}
PARENTS = {"CommitmentDiscountStatus-C-000-C", "CommitmentDiscountStatus-C-002-C", "CapacityReservationStatus-C-000-C",
           "CapacityReservationStatus-C-002-C", "CostAndUsage-D-000-M", "CostAndUsage-D-002-M"}
# EffectiveCost-C-005-C has lost "and the purchase is intended to cover future eligible charges": fees that nothing spreads fail it.
PLAIN_FEES, PLAIN_FEE_PARENTS = {"EffectiveCost-C-005-C"}, {"EffectiveCost-C-000-M"}
RULES, WITHOUT_CRITERIA, WITH_ALL = 578, 137, 368


class FocusValidator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        setup = subprocess.run([ROOT / "scripts" / "setup", "focus"], capture_output=True, text=True)
        if setup.returncode != 0:
            raise unittest.SkipTest(f"focus-validator is not here and could not be installed: {setup.stderr.strip()[-300:]}")
        cls.venv = ROOT / ".cache" / "venv" / "focus"
        cls.rules = next(cls.venv.glob("lib/python*/site-packages/focus_validator/rules"))
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-focus-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        # The validator looks for its currencies in the folder it is started in.
        (cls.folder / "focus_validator" / "rules").mkdir(parents=True)
        shutil.copy(cls.rules / "currency_codes.csv", cls.folder / "focus_validator" / "rules")

    def failing_rules(self, file, *criteria):
        """({rule: what it says}, how many rules ran)"""
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            [self.venv / "bin" / "focus-validator", "--data-file", file, "--validate-version", "1.2", "--rule-set-path", self.rules,
             "--block-download", *criteria, "--output-type", "unittest", "--output-destination", report],
            cwd=self.folder, capture_output=True, text=True, timeout=600)
        self.assertTrue(report.exists(), done.stdout[-2000:] + done.stderr[-2000:])
        tree = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual(RULES, int(tree.get("tests")))
        failing = {case.get("name").split(" :: ")[0]: case.find("failure").get("message") for case in tree.iter("testcase")
                   if case.find("failure") is not None}
        return failing, RULES - int(tree.get("skipped"))

    def check_export(self, lake, name, allowed, *choice, plain_fees=0, silver="silver.aws_cost_and_usage", is_fee="x_LineItemType = 'Fee'"):
        """Exports, compares the file with the lake, and lets the validator judge it. choice: --period or --release."""
        out = self.folder / f"{name}.parquet"
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", out, *choice)
        rows, billed = compare.connect().execute(f"select count(*), cast(sum(BilledCost) as varchar) from read_parquet('{out}')").fetchone()
        where, release = "true", ()
        if choice[:1] == ("--period",):
            where = f"billing_period = date '{choice[1]}-01'"
        else:
            release = choice
        self.assertEqual(lake.value("acme", f"select count(*) from {COSTS} where {where}", *release), str(rows))
        self.assertEqual(decimal.Decimal(lake.value("acme", f"select sum(BilledCost) from {COSTS} where {where}", *release)), decimal.Decimal(billed))
        # The rows that EffectiveCost-C-005-C wrongly refuses are counted: fees without a commitment and nothing else.
        purchases = f"where {where} and ChargeCategory = 'Purchase' and EffectiveCost <> 0"
        self.assertEqual(str(plain_fees), lake.value("acme", f"select count(*) from {COSTS} {purchases}", *release))
        if plain_fees:
            self.assertEqual(str(plain_fees), lake.value(
                "acme", f"select count(*) from {silver} {purchases} and {is_fee} and CommitmentDiscountId is null", *release))
            allowed = allowed | PLAIN_FEES
        above = PLAIN_FEE_PARENTS if plain_fees else set()
        failing, ran = self.failing_rules(out)
        self.assertEqual(allowed, failing.keys() - above, failing)
        self.assertEqual(WITHOUT_CRITERIA, ran)
        failing_all, ran_all = self.failing_rules(out, "--applicability-criteria", "ALL")
        self.assertEqual(allowed | FAULTY | PARENTS | above, failing_all.keys(), failing_all)
        self.assertEqual(WITH_ALL, ran_all)
        print(f"  {name}: {rows} rows; {len(failing)} of {ran} rules fail, with every criterion {len(failing_all)} of {ran_all}: "
              f"{sorted(allowed | FAULTY)} and their parents", flush=True)

    def lake_of(self, *parts):
        source = SHARED.joinpath("data", "aws_cur", *parts)
        if not source.exists():
            self.skipTest(f"no sample data at {source}; set CENTAVO_SHARED to the folder that holds data/")
        lake = Lake(self.folder / ("lake-" + parts[0]))
        lake.add("acme", "aws", source)
        lake.run("acme")
        return lake

    def google_lake(self, name, *parts):
        source = SHARED.joinpath("data", "gcp_billing", *parts)
        if not source.exists():
            self.skipTest(f"no sample data at {source}; set CENTAVO_SHARED to the folder that holds data/")
        lake = Lake(self.folder / ("lake-" + name))
        lake.add("acme", "gcp", source)
        lake.run("acme")
        return lake

    def test_a_google_account_billed_in_reais(self):
        """Credits, tax, rounding, an adjustment of the month before, prices in dollars. The export has no invoice numbers."""
        lake = self.google_lake("google", "synthetic_brl", "gcp_billing_export_resource_v1.jsonl")
        self.check_export(lake, "google", OPEN)

    def test_google_commitments(self):
        self.check_export(self.google_lake("google-commitments", "cud_attribution", "test_10_1", "export.json"), "google-commitments", OPEN)

    def check_azure(self, name, files, plain_fees=0):
        source = SHARED / "data" / "azure_cost"
        if not source.exists():
            self.skipTest(f"no sample data at {source}; set CENTAVO_SHARED to the folder that holds data/")
        bills = self.folder / ("bills-" + name)
        bills.mkdir()
        for file in files:
            shutil.copyfile(source / file, bills / pathlib.Path(file).name)
        lake = Lake(self.folder / ("lake-" + name))
        lake.add("acme", "azure", bills)
        lake.run("acme")
        self.check_export(lake, name, OPEN, plain_fees=plain_fees, silver="silver.azure_cost_and_usage", is_fee="x_ChargeType = 'Purchase'")

    def test_azure_commitments_in_reais(self):
        """One purchase at the marketplace is not spread over what comes later."""
        self.check_azure("azure-mca", ["synthetic_mca_brl/mca_brl_actual.csv", "synthetic_mca_brl/mca_brl_amortized.csv"], plain_fees=1)

    def test_an_azure_enterprise_agreement(self):
        self.check_azure("azure-ea", ["ea_actual_amortized/EA_ActualCost_Small.csv", "ea_actual_amortized/EA_AmortizedCost_Small.csv"])

    def test_azure_pay_as_you_go(self):
        self.check_azure("azure-payg", ["opencost_headersets/PayAsYouGo.csv", "koku/costreport_a243c6f2-199f-4074-9a2c-40e671cf1584.csv"])

    def test_a_generated_bill(self):
        """Two months, the last one open: each by itself, because a file of both has ids and has none."""
        bills = self.folder / "generated"
        centavo("generate", "aws", "--seed", 5, "--rows", 20000, "--months", 2, "--out", bills)
        lake = Lake(self.folder / "lake-generated")
        lake.add("acme", "aws", bills)
        lake.run("acme")
        self.check_export(lake, "generated-closed", CLOSED, "--period", "2026-09", plain_fees=1)
        self.check_export(lake, "generated-open", OPEN, "--period", "2026-10", plain_fees=1)

    def test_commitments(self):
        self.check_export(self.lake_of("synthetic_commitments"), "commitments", CLOSED)

    def test_a_real_bill(self):
        self.check_export(self.lake_of("legacy_anonymous_2023_11"), "real", OPEN)

    def test_a_real_cur2_bill(self):
        self.check_export(self.lake_of("cur2_2026_04"), "cur2", OPEN)

    def test_the_koku_bill(self):
        self.check_export(self.lake_of("legacy_koku_local_2018_06"), "koku", OPEN)

    def test_a_month_before_and_after_it_is_final(self):
        source = SHARED / "data" / "aws_cur" / "legacy_final_vs_not_final"
        if not source.exists():
            self.skipTest(f"no sample data at {source}; set CENTAVO_SHARED to the folder that holds data/")
        bills = self.folder / "final"
        bills.mkdir()
        shutil.copyfile(source / "2023-06-01-not-final.csv", bills / "cur.csv")
        lake = Lake(self.folder / "lake-final")
        lake.add("acme", "aws", bills)
        lake.run("acme")
        shutil.copyfile(source / "2023-06-01.csv", bills / "cur.csv")
        lake.run("acme")
        self.check_export(lake, "not-final", OPEN, "--release", 1)
        self.check_export(lake, "final", CLOSED)

    def databricks_lake(self, name, *parameters):
        source = SHARED / "data" / "databricks" / "synthetic_system_tables"
        if not source.exists():
            self.skipTest(f"no sample data at {source}; set CENTAVO_SHARED to the folder that holds data/")
        lake = Lake(self.folder / name)
        lake.add("acme", "databricks", source, *parameters)
        lake.run("acme")
        return lake

    def test_databricks_usage(self):
        self.check_export(self.databricks_lake("lake-databricks"), "databricks", OPEN)

    def test_databricks_usage_that_the_cloud_bills(self):
        self.check_export(self.databricks_lake("lake-databricks-showback", "--param", "cloud_billed=AZURE"), "databricks-showback", OPEN)

    def test_this_test_can_fail(self):
        """A row without a currency is caught: the validator really reads the file."""
        broken = self.folder / "broken.parquet"
        compare.connect().execute(f"copy (select cast(null as varchar) as BillingCurrency, cast(1 as decimal(38,9)) as BilledCost) "
                                  f"to '{broken}' (format parquet)")
        failing, _ = self.failing_rules(broken, "--applicability-criteria", "ALL")
        self.assertTrue(any(rule.startswith("BillingCurrency-") for rule in failing))
        self.assertGreater(len(failing), 100)


if __name__ == "__main__":
    unittest.main()
