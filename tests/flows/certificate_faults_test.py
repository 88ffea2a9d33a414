"""Every fault put into a certified bill is found and its cause named; clean bills raise no alarm; order changes no hash."""
import csv
import decimal
import gzip
import json
import os
import random
import shutil
import unittest

import bill
from lake import DOES_NOT_HOLD, DONE, FAILED, FlowTest, Lake, USAGE, centavo

SEEDS = range(1, 1 + int(os.environ.get("CENTAVO_FAULT_SEEDS", "1")))
CENT = decimal.Decimal("0.01")


def random_bill(seed, invoice="INV-1"):
    """Usage of random cost with ten digits, a tax and a credit, all on one invoice."""
    dice = random.Random(seed)
    rows = [bill.line(i, f"{dice.randint(1, 10**12) / decimal.Decimal(10**10):.10f}", bill__InvoiceId=invoice) for i in range(30 + seed)]
    rows.append(bill.line(500, f"{dice.randint(100, 999) / decimal.Decimal(100)}", bill__InvoiceId=invoice, lineItem__LineItemType="Tax",
                          lineItem__TaxType="VAT"))
    rows.append(bill.line(501, f"-{dice.randint(1000, 9999) / decimal.Decimal(100)}", bill__InvoiceId=invoice, lineItem__LineItemType="Credit"))
    return rows


def payable(rows):
    return bill.total(rows).quantize(CENT, decimal.ROUND_HALF_EVEN)


class Case:
    """A lake with one certified bill, and what a fault does to it."""

    def __init__(self, folder, seed):
        self.seed, self.rows = seed, random_bill(seed)
        self.lake = Lake(folder / "lake")
        self.report = bill.Report(folder / "lake/bills")  # inside, so that a copy of the lake has its own
        self.report.deliver(self.rows, parts=2)
        self.lake.add("acme", "aws", folder / "lake/bills")
        self.lake.run("acme")
        self.lake("certificate", "issue", "--tenant", "acme")

    def at(self, folder):
        """The same, copied: what a test breaks stays its own."""
        shutil.copytree(self.lake.folder.parent, folder)
        return Case.found(self.seed, folder)

    @classmethod
    def found(cls, seed, folder):
        """The case whose lake stands in the folder."""
        case = object.__new__(cls)
        case.seed, case.rows = seed, random_bill(seed)
        case.lake, case.report = Lake(folder / "lake"), bill.Report(folder / "lake/bills")
        return case

    def raw_files(self):
        return sorted((self.lake.folder / "tenants/acme/raw").glob(f"*/{bill.PERIOD}/*.csv.gz"))

    def deliver(self, rows, **options):
        self.report.deliver(rows, assembly="restated", **options)
        self.lake.run("acme")

    def invoice(self, amount):
        self.lake("invoice", "add", "--tenant", "acme", "--period", bill.PERIOD, f"INV-1={amount}")

    def certify(self):
        """Issues; whether it holds, and the causes it names, alarms first."""
        done = self.lake("certificate", "issue", "--tenant", "acme", "--period", bill.PERIOD, code=(DONE, DOES_NOT_HOLD))
        shown = self.lake.json("certificate", "show", "--tenant", "acme", "--period", bill.PERIOD)
        findings = shown["statement"]["findings"]
        return done.returncode == DONE, [f["cause"] for f in findings], shown

    def verify(self):
        done = self.lake("--json", "certificate", "verify", "--tenant", "acme", code=(DONE, DOES_NOT_HOLD))
        found = json.loads(done.stdout)
        causes = [f["cause"] for c in found["certificates"] for f in c["findings"]] + ["chain"] * len(found["chain"])
        return done.returncode == DONE, causes, found


# ---------- faults: each takes a case, and returns (holds, causes)

def raw_cent(case):
    path = case.raw_files()[case.seed % 2]
    text = gzip.decompress(path.read_bytes()).decode()
    cost = next(row["lineItem/UnblendedCost"] for row in case.rows if row["lineItem/UnblendedCost"] in text)
    changed = text.replace(f",{cost},", f",{decimal.Decimal(cost) + CENT},", 1)
    assert changed != text
    path.chmod(0o644)
    path.write_bytes(gzip.compress(changed.encode(), mtime=0))
    return case.verify()[:2]


def table_cent(case, table, column, is_text=False):
    folder = case.lake.folder / "tenants/acme" / table.replace(".", "/")
    added = [json.loads(line)["add"] for log in folder.glob("_delta_log/*.json") for line in log.read_text().splitlines() if '"add"' in line]
    path = folder / added[0]["path"].replace("%3D", "=")
    where = ""
    if table.startswith("bronze."):  # a file for each raw one, which its footer names
        names = case.lake.query("acme", f"select distinct source_file_name as name from {table}")
        source = next(row["name"] for row in names if row["name"].encode() in path.read_bytes())
        where = f"where source_file_name = '{source}'"
    amount = f"cast(cast({column} as decimal(38, 21)) + 0.01 as varchar)" if is_text else f"{column} + 0.01"
    changed = case.lake.folder.parent / "changed.parquet"
    case.lake("query", "--tenant", "acme", "--format", "parquet", "--out", changed,
              f"select * exclude (billing_period, nth) replace (case when nth = 1 then {amount} else {column} end as {column}) "
              f"from (select *, row_number() over (order by {column} desc) as nth from {table} {where})")
    path.chmod(0o644)
    path.write_bytes(changed.read_bytes())
    holds, causes, found = case.verify()
    named = {f["where"] for c in found["certificates"] for f in c["findings"] if f["cause"] == "changed_table"}
    assert named == {table}, (named, found)
    return holds, causes


