#!/usr/bin/env python3
"""The command line's promises: exit codes, errors on stderr, --json shapes, quiet pipes, help with examples."""
import json
import unittest

import bill
from lake import COSTS, FAILED, STALE, USAGE, FlowTest, centavo

COMMANDS = ["init", "demo", "tenant", "source", "land", "run", "plan", "status", "reconcile", "query", "explain", "release", "history",
            "restore", "optimize", "vacuum", "test", "generate"]


class CommandLine(FlowTest):
    def ready(self):
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(30, "0.1"))
        lake = self.lake()
        lake.add("acme", "aws", report.folder, "--name", "Acme Ltd", "--currency", "USD", "--sla-hours", 48)
        lake.run("acme")
        return lake

    def test_help_names_every_command_and_shows_examples(self):
        page = centavo("--help").stdout
        for command in COMMANDS:
            self.assertIn(f" {command} ", page)
            self.assertIn("Usage:", centavo(command, "--help").stdout)
        self.assertIn("Examples:", centavo("run", "--help").stdout)
        self.assertRegex(centavo("version").stdout, r"\d+\.\d+")
        self.assertEqual(centavo("version").stdout, centavo("--version").stdout)

    def test_wrong_usage_exits_2_and_says_what_is_near(self):
        for arguments in (["frobnicate"], ["run", "--tenannt", "x"], ["reconcile"], ["query", "--tenant"], ["run", "--tenant", "a", "--period", "2026-13"]):
            with self.subTest(arguments):
                lake = self.lake()
                done = lake(*arguments, code=USAGE)
                self.assertEqual("", done.stdout)
                self.assert_one_clear_error(done)
        self.assertIn("reconcile", centavo("reconcil", code=USAGE).stderr)

    def test_unknown_names_exit_1_with_the_ones_there_are(self):
        lake = self.ready()
        self.assert_one_clear_error(lake.run("acne", code=FAILED), "acme")
        self.assert_one_clear_error(lake("query", "--tenant", "acme", "select * from silver.nothing", code=(FAILED, USAGE)), "nothing")
        self.assert_one_clear_error(lake("query", "--tenant", "acme", "--release", 99, "select 1", code=FAILED), "99")
        self.assert_one_clear_error(lake("tenant", "add", "acme", "--pack", "aws", "--source", ".", code=FAILED), "acme")
        self.assert_one_clear_error(lake("tenant", "add", "b", "--pack", "nosuch", "--source", ".", code=(FAILED, USAGE)), "nosuch")
        self.assert_one_clear_error(lake("tenant", "add", "../x", "--pack", "aws", "--source", ".", code=(FAILED, USAGE)), "../x")

    def test_json_everywhere(self):
        lake = self.ready()
        tenants = lake.json("tenant", "list")
        self.assertEqual(["acme"], [tenant["id"] for tenant in tenants])
        self.assertIsInstance(lake.json("release", "list", "--tenant", "acme"), list)
        self.assertIsInstance(lake.json("history", "silver.aws_cost_and_usage", "--tenant", "acme"), list)
        for arguments in (["status"], ["plan", "--tenant", "acme"], ["run", "--tenant", "acme"], ["reconcile", "--tenant", "acme"],
                          ["tenant", "show", "acme"], ["release", "show", "1", "--tenant", "acme"],
                          ["query", "--tenant", "acme", "select 1 as one"]):
            with self.subTest(arguments):
                json.loads(lake("--json", *arguments, code=(0, STALE)).stdout)
        failed = lake("--json", "run", "--tenant", "nobody", code=FAILED)
        self.assertIn("nobody", failed.stderr)

    def test_query_formats_agree(self):
        lake = self.ready()
        sql = f"select SubAccountId, sum(BilledCost) as billed, count(*) as n from {COSTS} group by all"
        row = lake.query("acme", sql)[0]
        self.assertEqual({"SubAccountId": "444455556666", "billed": "3.000000000000000000000", "n": "30"}, row)
        line = json.loads(lake("query", "--tenant", "acme", "--format", "jsonl", sql).stdout)
        self.assertEqual("444455556666", line["SubAccountId"])
        self.assertIn(line["billed"], ("3.000000000000000000000",), "decimals are text in JSON, never doubles")
        lake("query", "--tenant", "acme", "--format", "parquet", "--out", self.folder / "x.parquet", sql)
        self.assertEqual(b"PAR1", (self.folder / "x.parquet").read_bytes()[:4])
        self.assertIn("444455556666", lake("query", "--tenant", "acme", sql).stdout)

    def test_a_pipe_gets_no_colour_and_no_progress(self):
        lake = self.ready()
        for arguments in (["run", "--tenant", "acme", "--period", "2026-09"], ["status"], ["tenant", "list"]):
            done = lake(*arguments, code=(0, STALE))
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            self.assertNotIn("\r", done.stdout + done.stderr)

    def test_plan_says_why_and_does_nothing(self):
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(30))
        lake = self.lake()
        lake.add("acme", "aws", report.folder)
        lake("land", "--tenant", "acme")
        page = lake("plan", "--tenant", "acme").stdout
        self.assertIn("silver.aws_cost_and_usage", page)
        self.assertIn("new", page)
        self.assertEqual({}, lake.versions("acme"))

    def test_optimize_restore_and_vacuum_keep_the_values(self):
        lake = self.ready()
        sql = f"select count(*) as n, sum(BilledCost) as billed from {COSTS}"
        before = lake.query("acme", sql)
        for command in (["optimize", "silver.aws_cost_and_usage"], ["vacuum", "silver.aws_cost_and_usage"]):
            lake(*command, "--tenant", "acme")
            self.assertEqual(before, lake.query("acme", sql))
        self.assert_one_clear_error(lake("optimize", "silver.nothing", "--tenant", "acme", code=FAILED), "silver.nothing")

    def test_demo_shows_two_proven_tenants(self):
        done = centavo("demo", self.folder / "demo", "--no-serve", seconds=240)
        self.assertTrue(done.stdout)
        from lake import Lake
        lake = Lake(self.folder / "demo")
        tenants = [tenant["id"] for tenant in lake.json("tenant", "list")]
        self.assertEqual(2, len(tenants))
        for tenant in tenants:
            lake("reconcile", "--tenant", tenant)


if __name__ == "__main__":
    unittest.main()
