#!/usr/bin/env python3
"""Ctrl-C in the middle of what proves, replays and validates: exit code 130, one line, and all is as it was."""
import hashlib
import os
import signal
import subprocess
import time
import unittest

from lake import DOES_NOT_HOLD, DONE, INTERRUPTED, FlowTest, finish, program

MOMENTS = (0.05, 0.3, 0.8)


class Interrupted(FlowTest):
    @staticmethod
    def closed_month(lake):
        bills = lake.folder / "bills"
        lake("generate", "aws", "--seed", 5, "--rows", 60000, "--months", 2, "--out", bills)
        lake.add("acme", "aws", bills)
        lake.run("acme")
        lake("certificate", "issue", "--tenant", "acme")
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", lake.folder.parent / "bill.csv")

    def setUp(self):
        super().setUp()
        self.subject = self.lake()
        self.closed_month(self.subject)
        self.bill = self.folder / "bill.csv"
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir()

    def bytes_of_the_lake(self):
        """Every file but the index, which a run makes again, and the lock, which names who held it last."""
        found = {}
        for path in self.subject.folder.rglob("*"):
            if path.is_file() and path.name != ".lock" and not path.name.startswith(("catalog.sqlite", "access.sqlite")):
                found[str(path.relative_to(self.subject.folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def interrupt(self, arguments, seconds):
        command = [str(program()), "--lake", str(self.subject.folder), *map(str, arguments)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                   env={**os.environ, "TMPDIR": str(self.scratch)})
        time.sleep(seconds)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        code, _, error = finish(process)
        self.assertLess(time.monotonic() - asked, 5, f"{arguments} goes on after Ctrl-C")
        return (128 - code if code < 0 else code), error   # so early that nobody heard it

    def test_nothing_is_left_behind(self):
        tenant = ("--tenant", "acme")
        out = self.folder / "out"
        commands = [("certificate", "verify", *tenant), ("replay", 1, *tenant), ("validate", "focus", self.bill), ("validate", "focus", *tenant),
                    ("compare", "focus", *tenant, "--with", self.bill), ("reconcile", *tenant), ("explain", *tenant, "BilledCost"),
                    ("export", "focus", *tenant, "--version", "1.2", "--out", out.with_suffix(".csv")),
                    ("export", "focus", *tenant, "--version", "1.3", "--out", out.with_suffix(".parquet"))]
        before = self.bytes_of_the_lake()
        stopped = {}
        for command in commands:
            for seconds in MOMENTS:
                code, error = self.interrupt(command, seconds)
                self.assertIn(code, (INTERRUPTED, DONE, DOES_NOT_HOLD), (command, error))
                if code == INTERRUPTED:
                    stopped[command[0]] = stopped.get(command[0], 0) + 1
                    self.assertIn("interrupted; nothing half done is visible", error)
                    self.assertEqual([], [path for path in (out.with_suffix(".csv"), out.with_suffix(".parquet")) if path.exists()], command)
                for path in (out.with_suffix(".csv"), out.with_suffix(".parquet")):
                    path.unlink(missing_ok=True)
                self.assertEqual([], list(self.scratch.iterdir()), f"{command} left something in TMPDIR")
                self.assertEqual(before, self.bytes_of_the_lake(), f"{command} changed the lake")
        self.say("interrupted: " + ", ".join(f"{command} {count}" for command, count in stopped.items()))
        self.assertGreaterEqual(sum(stopped.values()), len(commands), "nearly nothing was interrupted: nothing was tested")

    def test_a_month_is_closed_and_certified_or_neither(self):
        lake = self.subject
        chain = lambda: lake.json("certificate", "list", "--tenant", "acme")
        for seconds in (0.02, 0.1, 0.2, 0.4):
            before = chain()
            code, error = self.interrupt(("period", "close", "--tenant", "acme", "2026-09"), seconds)
            state = {p["period"]: p for p in lake.json("period", "list", "--tenant", "acme")}["2026-09"]["state"]
            self.assertEqual(DONE if state == "closed" else INTERRUPTED, code, error)
            if state == "closed":
                self.assertEqual("closed", chain()[-1]["reason"])
                lake("period", "reopen", "--tenant", "acme", "2026-09")
            else:
                self.assertEqual([], [c for c in chain()[len(before):] if c["state"] == "closed"], "certified as closed, and open")
            lake("certificate", "verify", "--tenant", "acme")


if __name__ == "__main__":
    unittest.main()
