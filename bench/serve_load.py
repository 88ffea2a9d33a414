"""The API under people: clicks of one person, and a hundred at once. Standard library only; used by run.py, part `serve`.

A click is a question that nobody asked before (no answer is kept of it); beside it stands a bare DuckDB doing the same group-by over the
same Parquet files in the same minute. Latencies are the client's, from the first byte sent to the last received, on a kept connection.
"""
import asyncio
import itertools
import json
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import time
import urllib.parse

VIEWERS, VIEW_SECONDS, THINK_SECONDS = 100, 20, 1.0


def percentiles(seconds):
    ordered = sorted(seconds)
    return [ordered[min(len(ordered) - 1, int(len(ordered) * p))] * 1000 for p in (0.50, 0.95, 0.99)]


def shown(seconds):
    return " / ".join(f"{value:.1f}" for value in percentiles(seconds))


class Cpu:
    """CPU seconds and memory of a process."""

    def __init__(self, pid):
        self.pid = pid

    def seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def peak_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0


GOLD = {"ServiceName", "ServiceCategory", "SubAccountId", "RegionId", "ChargeCategory", "x_Provider", "BillingAccountId", "BillingCurrency"}


def questions(meta, values, seed):
    """Addresses of the cost page, none twice: (of gold, of the charges alone), each dimensions × periods × measures × a filter."""
    chance = random.Random(seed)
    dims = [d["id"] for d in meta["dims"] if d["kind"] == "column" and d["id"] not in ("day", "month")]
    periods = [p["period"] for p in meta["periods"]] + ["3m", "all"]
    measures = [m["id"] for m in meta["measures"]]
    both = []
    for some in ([d for d in dims if d in GOLD], [d for d in dims if d not in GOLD]):
        every = list(itertools.product(some, periods, measures, values))
        chance.shuffle(every)
        both.append(["cost?" + urllib.parse.urlencode({"by": by, "p": period, "m": measure, f"f.{dim}": value})
                     for by, period, measure, (dim, value) in every])
    return both


def clicks(browser, tenant, asked):
    """Seconds and bytes of each question on one kept connection."""
    connection = browser.site.connect()
    seconds, sizes = [], []
    for path in asked:
        started = time.perf_counter()
        connection.request("GET", f"{browser.site.base}/api/v1/t/{tenant}/{path}", headers={"Cookie": browser.cookie, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
        seconds.append(time.perf_counter() - started)
        sizes.append(len(body))
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]}")
    connection.close()
    return seconds, sizes


