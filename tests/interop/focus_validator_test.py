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

# In the published model 1.2.0.1: an empty condition, an inverted one, one in a form the validator drops; and their parents.
FAULTY = {"InvoiceId-C-004-C", "CommitmentDiscountStatus-C-004-C", "CapacityReservationStatus-C-004-C"}
PARENTS = {"CommitmentDiscountStatus-C-000-C", "CommitmentDiscountStatus-C-002-C", "CapacityReservationStatus-C-000-C",
           "CapacityReservationStatus-C-002-C", "InvoiceId-C-000-C", "CostAndUsage-D-000-M", "CostAndUsage-D-002-M"}


class FocusValidator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        setup = subprocess.run([ROOT / "scripts" / "setup", "focus"], capture_output=True, text=True)
        if setup.returncode != 0:
            raise unittest.SkipTest(f"focus-validator could not be installed: {setup.stderr.strip()[-300:]}")
        cls.venv = ROOT / ".cache" / "venv" / "focus"
        cls.rules = next(cls.venv.glob("lib/python*/site-packages/focus_validator/rules"))
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-focus-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        # The validator looks for its currencies in the folder it is started in.
        (cls.folder / "focus_validator" / "rules").mkdir(parents=True)
        shutil.copy(cls.rules / "currency_codes.csv", cls.folder / "focus_validator" / "rules")

    def failing_rules(self, file):
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            [self.venv / "bin" / "focus-validator", "--data-file", file, "--validate-version", "1.2", "--rule-set-path", self.rules,
             "--block-download", "--applicability-criteria", "ALL", "--output-type", "unittest", "--output-destination", report],
            cwd=self.folder, capture_output=True, text=True, timeout=600)
        self.assertTrue(report.exists(), done.stdout[-2000:] + done.stderr[-2000:])
        tree = xml.etree.ElementTree.parse(report).getroot()
        self.assertGreater(int(tree.get("tests")), 500)
        ran = int(tree.get("tests")) - int(tree.get("skipped"))
        failing = {case.get("name").split(" :: ")[0]: case.find("failure").get("message") for case in tree.iter("testcase")
                   if case.find("failure") is not None}
        print(f"  {ran} rules ran, {len(failing)} failed: {sorted(failing.keys() - PARENTS)}", flush=True)
        return failing

    def check_export(self, lake, name):
        out = self.folder / f"{name}.parquet"
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", out)
        files = out if out.is_file() else f"{out}/**/*.parquet"
        connection = compare.connect()
        rows, billed = connection.execute(f"select count(*), cast(sum(BilledCost) as varchar) from read_parquet('{files}')").fetchone()
        self.assertEqual(lake.value("acme", f"select count(*) from {COSTS}"), str(rows))
        self.assertEqual(decimal.Decimal(lake.value("acme", f"select sum(BilledCost) from {COSTS}")), decimal.Decimal(billed))
        if not out.is_file():
            merged = self.folder / f"{name}-whole.parquet"
            connection.execute(f"copy (select * from read_parquet('{files}')) to '{merged}' (format parquet)")
            out = merged
        failing = self.failing_rules(out)
        self.assertEqual({}, {rule: why for rule, why in failing.items() if rule not in FAULTY | PARENTS})

    def test_a_generated_bill(self):
        bills = self.folder / "generated"
        centavo("generate", "aws", "--seed", 5, "--rows", 20000, "--months", 2, "--out", bills)
        lake = Lake(self.folder / "lake-generated")
        lake.add("acme", "aws", bills)
        lake.run("acme")
        self.check_export(lake, "generated")

    def test_commitments(self):
        source = SHARED / "data" / "aws_cur" / "synthetic_commitments"
        if not source.exists():
            self.skipTest(f"no sample data at {source}")
        lake = Lake(self.folder / "lake-commitments")
        lake.add("acme", "aws", source)
        lake.run("acme")
        self.check_export(lake, "commitments")

    def test_a_real_bill(self):
        source = SHARED / "data" / "aws_cur" / "legacy_anonymous_2023_11"
        if not source.exists():
            self.skipTest(f"no sample data at {source}")
        lake = Lake(self.folder / "lake-real")
        lake.add("acme", "aws", source)
        lake.run("acme")
        self.check_export(lake, "real")

    def test_this_test_can_fail(self):
        """A row without a currency is caught: the validator really reads the file."""
        broken = self.folder / "broken.parquet"
        compare.connect().execute(f"copy (select cast(null as varchar) as BillingCurrency, cast(1 as decimal(38,9)) as BilledCost) "
                                  f"to '{broken}' (format parquet)")
        self.assertTrue(any(rule.startswith("BillingCurrency-") for rule in self.failing_rules(broken)))


if __name__ == "__main__":
    unittest.main()
