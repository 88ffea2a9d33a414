#!/usr/bin/env python3
"""Questions about cost against a second opinion: the same charges added up in Python, by every dimension, filter, comparison and file format."""
import csv
import datetime
import decimal
import io
import json
import random
import re
import textwrap
import unittest
import zipfile
from xml.etree import ElementTree

from lake import COSTS, FAILED, USAGE, FlowTest

D = decimal.Decimal
decimal.getcontext().prec = 80
COLUMNS = ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "BillingAccountId", "SubAccountId", "SubAccountName", "BillingCurrency",
           "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ServiceName", "ServiceCategory",
           "RegionId", "ProviderName", "ConsumedQuantity", "ConsumedUnit", "ChargeDescription", "ResourceId", "Tags"]
MONTHS = ["2026-07", "2026-08", "2026-09"]
MEASURES = ["EffectiveCost", "BilledCost", "ListCost", "ContractedCost"]
NONE = "(none)"


def month_of(period):
    first = datetime.date.fromisoformat(period + "-01")
    return first, (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)


def charge(number, cost, period, day=1, **changes):
    first, after = month_of(period)
    start = first + datetime.timedelta(days=day - 1)
    row = {"BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "ContractedCost": cost, "BillingAccountId": "payer", "SubAccountId": "main",
           "SubAccountName": "Main", "BillingCurrency": "USD", "BillingPeriodStart": f"{first}T00:00:00Z", "BillingPeriodEnd": f"{after}T00:00:00Z",
           "ChargePeriodStart": f"{start}T00:00:00Z", "ChargePeriodEnd": f"{start + datetime.timedelta(days=1)}T00:00:00Z",
           "ChargeCategory": "Usage", "ServiceName": "Compute", "ServiceCategory": "Compute", "RegionId": "", "ProviderName": "Cloud",
           "ConsumedQuantity": "1", "ConsumedUnit": "Hours", "ChargeDescription": f"charge {number}", "ResourceId": f"r{number}", "Tags": "{}"}
    row.update({key: str(value) for key, value in changes.items()})
    return row


def random_bill(seed, count=600):
    """Charges over three months with every trouble of a bill: no region, no tag, credits, 21 digits, a day of the month before, a comma in a name."""
    pick = random.Random(seed)
    rows = []
    for number in range(count):
        period = pick.choice(MONTHS)
        cost = D(pick.randint(1, 10 ** 9)).scaleb(-pick.choice([2, 5, 9, 21]))
        category = pick.choices(["Usage", "Tax", "Credit"], [8, 1, 1])[0]
        tags = {}
        if pick.random() < 0.7:
            tags["team"] = pick.choice(["ads", "pay", "a,b", "=cmd|' /C calc'!A0"])
        if period != "2026-07" and pick.random() < 0.5:   # nobody had it in July
            tags["env"] = pick.choice(["prod", "dev"])
        if pick.random() < 0.05:
            tags["team"] = ""
        service, kind = pick.choice([("Compute", "Compute"), ("Object store", "Storage"), ("Block, fast", "Storage"), ("Queue \\ fan", "Integration")])
        account = pick.choice([("111", "Shop"), ("222", "Back office"), ("333", "333")])
        row = charge(number, -cost if category == "Credit" else cost, period, pick.randint(1, 28), ChargeCategory=category, ServiceName=service,
                     ServiceCategory=kind, SubAccountId=account[0], SubAccountName=account[1], RegionId=pick.choice(["", "us-east-1", "sa-east-1"]),
                     BillingCurrency=pick.choices(["USD", "BRL"], [9, 1])[0], Tags=json.dumps(tags))
        row["EffectiveCost"] = str(D(row["BilledCost"]) * pick.randint(0, 2))
        row["ListCost"] = str(abs(D(row["BilledCost"])) * 3)
        if pick.random() < 0.03:   # billed in this month, used in the one before
            day = month_of(period)[0] - datetime.timedelta(days=pick.randint(1, 3))
            row["ChargePeriodStart"], row["ChargePeriodEnd"] = f"{day}T00:00:00Z", f"{day + datetime.timedelta(days=1)}T00:00:00Z"
        rows.append(row)
    return rows


