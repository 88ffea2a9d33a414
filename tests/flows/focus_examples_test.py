#!/usr/bin/env python3
"""The worked examples of FOCUS 1.2 come out as the specification prints them: landed as FOCUS files, and made from AWS lines that tell the same story."""
import csv
import decimal
import re
import unittest

import bill
from lake import COSTS, FlowTest

D = decimal.Decimal

# What the prints leave out and every charge must have.
GIVEN = {"BillingAccountId": "12345", "BillingCurrency": "USD", "ChargeDescription": "as printed", "ProviderName": "ACMECORP", "PublisherName": "ACMECORP",
         "InvoiceIssuerName": "ACMECORP", "ServiceCategory": "Other", "ServiceName": "as printed", "ListCost": "0", "ContractedCost": "0"}
# Two words of the examples are not among those that the same specification allows.
ALLOWED = {("ServiceCategory", "Database"): "Databases", ("ServiceSubcategory", "No-SQL DB"): "NoSQL Databases"}
TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")


def plain(column, text):
    """A printed value as a file would hold it: no currency signs, ISO times, nothing for null."""
    text = text.strip()
    if text == "null":
        return ""
    if re.fullmatch(r"\$[\d,.]+", text):
        return text.replace("$", "").replace(",", "")
    if column in TIMES:
        if short := re.fullmatch(r"(\d+)/(\d+)/(\d\d)", text):
            return f"20{short[3]}-{int(short[1]):02}-{int(short[2]):02}T00:00:00Z"
        return text.replace("T30:00:00Z", "T20:00:00Z")   # an hour that no day has
    return ALLOWED.get((column, text), text)


def example(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [{column: plain(column, text or "") for column, text in row.items()} for row in csv.DictReader(file)]
    return [row for row in rows if any(row.values())]


def same(a, b):
    try:
        return D(a) == D(b)
    except decimal.InvalidOperation:
        return a.replace("+00", "").replace(" ", "T").replace("Z", "") == b.replace("+00", "").replace(" ", "T").replace("Z", "")


class AsFiles(FlowTest):
    def test_every_example_comes_out_as_printed(self):
        folder = self.shared("data", "focus", "spec_examples_v1_2")
        bills, printed = self.folder / "bills", {}
        bills.mkdir()
        for path in sorted(folder.glob("*.csv")):
            rows = example(path)
            self.assertTrue(rows, path.name)
            printed[path.name] = rows
            columns = list(dict.fromkeys([*GIVEN, *rows[0]]))
            with open(bills / path.name, "w", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows({**GIVEN, **row} for row in rows)
        lake = self.lake()
        lake.add("acme", "focus", bills)
        lake.run("acme")
        compared = 0
        for name, rows in printed.items():
            found = lake.query("acme", f"select * from {COSTS} where x_SourceFile = '{name}' order by x_SourceRow")
            self.assertEqual(len(found), len(rows), name)
            for ours, theirs in zip(found, rows):
                for column, value in theirs.items():
                    if column not in ours:   # x_ columns, and SkuPriceid, a slip of the pen
                        self.assertIn(column[:2], ("x_", "Sk"))
                        continue
                    self.assertTrue(same(ours[column], value), f"{name}: {column} is {ours[column]!r}, printed {value!r}")
                    compared += 1
        self.say(f"{len(printed)} examples, {sum(map(len, printed.values()))} rows, {compared} values as printed")
        self.assertGreater(compared, 1000)


class FromLines(FlowTest):
    """A commitment of a dollar an hour, told by AWS's lines: each example a month of its own."""

    PLAN = {"savingsPlan/SavingsPlanARN": "<my-commitment-discount-id>", "lineItem/ProductCode": "ComputeSavingsPlans", "lineItem/ResourceId": "",
            "pricing/publicOnDemandCost": "", "pricing/publicOnDemandRate": "", "pricing/unit": "Hrs"}
    PURCHASE = ("ChargeCategory", "ChargeFrequency", "PricingCategory", "ResourceId", "BilledCost", "EffectiveCost", "CommitmentDiscountId",
                "CommitmentDiscountQuantity", "CommitmentDiscountUnit")
    USAGE = PURCHASE + ("CommitmentDiscountStatus", "ConsumedQuantity")

    @classmethod
    def upfront(cls, month, cost):
        return [bill.line(0, cost, month, **{"lineItem/LineItemType": "SavingsPlanUpfrontFee", **cls.PLAN})]

    @classmethod
    def hours(cls, month, cost, used, count=1):
        return [bill.line(number, cost, month, **{"lineItem/LineItemType": "SavingsPlanRecurringFee", "savingsPlan/TotalCommitmentToDate": cost,
                                                  "savingsPlan/UsedCommitment": used, **cls.PLAN}) for number in range(count)]

    @classmethod
    def covered(cls, month, cost):
        return [bill.line(0, "1.2", month, **{"lineItem/LineItemType": "SavingsPlanCoveredUsage", "lineItem/ResourceId": "<my-resource-id>",
                                              "savingsPlan/SavingsPlanARN": "<my-commitment-discount-id>", "savingsPlan/SavingsPlanEffectiveCost": cost,
                                              "lineItem/UsageAmount": "1"}),
                bill.line(0, "-1.2", month, **{"lineItem/LineItemType": "SavingsPlanNegation", **cls.PLAN})]

    def test_purchases_and_hours_used_unused_and_used_in_part(self):
        folder = self.shared("data", "focus", "spec_examples_v1_2")
        told = {"purchase_scenario_1": ("2026-01", self.upfront("2026-01", "8760")),
                "purchase_scenario_2": ("2026-02", self.hours("2026-02", "1", "1", 3)),
                "purchase_scenario_3": ("2026-03", self.upfront("2026-03", "4380") + self.hours("2026-03", "0.5", "0.5", 3)),
                "usage_scenario_1": ("2026-04", self.hours("2026-04", "1", "1") + self.covered("2026-04", "1")),
                "usage_scenario_2": ("2026-05", self.hours("2026-05", "1", "0")),
                "usage_scenario_3": ("2026-06", self.hours("2026-06", "1", "0.75") + self.covered("2026-06", "0.75"))}
        report = bill.Report(self.folder / "cur")
        for month, lines in told.values():
            report.deliver(lines, period=month)
        lake = self.lake()
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        for name, (month, _) in told.items():
            category, columns = ("Purchase", self.PURCHASE) if name.startswith("purchase") else ("Usage", self.USAGE)
            found = lake.query("acme", f"select * from {COSTS} where billing_period = '{month}-01' and ChargeCategory = '{category}'")
            rows = example(folder / f"commitment_discount_{name}.csv")
            for each in (found, rows):
                each.sort(key=lambda row: (row.get("CommitmentDiscountStatus") or "", -D(row["CommitmentDiscountQuantity"])))
            self.assertEqual(len(found), len(rows), name)
            for ours, theirs in zip(found, rows):
                for column in columns:
                    self.assertTrue(same(ours[column], theirs[column]), f"{name}: {column} is {ours[column]!r}, printed {theirs[column]!r}")
            self.say(f"{name}: {len(rows)} rows as printed")


if __name__ == "__main__":
    unittest.main()
