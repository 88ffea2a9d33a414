#!/usr/bin/env python3
"""Releases, versions and sources over time: what a rollback, a vacuum, a restore and a removed source leave behind."""
import shutil
import textwrap
import unittest

from lake import FAILED, USAGE, FlowTest

PACK = {
    "pack.yaml": """
        pack: shop
        version: 1
        description: A shop with two kinds of files
        """,
    "sources/shop_files.yaml": """
        source: shop_files
        description: Sales and people
        connector: files
        period: {from: none}
        feeds:
          - {table: bronze.shop_sales, match: ["sales*"]}
          - {table: bronze.shop_people, match: ["people*"]}
        """,
    "sources/month_files.yaml": """
        source: month_files
        description: Sales with their month
        connector: files
        period: {from: column, columns: [month]}
        feeds: [{table: bronze.shop_months}]
        """,
    "bronze/shop_sales.yaml": """
        table: bronze.shop_sales
        description: Sales as delivered.
        write: append
        columns: [{name: id, type: varchar}]
        """,
    "bronze/shop_people.yaml": """
        table: bronze.shop_people
        description: People as delivered.
        write: append
        columns: [{name: id, type: varchar}]
        """,
    "bronze/shop_months.yaml": """
        table: bronze.shop_months
        description: Sales of a month.
        write: replace_period
        period_column: billing_period
        columns: [{name: id, type: varchar}, {name: month, type: varchar}]
        """,
    "gold/shop_by_month.yaml": """
        table: gold.shop_by_month
        description: Sales by month.
        write: replace_period
        period_column: billing_period
        grain: [billing_period]
        columns:
          - {name: billing_period, type: date, required: true}
          - {name: sales, type: bigint, required: true}
        """,
    "gold/shop_by_month.sql": """
        select billing_period, count(*) as sales
        from bronze.shop_months
        where billing_period >= $period_first and billing_period < $period_end
        group by billing_period
        """,
}


