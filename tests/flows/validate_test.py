#!/usr/bin/env python3
"""centavo validate focus: files of every format against our rules, what fails with file and row, and inputs that are none."""
import csv
import gzip
import json
import unittest
from decimal import Decimal

import bill
from lake import COSTS, DOES_NOT_HOLD, DONE, FAILED, USAGE, FlowTest, Lake, centavo

USAGE_ROW = {
    "ProviderName": "Nimbus", "PublisherName": "Nimbus", "InvoiceIssuerName": "Nimbus", "InvoiceId": "INV-1", "BillingAccountId": "001234567890",
    "BillingAccountName": "Acme", "BillingAccountType": "Payer", "SubAccountId": "000000000042", "SubAccountName": "prod", "SubAccountType": "Linked",
    "BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z", "ChargePeriodStart": "2026-09-02T00:00:00Z",
    "ChargePeriodEnd": "2026-09-02T01:00:00Z", "ChargeCategory": "Usage", "ChargeClass": "", "ChargeDescription": "máquina virtual",
    "ChargeFrequency": "Usage-Based", "BilledCost": "0.5", "EffectiveCost": "0.5", "ListCost": "1", "ContractedCost": "0.5", "ListUnitPrice": "0.5",
    "ContractedUnitPrice": "0.25", "PricingCategory": "Standard", "PricingQuantity": "2", "PricingUnit": "Hours", "PricingCurrency": "BRL",
    "PricingCurrencyContractedUnitPrice": "0.25", "PricingCurrencyEffectiveCost": "0.5", "PricingCurrencyListUnitPrice": "0.5", "BillingCurrency": "BRL",
    "ConsumedQuantity": "2", "ConsumedUnit": "Hours", "ServiceName": "Machines", "ServiceCategory": "Compute", "ServiceSubcategory": "Virtual Machines",
    "SkuId": "S1", "SkuMeter": "hours", "SkuPriceId": "P1", "SkuPriceDetails": '{"vcpu": 2}', "ResourceId": "vm-1", "ResourceName": "web",
    "ResourceType": "vm", "RegionId": "br-1", "RegionName": "São Paulo", "AvailabilityZone": "", "CommitmentDiscountId": "",
    "CommitmentDiscountName": "", "CommitmentDiscountCategory": "", "CommitmentDiscountType": "", "CommitmentDiscountStatus": "",
    "CommitmentDiscountQuantity": "", "CommitmentDiscountUnit": "", "CapacityReservationId": "", "CapacityReservationStatus": "", "Tags": '{"team": "a"}',
}


def charge(**change):
    return {**USAGE_ROW, **change}


def commitment(purchased, amortised):
    """A month's commitment: its purchase, and used and unused usage that spread it."""
    key = {"CommitmentDiscountId": "cd-1", "CommitmentDiscountName": "c", "CommitmentDiscountCategory": "Spend", "CommitmentDiscountType": "plan",
           "CommitmentDiscountQuantity": "1", "CommitmentDiscountUnit": "USD"}
    month = {"ChargePeriodStart": "2026-09-01T00:00:00Z", "ChargePeriodEnd": "2026-10-01T00:00:00Z"}
    used, unused = amortised
    free = {"BilledCost": "0", "PricingCategory": "Committed"}
    return [
        charge(**key, **month, ChargeCategory="Purchase", ChargeFrequency="Recurring", BilledCost=purchased, EffectiveCost="0", ResourceId="cd-1"),
        charge(**key, **month, **free, CommitmentDiscountStatus="Used", EffectiveCost=used),
        charge(**key, **month, **free, CommitmentDiscountStatus="Unused", EffectiveCost=unused, ResourceId="cd-1", ConsumedQuantity="", ConsumedUnit=""),
    ]


