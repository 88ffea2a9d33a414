#!/usr/bin/env python3
"""Every file of the shared sample data is landed by some test, or it is said here why it is no bill; a new one fails until somebody says."""
import csv
import decimal
import json
import re
import shutil
import unittest

from lake import COSTS, DOES_NOT_HOLD, FAILED, ROOT, Figures, FlowTest
from focus_examples_test import GIVEN
from real_bills_test import billed, read_bill

D = decimal.Decimal
HERE = ROOT / "tests" / "flows"

# Files by their place in data/ (what stands in parentheses is one part or more), and what lands them: a test of this folder, or a reason.
LANDED = {
    r"aws_cur/cur2_2026_04/.*": "real_bills_test.py: cur2_2026_04",
    r"aws_cur/legacy_anonymous_2023_11/.*": "real_bills_test.py: legacy_anonymous_2023_11",
    r"aws_cur/legacy_koku_local_2018_06/.*": "real_bills_test.py: legacy_koku_local_2018_06",
    r"aws_cur/synthetic_commitments/.*": "real_bills_test.py: synthetic_commitments",
    r"aws_cur/legacy_final_vs_not_final/2023-06-01(-not-final)?\.csv": "real_bills_test.py: legacy_final_vs_not_final",
    r"aws_cur/legacy_final_vs_not_final/(2022-07-01-alt-columns|empty_frame)\.csv": "sample_data_test.py: legacy_final_vs_not_final",
    r"aws_cur/legacy_manifests/.*": "sample_data_test.py: legacy_manifests",
    r"azure_cost/synthetic_mca_brl/.*": "azure_bills_test.py: synthetic_mca_brl",
    r"azure_cost/ea_actual_amortized/.*": "azure_bills_test.py: ea_actual_amortized",
    r"azure_cost/koku/(azure_version_2|costreport_[0-9a-f-]*)\.csv": "azure_bills_test.py: koku/azure_version_2.csv",
    r"azure_cost/opencost_headersets/(BOM|Enterprise|EnterpriseCamel|PayAsYouGo)\.csv": "azure_bills_test.py: opencost_headersets",
    r"azure_cost/opencost_values/(MissingBrackets|Template|VirtualMachine)\.csv": "azure_bills_test.py: opencost_values",
    r"azure_cost/(dataset_metadata|export_schemas)/.*\.json": "sample_data_test.py: export_schemas",
    r"brl/magalu_cloud_consumption_usage_example\.json": "oci_kubernetes_magalu_test.py: magalu_cloud_consumption_usage_example.json",
    r"databricks/synthetic_system_tables/.*": "databricks_bills_test.py: synthetic_system_tables",
    r"databricks/terraform_provider/.*": "sample_data_test.py: terraform_provider",
    r"focus/spec_examples_v1_2/.*\.csv": "focus_examples_test.py: spec_examples_v1_2",
    r"focus/v1_[023]/.*_cost_and_usage_.*\.csv": "real_bills_test.py: v1_[0123]/*.csv",
    r"focus/v1_0/focus_sample_1000\.csv": "real_bills_test.py: v1_[0123]/*.csv",
    r"focus/v1_3/.*_contract_commitment_.*\.csv": "focus_export_test.py: contract_commitment",
    r"focus/v1_4/scenarios_(correction_set|sca_equal|sca_weighted)\.csv": "sample_data_test.py: v1_4",
    r"gcp_billing/synthetic_brl/.*": "gcp_bills_test.py: synthetic_brl",
    r"gcp_billing/koku/.*": "gcp_bills_test.py: koku",
    r"gcp_billing/cud_attribution/test_[0-9_]*/export\.json": "gcp_bills_test.py: cud_attribution",
    r"gcp_billing/cud_attribution/test_[0-9_]*/(README\.md|commitments\.json|expected_billingexport_output\.json)":
        "no bill: what another tool makes of it, which spreads fees over projects; ours keeps who paid",
    r"gcp_billing/(billing_export|commitments)_schema\.json": "no bill: schemas",
    r"kubernetes/koku_ocp/.*": "oci_kubernetes_magalu_test.py: koku_ocp",
    r"kubernetes/opencost/(allocation-example-output|last_7_days_of_assets_request)\.json": "oci_kubernetes_magalu_test.py: opencost",
    r"kubernetes/opencost/(list_cost_per_provider|totals_request)_.*\.json": "sample_data_test.py: list_cost_per_provider",
    r"oci_cost/.*\.csv": "oci_kubernetes_magalu_test.py: oci_cost",
    r"reference/.*": "no bill: tables that packs were made from",
    r"SOURCES\.md": "no bill: where the data comes from",
}
# Which test compares something with every figure of an expected.json (assert_all_asked).
EXPECTED = {"aws_cur/synthetic_commitments": "real_bills_test.py", "azure_cost/synthetic_mca_brl": "azure_bills_test.py",
            "databricks/synthetic_system_tables": "databricks_bills_test.py", "gcp_billing/synthetic_brl": "gcp_bills_test.py"}


