#!/usr/bin/env python3
"""Every number of every gold table goes back to raw rows and is added up again, or it is said why no rows add up to it."""
import csv
import decimal
import json
import os
import re
import unittest

from lake import DOES_NOT_HOLD, DONE, FAILED, ROOT, USAGE, FlowTest, centavo

D = decimal.Decimal
decimal.getcontext().prec = 60
ALL = os.environ.get("CENTAVO_EXPLAIN") == "all"   # else each third number of a table, and all that are refused
COLUMN = re.compile(r"^  - \{name: (\w+), type: \"?([\w(),]+)")
EXACT = re.compile(r"^(decimal|bigint|integer|smallint|tinyint)")


def section(text, key):
    """The lines of a contract that stand under a key."""
    found, inside = [], False
    for line in text.splitlines():
        if line and not line.startswith(" "):
            inside = line.startswith(key + ":")
        elif inside:
            found.append(line)
    return found


class Contract:
    """What a contract of a built-in pack says, as far as these tests ask."""

    def __init__(self, path):
        text = path.read_text()
        self.table = re.search(r"^table: (\S+)", text, re.M).group(1)
        self.grain = re.search(r"^grain: \[(.*)\]", text, re.M).group(1).split(", ")
        columns = [COLUMN.match(line) for line in section(text, "columns")]
        self.numbers = [found.group(1) for found in columns if found and EXACT.match(found.group(2))]
        inside = "\n".join(section(text, "explain"))
        words = re.search(r"^  no_sum:(.*?)(?=^  \w|\Z)", inside, re.M | re.S)
        self.no_sum = set(re.findall(r"(?:^    |\{|, )(\w+): ", words.group(1), re.M)) if words else set()


def contracts():
    return [Contract(path) for path in sorted((ROOT / "packs").glob("*/gold/*.yaml"))]


def opencost(folder):
    answers = folder / "opencost"
    answers.mkdir()

    def share(name, cost, **properties):
        labels = properties.pop("labels", {})
        return {"name": name, "properties": {"cluster": "one", **properties, "labels": labels}, "window": {"start": "2026-09-10T00:00:00Z", "end": "2026-09-11T00:00:00Z"},
                "start": "2026-09-10T00:00:00Z", "end": "2026-09-11T00:00:00Z", "minutes": 1440, "cpuCost": cost, "totalCost": cost, "cpuCoreHours": 3, "ramByteHours": 5}

    names = [share("shop", 1.25, namespace="shop", labels={"app": "till"}), share("__idle__", 3.5), share("site", 2, namespace="site", labels={"app": "web"})]
    (answers / "one-allocation.json").write_text(json.dumps({"code": 200, "data": [{each["name"]: each for each in names}]}))
    return answers


