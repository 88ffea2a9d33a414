#!/usr/bin/env python3
"""Killed, interrupted, started twice: the next run ends with the same values and nothing is doubled.

CENTAVO_CRASH_ROUNDS (12) is how often a run is killed with SIGKILL at a random moment.
"""
import os
import random
import signal
import time
import unittest

import bill
from lake import BUSY, DONE, INTERRUPTED, TOTALS, FlowTest, finish, wait_for

ROUNDS = int(os.environ.get("CENTAVO_CRASH_ROUNDS", "12"))


class Interrupted(FlowTest):
    def prepare(self, name, months=("2026-07", "2026-08", "2026-09"), rows=4000):
        report = bill.Report(self.folder / f"bills-{name}")
        for number, period in enumerate(months):
            report.deliver(bill.lines(rows, f"0.{number + 1}000000007", period=period), period=period, parts=2)
        lake = self.lake(name)
        lake.add("acme", "aws", report.folder)
        return lake, report

    def answers(self, lake):
        tables = [name for name in lake.versions("acme") if name.startswith(("silver.", "gold."))]
        return [lake.query("acme", TOTALS)] + [lake.value("acme", f"select count(*) from {name}") for name in sorted(tables)]

    def test_killed_at_random_moments(self):
        calm, _ = self.prepare("calm")
        started = time.monotonic()
        calm.run("acme")
        whole = time.monotonic() - started
        expected = self.answers(calm)

        dice = random.Random(20260901)
        lake, report = self.prepare("crashed")
        killed = ended = 0
        for _ in range(ROUNDS):
            # Mostly early and late: landing, commits and the release are where it hurts.
            run = lake.start("run", "--tenant", "acme")
            time.sleep(dice.uniform(0, whole * 1.1))
            if run.poll() is None:
                run.send_signal(signal.SIGKILL)
                killed += 1
            else:
                ended += 1
            run.communicate()
            if run.returncode == 0 and ended:
                # Everything is done: start over in a lake of its own, so that the next kill meets work.
                self.assertEqual(expected, self.answers(lake))
                lake, report = self.prepare(f"crashed{ended}-{killed}")
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        self.assertEqual(expected, self.answers(lake))
        self.say(f"{killed} kills, {ended} runs that were faster; a whole run takes {whole:.2f} s; same values after each")
        self.assertGreater(killed, 0)
        leftovers = [path for path in (lake.folder / "tenants" / "acme" / "_staging").rglob("*") if path.is_file()]
        self.assertEqual([], leftovers, "a good run leaves nothing staged")

    def test_killed_while_a_month_is_replaced(self):
        lake, report = self.prepare("restated")
        lake.run("acme")
        old = lake.query("acme", TOTALS)
        report.deliver(bill.lines(4100, "9.000000001"), parts=2)
        dice = random.Random(7)
        seen = set()
        for _ in range(max(4, ROUNDS // 3)):
            run = lake.start("run", "--tenant", "acme")
            time.sleep(dice.uniform(0, 0.6))
            if run.poll() is None:
                run.send_signal(signal.SIGKILL)
            run.communicate()
            visible = lake.query("acme", TOTALS)
            seen.add(visible == old)
            self.assertIn(len({row["billing_period"] for row in visible}), (3,), "a reader saw half a run")
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        new = lake.query("acme", TOTALS)
        self.assertNotEqual(old, new)
        self.assertEqual("4100", [row["rows"] for row in new if row["billing_period"].startswith("2026-09")][0])

    def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(self):
        lake, _ = self.prepare("ctrl-c", rows=20000)
        run = lake.start("run", "--tenant", "acme")
        time.sleep(0.3)
        if run.poll() is not None:
            self.skipTest("the run ended before it could be interrupted")
        run.send_signal(signal.SIGINT)
        asked = time.monotonic()
        code, _, error = finish(run)
        self.say(f"ended {time.monotonic() - asked:.2f} s after Ctrl-C with exit code {code}")
        self.assertIn(code, (INTERRUPTED, DONE), error)
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")

    def test_two_runs_at_once(self):
        lake, _ = self.prepare("twice", rows=30000)
        first = lake.start("run", "--tenant", "acme")
        wait_for(lambda: any((lake.folder / "tenants" / "acme").glob("raw/*/*/*")) or first.poll() is not None)
        if first.poll() is not None:
            self.skipTest("the first run ended too early")
        second = lake.run("acme", code=(BUSY, DONE))
        code, _, error = finish(first)
        self.assertEqual(0, code, error)
        self.assertEqual(BUSY, second.returncode, "the second run should have found the first at work")
        self.assert_one_clear_error(second, "acme")
        lake("reconcile", "--tenant", "acme")


if __name__ == "__main__":
    unittest.main()
