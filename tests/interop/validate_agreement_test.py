"""`centavo validate focus --model` and the public FOCUS validator, rule by rule over the same file and model.

What theirs passes or fails, ours passes or fails. What theirs skips (rules without a check, permissions, and whatever depends on
them) ours may execute; how many it does is printed.
"""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import compare
from lake import DOES_NOT_HOLD, DONE, ROOT, SHARED, Lake, centavo

MODELS = SHARED / "focus" / "requirements_model"
SAMPLES = {
    "v1_0/focus_sample_1000": ("1.2", "model-1.2.0.1.json", "CostAndUsage"),
    "v1_2/aws_1_2_cost_and_usage_rows100_seed42": ("1.2", "model-1.2.0.1.json", "CostAndUsage"),
    "v1_2/azure_1_2_cost_and_usage_rows100_seed42": ("1.2", "model-1.2.0.1.json", "CostAndUsage"),
    "v1_2/gcp_1_2_cost_and_usage_rows100_seed42": ("1.2", "model-1.2.0.1.json", "CostAndUsage"),
    "v1_3/aws_1_3_cost_and_usage_rows100_seed42": ("1.3", "model-1.3.json", "CostAndUsage"),
    "v1_3/azure_1_3_cost_and_usage_rows25_seed7_credits": ("1.3", "model-1.3.json", "CostAndUsage"),
    "v1_3/aws_1_3_contract_commitment_rows100_seed42": ("1.3", "model-1.3.json", "ContractCommitment"),
}
# Bills whose exports both judge, by pack.
BILLS = {
    "aws": {"commitments": ["aws_cur/synthetic_commitments"], "cur2": ["aws_cur/cur2_2026_04"]},
    "azure": {"mca-brl": ["azure_cost/synthetic_mca_brl/mca_brl_actual.csv", "azure_cost/synthetic_mca_brl/mca_brl_amortized.csv"],
              "ea": ["azure_cost/ea_actual_amortized/EA_ActualCost_Small.csv", "azure_cost/ea_actual_amortized/EA_AmortizedCost_Small.csv"]},
    "gcp": {"google-brl": ["gcp_billing/synthetic_brl/gcp_billing_export_resource_v1.jsonl"]},
    "databricks": {"system-tables": ["databricks/synthetic_system_tables"]},
}
# At least so many rules must have been compared, or the test compares nothing.
COMPARED_AT_LEAST = {"CostAndUsage": 130, "ContractCommitment": 70}