class NothingIsLeftOut(FlowTest):
    def test_every_file_is_landed_by_a_test(self):
        data = self.shared("data")
        used, strangers = set(), []
        for path in sorted(data.rglob("*")):
            if not path.is_file():
                continue
            name = str(path.relative_to(data))
            places = [pattern for pattern in LANDED if re.fullmatch(pattern, name)]
            strangers += [name] * (len(places) != 1)
            used.update(places)
        self.assertEqual([], strangers, "files that no test lands, or two places claim: land them in a test and name it in LANDED")
        self.assertEqual(set(), set(LANDED) - used, "places of files that are gone")
        for pattern, where in LANDED.items():
            if where.startswith("no bill: "):
                continue
            test, word = where.split(": ")
            self.assertIn(word, (HERE / test).read_text(), f"{pattern}: {test} does not speak of it")
        self.say(f"{len(used)} places of sample data, each with its test or its reason")

    def test_every_expected_json_is_compared_figure_by_figure(self):
        data = self.shared("data")
        self.assertEqual(EXPECTED.keys(), {str(path.parent.relative_to(data)) for path in data.rglob("expected.json")}, "an expected.json that no test reads")
        for name, test in EXPECTED.items():
            self.assertIn("self.assert_all_asked(", (HERE / test).read_text(), name)


class AwsLeftovers(FlowTest):
    def test_other_columns_and_no_rows(self):
        source = self.shared("data", "aws_cur", "legacy_final_vs_not_final")
        bills = self.folder / "bills"
        bills.mkdir()
        for name in ("2022-07-01-alt-columns.csv", "empty_frame.csv"):
            shutil.copyfile(source / name, bills / name)
        lake = self.lake()
        lake.add("acme", "aws", bills)
        done = lake.run("acme")
        self.assertIn("empty_frame.csv: has no rows to tell its month from", done.stderr)
        rows = read_bill(bills / "2022-07-01-alt-columns.csv")
        self.assertEqual(2, len(rows))
        found = lake.query("acme", f"select billing_period, count(*) as n, sum(BilledCost) as billed from {COSTS} group by 1")
        self.assertEqual([("2022-07-01", "2", billed(rows))], [(row["billing_period"], row["n"], D(row["billed"])) for row in found])
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        self.say(f"{len(rows)} rows with other columns: billed {billed(rows)}; a file without rows is named")

    def test_a_manifest_without_its_files_is_named(self):
        source = self.shared("data", "aws_cur", "legacy_manifests")
        for path in sorted(source.glob("*.json")):
            with self.subTest(path.name):
                said = json.loads(path.read_text())
                month = said["billingPeriod"]["start"][:8]
                bills = self.folder / path.stem / "report" / f"{month}-{said['billingPeriod']['end'][:8]}"
                bills.mkdir(parents=True)
                shutil.copyfile(path, bills / "report-Manifest.json")
                lake = self.lake("lake-" + path.stem)
                lake.add("acme", "aws", self.folder / path.stem)
                if said["reportKeys"]:
                    self.assert_one_clear_error(lake.run("acme", code=FAILED), f"{len(said['reportKeys'])} of its {len(said['reportKeys'])} files are not there",
                                                f"{month[:4]}-{month[4:6]}")
                else:
                    self.assertIn("lists no files", lake.run("acme").stderr)
                self.assertEqual([], lake.json("release", "list", "--tenant", "acme"))

    def test_the_first_assembly_is_replaced_by_the_final_one(self):
        source = self.shared("data", "aws_cur", "synthetic_commitments")
        expected = Figures(source / "expected.json")
        first = next(source.glob(f"*/*/{expected['first_assembly']}/*.csv"))
        bills = self.folder / "bills" / first.relative_to(source).parent
        shutil.copytree(first.parent, bills)
        month = bills.parent
        manifest = next(bills.glob("*-Manifest.json"))
        shutil.copyfile(manifest, month / manifest.name)
        lake = self.lake()
        lake.add("acme", "aws", self.folder / "bills")
        lake.run("acme")
        self.assertEqual(str(expected["first_assembly_rows"]), lake.value("acme", "select count(*) from bronze.aws_cur_line_items"))
        self.assertEqual(D(expected["first_assembly_unblended"]), D(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))
        shutil.copytree(source, self.folder / "bills", dirs_exist_ok=True)
        lake.run("acme")
        self.assertEqual(str(expected["final_rows"]), lake.value("acme", "select count(*) from bronze.aws_cur_line_items"))
        self.assertEqual(D(expected["unblended"]), D(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))
        self.assertEqual(D(expected["first_assembly_unblended"]), D(lake.value("acme", f"select sum(BilledCost) from {COSTS}", "--release", 1)))
        self.assertLessEqual({"first_assembly_rows", "first_assembly_unblended"}, expected.asked)


