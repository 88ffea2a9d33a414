#!/usr/bin/env python3
"""Bad input: one clear error, the documented exit code, nothing visible changed, and the next good delivery heals it."""
import decimal
import gzip
import os
import random
import unittest

import bill
from lake import COSTS, DOES_NOT_HOLD, FAILED, TOTALS, USAGE, FlowTest, centavo

GOOD = bill.lines(60, "0.0960000001")


class BadDelivery(FlowTest):
    """Each test starts with a good month in place and delivers something bad for it."""

    def setUp(self):
        super().setUp()
        self.subject = self.begin_with("a good month", self.good_month)
        self.report = bill.Report(self.subject.folder / "bills")
        self.before = self.subject.query("acme", TOTALS)

    @staticmethod
    def good_month(lake):
        report = bill.Report(lake.folder / "bills")
        report.deliver(GOOD)
        lake.add("acme", "aws", report.folder)
        lake.run("acme")

    def refused(self, *words, code=(FAILED, DOES_NOT_HOLD)):
        """The run fails with those words, and readers see what they saw before; then a good delivery heals it."""
        done = self.subject.run("acme", code=code)
        self.assert_one_clear_error(done, *words)
        self.say(f"exit {done.returncode}: " + done.stderr.strip().splitlines()[0][-200:])
        self.assertEqual(self.before, self.subject.query("acme", TOTALS), "something visible changed")
        healed = bill.lines(61, "0.5")
        self.report.deliver(healed)
        self.subject.run("acme")
        self.subject("reconcile", "--tenant", "acme")
        self.assertEqual(bill.total(healed), decimal.Decimal(self.subject.value("acme", f"select sum(BilledCost) from {COSTS}")))

    def test_broken_gzip(self):
        self.report.deliver(GOOD, assembly="broken", data=gzip.compress(bill.to_csv(GOOD * 20).encode())[:-200])
        self.refused("cur-test-1.csv.gz")

    def test_bytes_that_are_not_gzip(self):
        self.report.deliver(GOOD, assembly="noise", data=random.Random(1).randbytes(5000))
        self.refused("cur-test-1.csv.gz")

    def test_flipped_bits_in_gzip(self):
        data = bytearray(gzip.compress(bill.to_csv(bill.lines(2000)).encode()))
        data[len(data) // 2] ^= 0xFF
        self.report.deliver(GOOD, assembly="flipped", data=bytes(data))
        self.refused("cur-test-1.csv.gz")

    def test_wrong_header(self):
        self.report.deliver(GOOD, assembly="header", data=gzip.compress(b"name,amount\nx,1\n"))
        self.refused()

    def test_a_file_of_no_bytes(self):
        self.report.deliver(GOOD, assembly="empty", data=b"")
        self.refused("cur-test-1.csv.gz")

    def test_a_file_the_manifest_names_is_missing(self):
        files = self.report.deliver(bill.lines(90), parts=3)
        files[1].unlink()
        self.refused("cur-test-2.csv.gz")

    def test_a_manifest_that_is_not_json(self):
        self.report.deliver(bill.lines(90), assembly="manifest")
        for manifest in self.report.folder.rglob("*-Manifest.json"):
            if "manifest" in str(manifest.parent) or manifest.parent.name.startswith("2026"):
                manifest.write_text('{"assemblyId": "x", "reportKeys": [')
        self.refused("manifest")

    def test_money_that_is_not_a_number(self):
        self.report.deliver(GOOD + [bill.line(3, "12,50")], assembly="number")
        self.refused("12,50", "cur-test-1.csv.gz", "row 61")

    def test_money_beyond_every_decimal(self):
        self.report.deliver(GOOD + [bill.line(3, "9" * 40)], assembly="huge")
        self.refused()

    def test_a_row_with_too_few_fields(self):
        text = bill.to_csv(GOOD) + "only,three,fields\n"
        self.report.deliver(GOOD, assembly="fields", data=gzip.compress(text.encode()))
        self.refused("cur-test-1.csv.gz")

    def test_an_open_quote(self):
        text = bill.to_csv(GOOD) + '"never closed,1,2\n'
        self.report.deliver(GOOD, assembly="quote", data=gzip.compress(text.encode()))
        self.refused("cur-test-1.csv.gz")

    def test_bytes_that_are_not_utf8(self):
        text = bill.to_csv(GOOD + [bill.line(3, "1", lineItem__ResourceId="caf#")]).encode().replace(b"caf#", b"caf\xe9")
        self.report.deliver(GOOD, assembly="latin", data=gzip.compress(text))
        self.refused("cur-test-1.csv.gz")


class OddButRight(FlowTest):
    """Input that looks wrong and is not, or is wrong in rows only: it lands, and what is set aside is counted."""

    def setUp(self):
        super().setUp()
        self.report = bill.Report(self.folder / "bills")
        self.subject = self.lake()
        self.subject.add("acme", "aws", self.report.folder)

    def billed(self):
        return decimal.Decimal(self.subject.value("acme", f"select sum(BilledCost) from {COSTS}"))

    def test_unknown_line_item_type_is_set_aside_with_its_reason(self):
        self.report.deliver(GOOD + [bill.line(7, "1", lineItem__LineItemType="Sorcery")])
        self.subject.run("acme", code=(0, DOES_NOT_HOLD))
        done = self.subject("reconcile", "--tenant", "acme", code=(0, DOES_NOT_HOLD))
        self.say(f"reconcile exits {done.returncode}")
        self.assertIn("quarantine", (done.stdout + done.stderr).lower())

    def test_negative_amounts_and_credits(self):
        rows = GOOD + [bill.line(5, "-1000.00", lineItem__LineItemType="Credit"), bill.line(6, "-0.000000000000000001")]
        self.report.deliver(rows)
        self.subject.run("acme")
        self.assertEqual(bill.total(rows), self.billed())

    def test_an_absurd_amount_is_kept_and_named(self):
        rows = GOOD + [bill.line(3, "99999999999")]
        self.report.deliver(rows)
        done = self.subject.run("acme")
        self.assertIn("range_billed_cost", done.stdout)
        self.assertIn("99999999999", done.stdout)
        self.assertEqual(bill.total(rows), self.billed())

    def test_two_currencies_are_never_added(self):
        rows = GOOD + bill.lines(4, "10", lineItem__CurrencyCode="EUR")
        self.report.deliver(rows)
        self.subject.run("acme")
        found = {row["BillingCurrency"]: decimal.Decimal(row["billed"]) for row in self.subject.query(
            "acme", f"select BillingCurrency, sum(BilledCost) as billed from {COSTS} group by all")}
        self.assertEqual({"USD": bill.total(GOOD), "EUR": decimal.Decimal(40)}, found)
        self.subject("reconcile", "--tenant", "acme")

    def test_a_month_without_rows(self):
        self.report.deliver([])
        self.subject.run("acme")
        self.assertEqual("0", self.subject.value("acme", f"select count(*) from {COSTS}"))

    def test_scientific_notation_keeps_its_digits(self):
        self.report.deliver([bill.line(1, "1.5E-9"), bill.line(2, "2e3")])
        self.subject.run("acme")
        self.assertEqual(decimal.Decimal("2000.0000000015"), self.billed())

    def test_a_byte_order_mark_and_crlf(self):
        text = "\ufeff" + bill.to_csv(GOOD).replace("\n", "\r\n")
        self.report.deliver(GOOD, data=gzip.compress(text.encode()))
        self.subject.run("acme")
        self.assertEqual(bill.total(GOOD), self.billed())

    def test_the_same_file_twice_counts_once(self):
        self.report.deliver(GOOD)
        self.subject.run("acme")
        # A file that no manifest names is no delivery.
        stray = next(self.report.folder.rglob("*.csv.gz"))
        stray.with_name("copy-" + stray.name).write_bytes(stray.read_bytes())
        self.subject.run("acme", code=(0, FAILED))
        self.assertEqual(bill.total(GOOD), self.billed())

    def test_a_column_that_comes_and_goes(self):
        self.report.deliver(bill.lines(20, "1", period="2026-08"), period="2026-08")
        with_new = [dict(row, **{"lineItem/NetUnblendedCost": "0.9"}) for row in bill.lines(20, "1")]
        self.report.deliver(with_new)
        self.subject.run("acme")
        rows = {row["p"]: decimal.Decimal(row["b"]) for row in self.subject.query(
            "acme", f"select strftime(billing_period, '%Y-%m') as p, sum(BilledCost) as b from {COSTS} group by 1")}
        self.assertEqual({"2026-08": 20, "2026-09": 18}, rows)
        self.subject("reconcile", "--tenant", "acme")

    def test_a_clock_that_jumps_back(self):
        self.report.deliver(GOOD)
        self.subject.run("acme")
        newer = bill.lines(70, "1")
        files = self.report.deliver(newer)
        for path in [*files, *self.report.folder.rglob("*-Manifest.json")]:
            os.utime(path, (0, 0))
        self.subject.run("acme")
        self.assertEqual(bill.total(newer), self.billed())


class BadLake(FlowTest):
    def good(self):
        report = bill.Report(self.folder / "bills")
        report.deliver(GOOD)
        lake = self.lake()
        lake.add("acme", "aws", report.folder)
        return lake, report

    def test_a_lake_of_a_newer_version(self):
        lake, _ = self.good()
        config = lake.folder / "centavo.yaml"
        text = config.read_text()
        self.assertIn("format: 1", text)
        config.write_text(text.replace("format: 1", "format: 99"))
        self.assert_one_clear_error(lake.run("acme", code=FAILED), "99", "newer")

    def test_no_lake_here(self):
        (self.folder / "empty").mkdir()
        done = centavo("tenant", "list", cwd=self.folder / "empty", code=(FAILED, USAGE), environment={"CENTAVO_LAKE": ""})
        self.assert_one_clear_error(done, "init")

    @unittest.skipIf(os.geteuid() == 0, "root writes through every permission, so a read-only lake cannot be made here")
    def test_a_lake_that_cannot_be_written(self):
        lake, report = self.good()
        lake.run("acme")
        before = lake.query("acme", TOTALS)
        report.deliver(bill.lines(70))
        folders = [path for path in [lake.folder, *lake.folder.rglob("*")] if path.is_dir()]
        for path in folders:
            path.chmod(0o555)
        try:
            self.assert_one_clear_error(lake.run("acme", code=FAILED), "permission")
        finally:
            for path in folders:
                path.chmod(0o755)
        self.assertEqual(before, lake.query("acme", TOTALS))

    def test_a_source_that_is_not_there(self):
        lake = self.lake()
        done = lake("tenant", "add", "acme", "--pack", "aws", "--source", self.folder / "nowhere", code=(0, FAILED))
        if done.returncode == 0:
            done = lake.run("acme", code=FAILED)
        self.assert_one_clear_error(done, "nowhere")

    def test_mistakes_in_a_pack_are_told_with_file_and_line(self):
        lake, _ = self.good()
        pack = lake.folder / "packs" / "mine"
        (pack / "silver").mkdir(parents=True)
        (pack / "pack.yaml").write_text("pack: mine\nversion: 1\ndescription: broken on purpose\n")
        cases = {
            "unknown type": ("table: silver.x\ndescription: x\nwrite: replace\ncolumns:\n  - {name: a, type: money}\n", "select 1 as a", "x.yaml:5"),
            "not YAML": ("table: [silver.x\n", "select 1 as a", "x.yaml"),
            "unknown key": ("table: silver.x\ndescription: x\nwrite: replace\ncolums: []\n", "select 1 as a", "x.yaml:4"),
            "not SQL": ("table: silver.x\ndescription: x\nwrite: replace\ncolumns:\n  - {name: a, type: bigint}\n", "select from where", "x.sql"),
            "missing input": ("table: silver.x\ndescription: x\nwrite: replace\ncolumns:\n  - {name: a, type: bigint}\n",
                              "select a from bronze.no_such_table", "no_such_table"),
            "upward": ("table: silver.x\ndescription: x\nwrite: replace\ncolumns:\n  - {name: a, type: bigint}\n",
                       "select 1::bigint as a from gold.cost_by_month", "gold"),
        }
        for name, (contract, sql, place) in cases.items():
            with self.subTest(name):
                (pack / "silver" / "x.yaml").write_text(contract)
                (pack / "silver" / "x.sql").write_text(sql + "\n")
                done = lake("plan", "--tenant", "acme", code=(FAILED, USAGE, DOES_NOT_HOLD))
                self.assert_one_clear_error(done, place)
                self.say(f"{name}: {done.stderr.strip().splitlines()[0][:150]}")

    def test_queries_of_people_cannot_leave_their_tenant(self):
        lake, _ = self.good()
        lake.run("acme")
        for sql in ("select * from read_csv('/etc/passwd')", "select * from read_text('/etc/hostname')", "copy (select 1) to 'x.csv'",
                    "attach 'x.db'", "set memory_limit='1TB'", "install httpfs", "load httpfs", "select * from glob('/*')",
                    "create table t as select 1", "select getenv('HOME')", "pragma database_list", "select * from duckdb_settings()"):
            with self.subTest(sql):
                done = lake("query", "--tenant", "acme", sql, code=None)
                if sql in ("select getenv('HOME')", "pragma database_list", "select * from duckdb_settings()"):
                    self.assertNotIn(str(lake.folder), done.stdout)
                    continue
                self.assertNotEqual(0, done.returncode, done.stdout)
        self.assertFalse((lake.folder / "x.csv").exists())


if __name__ == "__main__":
    unittest.main()
