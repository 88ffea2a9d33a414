#!/usr/bin/env python3
"""make bench: centavo against hand-written scripts and other tools, in ratios taken within one run.

Never bare seconds: the machine is part of them. A ratio below 1 means that centavo needs less. Contestants alternate (A B A B) and
their best runs are compared. Every contestant must come to the same totals, to the last digit: only a broken result makes
the bench fail. What was printed is appended to bench/RESULTS.md with the commit.

BENCH_ROWS     rows of the bill (1000000)          BENCH_ROUNDS  runs of each contestant (2)
BENCH_FULL=1   10 M rows, Spark and dbt too        BENCH_ONLY    comma-separated parts: raw_to_gold,plain,normalise,limits,increment,skipping,noop,log,commit,validate,allocation,explain,serve,rivals
BENCH_KEEP=DIR keeps the generated bills, and the lake that allocation and explain look at, there for the next time,
BENCH_LAKES=DIR the lakes that `serve` reads    BENCH_BILLS  of `normalise`: azure-csv_gz,azure-parquet,gcp-jsonl_gz,gcp-parquet,databricks-jsonl
"""
import datetime
import decimal
import filecmp
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "flows"), str(ROOT / "tests" / "interop")]
sys.dont_write_bytecode = True
import delta_log  # noqa: E402
import measure  # noqa: E402
from lake import COSTS, Lake, centavo, program  # noqa: E402

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "2"))
FULL = os.environ.get("BENCH_FULL") == "1"
ONLY = set(filter(None, os.environ.get("BENCH_ONLY", "").split(",")))
BILLS = set(filter(None, os.environ.get("BENCH_BILLS", "").split(",")))
MONTHS = 3
FIRST, END = "2026-08-01", "2026-11-01"   # the generator's last three months, end exclusive
PYTHON = {name: ROOT / ".cache" / "venv" / name / "bin" / "python" for name in ("interop", "spark", "dbt")}

report_lines = []


def say(text=""):
    print(text, flush=True)
    report_lines.append(text)