class FocusScenarios(FlowTest):
    """The scenarios of 1.4 print a few columns; the rest is given, as with the specification's examples."""

    MONTH = {"BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z", "ChargePeriodStart": "2026-09-02T00:00:00Z",
             "ChargePeriodEnd": "2026-09-03T00:00:00Z", "EffectiveCost": "0"}

    def landed(self, name):
        path = self.shared("data", "focus", "v1_4") / f"scenarios_{name}.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        bills = self.folder / name
        bills.mkdir()
        with (bills / path.name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys([*GIVEN, *self.MONTH, *rows[0]])))
            writer.writeheader()
            writer.writerows({**GIVEN, **self.MONTH, **row} for row in rows)
        lake = self.lake("lake-" + name)
        lake.add("acme", "focus", bills)
        lake.run("acme")
        found = lake.query("acme", f"select * from {COSTS} order by x_SourceRow")
        self.assertEqual(len(rows), len(found))
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        for ours, theirs in zip(found, rows):
            for column, value in theirs.items():
                if column in ours and not column.startswith("x_"):
                    same = D(ours[column]) == D(value) if column.endswith("Cost") else ours[column] == value
                    self.assertTrue(same, f"{name}: {column} is {ours[column]!r}, printed {value!r}")
        return lake, rows

    def test_split_cost_allocation(self):
        for name in ("sca_equal", "sca_weighted"):
            lake, rows = self.landed(name)
            whole = {(row["x_SplitOriginId"], D(row["x_SplitOriginCost"])) for row in rows}
            self.assertEqual(1, len(whole))
            self.assertEqual(next(iter(whole))[1], D(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))
            self.assertEqual({row["AllocatedResourceId"] for row in rows},
                             {row["id"] for row in lake.query("acme", f"select AllocatedResourceId as id from {COSTS} where AllocatedMethodId is not null")})
            out = self.folder / f"{name}.csv"
            lake("export", "focus", "--tenant", "acme", "--version", "1.3", "--out", out)
            with out.open(encoding="utf-8", newline="") as file:
                exported = list(csv.DictReader(file))
            self.assertEqual([row["AllocatedMethodDetails"] for row in rows], [row["AllocatedMethodDetails"] for row in exported])
            self.say(f"{name}: {len(rows)} shares of {next(iter(whole))[1]}, with method and details")

    def test_a_set_of_corrections(self):
        lake, rows = self.landed("correction_set")
        net = D(0)
        for row in rows:   # what is left of the charge after each of them
            net += D(row["BilledCost"])
            self.assertEqual(net, D(row["x_NetCharge"] or net))
        self.assertEqual(net, D(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))
        self.assertEqual(str(sum(row["ChargeClass"] == "Correction" for row in rows)), lake.value("acme", f"select count(*) from {COSTS} where ChargeClass = 'Correction'"))

    def test_as_they_are_they_name_no_month(self):
        bills = self.folder / "bills"
        shutil.copytree(self.shared("data", "focus", "v1_4"), bills)
        lake = self.lake()
        lake.add("acme", "focus", bills)
        self.assert_one_clear_error(lake.run("acme", code=FAILED), "scenarios_correction_set.csv", "BillingPeriodStart")


class NoBills(FlowTest):
    """What stands beside bills and is none lands nothing, and that is said."""

    def test_schemas_and_answers_of_other_interfaces(self):
        for pack, parts in (("azure", ("azure_cost", "export_schemas")), ("azure", ("azure_cost", "dataset_metadata")), ("databricks", ("databricks", "terraform_provider"))):
            with self.subTest(parts[-1]):
                lake = self.lake("lake-" + parts[-1])
                lake.add("acme", pack, self.shared("data", *parts))
                done = lake.run("acme", code=None)
                self.assertTrue("none is of its kind" in done.stderr or done.returncode == FAILED, done)
                self.assertEqual([], lake.json("release", "list", "--tenant", "acme"))

    def test_cloud_costs_that_opencost_repeats(self):
        home = self.shared("data", "kubernetes", "opencost")
        names = [path for path in home.glob("*.json") if path.name.startswith(("list_cost_per_provider", "totals_request"))]
        self.assertEqual(2, len(names))
        lake = self.lake()
        lake("tenant", "add", "k8s", "--pack", "kubernetes", "--source", f"opencost_allocation={home}", "--source", f"opencost_assets={home}")
        lake.run("k8s")
        for table in ("bronze.opencost_allocations", "bronze.opencost_assets"):
            files = {row["f"] for row in lake.query("k8s", f"select distinct source_file_name as f from {table}")}
            self.assertFalse(files & {path.name for path in names}, "they repeat bills that other packs load")
        # Under the name of an answer that is asked for, they are refused.
        for number, path in enumerate(names):
            bills = self.folder / f"renamed-{number}"
            bills.mkdir()
            shutil.copyfile(path, bills / "one-allocation-1.json")
            other = self.lake(f"lake-renamed-{number}")
            other("tenant", "add", "k8s", "--pack", "kubernetes", "--source", f"opencost_allocation={bills}")
            self.assert_one_clear_error(other.run("k8s", code=(FAILED, DOES_NOT_HOLD)), "one-allocation-1.json")


if __name__ == "__main__":
    unittest.main()