def bronze_cent(case):
    return table_cent(case, "bronze.aws_cur_line_items", "line_item_unblended_cost", True)


def silver_cent(case):
    return table_cent(case, "silver.aws_cost_and_usage", "BilledCost")


def gold_cent(case):
    return table_cent(case, "gold.cost_by_day", "BilledCost")


def raw_file_lost(case):
    case.raw_files()[0].unlink()
    return case.verify()[:2]


def raw_file_truncated(case):
    path = case.raw_files()[0]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-20])
    return case.verify()[:2]


def table_file_lost(case):
    next((case.lake.folder / "tenants/acme/gold/cost_by_month").glob("**/part-*.parquet")).unlink()
    return case.verify()[:2]


def landing_changed(case):
    landings = ((path, json.loads(path.read_text())) for path in sorted((case.lake.folder / "tenants/acme/raw").glob("*/_landings/*.json")))
    path, landing = next((path, landing) for path, landing in landings if landing["period"])   # a bill's: price lists have no month
    landing["files"].pop()
    path.chmod(0o644)
    path.write_text(json.dumps(landing))
    return case.verify()[:2]


def certificate_changed(case):
    path = sorted((case.lake.folder / "tenants/acme/_certificates").glob("*.json"))[0]
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"rows": ', '"rows": 1', 1))
    return case.verify()[:2]


def delivered_file_twice(case):
    # Every third row goes into a file: the third file has the rows of the first.
    case.deliver([row for first, second in zip(case.rows[0::2], case.rows[1::2]) for row in (first, second, first)], parts=3)
    return case.certify()[:2]


def delivered_row_twice(case):
    case.deliver(case.rows + [case.rows[case.seed]], parts=2)
    return case.certify()[:2]


def delivered_row_twice_against_its_invoice(case):
    case.invoice(payable(case.rows))
    case.deliver(case.rows + [case.rows[case.seed]], parts=2)
    return case.certify()[:2]


def two_currencies(case):
    case.deliver([dict(case.rows[0], **{"lineItem/CurrencyCode": "EUR"})] + case.rows[1:])
    return case.certify()[:2]


def invoice_off_by_a_cent(case):
    case.invoice(payable(case.rows) + CENT * (1 if case.seed % 2 else -1))
    return case.certify()[:2]


def invoice_before_tax(case):
    case.invoice(payable([row for row in case.rows if row["lineItem/LineItemType"] != "Tax"]))
    return case.certify()[:2]


def invoice_of_another_number(case):
    case.lake("invoice", "add", "--tenant", "acme", "--period", bill.PERIOD, "INV-2=10.00")
    return case.certify()[:2]


def credit_missing(case):
    case.invoice(payable(case.rows))
    case.deliver([row for row in case.rows if row["lineItem/LineItemType"] != "Credit"])
    return case.certify()[:2]


def delivered_without_a_file(case):
    case.invoice(payable(case.rows))
    case.deliver(case.rows[1::2], parts=1)
    return case.certify()[:2]


def not_final(case):
    case.invoice(payable(case.rows))
    case.deliver(random_bill(case.seed, invoice=""))
    return case.certify()[:2]


def manifest_disagrees(case):
    files = case.report.deliver(case.rows, assembly="short", parts=2)
    files[1].unlink()
    done = case.lake.run("acme", code=FAILED)
    assert "1 of its 2 files are not there" in done.stdout + done.stderr, done
    holds, causes, _ = case.verify()
    assert holds and not causes, "the period stays as it was"
    return False, ["missing_file"]


FAULTS = [  # fault, the cause that must be named
    (raw_cent, {"changed_file"}), (bronze_cent, {"changed_table"}), (silver_cent, {"changed_table"}), (gold_cent, {"changed_table"}),
    (raw_file_lost, {"missing_file"}), (raw_file_truncated, {"truncated_file"}), (table_file_lost, {"missing_table_file"}),
    (landing_changed, {"changed_landing"}), (certificate_changed, {"chain"}), (delivered_file_twice, {"duplicated_file"}),
    (delivered_row_twice, {"duplicated_row"}), (delivered_row_twice_against_its_invoice, {"duplicated_row"}),
    (two_currencies, {"mixed_currency"}), (invoice_off_by_a_cent, {"lost_cent", "extra_cent"}), (invoice_before_tax, {"tax"}),
    (invoice_of_another_number, {"unknown_invoice"}), (credit_missing, {"credit"}), (delivered_without_a_file, {"missing_file"}),
    (not_final, {"not_final"}), (manifest_disagrees, {"missing_file"}),
]


