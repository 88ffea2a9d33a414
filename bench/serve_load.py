"""The API under people: clicks of one person, and a hundred at once. Standard library only; used by run.py, part `serve`.

A click is a question that nobody asked before (no answer is kept of it); beside it stands a bare DuckDB doing the same group-by over the
same Parquet files in the same minute. Latencies are the client's, from the first byte sent to the last received, on a kept connection.
"""
import asyncio
import http.client
import itertools
import json
import pathlib
import random
import statistics
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


def questions(meta, values, seed):
    """Addresses of the cost page, none twice: dimensions × periods × measures × a filter."""
    chance = random.Random(seed)
    dims = [d["id"] for d in meta["dims"] if d["kind"] == "column" and d["id"] not in ("day", "month")]
    periods = [p["period"] for p in meta["periods"]] + ["3m", "all"]
    measures = [m["id"] for m in meta["measures"]]
    every = list(itertools.product(dims, periods, measures, values))
    chance.shuffle(every)
    for by, period, measure, (dim, value) in every:
        yield "cost?" + urllib.parse.urlencode({"by": by, "p": period, "m": measure, f"f.{dim}": value})


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


def duckdb_seconds(python_run, files, count):
    """The same kind of group-by over the same files by DuckDB alone: seconds of each."""
    code = """
import duckdb, json, sys, time
files, count = json.loads(sys.argv[1]), int(sys.argv[2])
db = duckdb.connect()
dims = ["ServiceName", "RegionId", "SubAccountId", "ServiceCategory", "ChargeCategory"]
out = []
for i in range(count):
    by, other = dims[i % 5], dims[(i + 1) % 5]
    started = time.perf_counter()
    db.execute(f"select {by}, sum(EffectiveCost) from read_parquet(?) where {other} is not null and billing_period = (select max(billing_period) from read_parquet(?)) group by 1 order by 2 desc", [files, files]).fetchall()
    out.append(time.perf_counter() - started)
print(json.dumps(out))
"""
    return json.loads(python_run(code, json.dumps([str(file) for file in files]), str(count)))


def measure_serving(site, browser, tenant, say, duckdb_run, day_files):
    """Prints the table; returns what is broken."""
    broken = []
    meta = browser.get(f"/t/{tenant}/meta").json
    values = [("RegionId", v["value"]) for v in browser.get(f"/t/{tenant}/dims/RegionId/values?limit=20").json["values"] if v["value"]]
    cpu = Cpu(site.process.pid)
    asked = list(itertools.islice(questions(meta, values, 1), 300))
    clicks(browser, tenant, asked[:5])   # opens the release
    before = cpu.seconds()
    first, sizes = clicks(browser, tenant, asked[5:])
    cost = (cpu.seconds() - before) / len(first) * 1000
    bare = duckdb_seconds(duckdb_run, day_files, 100)
    say(f"| a click nobody made before | {shown(first)} | {statistics.mean(sizes):.0f} | {cost:.1f} | {percentiles(first)[0] / percentiles(bare)[0]:.2f}× |")
    before = cpu.seconds()
    again, sizes = clicks(browser, tenant, asked[5:])
    cost = (cpu.seconds() - before) / len(again) * 1000
    say(f"| the same again | {shown(again)} | {statistics.mean(sizes):.0f} | {cost:.1f} | {percentiles(again)[0] / percentiles(bare)[0]:.2f}× |")
    say(f"| bare DuckDB, a group-by of the same rows | {shown(bare)} | – | – | 1.00× |")
    before, started = cpu.seconds(), time.perf_counter()
    seconds, errors = asyncio.run(crowd(site, browser.cookie, tenant, asked + ["overview", "pivot", "meta", "cost", "tables"]))
    cost = (cpu.seconds() - before) / max(len(seconds), 1) * 1000
    rate = len(seconds) / (time.perf_counter() - started)
    say(f"| {VIEWERS} viewers, {rate:.0f} requests a second, {len(errors)} errors | {shown(seconds)} | – | {cost:.1f} | {percentiles(seconds)[0] / percentiles(bare)[0]:.2f}× |")
    say(f"\nPeak memory of the server: {cpu.peak_bytes() / (1 << 20):.0f} MiB.")
    if errors:
        broken.append(f"serve: {len(errors)} errors, such as {errors[0]}")
    return broken
