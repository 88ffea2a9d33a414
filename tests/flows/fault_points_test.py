#!/usr/bin/env python3
"""The k-th call that changes a file goes wrong: the process is gone (also in the middle of a write), or the call fails.

Nobody sees half of anything, the command says one clear error, and the next good one ends with the same values.
CENTAVO_FAULT_POINTS (2) is how many k are tried for each operation and kind of trouble; "all" tries every one.
The shim is fault_shim.c; CENTAVO_FAULT_SHIM says where the build put it.
"""
import os
import pathlib
import random
import shutil
import subprocess
import unittest

import bill
from lake import BUSY, DONE, FAILED, TOTALS, FlowTest, Lake, program

SHIM = os.environ.get("CENTAVO_FAULT_SHIM", "")
POINTS = os.environ.get("CENTAVO_FAULT_POINTS", "2")
GONE = 137
# Trouble that a program must survive or name; a signal (below 0) or 134/139 is a crash of ours.
KINDS = {"exit": {}, "torn": {}, "EIO": {}, "ENOSPC": {"FAULT_STICKY": "1"}, "EINTR": {}, "short": {}}


@unittest.skipUnless(SHIM and pathlib.Path(SHIM).exists(), "no fault shim: run through ctest, which builds it")
class FaultPoints(FlowTest):
    def setUp(self):
        super().setUp()
        if subprocess.run(["grep", "-qa", "__asan_init", str(program())]).returncode == 0:
            self.skipTest("a program with the address sanitizer takes no preloaded library")
        self.dice = random.Random(20261121)
        self.place = self.folder / "lake"
        self.start_state = self.folder / "start"

    def under_fault(self, lake, arguments, mode, at, **more):
        environment = {**os.environ, "LD_PRELOAD": SHIM, "FAULT_UNDER": str(self.place), "FAULT_MODE": mode, "FAULT_AT": str(at),
                       "FAULT_COUNT": str(self.folder / "count"), "FAULT_LOG": str(self.folder / "log"), **more}
        return subprocess.run([str(program()), "--lake", str(lake.folder), *map(str, arguments)], env=environment, capture_output=True,
                              text=True, timeout=120, stdin=subprocess.DEVNULL)

    def again(self):
        """The lake as it was before the operation."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.start_state, self.place, symlinks=True)
        return Lake(self.place)

    def answers(self, lake):
        names = sorted(name for name in lake.versions("acme") if name.startswith(("silver.", "gold.")))
        counts = " union all ".join(f"select '{name}' as t, count(*) as n from {name}" for name in names)
        return [lake.query("acme", TOTALS), lake.query("acme", counts + " order by 1")]

    def try_points(self, what, arguments, old, new):
        """`old` and `new`: answers before and after. The same command again must end in `new`."""
        lake = self.again()
        done = self.under_fault(lake, arguments, "exit", 0)
        self.assertEqual(DONE, done.returncode, done.stderr)
        calls = int((self.folder / "count").read_text())
        self.assertGreater(calls, 3, f"{what}: the shim saw no calls")
        self.assertEqual(new, self.answers(lake))
        told = {}
        for mode, more in KINDS.items():
            every = range(1, calls + 1)
            chosen = every if POINTS == "all" else sorted(self.dice.sample(every, min(int(POINTS), calls)))
            for at in chosen:
                with self.subTest(operation=what, mode=mode, call=at):
                    lake = self.again()
                    (self.folder / "log").unlink(missing_ok=True)
                    done = self.under_fault(lake, arguments, mode, at, **more)
                    log = self.folder / "log"
                    where = log.read_text().strip() if log.exists() else "not reached"
                    story = f"{what}, {mode} at {where}: exit {done.returncode}\n{done.stderr[-1500:]}"
                    told[done.returncode] = told.get(done.returncode, 0) + 1
                    if mode in ("exit", "torn"):
                        self.assertIn(done.returncode, (GONE, DONE), story)
                    else:
                        self.assertIn(done.returncode, (DONE, FAILED, BUSY), story)
                        if done.returncode:
                            self.assert_one_clear_error(done)
                    self.assertIn(self.answers(lake), (old, new), f"a reader sees neither the old state nor the new\n{story}")
                    lake(*arguments, seconds=120)
                    lake("reconcile", "--tenant", "acme")
                    self.assertEqual(new, self.answers(lake), story)
        self.say(f"{what}: {calls} calls; {sum(told.values())} tried; exit codes {dict(sorted(told.items()))}; same values after each")

    def prepare(self):
        report = bill.Report(self.folder / "bills")
        for number, period in enumerate(("2026-08", "2026-09")):
            report.deliver(bill.lines(60, f"0.{number + 1}000000007", period=period), period=period, parts=2)
        lake = Lake(self.place)
        lake.add("acme", "aws", report.folder)
        return lake, report

    def keep(self, lake):
        answers = self.answers(lake)
        shutil.rmtree(self.start_state, ignore_errors=True)
        shutil.copytree(self.place, self.start_state, symlinks=True)
        return answers

    def test_a_run_that_replaces_a_month(self):
        lake, report = self.prepare()
        lake.run("acme")
        report.deliver(bill.lines(70, "0.5000000001", period="2026-09"), period="2026-09", parts=2)
        old = self.keep(lake)
        lake.run("acme")
        self.try_points("run", ["run", "--tenant", "acme"], old, self.answers(lake))

    def test_upkeep(self):
        lake, report = self.prepare()
        lake.run("acme")
        report.deliver(bill.lines(70, "0.5000000001", period="2026-09"), period="2026-09", parts=2)
        lake.run("acme")
        same = self.keep(lake)
        self.try_points("optimize", ["optimize", "bronze.aws_cur_line_items", "--tenant", "acme"], same, same)
        self.try_points("vacuum", ["vacuum", "gold.cost_by_day", "--tenant", "acme", "--apply", "--retention-hours", "0", "--keep-releases", "1", "--force"], same, same)


if __name__ == "__main__":
    unittest.main()