class Agreement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        setup = subprocess.run([ROOT / "scripts" / "setup", "focus"], capture_output=True, text=True)
        if setup.returncode != 0:
            raise unittest.SkipTest(f"focus-validator is not here and could not be installed: {setup.stderr.strip()[-300:]}")
        if not MODELS.exists():
            raise unittest.SkipTest(f"no requirement models at {MODELS}; set CENTAVO_SHARED to the folder that holds focus/")
        cls.validator = ROOT / ".cache" / "venv" / "focus" / "bin" / "focus-validator"
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-agreement-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        # The validator looks for its currencies in the folder it is started in.
        (cls.folder / "focus_validator" / "rules").mkdir(parents=True)
        shutil.copy(MODELS / "currency_codes.csv", cls.folder / "focus_validator" / "rules")
        facts = json.loads((SHARED / "focus" / "columns.json").read_text())["columns"]
        cls.types = {fact["id"]: list(fact["by_version"].values())[-1]["type"] for fact in facts}

    def typed(self, source, name, change=""):
        """A CSV file as typed Parquet: the public validator makes numbers of ids when it reads CSV. change: SQL over `bill`."""
        out = self.folder / f"{name}.parquet"
        connection = compare.connect()
        connection.execute(f"create table bill as select * from read_csv('{source}', all_varchar = true, header = true, "
                           f"nullstr = ['', 'NULL'], delim = ',', quote = '\"', escape = '\"')")
        if change:
            connection.execute(change)
        columns = []
        for column, *_ in connection.execute("describe bill").fetchall():
            kind = {"Decimal": "decimal(38,18)", "DateTime": "timestamptz"}.get(self.types.get(column))
            columns.append(f'cast("{column}" as {kind}) as "{column}"' if kind else f'"{column}"')
        connection.execute(f"copy (select {', '.join(columns)} from bill) to '{out}' (format parquet)")
        return out

    def theirs(self, file, version, dataset, criteria):
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        more = [] if criteria == "none" else ["--applicability-criteria", criteria]
        done = subprocess.run(
            [self.validator, "--data-file", file, "--validate-version", version, "--focus-dataset", dataset, "--rule-set-path", MODELS,
             "--block-download", *more, "--output-type", "unittest", "--output-destination", report],
            cwd=self.folder, capture_output=True, text=True, timeout=600)
        self.assertTrue(report.exists(), done.stdout[-2000:] + done.stderr[-2000:])
        states = {}
        for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            failed = case.find("failure") is not None or case.find("error") is not None
            states[case.get("name").split(" :: ")[0]] = "fail" if failed else "skip" if case.find("skipped") is not None else "pass"
        return states

    def agree(self, name, file, version, model, dataset):
        for criteria in ("none", "ALL"):
            with self.subTest(file=name, criteria=criteria):
                theirs = self.theirs(file, version, dataset, criteria)
                done = centavo("--json", "validate", "focus", file, "--model", MODELS / model, "--dataset", dataset,
                               "--applicability", criteria, "--samples", 0, code=(DONE, DOES_NOT_HOLD))
                ours = {rule["id"]: rule["state"] for rule in json.loads(done.stdout)["rules"]}
                self.assertEqual(theirs.keys(), ours.keys())
                executed = {rule: state for rule, state in theirs.items() if state != "skip"}
                self.assertGreater(len(executed), COMPARED_AT_LEAST[dataset])
                self.assertEqual(executed, {rule: ours[rule] for rule in executed})
                beyond = [rule for rule in theirs if rule not in executed and ours[rule] in ("pass", "fail")]
                print(f"  {name}, criteria {criteria}: {len(executed)} of {len(theirs)} rules compared, "
                      f"{sum(state == 'fail' for state in executed.values())} of them fail in both; ours executes {len(beyond)} more", flush=True)

    def test_the_samples(self):
        for name, (version, model, dataset) in SAMPLES.items():
            source = SHARED / "data" / "focus" / f"{name}.csv"
            self.assertTrue(source.exists(), source)
            self.agree(name, self.typed(source, pathlib.Path(name).name), version, model, dataset)

    def test_broken_copies_of_a_sample(self):
        """One fault each; both see the same rules fail."""
        source = SHARED / "data" / "focus" / "v1_2" / "aws_1_2_cost_and_usage_rows100_seed42.csv"
        faults = {
            "no_currency": "update bill set BillingCurrency = null where rowid < 3",
            "lower_case_currency": "update bill set BillingCurrency = 'usd'",
            "two_services_of_one_sku_price": "update bill set SkuId = 'other' where rowid % 2 = 0",
            "wrong_product": "update bill set ListCost = '5', ChargeClass = 'Correction' where rowid = 7",
            "odd_unit": "update bill set PricingUnit = '$/h'",
            "tax_with_a_price": "update bill set ChargeCategory = 'Tax' where rowid < 5",
            "tags_that_are_no_json": "update bill set Tags = 'a=b' where rowid = 1",
            "not_ascii": "update bill set ResourceName = 'São Paulo' where ResourceId is not null",
            "no_column": "alter table bill drop column ServiceCategory",
            "other_issuer": "update bill set InvoiceIssuerName = 'Reseller' where rowid = 4",
        }
        for name, change in faults.items():
            self.agree(name, self.typed(source, name, change), "1.2", "model-1.2.0.1.json", "CostAndUsage")

    def test_exports_of_each_cloud(self):
        for pack, files in BILLS.items():
            for name, parts in files.items():
                folder = self.folder / "bills" / name
                folder.mkdir(parents=True)
                for part in parts:
                    source = SHARED / "data" / part
                    if not source.exists():
                        self.skipTest(f"no sample data at {source}; set CENTAVO_SHARED to the folder that holds data/")
                    if source.is_dir():
                        shutil.copytree(source, folder, dirs_exist_ok=True)
                    else:
                        shutil.copyfile(source, folder / source.name)
                lake = Lake(self.folder / f"lake-{name}")
                lake.add("acme", pack, folder)
                lake.run("acme")
                self.judge_export(lake, name)

    def judge_export(self, lake, name):
        out = self.folder / f"{name}.parquet"
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", out)
        self.agree(name, out, "1.2", "model-1.2.0.1.json", "CostAndUsage")
        # The release itself is judged as its export is.
        states = []
        for what in ([out], ["--tenant", "acme"]):
            done = lake("--json", "validate", "focus", *what, "--applicability", "ALL", code=(DONE, DOES_NOT_HOLD))
            states.append({rule["id"]: (rule["state"], rule["bad"]) for rule in json.loads(done.stdout)["rules"]})
        self.assertEqual(states[0], states[1])

    def test_this_test_can_fail(self):
        """A column that one of the two does not get to see makes them disagree."""
        source = SHARED / "data" / "focus" / "v1_2" / "gcp_1_2_cost_and_usage_rows100_seed42.csv"
        whole = self.typed(source, "whole")
        part = self.typed(source, "part", "alter table bill drop column ServiceCategory")
        theirs = self.theirs(whole, "1.2", "CostAndUsage", "none")
        done = centavo("--json", "validate", "focus", part, "--model", MODELS / "model-1.2.0.1.json", code=DOES_NOT_HOLD)
        ours = {rule["id"]: rule["state"] for rule in json.loads(done.stdout)["rules"]}
        self.assertTrue([rule for rule, state in theirs.items() if state == "pass" and ours[rule] == "fail"])


if __name__ == "__main__":
    unittest.main()