def openshift(folder):
    reports = folder / "openshift"
    reports.mkdir()
    rows = []
    for hour in range(3):
        for pod, used, wanted in (("till", "1172.88", "3000"), ("web", "900.5", "100")):
            rows.append({"interval_start": f"2026-09-10 {hour:02}:00:00 +0000 UTC", "interval_end": f"2026-09-10 {hour + 1:02}:00:00 +0000 UTC", "pod": pod, "namespace": f"ns-{pod}",
                         "node": "alpha", "resource_id": "i-1", "pod_usage_cpu_core_seconds": used, "pod_request_cpu_core_seconds": wanted,
                         "pod_limit_cpu_core_seconds": wanted, "pod_usage_memory_byte_seconds": "4829.4", "pod_request_memory_byte_seconds": "7200",
                         "pod_limit_memory_byte_seconds": "7200", "node_capacity_cpu_core_seconds": "7200", "node_capacity_memory_byte_seconds": "150994",
                         "pod_labels": f"label_app:{pod}"})
    with (reports / "uid_September-2026-cluster-1.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys())
        out.writeheader()
        out.writerows(rows)
    return reports


RULES = """allocation: cost_centre
rules:
  - {name: tax, take: {match: {ChargeCategory: [Tax]}}, split: even, to: all}
  - {name: fees, take: {match: {ChargeCategory: [Purchase]}}, split: proportional, by: BilledCost, to: all}
"""
TAG = """virtual_tag: cost_centre
rules:
  - {name: account, value_sql: "'cc-' || right(SubAccountId, 1)"}
"""


class EveryNumber(FlowTest):
    def marketplace(self):
        """What Azure's own bill asks for Databricks."""
        charge = {"BilledCost": "30.25", "EffectiveCost": "30.25", "ListCost": "31", "ContractedCost": "30.25", "BillingAccountId": "b", "BillingCurrency": "USD",
                  "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z", "ChargePeriodStart": "2026-10-02T00:00:00Z",
                  "ChargePeriodEnd": "2026-10-03T00:00:00Z", "ChargeCategory": "Usage", "ServiceName": "Azure Databricks", "ProviderName": "Microsoft Azure",
                  "PublisherName": "Microsoft", "SubAccountId": "s1", "InvoiceId": "M-1", "InvoiceIssuerName": "Microsoft"}
        folder = self.folder / "marketplace"
        folder.mkdir()
        with (folder / "bill.csv").open("w", newline="") as file:
            out = csv.DictWriter(file, charge.keys())
            out.writeheader()
            out.writerow(charge)
        return folder

    def clouds(self):
        lake = self.lake()
        lake("tenant", "add", "all", "--pack", "aws", "--pack", "azure", "--pack", "gcp", "--pack", "databricks", "--pack", "kubernetes", "--pack", "currency", "--currency", "EUR",
             "--param", "cloud_billed=AZURE")
        for provider, kind, rows in (("aws", "aws_cur", 1500), ("azure", "azure_cost", 1200), ("gcp", "gcp_billing", 1200), ("databricks", "databricks_billing", 400)):
            out = self.folder / provider
            centavo("generate", provider, "--seed", 5, "--rows", rows, "--months", 2, "--out", out)
            lake("source", "add", kind, "--tenant", "all", "--uri", out)
        lake("source", "add", "opencost_allocation", "--tenant", "all", "--uri", opencost(self.folder))
        lake("source", "add", "openshift_usage", "--tenant", "all", "--uri", openshift(self.folder))
        lake("source", "add", "focus_files", "--tenant", "all", "--uri", self.marketplace())
        rates = self.folder / "rates"
        rates.mkdir()
        lake("source", "add", "currency_files", "--tenant", "all", "--uri", rates)
        rules = lake.folder / "tenants" / "all" / "allocation"
        rules.mkdir()
        (rules / "tag.yaml").write_text(TAG)
        (rules / "who.yaml").write_text(RULES)
        days = [f"2026-{month:02}-{day:02}" for month in (8, 9, 10) for day in (1, 5, 10, 15, 20, 25)]
        (rates / "rates.csv").write_text("date,base,quote,rate\n" + "".join(f"{day},{base},{quote},{rate}\n" for day in days for base, quote, rate in (
            ("USD", "BRL", "5.31"), ("EUR", "USD", "1.0873"), ("EUR", "BRL", "5.77"))))
        lake.run("all", seconds=600)
        return lake

    def explain_all(self, lake, tenant, tables):
        """Explains each number of the tables in its largest row, and the first of each table in all rows."""
        released = lake.versions(tenant)
        asked, refused = 0, 0
        for contract in tables:
            self.assertIn(contract.table, released)
            rows = lake.query(tenant, f"select * from {contract.table}")
            summed = [number for number in contract.numbers if number not in contract.no_sum]
            chosen = summed if ALL else summed[::3]
            for number in contract.numbers:
                if number in contract.no_sum:
                    done = lake("explain", "--tenant", tenant, f"{contract.table}.{number}", code=(FAILED, USAGE))
                    self.assert_one_clear_error(done, "no rows add up to", number)
                    refused += 1
                    continue
                amounts = [(abs(D(row[number] or 0)), number_of_row) for number_of_row, row in enumerate(rows)]
                largest = rows[max(amounts)[1]]
                cell = " and ".join(f"cast({name} as varchar) = '{largest[name]}'" if largest[name] not in ("", None) else f"{name} is null" for name in contract.grain)
                questions = [(f"{contract.table}.{number} where {cell}", D(largest[number] or 0))]
                if number not in chosen:
                    continue
                if number == summed[0]:
                    questions.append((f"{contract.table}.{number}", sum((D(row[number] or 0) for row in rows), D(0))))
                for question, total in questions:
                    found = lake.json("explain", "--tenant", tenant, question, "--lines", 1)
                    self.assertTrue(found["holds"], question)
                    self.assertEqual((total, total), (D(found["total"]), D(found["total_of_lines"])), question)
                    self.assertGreater(found["rows"], 0, question)
                    self.assertTrue(found["files"] and found["lines"][0]["file"], question)
                    asked += 1
        self.say(f"{asked} numbers of {len(tables)} tables are raw rows; of {refused} it is said why not")

    def test_clouds_and_clusters(self):
        lake = self.clouds()
        self.explain_all(lake, "all", [contract for contract in contracts() if not contract.table.startswith("gold.retail")])

    def test_a_shop(self):
        lake = self.lake()
        out = self.folder / "retail"
        centavo("generate", "retail", "--seed", 5, "--rows", 500, "--out", out)
        lake.add("shop", "retail", out)
        lake.run("shop")
        self.explain_all(lake, "shop", [contract for contract in contracts() if contract.table.startswith("gold.retail")])


class SomebodyChangedARow(FlowTest):
    """A row that says something else than what it was made of: `explain` names the step that does not hold, and ends with 3."""

    def change(self, lake, table, replace):
        """Writes the table's only file of October again, with other values: the log knows nothing of it. Returns how to put it back."""
        file, = lake.log_folders("acme")[table].glob("billing_period=2026-10-01/*.parquet")
        before, other = file.read_bytes(), self.folder / "other.parquet"
        lake("query", "--tenant", "acme", "--format", "parquet", "--out", other,
             f"select * exclude (billing_period) replace ({replace}) from {table} where billing_period = date '2026-10-01'")
        os.replace(other, file)
        return lambda: file.write_bytes(before)

    def test_every_step_is_told_apart(self):
        lake = self.lake()
        out = self.folder / "bill"
        centavo("generate", "aws", "--seed", 5, "--rows", 900, "--months", 2, "--out", out)
        lake.add("acme", "aws", out)
        rules = lake.folder / "tenants" / "acme" / "allocation"
        rules.mkdir()
        (rules / "tag.yaml").write_text(TAG)
        (rules / "who.yaml").write_text(RULES)
        lake.run("acme")
        silver, charges = "silver.aws_cost_and_usage", "silver.focus_cost_and_usage"
        file, number = lake.query("acme", f"select x_SourceFile, x_SourceRow from {silver} where billing_period = date '2026-10-01' and ChargeCategory = 'Usage' "
                                          "and BilledCost > 1 order by BilledCost desc, x_SourceRow limit 1")[0].values()
        one = f"x_SourceFile = '{file}' and x_SourceRow = {number}"
        service, = lake.query("acme", f"select ServiceName from {silver} where {one} limit 1")[0].values()
        month = "billing_period = date '2026-10-01'"
        centre = lake.value("acme", f"select min(cost_centre) from gold.allocated_cost where {month} and entry = 'direct' and BilledCost > 0")
        # By changed table and value: question -> words of what differs; None: it holds.
        cases = {
            (silver, f"case when {one} then BilledCost + 0.000000001 else BilledCost end as BilledCost"): {
                f"BilledCost where {month}": [f"the rows of {charges} say", "made again of their raw rows"],
                f"gold.cost_by_month.BilledCost where {month}": ["gold.cost_by_month says", f"the rows of {charges} that it adds up", "made again of their raw rows"],
                f"gold.allocated_cost.BilledCost where {month}": ["gold.allocated_cost says", "made again it is", "made again of their raw rows"],
                f"gold.cost_by_virtual_tag.BilledCost where {month}": ["gold.cost_by_virtual_tag says", "made again it is", "made again of their raw rows"],
                f"EffectiveCost where {month}": None,
                "BilledCost where billing_period = date '2026-09-01'": None},
            (silver, f"case when {one} then 'Something else' else ServiceName end as ServiceName"): {
                f"gold.cost_by_month.BilledCost where {month} and ServiceName = '{service}'": ["gold.cost_by_month says", "that it adds up"]},
            ("gold.cost_by_month", f"case when ServiceName = '{service}' then BilledCost - 0.01 else BilledCost end as BilledCost"): {
                f"gold.cost_by_month.BilledCost where {month}": ["gold.cost_by_month says", f"the rows of {charges} that it adds up"],
                f"gold.cost_by_month.EffectiveCost where {month}": None},
            ("gold.allocated_cost", "case when rule = 'tax' and entry = 'given' then BilledCost + 0.01 else BilledCost end as BilledCost"): {
                f"gold.allocated_cost.BilledCost where {month} and rule = 'tax'": ["gold.allocated_cost says", "made again it is"],
                f"gold.allocated_cost.BilledCost where {month} and entry = 'direct'": None},
            ("gold.allocated_cost", "case when entry = 'direct' then coalesce(cost_centre, '') || 'x' else cost_centre end as cost_centre"): {
                f"gold.allocated_cost.BilledCost where {month} and cost_centre = '{centre}'": ["gold.allocated_cost says", "made again it is"]},
            ("gold.cost_by_virtual_tag", "BilledCost * 2 as BilledCost"): {
                f"gold.cost_by_virtual_tag.BilledCost where {month}": ["gold.cost_by_virtual_tag says", "made again it is"]},
        }
        for (table, replace), questions in cases.items():
            put_back = self.change(lake, table, replace)
            for question, words in questions.items():
                with self.subTest(table=table, replace=replace, question=question):
                    done = lake("--json", "explain", "--tenant", "acme", question, code=DONE if words is None else DOES_NOT_HOLD)
                    found = json.loads(done.stdout)
                    self.assertEqual(words is None, found["holds"])
                    for word in words or []:
                        self.assertIn(word, found["differs"])
                        self.assertIn(word, done.stderr)
                    self.assertEqual("made again of their raw rows" in (words or []), "raw rows" in found.get("differs", ""), found.get("differs"))
            put_back()
        for questions in cases.values():
            self.assertTrue(lake.json("explain", "--tenant", "acme", next(iter(questions)))["holds"], "as it was again")


if __name__ == "__main__":
    unittest.main(verbosity=2)