async def view(site, cookie, tenant, paths, until, seconds, errors, chance):
    reader, writer = await asyncio.open_connection(site.host, site.port)
    await asyncio.sleep(chance.random() * THINK_SECONDS)
    while time.perf_counter() < until:
        path = chance.choice(paths)
        started = time.perf_counter()
        writer.write(f"GET {site.base}/api/v1/t/{tenant}/{path} HTTP/1.1\r\nHost: {site.host}\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            errors.append(str(error))
            return
        seconds.append(time.perf_counter() - started)
        if status != 200:
            errors.append(f"{path}: {status}")
        await asyncio.sleep(THINK_SECONDS * (0.5 + chance.random()))
    writer.close()


async def crowd(site, cookie, tenant, paths):
    seconds, errors = [], []
    until = time.perf_counter() + VIEW_SECONDS
    await asyncio.gather(*(view(site, cookie, tenant, paths, until, seconds, errors, random.Random(number)) for number in range(VIEWERS)))
    return seconds, errors


def duckdb_costs(python_run, files, days, count):
    """The same kind of group-by over the same files by DuckDB alone: seconds and CPU seconds of each."""
    code = """
import duckdb, json, sys, time
files, days, count = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
db = duckdb.connect()
db.execute("set enable_progress_bar = false")   # it writes to standard output
dims = ["ServiceName", "RegionId", "SubAccountId", "ServiceCategory", "ChargeCategory"]
wall, cpu = [], []
for i in range(count + 2):
    by, other = dims[i % 5], dims[(i + 1) % 5]
    started, burnt = time.perf_counter(), time.process_time()
    db.execute(f"select {by}, {days} as day, sum(EffectiveCost) from read_parquet(?) where {other} is not null and billing_period in "
               "(select distinct billing_period from read_parquet(?) order by 1 desc limit 2) group by all order by 3 desc", [files, files]).fetchall()
    wall.append(time.perf_counter() - started)
    cpu.append(time.process_time() - burnt)
print(json.dumps([wall[2:], cpu[2:]]))
"""
    return json.loads(python_run(code, json.dumps([str(file) for file in files]), days, str(count)))


class Load:
    """One served lake under people; says the rows of the table."""

    def __init__(self, site, browser, tenant, say):
        self.site, self.browser, self.tenant, self.say = site, browser, tenant, say
        self.cpu = Cpu(site.process.pid)

    def row(self, what, seconds, size, burnt, bare):
        self.say(f"| {what} | {shown(seconds)} | {size} | {burnt} | {percentiles(seconds)[0] / bare:.2f}× |")

    def clicks(self, what, asked, bare):
        before = self.cpu.seconds()
        seconds, sizes = clicks(self.browser, self.tenant, asked)
        self.row(what, seconds, f"{statistics.mean(sizes):.0f}", f"{(self.cpu.seconds() - before) / len(seconds) * 1000:.1f}", bare)
        return seconds

    def bare(self, what, costs):
        self.row(what, costs[0], "–", f"{statistics.mean(costs[1]) * 1000:.1f}", percentiles(costs[0])[0])

    def wait_for_warming(self, seconds=300):
        """Until nothing is done behind the requests any more."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            text = self.site.ask("GET", "/metrics").text
            if re.search(r"^centavo_warming_tasks 0", text, re.MULTILINE):
                return
            time.sleep(0.2)
        raise RuntimeError("the server is still warming")


def measure_serving(site, browser, tenant, say, duckdb_run, day_files, charge_files):
    """Prints the table; returns what is broken."""
    load, broken = Load(site, browser, tenant, say), []
    started = time.perf_counter()
    meta = browser.get(f"/t/{tenant}/meta").json
    opened = time.perf_counter() - started
    values = [("RegionId", v["value"]) for v in browser.get(f"/t/{tenant}/dims/RegionId/values?limit=20").json["values"] if v["value"]]
    gold, charges = questions(meta, values, 1)
    bare_gold = duckdb_costs(duckdb_run, day_files, "charge_date", 100)
    bare_charges = duckdb_costs(duckdb_run, charge_files, "cast(ChargePeriodStart as date)", 8)
    of_gold, of_charges = percentiles(bare_gold[0])[0], percentiles(bare_charges[0])[0]
    load.bare("bare DuckDB, two months of gold by day", bare_gold)
    load.clicks("a click nobody made before, from gold", gold[:300], of_gold)
    load.clicks("the same again", gold[:300], of_gold)
    load.bare("bare DuckDB, two months of the charges by day", bare_charges)
    load.clicks("a click on what only the charges have: the first two", charges[:2], of_charges)
    load.wait_for_warming()
    load.clicks("the next ones", charges[2:202], of_charges)
    before, started = load.cpu.seconds(), time.perf_counter()
    paths = gold[:150] + charges[:50] + ["overview", "pivot", "meta", "cost", "allocated", "reconcile", "tables"]
    seconds, errors = asyncio.run(crowd(site, browser.cookie, tenant, paths))
    burnt = (load.cpu.seconds() - before) / max(len(seconds), 1) * 1000
    rate = len(seconds) / (time.perf_counter() - started)
    load.row(f"{VIEWERS} viewers, {rate:.0f} requests a second, {len(errors)} errors", seconds, "–", f"{burnt:.1f}", of_gold)
    say(f"\nThe release opened in {opened * 1000:.0f} ms. Peak memory of the server: {load.cpu.peak_bytes() / (1 << 20):.0f} MiB.")
    if errors:
        broken.append(f"serve: {len(errors)} errors, such as {errors[0]}")
    return broken


def measure_first_paint(site, browser, tenant, say):
    """The overview in a Chromium that was never here, where there is one with Node and the web application's packages."""
    script = pathlib.Path(__file__).resolve().parent / "first_paint.mjs"
    node = next((path for path in (script.parent.parent / ".deps" / "node" / "node", shutil.which("node")) if path and pathlib.Path(path).exists()), None)
    if not node or not shutil.which("chromium") or not (script.parent.parent / "web" / "node_modules" / "playwright-core").exists():
        say("\nFirst paint: not measured, there is no Chromium, no Node or no package of web/.")
        return []
    done = subprocess.run([str(node), str(script), site.address, browser.cookie, f"/t/{tenant}/overview"], capture_output=True, text=True, timeout=120)
    if done.returncode:
        return [f"first paint: {done.stderr[-500:]}"]
    found = json.loads(done.stdout)
    say(f"\nThe overview in a new Chromium, best / median of {found['rounds']}: first paint {found['paint'][0]:.0f} / {found['paint'][1]:.0f} ms, its numbers on screen "
        f"{found['numbers'][0]:.0f} / {found['numbers'][1]:.0f} ms, the chart drawn {found['chart'][0]:.0f} / {found['chart'][1]:.0f} ms. "
        f"Script until the numbers stand there: {found['script_before'] / 1000:.0f} kB gzip; the chart's library comes behind them, {found['script_all'] / 1000:.0f} kB then.")
    return []