class ValidateFocus(FlowTest):
    def bill(self, rows, name="bill.csv"):
        path = self.folder / name
        with (gzip.open if name.endswith(".gz") else open)(path, "wt", encoding="utf-8", newline="") as file:
            if ".json" in name:
                file.writelines(json.dumps({k: v or None for k, v in row.items()}) + "\n" for row in rows)
            else:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return path

    def report(self, *arguments, code=DONE):
        return json.loads(centavo("--json", "validate", "focus", *arguments, code=code).stdout)

    def failing(self, *arguments, code=DOES_NOT_HOLD):
        """{rule: outcome} of the rules about rows that fail."""
        rules = self.report(*arguments, "--applicability", "ALL", code=code)["rules"]
        return {rule["id"]: rule for rule in rules if rule["state"] == "fail" and not rule["why"].endswith(("fail", "fails"))}

    def test_a_good_bill_in_every_format(self):
        rows = [charge(), charge(BillingAccountId="000", SkuPriceId="P2")]
        for name in ("bill.csv", "bill.csv.gz", "bill.jsonl"):
            report = self.report(self.bill(rows, name), "--applicability", "ALL")
            self.assertEqual((2, 0, True), (report["rows"], report["fail"], report["conforms"]), name)
            self.assertGreater(report["pass"], 390, name)
        self.assertEqual(578, report["total"])
        self.assertEqual(578, report["pass"] + report["not_applicable"] + report["not_executable"])

    def test_a_failing_rule_names_file_row_and_value(self):
        path = self.bill([charge(), charge(BillingCurrency="real", BillingAccountId="0007"), charge(BilledCost="1,50")])
        failing = self.failing(path)
        # Ids of digits stay text: no rule about the type of an id fails.
        self.assertEqual({"BillingCurrency-C-003-M", "BillingCurrency-C-006-M", "BilledCost-C-001-M", "BilledCost-C-002-M", "BilledCost-C-003-M",
                          "BilledCost-C-004-M"}, failing.keys())
        self.assertEqual([{"file": str(path), "row": 2, "values": {"BillingCurrency": "real"}}], failing["BillingCurrency-C-003-M"]["samples"])
        self.assertEqual([{"file": str(path), "row": 3, "values": {"BilledCost": "1,50"}}], failing["BilledCost-C-001-M"]["samples"])
        done = centavo("validate", "focus", path, code=DOES_NOT_HOLD)
        self.assertIn(f"{path} row 2: BillingCurrency = real", done.stdout)
        self.assertIn("MUST hold", done.stderr)

    def test_ids_stay_as_delivered(self):
        """Nothing is made of an id: no number, no time, no truth, no fraction, in no format."""
        odd = {"BillingAccountId": "001234567890", "SubAccountId": "1e5", "ResourceId": "1234567890" * 9, "SkuId": "0x1F", "SkuPriceId": "00.10", "InvoiceId": "007",
               "ResourceName": "2026-09-01T00:00:00Z", "SubAccountName": "true", "ResourceType": "NaN", "RegionId": "1_000", "RegionName": "+5",
               "BillingAccountName": "Infinity", "ServiceName": "1,5", "SkuMeter": " 7 ", "AvailabilityZone": "-0", "ProviderName": "2026-09-01",
               "PublisherName": "12:30", "InvoiceIssuerName": "2026-09-01"}
        rows = [charge(**odd), charge(**{**odd, "InvoiceId": "7", "SubAccountId": "100000"}), charge(**{**odd, "InvoiceId": "7.0", "SubAccountId": "1E5"})]
        rules = {f"{column}-C-001-M": rule("Validation", {"CheckFunction": "CheckValue", "ColumnName": column, "Value": "nothing has this"}) for column in odd}
        rules["All-C-000-M"] = rule("Composite", {"CheckFunction": "AND", "Items": [{"CheckFunction": "CheckModelRule", "ModelRuleId": each} for each in rules]}, needs=rules)
        model = self.folder / "model.json"
        model.write_text(json.dumps({"Details": {"ModelVersion": "9"}, "ApplicabilityCriteria": {}, "ModelDatasets": {"CostAndUsage": {"ModelRules": ["All-C-000-M"]}},
                                     "ModelRules": rules}))
        invoices = self.folder / "invoices.csv"
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\n007,0.5,BRL\n7,0.5,BRL\n7.0,0.5,BRL\n")
        for name in ("ids.csv", "ids.csv.gz", "ids.jsonl"):
            with self.subTest(name):
                path = self.bill(rows, name)
                self.assertEqual({}, self.failing(path, code=DONE), "text is text: no rule about types fails")
                shown = {}
                for outcome in self.report(path, "--model", model, "--samples", 10, code=DOES_NOT_HOLD)["rules"]:
                    for sample in outcome["samples"]:
                        for column, value in sample["values"].items():
                            shown.setdefault(column, {})[sample["row"]] = value
                self.assertEqual({column: {number + 1: row[column] for number, row in enumerate(rows)} for column in odd}, shown)
                # 007, 7 and 7.0 are three invoices.
                sums = {r["id"]: r for r in self.report(path, "--invoices", invoices)["rules"]}["BilledCost-C-007-M"]
                self.assertEqual("pass", sums["state"], sums)
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\n7,1.5,BRL\n")
        self.assertEqual({"BilledCost-C-007-M"}, self.failing(path, "--invoices", invoices).keys())

    def test_values_that_cannot_be_cast_are_shown_as_delivered(self):
        text = ("1e400", "9" * 44, "0x10", "NaN", "1.234,56")
        path = self.bill([charge()] + [charge(BilledCost=value) for value in text] + [charge(ChargePeriodStart="2026-13-45T00:00:00Z")])
        failing = {r["id"]: r for r in self.report(path, "--applicability", "ALL", "--samples", 9, code=DOES_NOT_HOLD)["rules"] if r["state"] == "fail"}
        for id_ in ("BilledCost-C-001-M", "BilledCost-C-003-M"):
            self.assertEqual([(number + 2, value) for number, value in enumerate(text)], [(s["row"], s["values"]["BilledCost"]) for s in failing[id_]["samples"]], id_)
        self.assertIn("2026-13-45T00:00:00Z", json.dumps([r["samples"] for name, r in failing.items() if name.startswith("ChargePeriodStart")]))

    def test_ids_that_a_parquet_file_holds_as_numbers_break_their_rule(self):
        """There the type is the file's own word, and FOCUS wants text."""
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(3))
        lake = Lake(self.folder / "lake")
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", self.folder / "good.parquet")
        number = self.folder / "number.parquet"
        lake("query", "--tenant", "acme", "--format", "parquet", "--out", number,
             f"select * replace (cast(BillingAccountId as bigint) as BillingAccountId, cast(BilledCost as varchar) as BilledCost) from {COSTS}")
        good = {r["id"] for r in self.report(self.folder / "good.parquet", code=(DONE, DOES_NOT_HOLD))["rules"] if r["state"] == "fail"}
        bad = {r["id"]: r for r in self.report(number, code=DOES_NOT_HOLD)["rules"] if r["state"] == "fail"}
        self.assertIn("BillingAccountId-C-002-M", bad.keys() - good)
        self.assertNotIn("BilledCost-C-001-M", bad, "a decimal written as text is one")

    def test_a_rule_that_should_hold_warns_only(self):
        failing = self.failing(self.bill([charge(PricingUnit="$/h", ConsumedUnit="Hours")]), code=DONE)
        self.assertEqual({"PricingUnit-C-003-O"}, failing.keys())

    def test_criteria_decide_what_applies(self):
        path = self.bill([{column: value for column, value in charge().items() if column != "AvailabilityZone"}])
        self.assertEqual(0, self.report(path)["fail"])
        failing = self.failing(path)
        self.assertTrue(all("AvailabilityZone is missing" in rule["why"] for rule in failing.values()), failing)
        self.assertGreater(len(failing), 1)
        self.assertEqual(0, self.report(path, "--applicability", "TAGGING_SUPPORTED,REGION_SUPPORTED")["fail"])

    def test_sums_over_a_commitment(self):
        sums = {"EffectiveCost-C-012-C", "DiscountHandling-A-011-C"}
        exact = {rule["id"]: rule["state"] for rule in self.report(self.bill(commitment("10", ("7.5", "2.5"))), "--applicability", "ALL",
                                                                   code=(DONE, DOES_NOT_HOLD))["rules"]}
        self.assertEqual({"pass"}, {exact[rule] for rule in sums})
        failing = self.failing(self.bill(commitment("10", ("7.5", "2.0"))))
        self.assertLessEqual(sums, failing.keys())
        values = failing["EffectiveCost-C-012-C"]["samples"][0]["values"]
        self.assertEqual(("cd-1", 10, 9.5), (values["CommitmentDiscountId"], float(values["purchased"]), float(values["amortised"])))
        # Without the purchase nothing can be said, and nothing is.
        alone = self.report(self.bill(commitment("10", ("7.5", "2.0"))[1:]), "--applicability", "ALL", code=(DONE, DOES_NOT_HOLD))
        self.assertEqual({"pass"}, {rule["state"] for rule in alone["rules"] if rule["id"] in sums})

    def test_the_rows_add_up_to_the_invoice(self):
        path = self.bill([charge(), charge()])
        without = {rule["id"]: rule for rule in self.report(path)["rules"]}["BilledCost-C-007-M"]
        self.assertEqual(("not executable", True), (without["state"], "--invoices" in without["why"]))
        invoices = self.folder / "invoices.csv"
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\nINV-1,1.0,BRL\n")
        self.assertEqual("pass", {r["id"]: r for r in self.report(path, "--invoices", invoices)["rules"]}["BilledCost-C-007-M"]["state"])
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\nINV-1,1.01,BRL\n")
        self.assertEqual({"BilledCost-C-007-M"}, self.failing(path, "--invoices", invoices).keys())
        # To the last of silver's 21 digits, and whatever else is in the file.
        tiny = self.bill([charge(BilledCost="0.5000000000000000000004"), charge(BilledCost="0.500000000000000000001")], "tiny.csv")
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\nINV-1,1.000000000000000000001,BRL\n")
        self.assertEqual("pass", {r["id"]: r for r in self.report(tiny, "--invoices", invoices)["rules"]}["BilledCost-C-007-M"]["state"])
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\nINV-1,1,BRL\n")
        self.assertEqual({"BilledCost-C-007-M"}, self.failing(tiny, "--invoices", invoices).keys())
        large = self.bill([charge(BilledCost="99999999999999999999"), charge(BilledCost="99999999999999999999.5")], "large.csv")
        invoices.write_text("InvoiceId,BilledCost,BillingCurrency\nINV-1,199999999999999999998.5,BRL\n")
        self.assertEqual("pass", {r["id"]: r for r in self.report(large, "--invoices", invoices, code=(DONE, DOES_NOT_HOLD))["rules"]}["BilledCost-C-007-M"]["state"])
        for text, why in (("InvoiceId,BilledCost\nINV-1,0.5\nINV-1,0.5\n", "invoice INV-1 is there twice"), ("InvoiceId,BilledCost\n", "has no rows"),
                          ("InvoiceId,BilledCost\nINV-1,\n", "no number"), ("InvoiceId,BilledCost\nINV-1,1e99\n", "too large")):
            invoices.write_text(text)
            self.assertIn(why, centavo("validate", "focus", path, "--invoices", invoices, code=USAGE).stderr)
        invoices.write_text("InvoiceId,BilledCost\nINV-1,ten\n")
        self.assertIn('the amount of invoice INV-1 is "ten"', centavo("validate", "focus", path, "--invoices", invoices, code=USAGE).stderr)
        self.assertIn("no such file", centavo("validate", "focus", path, "--invoices", self.folder / "none.csv", code=FAILED).stderr)
        invoices.write_text("Invoice,Amount\nINV-1,1.01\n")
        self.assertIn("InvoiceId", centavo("validate", "focus", path, "--invoices", invoices, code=USAGE).stderr)

    def test_rules_that_the_public_validator_cannot_tell(self):
        """An OR holds on each row, not on some; 'not a Correction' includes charges without a class."""
        self.assertIn("ServiceCategory-C-003-M", self.failing(self.bill([charge(), charge(ServiceCategory="Toys", ServiceName="Toys")])))
        self.assertIn("ListUnitPrice-C-010-C", self.failing(self.bill([charge(ListCost="9")])))

    def test_versions(self):
        path = self.bill([charge()])
        old = self.report(path, "--version", "1.0", code=(DONE, DOES_NOT_HOLD))
        self.assertEqual(("1.0", "focus.cost_and_usage"), (old["version"], old["dataset"]))
        new = self.report(path, "--version", "1.3", code=DOES_NOT_HOLD)
        self.assertTrue(any(rule["why"] == "column ServiceProviderName is missing" for rule in new["rules"]))
        listed = json.loads(centavo("--json", "validate", "focus", "--list", "--version", "1.3", "--dataset", "ContractCommitment").stdout)
        self.assertEqual(114, len(listed))
        self.assertIn("there are 1.0, 1.2, 1.3", centavo("validate", "focus", path, "--version", "1.1", code=USAGE).stderr)

    def test_a_model_as_data(self):
        model = {"Details": {"ModelVersion": "9"}, "ApplicabilityCriteria": {}, "ModelDatasets": {"CostAndUsage": {"ModelRules": ["X-C-000-M"]}}, "ModelRules": {
            "X-C-000-M": rule("Composite", {"CheckFunction": "AND", "Items": [{"CheckFunction": "CheckModelRule", "ModelRuleId": "BilledCost-D-001-M"}]},
                              needs=["BilledCost-D-001-M", "BilledCost-C-002-M", "BilledCost-C-003-M"]),
            "BilledCost-D-001-M": rule("Presence", {"CheckFunction": "ColumnPresent", "ColumnName": "BilledCost"}),
            "BilledCost-C-002-M": rule("Validation", {"CheckFunction": "CheckValue", "ColumnName": "BilledCost", "Value": "0.5"},
                                       {"CheckFunction": "CheckValue", "ColumnName": "ChargeCategory", "Value": "Usage"}),
            "BilledCost-C-003-M": rule("Validation", {"CheckFunction": "CheckMoonPhase"})}}
        for name in ("ChargeCategory", "BillingAccountId"):
            model["ModelRules"][f"{name}-D-001-M"] = rule("Presence", {"CheckFunction": "ColumnPresent", "ColumnName": name})
            model["ModelRules"]["X-C-000-M"]["ValidationCriteria"]["Dependencies"].append(f"{name}-D-001-M")
        file = self.folder / "model.json"
        file.write_text(json.dumps(model))
        path = self.bill([{"BilledCost": "0.5", "ChargeCategory": "Usage", "BillingAccountId": "1"}, {"BilledCost": "7", "ChargeCategory": "Usage", "BillingAccountId": "1"},
                          {"BilledCost": "8", "ChargeCategory": "Tax", "BillingAccountId": "1"}])
        rules = {r["id"]: r for r in self.report(path, "--model", file, code=DOES_NOT_HOLD)["rules"]}
        self.assertEqual(("fail", 1, 2), (rules["BilledCost-C-002-M"]["state"], rules["BilledCost-C-002-M"]["bad"], rules["BilledCost-C-002-M"]["samples"][0]["row"]))
        self.assertEqual(("not executable", "the check function CheckMoonPhase is not known"), (rules["BilledCost-C-003-M"]["state"], rules["BilledCost-C-003-M"]["why"]))
        self.assertEqual("pass", rules["X-C-000-M"]["state"])
        file.write_text("{}")
        self.assertIn("not a requirement model", centavo("validate", "focus", path, "--model", file, code=FAILED).stderr)
        file.write_text('{"ModelDatasets"')
        centavo("validate", "focus", path, "--model", file, code=FAILED)
        self.assertIn("no such file", centavo("validate", "focus", path, "--model", self.folder / "none.json", code=FAILED).stderr.lower())

    def test_a_tenant(self):
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(40) + [bill.line(40, "1", lineItem__CurrencyCode="ZZZ")])
        lake = Lake(self.folder / "lake")
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        judged = lake.json("validate", "focus", "--tenant", "acme", "--version", "1.2", code=(DONE, DOES_NOT_HOLD))
        self.assertEqual("tenant acme, release 1", judged["data"])
        self.assertGreater(judged["rows"], 0)
        self.assertEqual({"pass", "fail", "not applicable", "not executable"}, {rule["state"] for rule in judged["rules"]})
        self.assertTrue(all(rule["why"] for rule in judged["rules"] if rule["state"].startswith("not ")), "each says why")
        places = {sample["file"] for rule in judged["rules"] for sample in rule["samples"] if sample["row"] > 0}
        self.assertTrue(all("/" not in place[:1] for place in places), places)
        currency = next(rule for rule in judged["rules"] if rule["id"] == "BillingCurrency-C-006-M")
        self.assertEqual((1, [41], ["ZZZ"]), (currency["bad"], [s["row"] for s in currency["samples"]], [s["values"]["BillingCurrency"] for s in currency["samples"]]))
        self.assertTrue(currency["samples"][0]["file"].endswith(".csv.gz"), "the raw file")
        # A tenant's invoices come from a file as well, though its tables' engine opens none.
        self.assertEqual("not executable", next(rule for rule in judged["rules"] if rule["id"] == "BilledCost-C-007-M")["state"])
        invoices, own = self.folder / "invoices.csv", lake.query("acme", f"select InvoiceId, BillingCurrency, sum(BilledCost) as BilledCost from {COSTS} group by all")
        for more, state in ((0, "pass"), (1, "fail")):
            with invoices.open("w", newline="") as file:
                writer = csv.DictWriter(file, ["InvoiceId", "BillingCurrency", "BilledCost"])
                writer.writeheader()
                writer.writerows({**row, "BilledCost": Decimal(row["BilledCost"]) + more * Decimal("0.000000001")} for row in own)
            judged = lake.json("validate", "focus", "--tenant", "acme", "--invoices", invoices, code=(DONE, DOES_NOT_HOLD))
            found = next(rule for rule in judged["rules"] if rule["id"] == "BilledCost-C-007-M")
            self.assertEqual((state, more * len(own)), (found["state"], found["bad"]), own)
        self.assertIn("no charges of 2031-01", lake("validate", "focus", "--tenant", "acme", "--period", "2031-01", code=FAILED).stderr)
        self.assertIn("no such tenant", lake("validate", "focus", "--tenant", "nobody", code=FAILED).stderr)

    def test_what_is_no_bill(self):
        def refused(*arguments, code=FAILED):
            return centavo("validate", "focus", *arguments, code=code).stderr

        folder = self.folder
        self.assertIn("no such file", refused(folder / "none.csv"))
        self.assertIn("folder", refused(folder, code=USAGE))
        (folder / "empty.csv").write_text("")
        self.assertIn("is empty", refused(folder / "empty.csv"))
        (folder / "header.csv").write_text(",".join(USAGE_ROW) + "\n")
        self.assertIn("no rows", refused(folder / "header.csv"))
        (folder / "cur.csv").write_text("identity/LineItemId,lineItem/UnblendedCost\na,1\n")
        self.assertIn("is not focus.cost_and_usage", refused(folder / "cur.csv"))
        (folder / "bill.xml").write_text("BilledCost\n1\n")
        self.assertIn("ending", refused(folder / "bill.xml"))
        (folder / "bad.parquet").write_text("BilledCost\n1\n")
        self.assertIn("bad.parquet", refused(folder / "bad.parquet"))
        (folder / "bad.jsonl").write_text('{"BilledCost": 1}\n{"BilledCost": \n')
        self.assertIn("bad.jsonl", refused(folder / "bad.jsonl", code=(FAILED, USAGE)))
        (folder / "cut.csv.gz").write_bytes(gzip.compress(b"BilledCost\n1\n" * 5000)[:-9])
        self.assertIn("cut.csv.gz", refused(folder / "cut.csv.gz"))
        (folder / "twice.csv").write_text("BilledCost,BilledCost\n1,1\n")
        self.assertIn("twice", refused(folder / "twice.csv"))
        good = self.bill([charge()])
        self.assertIn("name a FILE or a --tenant", refused(code=USAGE))
        self.assertIn("not both", refused(good, "--tenant", "acme", code=USAGE))
        self.assertIn("belong to --tenant", refused(good, "--release", 1, code=USAGE))
        self.assertIn("TAGGING_SUPPORTED", refused(good, "--applicability", "TAGS", code=USAGE))
        self.assertIn("CostAndUsage", refused(good, "--dataset", "Bills", code=USAGE))
        self.assertIn("--samples", refused(good, "--samples", -1, code=USAGE))


def rule(function, requirement, condition=None, needs=()):
    return {"Function": function, "Reference": requirement.get("ColumnName", ""), "EntityType": "Column", "ApplicabilityCriteria": [], "Type": "Static",
            "ValidationCriteria": {"MustSatisfy": "", "Keyword": "MUST", "Requirement": requirement, "Condition": condition or {}, "Dependencies": list(needs)}}


if __name__ == "__main__":
    unittest.main()
