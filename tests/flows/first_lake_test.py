#!/usr/bin/env python3
"""The main job on a fresh lake: two tenants, run, run again, a restated month, proof, explanation, the past."""
import decimal
import unittest

import bill
from lake import COSTS, TOTALS, USAGE, FlowTest, centavo


class FreshLake(FlowTest):
    def test_two_tenants_from_raw_to_proof(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        september = bill.lines(300) + [bill.line(1, "-1.5", lineItem__LineItemType="Credit"),
                                       bill.line(2, "3.21", lineItem__LineItemType="Tax", lineItem__TaxType="VAT")]
        august = bill.lines(50, "0.5", period="2026-08")
        report.deliver(september, parts=3)
        report.deliver(august, period="2026-08")
        lake.add("acme", "aws", report.folder)
        centavo("generate", "retail", "--seed", 7, "--rows", 500, "--out", self.folder / "shop")
        lake.add("shop", "retail", self.folder / "shop")
        self.assertEqual(["acme", "shop"], sorted(tenant["id"] for tenant in lake.json("tenant", "list")))

        self.say("run --all, then every proof")
        lake("run", "--all")
        for tenant in ("acme", "shop"):
            lake("reconcile", "--tenant", tenant)
        rows = {row["period"]: row for row in lake.query(
            "acme", f"select strftime(billing_period, '%Y-%m') as period, count(*) as n, sum(BilledCost) as billed from {COSTS} group by 1")}
        self.assertEqual({"2026-08", "2026-09"}, set(rows))
        for period, raw in (("2026-08", august), ("2026-09", september)):
            self.assertEqual(len(raw), int(rows[period]["n"]))
            self.assertEqual(bill.total(raw), decimal.Decimal(rows[period]["billed"]), period)

        self.say("a tenant sees nothing of the other")
        lake("query", "--tenant", "shop", "select count(*) from bronze.aws_cur_line_items", code=USAGE)

        self.say("run again: nothing to do, no new version, no new release")
        before, releases = (lake.versions("acme"), lake.versions("shop")), lake.releases("acme")
        lake("run", "--all")
        self.assertEqual(before, (lake.versions("acme"), lake.versions("shop")))
        self.assertEqual(releases, lake.releases("acme"))

        self.say("a restated September replaces September and nothing else; the old release still answers")
        old = lake.query("acme", TOTALS)
        restated = bill.lines(310, "0.0960000002")
        report.deliver(restated)
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        billed = f"select sum(BilledCost) from {COSTS} where strftime(billing_period, '%Y-%m') = "
        self.assertEqual(bill.total(restated), decimal.Decimal(lake.value("acme", billed + "'2026-09'")))
        self.assertEqual(bill.total(august), decimal.Decimal(lake.value("acme", billed + "'2026-08'")))
        self.assertEqual(old, lake.query("acme", TOTALS, "--release", releases[-1]))
        self.assertEqual(len(releases) + 1, len(lake.releases("acme")))

    def test_explain_walks_back_to_raw_rows(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        rows = bill.lines(40, "0.25") + bill.lines(3, "7.000000001", lineItem__UsageAccountId="777788889999")
        report.deliver(rows, parts=2)
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        told = lake.json("explain", "--tenant", "acme", "BilledCost where SubAccountId = '777788889999'")
        self.assertEqual(decimal.Decimal("21.000000003"), decimal.Decimal(told["total"]))
        self.assertEqual(decimal.Decimal(told["total"]), sum(decimal.Decimal(row["amount"]) for row in told["lines"]))
        self.assertEqual(3, len(told["lines"]))

    def test_money_in_gold_is_the_money_in_silver(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(100, "0.123456789012") + [bill.line(1, "-0.000000000001", lineItem__LineItemType="Credit")])
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        silver = decimal.Decimal(lake.value("acme", f"select sum(BilledCost) from {COSTS}"))
        self.assertEqual(decimal.Decimal("12.345678901199"), silver)
        lake("reconcile", "--tenant", "acme")

    def test_the_same_bill_in_other_files_and_order_is_the_same_money(self):
        rows = bill.lines(120, "0.1000000003") + bill.lines(5, "2.5", lineItem__UsageAccountId="777788889999")
        answers = []
        for parts, order in ((1, rows), (4, rows[::-1])):
            lake = self.lake(f"lake{parts}")
            report = bill.Report(self.folder / f"bills{parts}")
            report.deliver(order, parts=parts)
            lake.add("acme", "aws", report.folder)
            lake.run("acme")
            answers.append(lake.query("acme", TOTALS))
        self.assertEqual(answers[0], answers[1])

    def test_rollback_shows_the_old_release_again(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(10, "1"))
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        first = lake.query("acme", TOTALS)
        report.deliver(bill.lines(20, "2"))
        lake.run("acme")
        self.assertNotEqual(first, lake.query("acme", TOTALS))
        lake("release", "rollback", lake.releases("acme")[0], "--tenant", "acme")
        self.assertEqual(first, lake.query("acme", TOTALS))


if __name__ == "__main__":
    unittest.main()