def write_bill(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "bill.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def value_of(row, dimension):
    """The value of a dimension as answers write it."""
    if dimension == "month":
        return row["BillingPeriodStart"][:7]
    if dimension == "day":
        return row["ChargePeriodStart"][:10]
    if dimension.startswith("tag:"):
        return json.loads(row["Tags"]).get(dimension[4:]) or None
    return row[dimension] or None


def chosen(rows, months=None, days=None, currency="USD", keep=(), leave=()):
    """The charges of a question: `keep` and `leave` are (dimension, values)."""
    def fits(row):
        value = lambda dimension: value_of(row, dimension) or NONE
        return (row["BillingCurrency"] == currency
                and (months is None or months[0] <= value_of(row, "month") <= months[1])
                and (days is None or days[0] <= value_of(row, "day") <= days[1])
                and all(value(d) in values for d, values in keep) and all(value(d) not in values for d, values in leave))
    return [row for row in rows if fits(row)]


def sums(rows, by, measure="EffectiveCost"):
    out = {}
    for row in rows:
        key = tuple(value_of(row, dimension) for dimension in by)
        out[key] = out.get(key, D(0)) + D(row[measure])
    return out


class ExploreTest(FlowTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = random_bill(7)

    def bill_lake(self, *more):
        lake = self.lake()
        self.add_bill(lake, *more)
        return lake

    def add_bill(self, lake, *more):
        write_bill(lake.folder / "bills", self.rows)
        lake.add("acme", "focus", lake.folder / "bills", *more)

    def run_lake(self):
        def make(lake):
            self.add_bill(lake)
            lake.run("acme")
        return self.begin_with("a bill that ran", make)

    def ask(self, lake, what, question="", **options):
        return json.loads(lake("ask", what, question, "--tenant", "acme", "--format", "json", **options).stdout)

    def assert_cost(self, lake, question, by, now, before=None, measure="EffectiveCost"):
        """Every row, the totals, the series and what came before."""
        found = self.ask(lake, "cost", question)
        want, then = sums(now, by, measure), sums(before or [], by, measure)
        got = {tuple(row["key"]): row for row in found["rows"]}
        self.assertEqual(set(got), set(want) | set(then), question)
        for key, row in got.items():
            self.assertEqual(D(row["value"]), want.get(key, D(0)), (question, key))
            if found["compare"]:
                self.assertEqual(row["before"] and D(row["before"]), then.get(key), (question, key))
                self.assertEqual(D(row["change"]), want.get(key, D(0)) - then.get(key, D(0)))
        self.assertEqual(D(found["total"]), sum(want.values(), D(0)), question)
        self.assertEqual(D(found["total"]), sum((D(row["value"]) for row in found["rows"]), D(0)))
        self.assertEqual(sum((D(v) for row in found["series"]["rows"] for v in row["values"]), D(0)), D(found["total"]), f"{question}: the series")
        if found["compare"]:
            self.assertEqual(D(found["before"]), sum(then.values(), D(0)))
        return found


class Cost(ExploreTest):
    def test_every_dimension_filter_and_comparison_adds_up_as_python_does(self):
        lake, rows = self.run_lake(), self.rows
        self.say("by each dimension, in each measure")
        for dimension in ["ServiceName", "ServiceCategory", "SubAccountId", "RegionId", "ChargeCategory", "tag:team", "tag:env", "ResourceId"]:
            for measure in MEASURES if dimension == "ServiceName" else MEASURES[:1]:
                self.assert_cost(lake, f"p=2026-09&by={dimension}&m={measure}&limit=2000", [dimension], chosen(rows, ("2026-09", "2026-09")),
                                 chosen(rows, ("2026-08", "2026-08")), measure)
        self.assert_cost(lake, "p=2026-08&by=tag:env", ["tag:env"], chosen(rows, ("2026-08", "2026-08")), chosen(rows, ("2026-07", "2026-07")))
        self.say("by several, mixed with filters that only the charges have together")
        for by, keep, leave in ((["ServiceName", "RegionId"], [("RegionId", ["us-east-1", NONE])], []), (["tag:team", "RegionId"], [], [("tag:team", ["ads"])]),
                                (["tag:team", "tag:env"], [("tag:env", ["prod"])], [("RegionId", [NONE])]),
                                (["tag:env"], [("ServiceName", ["Block, fast", "Queue \\ fan"])], []),
                                (["SubAccountId", "ChargeCategory", "tag:env"], [], [("ServiceName", ["Compute"]), ("tag:team", [NONE])])):
            text = "".join(f"&{sign}.{d}=" + ",".join(re.sub(r"([\\,])", r"\\\1", v) for v in values)
                           for sign, several in (("f", keep), ("x", leave)) for d, values in several)
            self.assert_cost(lake, f"p=2026-09&by={','.join(by)}&limit=2000{text}", by, chosen(rows, ("2026-09", "2026-09"), keep=keep, leave=leave),
                             chosen(rows, ("2026-08", "2026-08"), keep=keep, leave=leave))
        self.say("periods and comparisons")
        for period, now, before in (("all", ("2026-07", "2026-09"), None), ("2026-08..2026-09", ("2026-08", "2026-09"), ("2026-06", "2026-07")),
                                    ("last", ("2026-09", "2026-09"), ("2026-08", "2026-08"))):
            self.assert_cost(lake, f"p={period}&by=ServiceName", ["ServiceName"], chosen(rows, now), before and chosen(rows, before))
        self.assert_cost(lake, "p=2026-09&c=2026-07&by=ServiceName", ["ServiceName"], chosen(rows, ("2026-09", "2026-09")), chosen(rows, ("2026-07", "2026-07")))
        self.assert_cost(lake, "p=2026-09&c=none&by=month,day", ["month", "day"], chosen(rows, ("2026-09", "2026-09")))
        self.assert_cost(lake, "p=2026-09-03..2026-09-09&by=ServiceName", ["ServiceName"], chosen(rows, days=("2026-09-03", "2026-09-09")),
                         chosen(rows, days=("2026-08-27", "2026-09-02")))
        self.assert_cost(lake, "p=2026-09-03..2026-09-09&by=tag:team", ["tag:team"], chosen(rows, days=("2026-09-03", "2026-09-09")),
                         chosen(rows, days=("2026-08-27", "2026-09-02")))
        self.say("one currency at a time")
        self.assert_cost(lake, "p=2026-09&cur=BRL&by=ServiceName", ["ServiceName"], chosen(rows, ("2026-09", "2026-09"), currency="BRL"),
                         chosen(rows, ("2026-08", "2026-08"), currency="BRL"))

    def test_rows_that_are_left_out_still_count_in_the_total(self):
        lake = self.run_lake()
        found = self.ask(lake, "cost", "p=2026-09&by=ResourceId&limit=5&sort=-value")
        whole = self.ask(lake, "cost", "p=2026-09&by=ResourceId&limit=5000&sort=-value")
        self.assertTrue(found["truncated"])
        self.assertEqual((len(found["rows"]), found["rows_total"], found["total"]), (5, len(whole["rows"]), whole["total"]))
        self.assertEqual(found["rows"], whole["rows"][:5])
        self.assertEqual(len(found["series"]["rows"]), 8)
        self.assertEqual(found["series"]["rows"][-1]["key"], "(other)")
        for sort, key in (("change", lambda r: D(r["change"])), ("-change", lambda r: -D(r["change"])), ("value", lambda r: D(r["value"])),
                          ("key", lambda r: r["key"][0])):
            rows = self.ask(lake, "cost", f"p=2026-09&by=ServiceName&sort={sort}")["rows"]
            self.assertEqual(rows, sorted(rows, key=key), sort)

    def test_what_stands_in_no_table_is_refused_and_says_why(self):
        lake = self.run_lake()
        for question, words in (("p=2026-13", ["p=2026-13"]), ("p=2026-09..2026-08", ["ends before"]), ("by=Nope", ["Nope", "ServiceName"]),
                                ("by=tag:nobody", ["tag:nobody"]), ("m=Cost", ["m=Cost", "BilledCost"]), ("cur=EUR", ["EUR", "BRL, USD"]), ("cur=usd", ["cur=usd"]),
                                ("p=2026-09&p=2026-08", ["twice"]), ("f.ServiceName=", ["one value or more"]), ("limit=0", ["limit=0"]), ("wat=1", ["wat"]),
                                ("by=a,b,c,d", ["3"]), ("sort=name", ["sort=name"]), ("f.day=2026-02-30", ["2026-02-30"]), ("by=vtag:x", ["vtag:x"]),
                                ("by=cost_centre", ["cost_centre"]), ("rel=9", ["9"]), ("f.ServiceName=%zz", ["%"]), ("by=ServiceName,ServiceName", ["once"])):
            done = lake("ask", "cost", question, "--tenant", "acme", code=(FAILED, USAGE))
            self.assert_one_clear_error(done, *words)

    def test_two_releases_are_compared_by_their_own_rows(self):
        lake = self.run_lake()
        old = list(self.rows)
        new = [dict(row, EffectiveCost=str(D(row["EffectiveCost"]) * 2)) if row["ServiceName"] == "Compute" else row for row in old]
        new = [row for row in new if row["ServiceName"] != "Block, fast"]
        write_bill(lake.folder / "bills", new)
        lake.run("acme")
        september = ("2026-09", "2026-09")
        for by in (["ServiceName"], ["SubAccountId", "month"], ["tag:team"]):
            found = self.assert_cost(lake, f"p=2026-09&c=2026-09&crel=1&by={','.join(by)}", by, chosen(new, september), chosen(old, september))
            self.assertEqual(found["release"], 2)


class Pivot(ExploreTest):
    def test_cells_subtotals_and_totals_are_the_engines_and_right(self):
        lake, rows = self.run_lake(), self.rows
        for by, column, extra in ((["ServiceCategory", "ServiceName"], "month", ""), (["tag:team", "RegionId"], "ChargeCategory", "&p=2026-09"),
                                  (["SubAccountId", "ServiceName", "RegionId", "ChargeCategory"], "month", ""), (["ServiceName"], "day", "&p=2026-09")):
            found = self.ask(lake, "pivot", f"p=all{extra}&r={','.join(by)}&k={column}&val=EffectiveCost:sum,EffectiveCost:max,charge_count:sum&subtotals=1"
                             .replace("p=all&p=", "p="))
            here = chosen(rows, ("2026-09", "2026-09") if extra else None)
            columns = [key[0] for key in found["column_keys"]]
            self.assertEqual(set(columns), {value_of(row, column) for row in here})

            def check(node, mine, key):
                for at, name in [*enumerate(columns), (None, None)]:
                    cell = node["total"] if at is None else node["cells"][at]
                    part = mine if at is None else [row for row in mine if value_of(row, column) == name]
                    if not part:
                        self.assertIsNone(cell, (key, name))
                        continue
                    amounts = [D(row["EffectiveCost"]) for row in part]
                    self.assertEqual((D(cell[0]), D(cell[1]), cell[2]), (sum(amounts), max(amounts), len(part)), (key, name))
            seen = set()
            for node in found["tree"]:
                key = tuple(node["key"])
                self.assertEqual(len(key), node["depth"])
                self.assertEqual(node["subtotal"], node["depth"] < len(by))
                self.assertTrue(node["depth"] == 1 or key[:-1] in seen, "a subtotal stands before what it adds up")
                seen.add(key)
                check(node, [row for row in here if tuple(value_of(row, d) for d in by[:len(key)]) == key], key)
            self.assertEqual({key for key in seen if len(key) == len(by)}, {tuple(value_of(row, d) for d in by) for row in here})
            check(found["grand"], here, "grand")
        self.assertEqual(self.ask(lake, "pivot", "p=all&r=-&k=-")["tree"], [])

    def test_its_file_keeps_subtotals(self):
        lake = self.run_lake()
        text = lake("ask", "pivot", "p=all&r=ServiceCategory,ServiceName&k=month", "--tenant", "acme", "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        leaves = [row for row in rows if row["level"] == "2"]
        for level in ("0", "1"):
            self.assertEqual(sum(D(row["total"]) for row in rows if row["level"] == level), sum(D(row["total"]) for row in leaves))
        self.assertEqual([row["ServiceName"] for row in rows if row["level"] == "1"], ["(total)"] * len({row["ServiceCategory"] for row in leaves}))


class Lines(ExploreTest):
    def test_pages_of_lines_are_all_lines_once_and_sum_to_the_number(self):
        lake, rows = self.run_lake(), self.rows
        question = "p=2026-09&x.tag:team=ads&f.RegionId=us-east-1,(none)"
        here = chosen(rows, ("2026-09", "2026-09"), keep=[("RegionId", ["us-east-1", NONE])], leave=[("tag:team", ["ads"])])
        for sort in ("-value", "value"):
            seen, cursor, amounts = [], "", []
            while cursor is not None:
                page = self.ask(lake, "lines", f"{question}&limit=7&sort={sort}&cursor={cursor}")
                names = [column["name"] for column in page["columns"]]
                self.assertLessEqual(len(page["rows"]), 7)
                seen += [row[names.index("ChargeDescription")] for row in page["rows"]]
                amounts += [D(row[names.index("EffectiveCost")]) for row in page["rows"]]
                cursor = page["next"]
            self.assertEqual(sorted(seen), sorted(row["ChargeDescription"] for row in here))
            self.assertEqual(amounts, sorted(amounts, reverse=sort == "-value"))
            self.assertEqual(sum(amounts), D(self.ask(lake, "cost", question)["total"]))
        self.assert_one_clear_error(lake("ask", "lines", "cursor=zz", "--tenant", "acme", code=(FAILED, USAGE)), "cursor")
        self.assert_one_clear_error(lake("ask", "lines", "cursor=5b5d", "--tenant", "acme", code=(FAILED, USAGE)), "cursor")

    def test_any_number_is_explained_by_lines_that_sum_to_it(self):
        lake = self.run_lake()
        for question in ("p=2026-09", "p=2026-09&f.ServiceName=Compute&x.RegionId=(none)", "p=2026-09-01..2026-09-04&m=BilledCost", "p=all&f.tag:team=(none)&cur=BRL",
                         "p=2026-09&f.tag:env=prod&f.tag:team=a\\,b", "p=all&f.day=2026-08-03", "p=all&f.month=2026-08&m=ListCost"):
            found = self.ask(lake, "explain", question)
            self.assertTrue(found["holds"], question)
            self.assertEqual(D(found["total"]), D(self.ask(lake, "cost", question)["total"]), question)
            self.assertEqual(sum(D(file["amount"]) for file in found["files"]), D(found["total"]))


class WhoPays(ExploreTest):
    def test_virtual_tags_cost_centres_and_what_nobody_pays(self):
        lake = self.bill_lake()
        rules = lake.folder / "tenants" / "acme" / "allocation"
        rules.mkdir()
        (rules / "10.yaml").write_text(textwrap.dedent("""
            virtual_tag: product
            rules:
              - {name: by service, by: ServiceName, values: {Compute: shop, Object store: data}, valid_from: 2026-08-01}
            """))
        (rules / "11.yaml").write_text(textwrap.dedent("""
            virtual_tag: owner
            rules:
              - {name: own tag, value_sql: "cv_map_get(Tags, 'team')"}
            """))
        (rules / "20.yaml").write_text("allocation: owner\nrules:\n  - {name: tax, take: {match: {ChargeCategory: [Tax]}}, split: even, to: all}\n")
        lake.run("acme")
        product = {"Compute": "shop", "Object store": "data"}
        for month in MONTHS:
            here = chosen(self.rows, (month, month))
            want = {}
            for row in here:
                day = max(row["ChargePeriodStart"][:10], f"{month}-01")
                name = product.get(row["ServiceName"]) if day >= "2026-08-01" else None
                want[name] = want.get(name, D(0)) + D(row["EffectiveCost"])
            found = self.ask(lake, "cost", f"p={month}&c=none&by=vtag:product")
            self.assertEqual({row["key"][0]: D(row["value"]) for row in found["rows"]}, want)
            paid = self.ask(lake, "allocated", f"p={month}&c=none")
            self.assertEqual(paid["by"], ["cost_centre"])
            self.assertEqual(D(paid["total"]), sum(D(row["EffectiveCost"]) for row in here))
            sql = f"select cost_centre, sum(EffectiveCost) as cost from gold.allocated_cost where billing_period = '{month}-01' and BillingCurrency = 'USD' group by 1"
            told = {None if row["cost_centre"] == "unallocated" else row["cost_centre"]: D(row["cost"]) for row in lake.query("acme", sql)}
            self.assertEqual({row["key"][0]: D(row["value"]) for row in paid["rows"]}, told)
            overview = self.ask(lake, "overview", f"p={month}")
            self.assertEqual(D(overview["unallocated"]["value"]), told.get(None, D(0)))
            self.assertEqual(D(overview["total"]), D(paid["total"]))
        self.say("and each of those numbers is explained")
        for question in ("p=2026-09&f.vtag:product=shop", "p=2026-09&f.vtag:product=(none)&f.ServiceName=Block\\, fast", "p=2026-07&f.vtag:product=(none)",
                         "p=2026-09&f.cost_centre=pay", "p=2026-09&f.cost_centre=(none)"):
            found = self.ask(lake, "explain", question)
            self.assertTrue(found["holds"], question)
            self.assertEqual(D(found["total"]), D(self.ask(lake, "cost", question)["total"]), question)
        self.say("what they are not kept by is refused")
        for question in ("by=vtag:product,RegionId", "by=vtag:product,vtag:owner", "by=cost_centre,RegionId", "by=vtag:product&p=2026-09-01..2026-09-02",
                         "by=cost_centre&m=ListCost"):
            self.assert_one_clear_error(lake("ask", "cost", question, "--tenant", "acme", code=(FAILED, USAGE)), "together")


class Converted(ExploreTest):
    def test_bills_of_two_currencies_meet_where_there_are_rates(self):
        lake = self.bill_lake("--currency", "BRL")
        rates = self.folder / "rates"
        rates.mkdir()
        days = [datetime.date(2026, 6, 20) + datetime.timedelta(days=n) for n in range(110)]
        (rates / "rates.csv").write_text("date,base,quote,rate\n" + "".join(f"{day},USD,BRL,{D(5) + D(day.day) / 100}\n" for day in days))
        lake("source", "add", "currency_files", "--tenant", "acme", "--uri", rates)
        lake.run("acme")
        meta = self.ask(lake, "meta")
        self.assertEqual((meta["tenant"]["currency"], meta["currencies"], meta["has"]["rates"]), ("BRL", ["BRL", "USD"], True))
        for currency, column in (("BRL", "x_EffectiveCostInTenantCurrency"), ("USD", "x_EffectiveCostInUsd")):
            for question, condition in (("by=ServiceName", "true"), ("by=tag:team&f.RegionId=us-east-1", "RegionId = 'us-east-1'")):
                key = "ServiceName" if "Service" in question else "nullif(Tags['team'], '')"
                want = {row["k"] or None: D(row["v"]) for row in lake.query(
                    "acme", f"select {key} as k, sum({column}) as v from {COSTS} where billing_period = '2026-09-01' and {condition} group by 1")}
                found = self.ask(lake, "cost", f"p=2026-09&c=none&cur={currency}&{question}")
                self.assertEqual({row["key"][0]: D(row["value"]) for row in found["rows"]}, want)
                self.assertEqual(found["currency"], currency)
        by_bill = self.ask(lake, "cost", "p=2026-09&c=none&cur=BRL&by=BillingCurrency")
        self.assertEqual({row["key"][0] for row in by_bill["rows"]}, {"BRL", "USD"})
        self.assert_one_clear_error(lake("ask", "cost", "cur=BRL&m=ListCost", "--tenant", "acme", code=(FAILED, USAGE)), "ListCost", "not converted")
        found = self.ask(lake, "explain", "p=2026-09&f.ServiceName=Compute")
        self.assertTrue(found["holds"])
        self.assertEqual(D(found["total"]), D(self.ask(lake, "cost", "p=2026-09&f.ServiceName=Compute")["total"]))


class Files(ExploreTest):
    NAMES = {"m": "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"}

    def sheet(self, path, number):
        """Cells of a sheet, as (type, text) by reference: read from the XML, by no library of ours."""
        with zipfile.ZipFile(path) as archive:
            shared = []
            if "xl/sharedStrings.xml" in archive.namelist():
                root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
                shared = ["".join(t.text or "" for t in item.iter(self.NAMES["m"] + "t")) for item in root]
            root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
        out = []
        for row in root.iter(self.NAMES["m"] + "row"):
            cells = {}
            for cell in row:
                column = re.match(r"[A-Z]+", cell.get("r")).group()
                kind = cell.get("t", "n")
                self.assertIsNone(cell.find(self.NAMES["m"] + "f"), "a formula")
                text = "".join(t.text or "" for t in cell.iter() if t.tag in (self.NAMES["m"] + "v", self.NAMES["m"] + "t"))
                cells[column] = ("s", shared[int(text)]) if kind == "s" else ("s", text) if kind == "inlineStr" else (kind, text)
            out.append(cells)
        return out

    def test_every_format_holds_the_same_numbers(self):
        lake = self.run_lake()
        question = "p=2026-09&by=tag:team,ServiceName"
        answer = self.ask(lake, "cost", question)
        total = D(answer["total"])
        want = {tuple(row["key"]): D(row["value"]) for row in answer["rows"]}
        files = {}
        for ending, kind in (("csv", "csv"), ("br.csv", "csvbr"), ("jsonl", "jsonl"), ("xlsx", "xlsx"), ("parquet", "parquet")):
            files[kind] = self.folder / f"cost.{ending}"
            lake("ask", "cost", question, "--tenant", "acme", "--format", kind, "--out", files[kind])

        text = files["csv"].read_bytes().decode()
        self.assertTrue(text.endswith("\r\n"))
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual({(row["tag:team"] or None, row["ServiceName"]): D(row["EffectiveCost"]) for row in rows}, want)

        brazil = files["csvbr"].read_bytes()
        self.assertTrue(brazil.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.DictReader(io.StringIO(brazil.decode("utf-8-sig"), newline=""), delimiter=";"))
        self.assertEqual(sum(D(row["EffectiveCost"].replace(",", ".")) for row in rows), total)
        dangerous = {row["tag:team"] for row in rows if "cmd" in row["tag:team"]}
        self.assertEqual(dangerous, {"'=cmd|' /C calc'!A0"}, "a formula of somebody's tag is text")
        self.assertTrue(any(re.fullmatch(r"-[\d,]+", row["change"]) for row in rows), "a negative number stays a number")

        rows = [json.loads(line) for line in files["jsonl"].read_text().splitlines()]
        self.assertEqual({(row["tag:team"], row["ServiceName"]): D(row["EffectiveCost"]) for row in rows}, want)

        self.assertEqual(files["parquet"].read_bytes()[:4] + files["parquet"].read_bytes()[-4:], b"PAR1PAR1")

        sheet = self.sheet(files["xlsx"], 1)
        head = {text: column for column, (_, text) in sheet[0].items()}
        exact = head["EffectiveCost (exact)"]
        amounts = {}
        for row in sheet[1:]:
            kind, number = row[head["EffectiveCost"]]
            self.assertEqual(kind, "n", "an amount is a number")
            value = row.get(exact, (None, number))[1]
            self.assertLessEqual(abs(D(value) - D(number)), abs(D(value)) * D("1e-15"))
            amounts[(row.get(head["tag:team"], (None, None))[1], row[head["ServiceName"]][1])] = D(value)
        self.assertEqual(amounts, want)
        about = {row["A"][1]: row["B"][1] for row in self.sheet(files["xlsx"], 2)}
        self.assertEqual((about["period"], about["currency"], about["release"], about["filter"]), ("2026-09", "USD", "1", "none"))
        self.assertIn("acme", about["tenant"])
        lake("ask", "cost", question + "&f.RegionId=us-east-1", "--tenant", "acme", "--out", files["xlsx"])
        about = {row["A"][1]: row["B"][1] for row in self.sheet(files["xlsx"], 2)}
        self.assertEqual(about["filter RegionId"], "us-east-1")

    def test_lines_go_out_whole(self):
        lake = self.run_lake()
        path = self.folder / "lines.csv"
        lake("ask", "lines", "p=2026-09", "--tenant", "acme", "--out", path)
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        here = chosen(self.rows, ("2026-09", "2026-09"))
        self.assertEqual(sorted(row["ChargeDescription"] for row in rows), sorted(row["ChargeDescription"] for row in here))
        self.assertEqual(sum(D(row["BilledCost"]) for row in rows), sum(D(row["BilledCost"]) for row in here))
        self.assertEqual([json.loads(row["Tags"]) for row in rows if row["ChargeDescription"] == here[0]["ChargeDescription"]], [json.loads(here[0]["Tags"])])
        missing = lake("ask", "lines", "p=2026-09", "--tenant", "acme", "--out", self.folder / "no" / "lines.csv", code=FAILED)
        self.assert_one_clear_error(missing, "lines.csv")
        parquet = self.folder / "lines.parquet"
        lake("ask", "lines", "p=2026-09", "--tenant", "acme", "--out", parquet)
        self.say("lines as Parquet are a bill that another tenant can land, equal to the last digit")
        (self.folder / "again").mkdir()
        parquet.rename(self.folder / "again" / "lines.parquet")
        lake.add("again", "focus", self.folder / "again")
        lake.run("again")
        sql = f"""select ServiceName, RegionId, sum(BilledCost) as billed, sum(ListCost) as list, count(*) as n from {COSTS}
            where billing_period = '2026-09-01' and BillingCurrency = 'USD' group by all order by all"""
        self.assertEqual(lake.query("again", sql), lake.query("acme", sql))


if __name__ == "__main__":
    unittest.main()