class Faults(FlowTest):
    def test_each_is_found_and_its_cause_named(self):
        rows, detected, named = [], 0, 0  # the matrix
        for seed in SEEDS:
            clean = Case(self.folder / f"clean-{seed}", seed)
            holds, causes, _ = clean.verify()
            self.assertTrue(holds and not causes, causes)
            for fault, expected in FAULTS:
                folder = self.folder / f"{fault.__name__}-{seed}"
                holds, causes = fault(clean.at(folder))
                detected += not holds
                named += bool(causes) and bool(expected & set(causes))
                rows.append((fault.__name__, seed, "found" if not holds else "MISSED", ", ".join(dict.fromkeys(causes)) or "-",
                             "named" if expected & set(causes) else f"NOT NAMED, expected {expected}"))
                shutil.rmtree(folder)
        for row in rows:
            self.say("{:42} seed {}  {:7} {:60} {}".format(*row))
        self.say(f"{len(rows)} faults: {detected} found, {named} with their cause")
        self.assertEqual([row[:2] for row in rows if row[2] != "found"], [], "every fault is found")
        self.assertGreaterEqual(named, 0.99 * len(rows), "causes are named")


# ---------- the same for generated bills of the other providers

class Generated:
    """A lake with certified months of a generated bill, September the first, and the ways in which its deliveries change."""

    names_invoices = False

    def __init__(self, folder, seed, *months):
        self.seed, self.home = seed, folder / "lake/bills"
        self.generate(self.home, *months)
        self.lake = Lake(folder / "lake")
        self.lake.add("acme", self.pack, self.source())
        self.lake.run("acme")
        self.issued = self.lake.json("certificate", "issue", "--tenant", "acme")

    def generate(self, out, *more):
        centavo("generate", self.pack, "--seed", self.seed, "--rows", 900, "--out", out, *self.options, *more)

    def source(self, home=None):
        return home or self.home

    def at(self, folder):
        other = object.__new__(type(self))
        other.seed = self.seed
        shutil.copytree(self.lake.folder.parent, folder)
        other.lake, other.home, other.issued = Lake(folder / "lake"), folder / "lake/bills", self.issued
        return other

    def raw_files(self):
        """Of the bill itself: price lists have no proof of their own."""
        files = [path for path in (self.lake.folder / "tenants/acme/raw").glob("*/*/*.*") if not path.parent.name.startswith("_")]
        return sorted(path for path in files if self.cost in self.texts(path)[0].lower())

    def texts(self, path):
        data = path.read_bytes()
        return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode().splitlines(keepends=True)

    def certify(self):
        return self.lake("certificate", "issue", "--tenant", "acme", code=(DONE, DOES_NOT_HOLD))

    def certificates(self):
        shown = self.lake.json("certificate", "show", "--tenant", "acme")
        return shown if isinstance(shown, list) else [shown]   # one alone is shown as itself

    def causes(self):
        """What a run and the certificates say, and whether all is well."""
        ran = self.lake.run("acme", code=(DONE, FAILED, DOES_NOT_HOLD))
        issued = self.certify()
        findings = [f["cause"] for c in self.certificates() for f in c["statement"]["findings"] if f["alarm"]]
        said = ran.stdout + ran.stderr + issued.stderr
        return findings, said, ran.returncode == DONE and issued.returncode == DONE

    def verify(self):
        done = self.lake("--json", "certificate", "verify", "--tenant", "acme", code=(DONE, DOES_NOT_HOLD))
        found = json.loads(done.stdout)
        causes = [f["cause"] for c in found["certificates"] for f in c["findings"]] + ["chain"] * len(found["chain"])
        return done.returncode == DONE, causes, found


class AzureBill(Generated):
    pack, options, names_invoices = "azure", ("--no-restate", "--rows-per-file", "150"), True
    bronze, cost, silver = "bronze.azure_cost_details", "costinbillingcurrency", "silver.azure_cost_and_usage"

    def runs(self, home=None):
        return sorted((home or self.home).glob("daily-amortized/20260901-*/*/*/manifest.json"))

    def deliver(self, change):
        """The amortised run of September again, later, with other parts."""
        old = self.runs()[0].parent
        new = old.parent.parent / "202612010505" / "restated"
        parts = change([self.texts(path) for path in sorted(old.glob("part*"))])
        new.mkdir(parents=True)
        manifest = json.loads((old / "manifest.json").read_text())
        blobs = []
        for number, lines in enumerate(parts):
            path = new / f"part_{number}_0001.csv.gz"
            path.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
            blobs.append({"blobName": str(path.relative_to(self.home)), "byteCount": path.stat().st_size, "dataRowCount": len(lines) - 1})
        manifest.update(blobs=blobs, blobCount=len(blobs), byteCount=sum(b["byteCount"] for b in blobs), dataRowCount=sum(b["dataRowCount"] for b in blobs))
        manifest["runInfo"].update(submittedTime="2026-12-01T05:05:00Z", runId="restated")
        (new / "manifest.json").write_text(json.dumps(manifest))
        return new

    def head(self, lines):
        return lines[:1], lines[1:]

    def in_euro(self, line):
        return line.replace(",BRL,", ",EUR,")

    def costs(self, head, line):
        row, = csv.DictReader(head + [line])
        return row["chargeType"] == "Usage" and abs(decimal.Decimal(row["costInBillingCurrency"] or "0")) > CENT

    def invoice_id(self):
        return self.lake.value("acme", f"select distinct InvoiceId from {self.silver} where billing_period = '2026-09-01' and InvoiceId is not null")

    def lose_a_file(self):
        next(self.deliver(lambda parts: parts).glob("part_1*")).unlink()

    def forget_september(self, home):
        for export in home.glob("daily-*/20260901-*"):
            shutil.rmtree(export)