def ratio(mine, other):
    return f"{mine / other:.2f}×" if other else "-"


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.bills = pathlib.Path(os.environ["BENCH_KEEP"]) if os.environ.get("BENCH_KEEP") else folder / "bills"
        self.broken = []
        self.number = 0

    def bill(self, rows, form, months=MONTHS, *more, provider="aws"):
        """A generated bill; made once."""
        name = "-".join([*([] if provider == "aws" else [provider]), form, str(rows), str(months), *[word.strip("-") for word in more]])
        out = self.bills / name
        if not (out / "truth.json").exists():
            print(f"bench: generating {rows} rows as {form}", flush=True)
            layout = [] if provider == "databricks" else ["--format", form]
            centavo("generate", provider, "--seed", 20260901, "--rows", rows, "--months", months, *layout, "--out", out, *more, seconds=3600)
        return out

    def new_lake(self, raw, threads=None, memory=None, pack="aws"):
        self.number += 1
        lake = Lake(self.folder / f"lake{self.number}")
        config = lake.folder / "centavo.yaml"
        if threads:
            config.write_text(config.read_text().rstrip() + f"\nthreads: {threads}\n")
        if memory:
            config.write_text(config.read_text().rstrip() + f"\nmemory_limit: {memory}\n")
        lake.add("acme", pack, raw)
        return lake

    def run_centavo(self, raw, **settings):
        """(cost, totals, seconds by stage) of one run in a new lake, which is removed again."""
        lake = self.new_lake(raw, **settings)
        cost = measure.run([program(), "--lake", lake.folder, "--json", "run", "--tenant", "acme"])
        document = json.loads(cost.output)
        result = self.totals(lake)
        shutil.rmtree(lake.folder)
        return cost, result, stages_of(document, cost.wall)

    def totals(self, lake):
        found = {}
        for table in (COSTS, "gold.cost_by_day", "gold.cost_by_month"):
            row = lake.query("acme", f"select sum(BilledCost) as b, sum(EffectiveCost) as e from {table}")[0]
            found[table] = [decimal.Decimal(row["b"]), decimal.Decimal(row["e"])]
        found["rows"] = int(lake.value("acme", f"select count(*) from {COSTS}"))
        return found

    def sums_of_files(self, lake, table, columns):
        """Sums and count over the live files of a table, read by DuckDB: there need be no release."""
        folder = next(folder for name, folder in lake.log_folders("acme").items() if name == table)
        _, live = delta_log.replay(folder, delta_log.commits(folder)[-1])
        files = [str(folder / urllib.parse.unquote(path)) for path in live]
        sql = f"select {', '.join(f'sum({column})' for column in columns)}, count(*) from read_parquet({files}, hive_partitioning=false)"
        script = "import duckdb, json, sys; print(json.dumps([str(value) for value in duckdb.sql(sys.stdin.read()).fetchone()]))"
        found = json.loads(subprocess.run([PYTHON["interop"], "-c", script], input=sql, check=True, capture_output=True, text=True).stdout)
        return {table: [decimal.Decimal(text) for text in found[:-1]], "rows": int(found[-1])}

    def run_rival(self, name, arguments, python="interop"):
        out = self.folder / f"rival-{name}"
        shutil.rmtree(out, ignore_errors=True)
        command = [PYTHON[python], HERE / "rivals" / f"{name}.py"] + [out if word == "OUT" else word for word in arguments]
        cost = measure.run(command, environment={"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(PYTHON[python])}, cwd=self.folder)
        document = json.loads(cost.output.strip().splitlines()[-1])
        shutil.rmtree(out, ignore_errors=True)
        result = {table: value if table == "rows" else [decimal.Decimal(text) for text in value] for table, value in document["totals"].items()}
        return cost, result, document["stages"]

    def same(self, what, one, other):
        if one != other:
            self.broken.append(f"{what}: {one} and {other}")
            say(f"BROKEN  {what}: the totals differ: {one} and {other}")

    def against(self, title, raw, rivals, rounds=ROUNDS):
        """Alternates centavo and the rivals over one bill and prints the ratios."""
        mine, theirs, stages = [], {name: [] for name in rivals}, {}
        expected = None
        for _ in range(rounds):
            cost, totals, stages = self.run_centavo(raw)
            expected = expected or totals
            self.same(f"{title}: centavo twice", expected, totals)
            mine.append(cost)
            for name, (script, arguments, python) in rivals.items():
                cost, totals, _ = self.run_rival(script, arguments, python)
                self.same(f"{title}: centavo and {name}", expected, totals)
                theirs[name].append(cost)
        own = measure.best(mine)
        for name, costs in theirs.items():
            other = measure.best(costs)
            say(f"| {title} | {name} | {ratio(own.wall, other.wall)} | {ratio(own.cpu, other.cpu)} | {ratio(own.peak_bytes, other.peak_bytes)} "
                f"| {ratio(own.written_bytes, other.written_bytes)} |")
        whole = sum(stages.values()) or 1
        shares = ", ".join(f"{name} {100 * seconds / whole:.0f} %" for name, seconds in sorted(stages.items(), key=lambda item: -item[1]))
        say(f"| | where centavo's time goes: {shares} | | | | |")
        return expected

    # ---------- the parts

    def raw_to_gold(self):
        table("raw → gold, centavo : rival", "bill", "rival", "wall", "CPU", "peak memory", "bytes written")
        for rows in [ROWS] + ([10_000_000] if FULL else []):
            for form in ("csv_gz", "parquet"):
                raw = self.bill(rows, form, MONTHS)
                self.against(f"{rows:,} rows, {form}", raw, {
                    "hand-written DuckDB, fastest casts": ("duckdb_script", ["fast", raw, "OUT", FIRST, END], "interop")})

    def plain(self):
        rows = min(ROWS, 200_000)
        table("raw → gold against plain casts", "bill", "rival", "wall", "CPU", "peak memory", "bytes written")
        raw = self.bill(rows, "csv_gz", MONTHS)
        self.against(f"{rows:,} rows, csv_gz", raw,
                     {"hand-written DuckDB, plain casts": ("duckdb_script", ["plain", raw, "OUT", FIRST, END], "interop")}, rounds=1)

    def normalise(self):
        """Raw to silver of the other providers, against the pack's SQL over the engine's own readers."""
        table("raw → silver, centavo : hand-written DuckDB, fastest casts", "bill", "wall", "CPU", "peak memory", "bytes written")
        for provider, form in (("azure", "csv_gz"), ("azure", "parquet"), ("gcp", "jsonl_gz"), ("gcp", "parquet"), ("databricks", "jsonl")):
            if BILLS and f"{provider}-{form}" not in BILLS:
                continue
            raw = self.bill(ROWS, form, MONTHS, provider=provider)
            title, silver = f"{provider}, {ROWS:,} rows, {form}", f"silver.{provider}_cost_and_usage"
            mine, theirs = [], []
            for _ in range(ROUNDS):
                lake = self.new_lake(raw, pack=provider)
                cost = measure.run([program(), "--lake", lake.folder, "--json", "run", "--tenant", "acme", "--select", silver])
                mine.append((cost, stages_of(json.loads(cost.output), cost.wall)))
                found = self.sums_of_files(lake, silver, ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"])
                shutil.rmtree(lake.folder)
                cost, totals, stages = self.run_rival("normalise_script", [provider, raw, "OUT", FIRST, END])
                theirs.append((cost, stages))
                self.same(title, found, totals)
            own, other = measure.best([cost for cost, _ in mine]), measure.best([cost for cost, _ in theirs])
            say(f"| {title} | {ratio(own.wall, other.wall)} | {ratio(own.cpu, other.cpu)} | {ratio(own.peak_bytes, other.peak_bytes)} | {ratio(own.written_bytes, other.written_bytes)} |")
            for name, runs in (("centavo", mine), ("the script", theirs)):
                stages = min(runs, key=lambda run: run[0].wall)[1]
                shares = ", ".join(f"{stage} {100 * seconds / sum(stages.values()):.0f} %" for stage, seconds in sorted(stages.items(), key=lambda item: -item[1]))
                say(f"| where the time of {name} goes: {shares} | | | | |")

    def rivals(self):
        table("raw → gold against other tools", "bill", "rival", "wall", "CPU", "peak memory", "bytes written")
        raw = self.bill(ROWS, "csv_gz", MONTHS)
        contestants = {}
        for part, name, entry in (("dbt", "dbt with DuckDB, fastest casts", ("dbt_project", ["fast", raw, "OUT", FIRST, END], "dbt")),
                                  ("spark", "Spark with Delta, local[2]",
                                   ("spark_script", [raw, "OUT", FIRST, END, ROOT / ".cache" / "spark-jars"], "spark"))):
            setup = subprocess.run([ROOT / "scripts" / "setup", part], capture_output=True, text=True)
            if setup.returncode == 0:
                contestants[name] = entry
            else:
                say(f"| skipped | {name}: {setup.stderr.strip().splitlines()[-1]} | | | | |")
        if contestants:
            self.against(f"{ROWS:,} rows, csv_gz", raw, contestants, rounds=1)

    def limits(self):
        rows = 10_000_000 if FULL else ROWS
        table(f"limits, {rows:,} rows csv_gz", "setting", "wall : 2 threads", "peak memory : 2 threads", "values")
        raw = self.bill(rows, "csv_gz", MONTHS)
        base, expected, _ = self.run_centavo(raw, threads=2)
        for name, settings in (("1 thread", {"threads": 1}), ("8 threads", {"threads": 8}), ("1 GB engine memory", {"threads": 2, "memory": "1GB"})):
            cost, totals, _ = self.run_centavo(raw, **settings)
            self.same(name, expected, totals)
            say(f"| {name} | {ratio(cost.wall, base.wall)} | {ratio(cost.peak_bytes, base.peak_bytes)} | {'same' if totals == expected else 'DIFFERENT'} |")

    def increment(self):
        """One more delivery of the newest closed month, in a lake of 24 months and in one of 3."""
        a_month = max(ROWS // 24, 2000)
        table(f"one more delivery of a month of about {a_month:,} rows", "lake", "rows delivered : 3-month lake", "wall : 3-month lake",
              "bytes read : 3-month lake", "bytes read : its first run")
        base = None
        for months in (3, 24):
            before, after = self.folder / f"before{months}", self.folder / f"after{months}"
            arguments = ["generate", "aws", "--seed", 3, "--rows", a_month * months, "--months", months, "--out"]
            centavo(*arguments, before, "--before-restatement", seconds=3600)
            lake = self.new_lake(before)
            first = measure.run([program(), "--lake", lake.folder, "run", "--tenant", "acme"])
            # A provider touches only what it delivers anew: files whose bytes stayed keep their times too.
            centavo(*arguments, after, seconds=3600)
            for path in (path for path in after.rglob("*") if path.is_file()):
                old = before / path.relative_to(after)
                if not old.exists() or not filecmp.cmp(path, old, shallow=False):
                    old.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, old)
            cost = measure.run([program(), "--lake", lake.folder, "--json", "run", "--tenant", "acme"])
            rows = sum(task["rows_in"] for task in json.loads(cost.output)[0]["tasks"] if task["table"].startswith("bronze."))
            lake("reconcile", "--tenant", "acme")
            base = base or (cost, rows)
            say(f"| {months} months | {ratio(rows, base[1])} | {ratio(cost.wall, base[0].wall)} | {ratio(cost.read_bytes, base[0].read_bytes)} "
                f"| {ratio(cost.read_bytes, first.read_bytes)} |")
            for folder in (lake.folder, before, after):
                shutil.rmtree(folder)

    def noop(self):
        import bill as hand
        table("a run that has nothing to do", "lake", "wall : 100 ms")
        report = hand.Report(self.folder / "noop-bills")
        report.deliver(hand.lines(100))
        self.number += 1
        lake = Lake(self.folder / f"lake{self.number}")
        pack = lake.folder / "packs" / "wide"
        (pack / "gold").mkdir(parents=True)
        (pack / "pack.yaml").write_text("pack: wide\nversion: 1\ndescription: two hundred small tables\nrequires: [focus]\n")
        for number in range(200):
            (pack / "gold" / f"wide_{number:03d}.yaml").write_text(
                f"table: gold.wide_{number:03d}\ndescription: one of many\nwrite: replace_period\nperiod_column: billing_period\ncolumns:\n"
                "  - {name: billing_period, type: date, required: true}\n  - {name: charges, type: bigint, required: true}\n")
            (pack / "gold" / f"wide_{number:03d}.sql").write_text(
                "select billing_period, count(*) as charges from silver.focus_cost_and_usage\n"
                "where billing_period >= $period_first and billing_period < $period_end\ngroup by billing_period\n")
        lake.add("acme", "aws", report.folder, "--pack", "wide")
        lake.run("acme", seconds=600)
        costs = [measure.run([program(), "--lake", lake.folder, "run", "--tenant", "acme"]) for _ in range(5)]
        tables = len(lake.versions("acme"))
        say(f"| {tables} tables | {ratio(measure.best(costs).wall, 0.1)} |")

    def log(self):
        """Opens a table of 10,000 commits with checkpoints, beside delta-rs opening the same one."""
        import bill as hand
        table("a table of 10,000 commits", "what", "centavo : delta-rs, wall of the whole process")
        report = hand.Report(self.folder / "log-bills")
        report.deliver(hand.lines(50))
        lake = self.new_lake(report.folder)
        lake.run("acme")
        name, folder = next((name, folder) for name, folder in lake.log_folders("acme").items() if name.startswith("gold."))
        log = folder / "_delta_log"
        last = max(int(path.stem) for path in log.glob("*.json") if path.stem.isdigit())
        for version in range(last + 1, 10_000):
            (log / f"{version:020d}.json").write_text(json.dumps(
                {"commitInfo": {"timestamp": 1790000000000 + version, "operation": "WRITE", "operationParameters": {}, "isBlindAppend": True}}) + "\n")
        checkpoint = "import sys; from deltalake import DeltaTable; DeltaTable(sys.argv[1]).create_checkpoint()"
        subprocess.run([PYTHON["interop"], "-c", checkpoint, folder], check=True, capture_output=True)
        reader = "import sys; from deltalake import DeltaTable; t = DeltaTable(sys.argv[1]); print(t.version(), len(t.file_uris()))"
        theirs = measure.best([measure.run([PYTHON["interop"], "-c", reader, folder]) for _ in range(3)])
        mine = measure.best([measure.run([program(), "--lake", lake.folder, "history", name, "--tenant", "acme", "--limit", "1"]) for _ in range(3)])
        say(f"| open at the newest version | {ratio(mine.wall, theirs.wall)} |")

    def commit(self):
        """Commit latency, beside the durable put-if-absent of the same bytes that no commit can do without."""
        table("a commit of one file, 2,000 in a row", "percentile", "commit : durable put of its bytes")
        build = ROOT / "build" / "release"
        subprocess.run(["cmake", "--preset", "release", "-DCENTAVO_BENCH=ON"], cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["cmake", "--build", build, "--target", "bench_lake_delta"], check=True, capture_output=True)
        done = subprocess.run([build / "src" / "bench_lake_delta", self.folder / "commits", "2000"], check=True, capture_output=True, text=True)
        times = json.loads(done.stdout)
        for name in ("p50", "p99"):
            say(f"| {name} | {ratio(times['commit'][name], times['put'][name])} |")
        say(f"| p99 : p50 of a commit | {ratio(times['commit']['p99'], times['commit']['p50'])} (every tenth writes a checkpoint) |")

    def validate(self):
        """`validate focus` and the public validator over the same 100,000 rows, model and criteria."""
        validator = ROOT / ".cache" / "venv" / "focus" / "bin" / "focus-validator"
        if not validator.exists():
            return say("\nvalidate: skipped, focus-validator is not in .cache/venv/focus (scripts/setup focus)")
        rules = next(validator.parents[1].glob("lib/python*/site-packages/focus_validator/rules"))
        model = next(rules.glob("model-1.2*.json"))
        table("validate focus, 100,000 rows of FOCUS 1.2 as Parquet", "what", "wall", "CPU", "peak memory")
        lake = self.new_lake(self.bill(130_000, "csv_gz", 1))   # folded rows leave some 105,000
        lake.run("acme", seconds=3600)
        bill = self.folder / "focus.parquet"
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", bill)
        (self.folder / "focus_validator" / "rules").mkdir(parents=True, exist_ok=True)
        shutil.copy(rules / "currency_codes.csv", self.folder / "focus_validator" / "rules")
        theirs = [measure.run([validator, "--data-file", bill, "--validate-version", "1.2", "--rule-set-path", rules, "--block-download",
                               "--applicability-criteria", "ALL"], cwd=self.folder) for _ in range(ROUNDS)]
        for what, more in (("our rules : the public validator", []), ("the same model : the public validator", ["--model", model])):
            mine = [measure.run([program(), "--json", "validate", "focus", bill, "--applicability", "ALL", *more], codes=(0, 3))
                    for _ in range(ROUNDS)]
            judged = json.loads(mine[0].output)
            if judged["pass"] < 300 or judged["rows"] < 100_000:
                self.broken.append("validate")
                say(f"BROKEN  validate: {judged['pass']} rules pass over {judged['rows']} rows")
            own, other = measure.best(mine), measure.best(theirs)
            say(f"| {what} | {ratio(own.wall, other.wall)} | {ratio(own.cpu, other.cpu)} | {ratio(own.peak_bytes, other.peak_bytes)} |")
        shutil.rmtree(lake.folder)

    def big_lake(self):
        """A lake of its own with all rows in it, and where each run begins: links to the files of one that is made once."""
        rows = 10_000_000 if FULL else ROWS
        kept = self.bills / f"lake-{rows}-{MONTHS}"
        if not (kept / "made").exists():
            shutil.rmtree(kept, ignore_errors=True)
            print(f"bench: a lake of {rows} rows", flush=True)
            lake = Lake(kept)
            lake.add("acme", "aws", self.bill(rows, "parquet", MONTHS))
            lake.run("acme", seconds=3600)
            (kept / "made").touch()
        self.number += 1
        folder = self.folder / f"lake{self.number}"

        def link(one, other):   # a lake's files are written once; what is changed in place is copied
            if one.endswith((".parquet", ".json")):
                try:
                    return os.link(one, other)
                except OSError:
                    pass
            return shutil.copy2(one, other)

        shutil.copytree(kept, folder, copy_function=link)
        return Lake(folder)

    def tag_cost_centres(self, lake):
        """A virtual tag of 1,000 cost centres, in a released lake. Its SQL."""
        rules = lake.folder / "tenants" / "acme" / "allocation"
        rules.mkdir()
        centre = "case when ChargeCategory <> 'Usage' then 'shared' else concat_ws('-', 'cc', cast(mod(x_SourceRow, 1000) as varchar)) end"
        (rules / "tag.yaml").write_text(f"virtual_tag: cost_centre\nrules:\n  - {{name: own, value_sql: \"{centre}\"}}\n")
        lake.run("acme", seconds=3600)
        return centre

    def split_cost(self, lake, precision):
        """3 nested rules over the cost centres. The next run splits."""
        everybody = "[" + ", ".join(f"cc-{number}" for number in range(1000)) + "]"
        (lake.folder / "tenants" / "acme" / "allocation" / "who.yaml").write_text(
            f"allocation: cost_centre\nprecision: {precision}\nrules:\n"
            "  - {name: shared, take: {cost_centre: shared}, split: fixed, shares: {platform: 60, data: 25, security: 15}}\n"
            f"  - {{name: platform, take: {{cost_centre: platform}}, split: proportional, to: {everybody}}}\n"
            f"  - {{name: the rest, take: {{cost_centre: [data, security]}}, split: even, to: {everybody}}}\n")

    def allocation(self):
        """1,000 cost centres and 3 nested rules against a plain group-by of the same rows, by the same columns, in the same engine."""
        lake = self.big_lake()
        rows = int(lake.value("acme", f"select count(*) from {COSTS}"))
        table(f"allocation of {rows:,} charges over 1,000 cost centres with 3 nested rules: a plain group-by of the same charges into Parquet",
              "precision", "wall of the whole run", "CPU", "peak memory")
        centre = self.tag_cost_centres(lake)   # the tag's own table; from here on only rules that split change
        mine, theirs = {}, []
        nothing = measure.best([measure.run([program(), "--lake", lake.folder, "run", "--tenant", "acme"]) for _ in range(3)])
        start = measure.best([measure.run([program(), "--lake", lake.folder, "query", "--tenant", "acme", "select 1"]) for _ in range(3)])
        for _ in range(ROUNDS):
            for precision in ("subunit", "full"):   # another precision makes gold.allocated_cost again, and nothing else
                self.split_cost(lake, precision)
                cost = measure.run([program(), "--lake", lake.folder, "--json", "run", "--tenant", "acme"])
                document = json.loads(cost.output)
                made = {task["table"] for run in (document if isinstance(document, list) else [document]) for task in run["tasks"]}
                if made != {"gold.allocated_cost"}:
                    self.broken.append("allocation")
                    say(f"BROKEN  allocation made {sorted(made)}")
                mine.setdefault(precision, []).append(cost)
                one = lake.query("acme", f"select sum(BilledCost) as b, sum(EffectiveCost) as e from {COSTS}")
                other = lake.query("acme", "select sum(BilledCost) as b, sum(EffectiveCost) as e from gold.allocated_cost")
                self.same(f"allocation, {precision}", [decimal.Decimal(text) for text in one[0].values()], [decimal.Decimal(text) for text in other[0].values()])
            out = lake.folder / "plain.parquet"
            plain = f"select billing_period, BillingCurrency, {centre} as cost_centre, x_Provider, BillingAccountId, SubAccountId, ServiceName, ChargeCategory, " \
                    f"sum(BilledCost) as b, sum(EffectiveCost) as e, count(*) as n from {COSTS} group by all"
            theirs.append(measure.run([program(), "--lake", lake.folder, "query", "--tenant", "acme", "--format", "parquet", "--out", out, plain]))
            out.unlink()
        other = measure.best(theirs)
        for precision, costs in mine.items():
            own = measure.best(costs)
            say(f"| {precision} | {ratio(own.wall - nothing.wall, other.wall - start.wall)} | {ratio(own.cpu - nothing.cpu, other.cpu - start.cpu)} "
                f"| {ratio(own.peak_bytes, other.peak_bytes)} |")
        say(f"| the whole process, start and end too | {ratio(min(cost.wall for costs in mine.values() for cost in costs), other.wall)} | | |")
        shutil.rmtree(lake.folder)

    def explain(self):
        """Cells of gold tables back to their raw rows, added up again: the largest ones, and others by chance. A process each."""
        lake = self.big_lake()
        self.tag_cost_centres(lake)
        self.split_cost(lake, "subunit")
        lake.run("acme", seconds=3600)
        rows = int(lake.value("acme", f"select count(*) from {COSTS}"))
        table(f"explain over {rows:,} charges, the whole process", "cells of", "questions", "rows behind, median and most", "p50 : 2 s", "p95 : 2 s", "slowest : 2 s", "peak memory, MiB")
        tables = {"gold.cost_by_day": ("BilledCost", ["charge_date", "SubAccountId", "ServiceName", "RegionId", "ChargeCategory"]),
                  "gold.cost_by_month": ("EffectiveCost", ["billing_period", "SubAccountId", "ServiceName", "RegionId", "ChargeCategory"]),
                  "gold.cost_by_tag": ("BilledCost", ["billing_period", "ServiceName", "tag_key", "is_tagged", "tag_value"]),
                  "gold.unallocated_cost": ("BilledCost", ["billing_period", "SubAccountId", "ServiceName", "reason"]),
                  "gold.commitment_summary": ("used_cost", ["billing_period", "CommitmentDiscountId"]),
                  "gold.cost_by_virtual_tag": ("BilledCost", ["billing_period", "tag", "tag_value", "x_Provider", "ServiceName"]),
                  "gold.allocated_cost": ("BilledCost", ["billing_period", "cost_centre", "entry", "step", "SubAccountId", "ServiceName", "ChargeCategory"])}
        every = []
        for name, (amount, by) in tables.items():
            shown = ", ".join(by)
            cells = lake.query("acme", f"select {shown} from {name} order by abs({amount}) desc limit 5")
            cells += lake.query("acme", f"select {shown} from {name} where abs({amount}) > 0 order by hash({shown}), {shown} limit 15")
            costs, behind = [], []
            for cell in cells:
                where = " and ".join(f"{column} is null" if value in ("", None) else f"{column} = '{value}'" for column, value in cell.items())
                cost = measure.run([program(), "--lake", lake.folder, "--json", "explain", "--tenant", "acme", f"{name}.{amount} where {where}"])
                document = json.loads(cost.output)
                if not document["holds"]:
                    self.broken.append("explain")
                    say(f"BROKEN  explain {name} where {where}")
                costs.append(cost)
                behind.append(document["rows"])
            every += costs
            say(explained(name, costs, behind))
        say(explained("all of them", every, []))
        shutil.rmtree(lake.folder)

    def served_lake(self, rows):
        """A lake with a released bill of that many rows; kept where BENCH_LAKES says."""
        kept = os.environ.get("BENCH_LAKES")
        lake = Lake(pathlib.Path(kept) / f"served-{rows}") if kept else self.new_lake(self.bill(rows, "parquet", MONTHS))
        if not lake.log_folders("acme"):
            if kept:
                lake.add("acme", "aws", self.bill(rows, "parquet", MONTHS))
            lake.run("acme", seconds=3600)
        return lake

    def serve(self):
        """The API: clicks of one person and a hundred viewers, beside a bare DuckDB over the same rows; the page in a browser."""
        import serve_load
        from serving import Site
        code = lambda text, *words: subprocess.run([PYTHON["interop"], "-c", text, *words], check=True, capture_output=True, text=True).stdout
        for size in [ROWS] + ([10_000_000] if FULL else []):
            lake = self.served_lake(size)
            folders = lake.log_folders("acme")
            rows = lake.value("acme", f"select count(*) from {COSTS}"), lake.value("acme", "select count(*) from gold.cost_by_day")
            table(f"the API over {int(rows[0]):,} charges ({int(rows[1]):,} rows of gold.cost_by_day)", "what", "p50 / p95 / p99, ms", "bytes", "CPU ms", "p50 : bare DuckDB")
            site = Site(lake, "--no-access-log", "--new-link")
            try:
                browser = site.as_browser()
                files = [sorted(folders[name].rglob("*.parquet")) for name in ("gold.cost_by_day", "silver.aws_cost_and_usage")]
                self.broken += serve_load.measure_serving(site, browser, "acme", say, code, *files)
            finally:
                site.stop()
            site = Site(lake, "--no-access-log", "--new-link")
            try:
                self.broken += serve_load.measure_first_paint(site, site.as_browser(), "acme", say)
            finally:
                site.stop()
            if not os.environ.get("BENCH_LAKES"):
                shutil.rmtree(lake.folder)

    def skipping(self):
        table("file skipping", "query", "bytes read : a query of every row")
        raw = self.bill(ROWS, "csv_gz", MONTHS)
        lake = self.new_lake(raw)
        lake.run("acme", seconds=3600)
        whole = f"select sum(BilledCost) from {COSTS}"
        account = lake.value("acme", f"select min(SubAccountId) from {COSTS}")
        day = f"{whole} where billing_period = date '2026-09-01' and ChargePeriodStart >= timestamptz '2026-09-10 00:00:00+00' " \
              f"and ChargePeriodStart < timestamptz '2026-09-11 00:00:00+00' and SubAccountId = '{account}'"
        costs = {sql: measure.run([program(), "--lake", lake.folder, "query", "--tenant", "acme", sql]) for sql in ("select 1", whole, day)}
        base = costs["select 1"].read_bytes
        say(f"| one day of one account | {ratio(costs[day].read_bytes - base, costs[whole].read_bytes - base)} |")
        shutil.rmtree(lake.folder)


def explained(name, costs, behind):
    walls = sorted(cost.wall for cost in costs)
    rows = f"{sorted(behind)[len(behind) // 2]:,}, {max(behind):,}" if behind else ""
    at = lambda share: ratio(walls[min(int(len(walls) * share), len(walls) - 1)], 2.0)
    return f"| {name} | {len(costs)} | {rows} | {at(0.5)} | {at(0.95)} | {at(1)} | {max(cost.peak_bytes for cost in costs) >> 20} |"


def stages_of(document, wall):
    """Seconds by stage of a `run --json`: layers by their tasks' seconds, and what no task accounts for."""
    runs = document if isinstance(document, list) else [document]
    stages = {}
    for run in runs:
        for task in run.get("tasks", run.get("outcomes", [])):
            name = str(task.get("table", ""))
            layer = name.split(".")[0] or "other"
            stages[layer] = stages.get(layer, 0) + float(task.get("seconds") or 0)
    accounted = sum(stages.values())
    if wall > accounted:
        stages["landing, proof, start and end"] = wall - accounted
    return stages


def table(title, *heads):
    say()
    say(f"### {title}")
    say()
    say("| " + " | ".join(heads) + " |")
    say("|" + " --- |" * len(heads))


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) // (1024 * 1024)
    return f"{os.cpu_count()} cores ({model.group(1).strip() if model else os.uname().machine}), {memory} GiB, {os.uname().sysname}"


def main():
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip() or "no commit"
    dirty = subprocess.run(["git", "-C", ROOT, "status", "--porcelain", "--", "src", "packs"], capture_output=True, text=True).stdout.strip()
    say(f"## {datetime.date.today()}, {commit}{' with changes' if dirty else ''}")
    say()
    say(f"{machine()}; load {os.getloadavg()[0]:.1f} when it began. Ratios centavo : rival, below 1 is less; best of {ROUNDS}.")
    with tempfile.TemporaryDirectory(prefix="centavo-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        bench = Bench(pathlib.Path(folder))
        parts = ["raw_to_gold", "plain", "normalise", "limits", "increment", "skipping", "noop", "log", "commit", "validate", "allocation", "explain", "serve"] + (["rivals"] if FULL else [])
        for part in parts:
            if ONLY and part not in ONLY:
                continue
            try:
                getattr(bench, part)()
            except (RuntimeError, AssertionError, subprocess.SubprocessError, OSError, KeyError, ValueError) as error:
                bench.broken.append(part)
                say(f"BROKEN  {part}: {type(error).__name__}: {str(error)[-1500:]}")
        for part in ONLY - set(parts):
            getattr(bench, part)()
    results = HERE / "RESULTS.md"
    if not results.exists():
        results.write_text("# What make bench measured\n\nNewest last. Every number is a ratio within one run; see bench/run.py for what is compared.\n")
    with results.open("a") as file:
        file.write("\n" + "\n".join(report_lines).rstrip() + "\n")
    if bench.broken:
        print(f"bench: {len(bench.broken)} broken results", file=sys.stderr)
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