class Upkeep(FlowTest):
    def setUp(self):
        super().setUp()
        self.subject = self.lake()
        for name, text in PACK.items():
            path = self.subject.folder / "packs" / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        self.bills = self.folder / "in"
        self.bills.mkdir()

    def add(self, *kinds):
        lake = self.subject
        for number, kind in enumerate(kinds):
            (self.bills / kind).mkdir(exist_ok=True)
            if number == 0:
                lake.add("acme", "shop", f"{kind.split('-')[0]}={self.bills / kind}")
            else:
                lake("source", "add", kind, "--kind", kind.split("-")[0], "--tenant", "acme", "--uri", self.bills / kind)

    def deliver(self, name, *ids, month=None):
        lines = ["id,month" if month else "id"] + [f"{id},{month}" if month else id for id in ids]
        (self.bills / name).write_text("\n".join(lines) + "\n")

    def sales(self, table="bronze.shop_sales", *more):
        return self.subject.value("acme", f"select coalesce(string_agg(id, ' ' order by id), '') from {table}", *more)

    def test_a_rollback_holds_until_a_table_changes(self):
        lake = self.subject
        self.add("shop_files")
        self.deliver("shop_files/sales-1.csv", "s1")
        self.deliver("shop_files/people-1.csv", "p1")
        lake.run("acme")
        self.deliver("shop_files/sales-2.csv", "s2")
        lake.run("acme")
        lake("optimize", "bronze.shop_sales", "--tenant", "acme")
        self.deliver("shop_files/people-2.csv", "p2")
        lake.run("acme")
        self.assertEqual("s1 s2", self.sales())
        self.say("back to the first release; runs without news leave it so, also after an optimize")
        lake("release", "rollback", "1", "--tenant", "acme")
        lake.run("acme")
        self.assertEqual("s1", self.sales())
        lake("optimize", "bronze.shop_people", "--tenant", "acme")
        lake.run("acme")
        self.assertEqual(("s1", "p1"), (self.sales(), self.sales("bronze.shop_people")))
        self.say("a table that changes shows the newest of all")
        self.deliver("shop_files/people-3.csv", "p3")
        lake.run("acme")
        self.assertEqual(("s1 s2", "p1 p2 p3"), (self.sales(), self.sales("bronze.shop_people")))

    def test_a_rollback_to_files_that_a_vacuum_took_is_refused(self):
        lake = self.subject
        self.add("month_files")
        self.deliver("month_files/a.csv", "a1", month="2026-09-01")
        lake.run("acme")
        self.deliver("month_files/a.csv", "a2", month="2026-09-01")
        lake.run("acme")
        lake("vacuum", "bronze.shop_months", "--tenant", "acme", "--keep-releases", "1", "--retention-hours", "0", "--force", "--apply")
        done = lake("release", "rollback", "1", "--tenant", "acme", code=FAILED)
        self.assert_one_clear_error(done, "bronze.shop_months", "1 of its 1 files", "are gone", "vacuum")
        self.assertEqual("a2", self.sales("bronze.shop_months"))

    def test_a_restored_table_is_proven_by_the_next_run(self):
        lake = self.subject
        self.add("month_files")
        self.deliver("month_files/a.csv", "a1", month="2026-09-01")
        lake.run("acme")
        newest = lake.versions("acme")["bronze.shop_months"]
        lake("restore", "bronze.shop_months", "--tenant", "acme", "--version", newest)
        self.assertEqual("not proven", lake.json("release", "list", "--tenant", "acme")[0]["proof"])
        lake.run("acme")
        self.assertEqual("holds", lake.json("release", "list", "--tenant", "acme")[0]["proof"])
        number = lake.releases("acme")[-1]
        lake.run("acme")
        self.assertEqual(number, lake.releases("acme")[-1])

    def test_a_removed_source_takes_its_rows_along_and_brings_them_back(self):
        lake = self.subject
        self.add("month_files", "month_files-south")
        self.deliver("month_files/a.csv", "a", month="2026-09-01")
        self.deliver("month_files-south/b.csv", "b", month="2026-09-01")
        self.deliver("month_files-south/c.csv", "c", month="2026-08-01")
        lake.run("acme")
        self.assertEqual("a b c", self.sales("bronze.shop_months"))
        gold = "select sum(sales) from gold.shop_by_month"
        self.assertEqual("3", lake.value("acme", gold))
        done = lake("source", "remove", "month_files-south", "--tenant", "acme")
        self.assertIn("next run takes its rows out", done.stderr)
        reasons = {(task["table"], task["period"]): task["reason"] for task in lake.json("plan", "--tenant", "acme")}
        self.assertEqual("its source was removed", reasons["bronze.shop_months", "2026-08"])
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        self.assertEqual("a", self.sales("bronze.shop_months"))
        self.assertEqual("1", lake.value("acme", gold))
        self.assertEqual("a b c", self.sales("bronze.shop_months", "--release", "1"))
        self.assertEqual([], lake.json("plan", "--tenant", "acme"))
        self.say("added again, its rows are back")
        lake("source", "add", "month_files-south", "--kind", "month_files", "--tenant", "acme", "--uri", self.bills / "month_files-south")
        lake.run("acme")
        self.assertEqual("a b c", self.sales("bronze.shop_months"))
        self.assertEqual("3", lake.value("acme", gold))

    def test_a_month_that_comes_under_another_name_counts_once_and_is_noted(self):
        lake = self.subject
        self.add("month_files")
        self.deliver("month_files/draft.csv", "a", "b", month="2026-09-01")
        lake.run("acme")
        (self.bills / "month_files/draft.csv").unlink()
        self.deliver("month_files/final.csv", "a", "b", "c", month="2026-09-01")
        done = lake.run("acme")
        self.assertIn("draft.csv: gone from the source", done.stderr)
        self.assertEqual("a b c", self.sales("bronze.shop_months"))
        shutil.rmtree(self.bills / "month_files")
        (self.bills / "month_files").mkdir()
        done = lake.run("acme")
        self.assertIn("it stays as it landed", done.stderr)
        self.assertEqual("a b c", self.sales("bronze.shop_months"))

    def test_queries_have_limits(self):
        lake = self.subject
        self.add("shop_files")
        self.deliver("shop_files/sales-1.csv", "s1", "s2", "s3")
        lake.run("acme")
        endless = "select count(*) from range(1000000000) a, range(1000000000) b where a.range * b.range % 7 = 3"
        done = lake("query", "--tenant", "acme", "--timeout", "1", endless, code=FAILED)
        self.assert_one_clear_error(done, "longer than 1 second", "--timeout")
        three = "select id from bronze.shop_sales order by id"
        self.assertEqual(["s1", "s2", "s3"], [row["id"] for row in lake.query("acme", three, "--max-rows", "3")])
        for more in (["--format", "csv"], ["--out", self.folder / "rows.parquet"], ["--out", self.folder / "rows.csv"]):
            done = lake("query", "--tenant", "acme", "--max-rows", "2", *more, three, code=FAILED)
            self.assert_one_clear_error(done, "more than 2 rows")
        self.assertEqual([], list(self.folder.glob("rows.*")) + list(self.folder.glob(".rows.*")))
        lake("query", "--tenant", "acme", "--timeout", "-1", three, code=USAGE)


if __name__ == "__main__":
    unittest.main()