class GcpBill(Generated):
    pack, options = "gcp", ("--no-restate",)
    bronze, cost, silver = "bronze.gcp_billing_lines", "cost", "silver.gcp_cost_and_usage"

    def deliver(self, change):
        """A load day of September again, in a later run."""
        old = next(self.source().glob("day=2026-09-17/run=*"))
        new = old.parent / "run=20261201T060000"
        new.mkdir()
        for number, lines in enumerate(change([self.texts(path) for path in sorted(old.iterdir())])):
            (new / f"{number:012}.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode(), mtime=0))

    def head(self, lines):
        return [], lines

    def in_euro(self, line):
        return line.replace('"currency":"BRL"', '"currency":"EUR"')

    def costs(self, head, line):
        row = json.loads(line)
        return row["cost_type"] == "regular" and not row["credits"] and row["cost"] > 0.01

    def lose_a_file(self):
        shutil.rmtree(self.source() / "day=2026-09-17")

    def forget_september(self, home):
        """What was loaded in September and of October's days what still belongs to its invoice."""
        for path in sorted(self.source(home).glob("day=*/run=*/*")):
            kept = [line for line in self.texts(path) if '"month":"202609"' not in line]
            path.unlink()
            if kept:
                path.write_bytes(gzip.compress("".join(kept).encode(), mtime=0))


class DatabricksBill(Generated):
    pack, options = "databricks", ()
    bronze, cost, silver = "bronze.databricks_usage", "usage_quantity", "silver.databricks_cost_and_usage"

    def generate(self, out, *more):
        super().generate(out, *more)
        self.write(out, [self.texts(out / "system_billing_usage.jsonl")[place::3] for place in range(3)])
        (out / "system_billing_usage.jsonl").unlink()

    @staticmethod
    def write(home, parts):
        for old in home.glob("system_billing_usage*"):
            if old.name != "system_billing_usage.jsonl":
                old.unlink()
        for number, lines in enumerate(parts):
            (home / f"system_billing_usage-{number}.jsonl").write_text("".join(lines))

    def deliver(self, change):
        self.write(self.home, change([self.texts(path) for path in sorted(self.home.glob("system_billing_usage-*"))]))

    def head(self, lines):
        return [], lines

    def lose_a_file(self):
        (self.home / "system_billing_usage-1.jsonl").unlink()

    def forget_september(self, home):
        for path in home.glob("system_billing_usage-*"):
            path.write_text("".join(line for line in self.texts(path) if '"usage_date": "2026-09' not in line))


def shuffled(bill, parts, seed):
    """The same rows in another order, over one file more."""
    head, rows = bill.head(parts[0])[0], [line for part in parts for line in bill.head(part)[1]]
    random.Random(seed).shuffle(rows)
    return [head + rows[place::len(parts) + 1] for place in range(len(parts) + 1)]


def twice_in_another_order(bill, parts):
    head, rows = bill.head(parts[0])
    return parts + [head + rows[::-1]]


# Each takes a bill and gives whether it was found, and whether its cause was named.

def digit_in_raw(bill):
    path = max(bill.raw_files(), key=lambda path: path.stat().st_size)
    data = path.read_bytes()
    lines = "".join(bill.texts(path))
    at = lines.rindex("1")
    changed = lines[:at] + "2" + lines[at + 1:]
    path.chmod(0o644)
    path.write_bytes(gzip.compress(changed.encode(), mtime=0) if data[:2] == b"\x1f\x8b" else changed.encode())
    holds, causes, _ = bill.verify()
    return not holds, bool({"changed_file", "truncated_file"} & set(causes)), causes


def cent_in(table, column, is_text=False):
    def fault(bill):
        holds, causes = table_cent(bill, table(bill), column(bill), is_text)
        return not holds, "changed_table" in causes, causes
    return fault


def lost_in_raw(bill):
    bill.raw_files()[0].unlink()
    holds, causes, _ = bill.verify()
    return not holds, "missing_file" in causes, causes


def lost_where_it_comes_from(bill):
    bill.lose_a_file()
    findings, said, _ = bill.causes()
    named = [words for words in ("files are not there", "gone from the source") if words in said]
    return bool(named or findings), bool(named), findings + named


def doubled_byte_for_byte(bill):
    before = bill.lake.value("acme", f"select sum(BilledCost) from {bill.silver}")
    bill.deliver(lambda parts: parts + [parts[0]])
    findings, said, _ = bill.causes()
    named = [words for words in ("the same bytes",) if words in said]
    unharmed = bill.lake.value("acme", f"select sum(BilledCost) from {bill.silver}") == before
    return bool(findings) or (bool(named) and unharmed), bool(named) or "duplicated_file" in findings, findings + named


def doubled_in_another_order(bill):
    bill.deliver(lambda parts: twice_in_another_order(bill, parts))
    findings, said, _ = bill.causes()
    named = [words for words in ("delivered_once",) if words in said]
    return bool(findings or named), bool(named) or "duplicated_file" in findings, findings + named


def mixed_currency(bill):
    def change(parts):
        head, rows = bill.head(parts[0])
        at = next(place for place, line in enumerate(rows) if '"cost_type":"regular"' in line or ",Usage,BRL," in line)
        return [head + rows[:at] + [bill.in_euro(rows[at])] + rows[at + 1:], *parts[1:]]
    bill.deliver(change)
    findings, said, _ = bill.causes()
    named = [words for words in ("one_currency",) if words in said]
    return bool(findings or named), bool(named) or "mixed_currency" in findings, findings + named


def price_in_another_currency(bill):
    path = bill.home / "system_billing_list_prices.jsonl"
    path.write_text("".join(line.replace('"USD"', '"EUR"') if "PREMIUM_SERVERLESS_SQL" in line else line for line in bill.texts(path)))
    _, said, _ = bill.causes()
    named = "skus_have_a_price" in said and "PREMIUM_SERVERLESS_SQL" in said
    return named, named, ["skus_have_a_price"] if named else []


def as_with_a_bill_by_hand(fault, expected):
    """A fault of the matrix above, in a generated bill."""
    def found(bill):
        holds, causes = fault(bill)
        return not holds, bool(expected & set(causes)), causes
    found.__name__ = fault.__name__
    return found


def row_twice(bill):
    """A charge of some size, once more in the same file."""
    def change(parts):
        head, rows = bill.head(parts[0])
        return [head + rows + [next(line for line in rows if bill.costs(head, line))], *parts[1:]]
    bill.deliver(change)
    findings, _, _ = bill.causes()
    return bool(findings), "duplicated_row" in findings, findings


def against_its_invoices(name, expected, change=lambda bill: None, off=decimal.Decimal(0)):
    """Every invoice of September as the bill has it, to the last digit, the largest `off` by so much; then `change`."""
    def fault(bill):
        rows = bill.lake.query("acme", f"""select InvoiceId as id, sum(BilledCost) as whole from {bill.silver}
            where billing_period = '2026-09-01' and InvoiceId is not null group by 1 order by whole desc""")
        assert rows, "no invoices in this bill"
        with decimal.localcontext() as context:
            context.prec = 60
            asked = {row["id"]: decimal.Decimal(row["whole"]) for row in rows}
            asked[rows[0]["id"]] += off
        bill.lake("invoice", "add", "--tenant", "acme", "--period", "2026-09", *(f"{number}={amount:f}" for number, amount in asked.items()))
        change(bill)
        bill.lake.run("acme", code=(DONE, FAILED, DOES_NOT_HOLD))
        done = bill.certify()
        causes = [f["cause"] for c in bill.certificates() for f in c["statement"]["findings"]]
        return done.returncode == DOES_NOT_HOLD, bool(expected & set(causes)), causes
    fault.__name__ = name
    return fault


def invoice_nobody_knows(bill):
    bill.lake("invoice", "add", "--tenant", "acme", "--period", "2026-09", "NOWHERE-1=10.00")
    done = bill.certify()
    causes = [f["cause"] for c in bill.certificates() for f in c["statement"]["findings"]]
    # Google's export and Databricks' tables name no invoice at all: their bills are never final by themselves.
    return done.returncode == DOES_NOT_HOLD, ("unknown_invoice" if bill.names_invoices else "not_final") in causes, causes


def without_invoice(bill):
    bill.deliver(lambda parts: [[line.replace(bill.invoice_id(), "") for line in part] for part in parts])


INVOICE_FAULTS = [
    against_its_invoices("invoice_a_cent_more", {"lost_cent", "extra_cent"}, off=CENT),
    against_its_invoices("invoice_a_cent_less", {"lost_cent", "extra_cent"}, off=-CENT),
    against_its_invoices("delivered_without_a_file", {"missing_file"}, lambda bill: bill.deliver(lambda parts: parts[1:])),
    against_its_invoices("not_final", {"not_final"}, without_invoice),
]


def missing_month(bill):
    home = bill.home.parent / "bills-of-three"
    bill.generate(home, "--months", 3)
    bill.forget_september(home)
    lake = Lake(bill.lake.folder.parent / "gap")
    lake.add("acme", bill.pack, bill.source(home))
    lake.run("acme")
    done = lake("certificate", "issue", "--tenant", "acme", code=(DONE, DOES_NOT_HOLD))
    named = "missing_month" in done.stderr and "2026-09" in done.stderr
    return done.returncode == DOES_NOT_HOLD, named, ["missing_month"] if named else []


class GeneratedBills(FlowTest):
    def matrix_of(self, kind, *own):
        rows = [row for seed in SEEDS for row in self.matrix_of_seed(kind, 4 + seed, *own)]
        found, named = sum(found for _, found, _ in rows), sum(named for _, _, named in rows)
        self.say(f"{kind.pack}: {len(rows)} faults, {found} found, {named} with their cause; {len(SEEDS)} reordered, no alarm")
        self.assertEqual([], [name for name, found, _ in rows if not found], "every fault is found")
        self.assertGreaterEqual(named, 0.99 * len(rows), "causes are named")

    def matrix_of_seed(self, kind, seed, *own):
        bill = kind(self.folder / f"clean-{seed}", seed, "--months", 2)
        self.assertEqual({"holds"}, {c["verdict"] for c in bill.issued}, "no false alarm")
        # Faults that need no month beside September, nor its invoices, which come when the next month is there, cost half.
        september = kind(self.folder / f"september-{seed}", seed, "--months", 1, "--last-period", "2026-09")
        for clean in (bill, september):
            self.assertEqual({True}, {c["statement"]["holds"]["strict"] for c in clean.certificates()}, "no false alarm")
            self.assertEqual([], [f for c in clean.certificates() for f in c["statement"]["findings"] if f["alarm"]])
            self.assertEqual((True, []), clean.verify()[:2])
        # The same rows in another order and other files: no alarm, and the same certificate.
        again = bill.at(self.folder / f"order-{seed}")
        again.deliver(lambda parts: shuffled(again, parts, 1))
        findings, said, well = again.causes()
        self.assertTrue(well and not findings, (findings, said))
        hashes = [{c["period"]: c["hash"] for c in each.lake.json("certificate", "list", "--tenant", "acme")} for each in (bill, again)]
        self.assertEqual(*hashes)
        faults = [("digit_in_raw", digit_in_raw), ("cent_in_bronze", cent_in(lambda b: b.bronze, lambda b: b.cost, True)),
                  ("cent_in_silver", cent_in(lambda b: b.silver, lambda b: "BilledCost")),
                  ("cent_in_gold", cent_in(lambda b: "gold.cost_by_day", lambda b: "BilledCost")), ("lost_in_raw", lost_in_raw),
                  *((fault.__name__, fault) for fault in (
                      as_with_a_bill_by_hand(raw_file_truncated, {"truncated_file"}), as_with_a_bill_by_hand(table_file_lost, {"missing_table_file"}),
                      as_with_a_bill_by_hand(landing_changed, {"changed_landing"}), as_with_a_bill_by_hand(certificate_changed, {"chain"}),
                      lost_where_it_comes_from, doubled_byte_for_byte, doubled_in_another_order, invoice_nobody_knows, missing_month, *own))]
        rows = []
        for name, fault in faults:
            folder = self.folder / f"{name}-{seed}"
            found, named, causes = fault((bill if fault in (invoice_nobody_knows, *INVOICE_FAULTS) else september).at(folder))
            rows.append((name, found, named))
            self.say(f"{kind.pack:11} {name:28} {'found' if found else 'MISSED':7} {', '.join(dict.fromkeys(causes)) or '-':50} {'named' if named else 'NOT NAMED'}")
            shutil.rmtree(folder, ignore_errors=True)
        return rows

    def test_azure(self):
        self.matrix_of(AzureBill, mixed_currency, row_twice, *INVOICE_FAULTS)

    def test_gcp(self):
        self.matrix_of(GcpBill, mixed_currency, row_twice)

    def test_databricks(self):
        self.matrix_of(DatabricksBill, price_in_another_currency)


class CleanBills(FlowTest):
    def test_raise_no_alarm(self):
        for seed in range(1, 4):
            folder = self.folder / f"generated-{seed}"
            lake = Lake(folder / "lake")
            lake("generate", "aws", "--seed", seed, "--rows", 3000, "--months", 2, "--out", folder / "bills",
                 "--layout", "cur2" if seed % 2 else "legacy", "--format", "parquet" if seed % 3 == 0 else "csv_gz")
            lake.add("acme", "aws", folder / "bills")
            lake.run("acme")
            issued = lake.json("certificate", "issue", "--tenant", "acme")
            self.assertEqual([c["verdict"] for c in issued], ["holds"] * 2, issued)
            lake("certificate", "verify", "--tenant", "acme")
            findings = [f for c in lake.json("certificate", "show", "--tenant", "acme") for f in c["statement"]["findings"]]
            self.assertEqual(findings, [])
            self.say(f"seed {seed}: {len(issued)} certificates hold, no finding")

    def test_an_invoice_to_the_cent_differs_by_rounding_only(self):
        case = Case(self.folder / "case", 1)
        case.invoice(payable(case.rows))
        holds, causes, shown = case.certify()
        self.assertEqual(causes, ["rounding"])
        self.assertEqual(shown["statement"]["holds"], {"strict": False, "focus": True})
        self.assertFalse(holds, "strict: no difference at all")
        case.lake("certificate", "verify", "--tenant", "acme", "--mode", "focus")


class Hash(FlowTest):
    def hash_of(self, name, rows, parts, threads):
        folder = self.folder / name
        bill.Report(folder / "bills").deliver(rows, parts=parts)
        lake = Lake(folder / "lake")
        with (lake.folder / "centavo.yaml").open("a") as settings:
            settings.write(f"threads: {threads}\n")
        lake.add("acme", "aws", folder / "bills")
        lake.run("acme")
        shown = lake.json("certificate", "show", "--tenant", "acme")
        self.assertEqual(shown["statement"]["holds"]["strict"], True)
        return shown["hash"]

    def test_is_the_same_for_any_order_of_files_and_rows_and_any_threads(self):
        rows = random_bill(7)
        hashes = {}
        for threads, parts, seed in ((1, 1, 0), (2, 2, 1), (8, 3, 2), (8, 5, 3)):
            shuffled = list(rows)
            random.Random(seed).shuffle(shuffled)
            hashes[(threads, parts, seed)] = self.hash_of(f"order-{seed}", shuffled if seed else rows, parts, threads)
        self.say(f"{len(hashes)} lakes, hash {next(iter(hashes.values()))}")
        self.assertEqual(len(set(hashes.values())), 1, hashes)
        changed = [dict(rows[0], **{"lineItem/UnblendedCost": str(decimal.Decimal(rows[0]["lineItem/UnblendedCost"]) + CENT)})] + rows[1:]
        self.assertNotIn(self.hash_of("changed", changed, 2, 2), hashes.values())

    def test_stays_when_a_delivery_comes_again_in_another_order(self):
        case = Case(self.folder / "case", 3)
        before = case.certify()[2]
        case.deliver(case.rows[::-1], parts=3)
        holds, causes, after = case.certify()
        self.assertTrue(holds and not causes, causes)
        self.assertEqual(after["hash"], before["hash"])
        self.assertEqual(after["previous"], before["seal"], "the chain goes on")
        case.lake("certificate", "verify", "--tenant", "acme")


class ClosedPeriods(FlowTest):
    def billed(self, lake):
        return decimal.Decimal(lake.value("acme", "select sum(BilledCost) from silver.focus_cost_and_usage"))

    def periods(self, lake):
        return {p["period"]: p for p in lake.json("period", "list", "--tenant", "acme")}

    def setUp(self):
        super().setUp()
        self.begin_with("a certified month", lambda lake: Case(lake.folder.parent, 4), "case/lake")
        self.case = Case.found(4, self.folder / "case")
        self.lake_ = self.case.lake
        self.corrected = self.case.rows + [bill.line(700, "12.34", bill__InvoiceId="INV-1")]

    def test_a_correction_waits_and_is_posted_as_such(self):
        lake = self.lake_
        before = self.billed(lake)
        lake("period", "close", "--tenant", "acme", bill.PERIOD, "--reason", "books closed")
        self.assertEqual(self.periods(lake)[bill.PERIOD]["state"], "closed")
        self.case.report.deliver(self.corrected, assembly="late")
        done = lake.run("acme")
        self.assertIn("is closed and left as it is", done.stderr)
        self.assertIn("landing 2", done.stderr)
        self.assertEqual(self.billed(lake), before)
        self.assertIn("landing 2", self.periods(lake)[bill.PERIOD]["waits"])
        self.assertEqual([w["period"] for w in lake.json("run", "--tenant", "acme", "--full")[0]["withheld"]][0], bill.PERIOD)
        self.assertEqual(self.billed(lake), before)
        lake("certificate", "verify", "--tenant", "acme")
        self.say("a closed month keeps its rows, and what waits is named")

        lake.run("acme", "--restate", bill.PERIOD)
        self.assertEqual(self.billed(lake), before + decimal.Decimal("12.34"))
        newest = lake.json("certificate", "list", "--tenant", "acme")[-1]
        self.assertEqual((newest["reason"], newest["state"]), ("restated", "closed"))
        shown = lake.json("certificate", "show", "--tenant", "acme", "--period", bill.PERIOD)
        changes = shown["evidence"]["before"]["changes"]
        self.assertIn(("silver", "BilledCost", "12.34"), [(c["stage"], c["measure"], c["difference"]) for c in changes])
        self.assertEqual(self.periods(lake)[bill.PERIOD]["pending"], [])
        self.assertEqual(self.periods(lake)[bill.PERIOD]["state"], "closed")
        lake("certificate", "verify", "--tenant", "acme")
        self.say("a restated month says what its correction changed, and stays closed")

    def test_a_closed_month_is_not_restored_or_rolled_back(self):
        lake = self.lake_
        before = self.billed(lake)
        self.case.report.deliver(self.corrected, assembly="late")
        lake.run("acme")
        lake("period", "close", "--tenant", "acme", bill.PERIOD)
        table = "silver.aws_cost_and_usage"
        older = lake.json("history", table, "--tenant", "acme")[1]["version"]
        for words in (["release", "rollback", "1"], ["restore", table, "--version", older]):
            self.assert_one_clear_error(lake(*words, "--tenant", "acme", code=FAILED), f"closed months of acme: {bill.PERIOD}", "period reopen")
        self.assertEqual(self.billed(lake), before + decimal.Decimal("12.34"))
        lake("certificate", "verify", "--tenant", "acme")
        self.say("what would change a closed month is refused; opened again, it may")
        lake("period", "reopen", "--tenant", "acme", bill.PERIOD)
        lake("release", "rollback", "1", "--tenant", "acme")
        self.assertEqual(self.billed(lake), before)

    def test_reopening_lets_the_next_run_apply_it(self):
        lake = self.lake_
        before = self.billed(lake)
        lake("period", "close", "--tenant", "acme", bill.PERIOD)
        self.case.report.deliver(self.corrected, assembly="late")
        lake.run("acme")
        lake("period", "reopen", "--tenant", "acme", bill.PERIOD)
        lake.run("acme")
        self.assertEqual(self.billed(lake), before + decimal.Decimal("12.34"))
        lake("certificate", "issue", "--tenant", "acme")
        reasons = [c["reason"] for c in lake.json("certificate", "list", "--tenant", "acme")]
        self.assertEqual(reasons, ["issued", "closed", "reopened", "issued"])
        lake("certificate", "verify", "--tenant", "acme")

    def test_what_does_not_hold_is_not_closed(self):
        lake = self.lake_
        self.case.invoice(payable(self.case.rows) + 5)
        done = lake("period", "close", "--tenant", "acme", bill.PERIOD, code=DOES_NOT_HOLD)
        self.assert_one_clear_error(done, "does not hold", "nothing was certified")
        self.assertEqual(self.periods(lake)[bill.PERIOD]["state"], "open")
        lake("period", "close", "--tenant", "acme", bill.PERIOD, "--force")
        self.assertEqual(self.periods(lake)[bill.PERIOD]["state"], "closed")

    def test_closed_months_survive_a_lost_catalog(self):
        lake = self.lake_
        lake("period", "close", "--tenant", "acme", bill.PERIOD)
        for path in lake.folder.glob("catalog.sqlite*"):
            path.unlink()
        before = self.billed(lake)
        self.case.report.deliver(self.corrected, assembly="late")
        lake.run("acme")
        self.assertEqual(self.billed(lake), before)
        lake("certificate", "verify", "--tenant", "acme")

    def test_mistakes_get_one_clear_error(self):
        lake = self.lake_
        self.assert_one_clear_error(lake("run", "--tenant", "acme", "--restate", bill.PERIOD, code=USAGE), "not closed")
        self.assert_one_clear_error(lake("period", "reopen", "--tenant", "acme", bill.PERIOD, code=FAILED), "not closed")
        self.assert_one_clear_error(lake("period", "close", "--tenant", "acme", "2031-01", code=FAILED), "no rows", "2031-01")
        self.assert_one_clear_error(lake("invoice", "add", "--tenant", "acme", "--period", bill.PERIOD, "INV-1=1,000.50", code=USAGE),
                                    "1,000.50")
        bad = self.folder / "invoices.csv"
        bad.write_text("invoice_id,amount,period\nINV-1,10.00,2026-09\nINV-2,ten,2026-09\n")
        self.assert_one_clear_error(lake("invoice", "add", "--tenant", "acme", "--file", bad, code=USAGE), "line 3", "ten")
        self.assert_one_clear_error(lake("invoice", "add", "--tenant", "acme", "--file", self.folder / "none.csv", code=FAILED), "none.csv: no such file")
        self.assert_one_clear_error(lake("invoice", "add", "--tenant", "acme", "--file", self.folder / "*.csv", code=FAILED), "no such file")
        bad.write_text("invoice_id,amount,period\nINV-1,10.00,2026-09\nINV-2,1,2026-09\nINV-1,11.00,2026-09\n")
        self.assert_one_clear_error(lake("invoice", "add", "--tenant", "acme", "--file", bad, code=USAGE), "line 4", "invoice INV-1 of 2026-09 is there twice")
        add = ("invoice", "add", "--tenant", "acme", "--period", bill.PERIOD)
        self.assert_one_clear_error(lake(*add, "INV-1=1", "INV-1=2", code=USAGE), "there twice")
        self.assert_one_clear_error(lake(*add, "--currency", "dollars", "INV-1=1", code=USAGE), "dollars", "not a currency code")
        for amount in ("1" + "0" * 16, "9" * 38, "0." + "0" * 21 + "1"):
            self.assert_one_clear_error(lake(*add, f"INV-1={amount}", code=USAGE), amount, "no bill adds up to")
        self.assertEqual(lake.json("invoice", "list", "--tenant", "acme"), [])
        # The largest that is taken can still be compared.
        lake(*add, "INV-1=9999999999999999.000000000000000000001")
        self.assertEqual(DOES_NOT_HOLD, lake("certificate", "issue", "--tenant", "acme", code=DOES_NOT_HOLD).returncode)

    def test_a_page_to_print_stands_alone(self):
        page = self.folder / "page.html"
        self.lake_("certificate", "show", "--tenant", "acme", "--period", bill.PERIOD, "--html", page)
        text = page.read_text()
        for word in ("INV-1", "silver.aws_cost_and_usage", "gold.cost_by_month", "SHA-256", "@media print"):
            self.assertIn(word, text)
        for foreign in ("<script", "http://", "https://", "src="):
            self.assertNotIn(foreign, text)


if __name__ == "__main__":
    unittest.main()
