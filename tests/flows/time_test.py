#!/usr/bin/env python3
"""Two releases compared, each part of the change with its cause, and past releases made again."""
import csv
import datetime
import decimal
import json
import shutil
import textwrap
import unittest

import bill
from lake import COSTS, DOES_NOT_HOLD, FAILED, USAGE, FlowTest, centavo

# A provider whose costs are converted by a file of rates, and whose storage belongs to the team that a parameter names.
PACK = {
    "pack.yaml": """
        pack: fx
        version: 1
        description: Lines in dollars, shown in reais
        parameters:
          - {name: storage_team, type: varchar, default: shared, description: the team that pays for storage}
        """,
    "sources/fx_bill.yaml": """
        source: fx_bill
        description: one CSV a month
        connector: files
        format: csv
        match: ["bill-*.csv"]
        period: {from: column, columns: [month]}
        feeds: [{table: bronze.fx_lines}]
        """,
    "sources/fx_rates.yaml": """
        source: fx_rates
        description: rates of the day
        connector: files
        format: csv
        match: ["rates.csv"]
        feeds: [{table: bronze.fx_rates}]
        """,
    "bronze/fx_lines.yaml": """
        table: bronze.fx_lines
        description: Lines as delivered.
        write: replace_period
        period_column: billing_period
        columns:
          - {name: id, type: varchar}
          - {name: service, type: varchar}
          - {name: team, type: varchar}
          - {name: cost, type: varchar}
        proof:
          - {measure: BilledCost, amount: cv_decimal(cost), currency: "'USD'"}
        """,
    "bronze/fx_rates.yaml": """
        table: bronze.fx_rates
        description: Reais for a dollar.
        write: replace
        cause: rates
        columns:
          - {name: currency, type: varchar}
          - {name: rate, type: varchar}
        """,
    "silver/fx_costs.yaml": """
        table: silver.fx_costs
        description: One row per line.
        grain: [x_SourceFile, x_SourceRow]
        identity: [billing_period, id]
        write: replace_period
        period_column: billing_period
        columns:
          - {name: billing_period, type: date, required: true}
          - {name: id, type: varchar, required: true}
          - {name: service, type: varchar}
          - {name: team, type: varchar}
          - {name: BilledCost, type: "decimal(38,21)", required: true}
          - {name: CostInReais, type: "decimal(38,21)", required: true}
          - {name: x_SourceFile, type: varchar}
          - {name: x_SourceRow, type: bigint}
          - {name: x_RawIngestionId, type: varchar}
        rows: {in: bronze.fx_lines}
        proof:
          - {measure: BilledCost, amount: BilledCost, currency: "'USD'"}
        """,
    "silver/fx_costs.sql": """
        select
            billing_period,
            id,
            service,
            case when service = 'storage' then $storage_team else team end                               as team,
            cv_decimal(cost)                                                                             as BilledCost,
            cv_product(cv_decimal(cost), (select max(cv_decimal(rate)) from bronze.fx_rates where currency = 'USD')) as CostInReais,
            source_file_name                                                                             as x_SourceFile,
            source_row_number                                                                            as x_SourceRow,
            raw_ingestion_id                                                                             as x_RawIngestionId
        from bronze.fx_lines
        where billing_period >= $period_first and billing_period < $period_end
        """,
    "gold/fx_by_team.yaml": """
        table: gold.fx_by_team
        description: Cost by team.
        grain: [billing_period, team]
        write: replace_period
        period_column: billing_period
        columns:
          - {name: billing_period, type: date, required: true}
          - {name: team, type: varchar}
          - {name: BilledCost, type: "decimal(38,21)", required: true}
          - {name: CostInReais, type: "decimal(38,21)", required: true}
        proof:
          - {measure: BilledCost, amount: BilledCost, currency: "'USD'"}
        """,
    "gold/fx_by_team.sql": """
        select billing_period, team, sum(BilledCost) as BilledCost, sum(CostInReais) as CostInReais
        from silver.fx_costs
        where billing_period >= $period_first and billing_period < $period_end
        group by billing_period, team
        """,
}
REAIS = "silver.fx_costs.CostInReais"


def number(text):
    return decimal.Decimal(text)


class FxLake(FlowTest):
    """A tenant of that provider, with one release of two months."""

    def setUp(self):
        super().setUp()
        self.the_lake = self.lake()
        for name, text in PACK.items():
            self.write_pack_file(name, text)
        self.inbox = self.folder / "in"
        self.inbox.mkdir()
        self.deliver("2026-08", [("a1", "compute", "red", "10"), ("a2", "storage", "red", "1")])
        self.deliver("2026-09", [("b1", "compute", "red", "20"), ("b2", "compute", "blue", "30"), ("b3", "storage", "blue", "4")])
        self.rate("5")
        self.the_lake("tenant", "add", "acme", "--pack", "fx", "--source", f"fx_bill={self.inbox}", "--source", f"fx_rates={self.inbox}")
        self.the_lake.run("acme")

    def write_pack_file(self, name, text):
        path = self.the_lake.folder / "packs" / "fx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())

    def deliver(self, period, lines, name=None):
        rows = "".join(f"{period}-01,{','.join(line)}\n" for line in lines)
        (self.inbox / (name or f"bill-{period}.csv")).write_text("month,id,service,team,cost\n" + rows)

    def rate(self, rate):
        (self.inbox / "rates.csv").write_text(f"currency,rate\nUSD,{rate}\n")

    def run_again(self):
        self.the_lake.run("acme")
        return self.the_lake.releases("acme")[-1]

    def diff(self, a, b, *more):
        found = self.the_lake.json("diff", a, b, "--tenant", "acme", *more)
        for groups in (found["totals"], found["groups"]):
            for group in groups:
                self.assertEqual(number(group["change"]), sum(map(number, group["causes"].values()), number(0)), group)
                self.assertEqual(number(group["change"]), number(group["after"]) - number(group["before"]), group)
        return found

    def causes(self, found):
        """{cause: amount} of the one currency."""
        self.assertEqual(1, len(found["totals"]))
        return {cause: number(amount) for cause, amount in found["totals"][0]["causes"].items()}

    def test_each_cause_is_attributed_to_itself(self):
        lake = self.the_lake

        self.say("a restated month")
        self.deliver("2026-09", [("b1", "compute", "red", "21"), ("b2", "compute", "blue", "30"), ("b4", "compute", "red", "3")])
        self.run_again()
        found = self.diff(1, 2, "--measure", REAIS)
        self.assertEqual({"restated_data": number(0)}, self.causes(found))
        rows = found["rows"]
        self.assertEqual([("2026-09", 1, 1, 1)], [(row["period"], row["added"], row["removed"], row["changed"]) for row in rows])
        self.assertEqual([15, -20, 5], [number(rows[0][f"{kind}_amount"]) for kind in ("added", "removed", "changed")])
        by_team = self.diff(1, 2, "--measure", REAIS, "--by", "team")
        self.assertEqual({"red": 20, "shared": -20}, {group["team"]: number(group["change"]) for group in by_team["groups"]})

        self.say("a new month")
        self.deliver("2026-10", [("c1", "compute", "red", "7"), ("c2", "storage", "red", "2")])
        self.run_again()
        self.assertEqual({"new_data": 45}, self.causes(self.diff(2, 3, "--measure", REAIS)))

        self.say("a file beside the month's others is new data")
        self.deliver("2026-10", [("c3", "compute", "blue", "1")], name="bill-late.csv")
        self.run_again()
        self.assertEqual({"new_data": 5}, self.causes(self.diff(3, 4, "--measure", REAIS)))

        self.say("another tag rule: the total stays, the teams' parts move")
        lake("tenant", "set", "acme", "--param", "storage_team=platform")
        self.run_again()
        found = self.diff(4, 5, "--measure", "gold.fx_by_team.BilledCost", "--by", "team")
        self.assertEqual({"rules": 0}, self.causes(found))
        self.assertEqual({"platform": 3, "shared": -3}, {group["team"]: number(group["change"]) for group in found["groups"]})
        self.assertEqual([{"rules": "3"}, {"rules": "-3"}],
                         [{cause: f"{number(amount):f}".rstrip("0").rstrip(".") for cause, amount in group["causes"].items()}
                          for group in sorted(found["groups"], key=lambda group: group["team"])])
        self.assertIn("parameter storage_team", found["reasons"]["rules"][0])

        self.say("a changed rate")
        self.rate("6")
        self.run_again()
        found = self.diff(5, 6, "--measure", REAIS)
        self.assertEqual({"rates": 75}, self.causes(found))
        self.assertEqual(0, number(self.diff(5, 6)["totals"][0]["change"]))

        self.say("another definition in the pack")
        self.write_pack_file("silver/fx_costs.sql", PACK["silver/fx_costs.sql"].replace("cv_decimal(cost), (select", "cv_decimal(cost) * 2, (select"))
        self.run_again()
        found = self.diff(6, 7, "--measure", REAIS)
        self.assertEqual({"program": 450}, self.causes(found))
        self.assertEqual(["pack fx: silver/fx_costs.sql"], found["reasons"]["program"])

        self.say("all of it at once: the same parts as one by one would give in the order of the steps, and the same the other way round")
        found = self.diff(1, 7, "--measure", REAIS)
        self.assertEqual({"program": 325, "rules": 0, "rates": 130, "restated_data": 0, "new_data": 120}, self.causes(found))
        back = self.diff(7, 1, "--measure", REAIS)
        self.assertEqual({cause: -amount for cause, amount in self.causes(found).items()}, self.causes(back))
        self.diff(1, 7, "--measure", "gold.fx_by_team.CostInReais", "--by", "team")
        self.assertEqual([], list(lake.folder.glob(".tmp-*")))

        self.say("past releases come out again, by the definitions of their day")
        for release in (1, 4, 6, 7):
            again = lake.json("replay", release, "--tenant", "acme")
            self.assertTrue(again["same"], again)
            self.assertEqual(release < 7, any("silver/fx_costs.sql" in text for text in again["differing_definitions"]))
        self.assertEqual(7, len(lake.releases("acme")), "a replay publishes nothing")

        self.say("a cell of a gold table of the first release is added up again by the SQL and the parameters of then")
        for release, team, amount in ((1, "shared", 25), (5, "platform", 15), (7, "platform", 36)):
            found = lake.json("explain", f"gold.fx_by_team.CostInReais where team = '{team}'", "--tenant", "acme", "--release", release)
            self.assertEqual((amount, amount, True), (number(found["total"]), number(found["total_of_lines"]), found["holds"]))
            self.assertEqual(found["rows"], len(found["lines"]))

        self.say("so does one that shows an older release again")
        lake("release", "rollback", 2, "--tenant", "acme")
        self.assertTrue(lake.json("replay", "--tenant", "acme")["same"])
        self.assertEqual("0", f"{sum(self.causes(self.diff(2, 8)).values(), number(0)).normalize():f}")

    def test_dates_and_the_same_release(self):
        lake = self.the_lake
        self.rate("6")
        self.run_again()
        found = self.diff(1, "2099-12-31", "--measure", REAIS)
        self.assertEqual((1, 2), (found["from"]["release"], found["to"]["release"]))
        self.assertEqual([], self.diff("2099-01-01", "2099-12-31")["moves"])
        self.say("a time means the newest release that was published by then, a day alone its end")
        first, second = (release["published_at"] for release in sorted(lake.json("release", "list", "--tenant", "acme"), key=lambda release: release["release"]))
        found = self.diff(first, second, "--measure", REAIS)
        self.assertEqual((1, 2), (found["from"]["release"], found["to"]["release"]))
        before = datetime.datetime.fromisoformat(first) - datetime.timedelta(milliseconds=1)
        between = datetime.datetime.fromisoformat(second) - datetime.timedelta(milliseconds=1)
        reais = "select sum(CostInReais) from silver.fx_costs"
        for moment, amount in ((first, 325), (second, 390), (between.isoformat(), 325), (second[:10], 390), ("2099-12-31", 390)):
            self.assertEqual(amount, number(lake.value("acme", reais, "--as-of", moment)), moment)
        for moment, word in ((before.isoformat(), "no release by"), ((before.date() - datetime.timedelta(days=1)).isoformat(), "no release by"),
                             ("yesterday", "not a time"), ("2026-02-30", "not a time")):
            self.assert_one_clear_error(lake("query", "--tenant", "acme", "--as-of", moment, reais, code=(FAILED, USAGE)), word)
        self.assert_one_clear_error(lake("query", "--tenant", "acme", "--as-of", first, "--release", 1, reais, code=USAGE), "exclude each other")
        for words, message in ((("1", "1"), "same release"), (("1", "9"), "no release 9"), (("one", "2"), "neither a release nor a time"),
                               (("2001-01-01", "2"), "no release by"), (("1", "2", "--measure", "team"), "exact number"),
                               (("1", "2", "--measure", "gold.nothing.BilledCost"), "no table"), (("1", "2", "--by", "colour"), "no such column"),
                               (("1", "2", "--period", "2026"), "--period")):
            done = lake("diff", *words, "--tenant", "acme", code=(FAILED, USAGE))
            self.assert_one_clear_error(done, message)
        lake("tenant", "add", "other", "--pack", "fx", "--source", f"fx_bill={self.inbox}", "--source", f"fx_rates={self.inbox}")
        self.assert_one_clear_error(lake("diff", 1, 2, "--tenant", "other", code=FAILED), "other", "no release")
        self.assert_one_clear_error(lake("replay", 9, "--tenant", "acme", code=FAILED), "no release 9")
        self.assert_one_clear_error(lake("replay", 1, "--tenant", "nobody", code=FAILED), "nobody")

    def test_replay_names_what_differs(self):
        lake = self.the_lake
        raw = next((lake.folder / "tenants" / "acme" / "raw" / "fx_bill" / "2026-09").iterdir())
        bytes_then = raw.read_bytes()

        self.say("raw bytes that somebody changed")
        raw.chmod(0o644)
        raw.write_bytes(bytes_then.replace(b"red,20", b"red,21"))
        done = lake("replay", 1, "--tenant", "acme", code=DOES_NOT_HOLD)
        self.assert_one_clear_error(done, "release 1 does not come out again", "2026-09")
        found = lake.json("replay", 1, "--tenant", "acme", code=DOES_NOT_HOLD)
        differs = {(line["table"], line["period"]): line for line in found["tables"] if line["result"] != "same"}
        self.assertEqual({("bronze.fx_lines", "2026-09"), ("silver.fx_costs", "2026-09"), ("gold.fx_by_team", "2026-09")}, set(differs))
        silver = differs["silver.fx_costs", "2026-09"]
        self.assertEqual((1, 1), (silver["rows_only_then"], silver["rows_only_now"]))
        self.assertEqual({"BilledCost": (54, 55), "CostInReais": (270, 275)},
                         {column["column"]: (number(column["then"]), number(column["now"])) for column in silver["columns"]})

        self.say("raw bytes that are gone")
        raw.unlink()
        self.assert_one_clear_error(lake("replay", 1, "--tenant", "acme", code=FAILED), "raw file", raw.name, "is gone")
        raw.write_bytes(bytes_then)
        lake("replay", 1, "--tenant", "acme")

        self.say("definitions that are gone")
        shutil.rmtree(lake.folder / "tenants" / "acme" / "_definitions")
        lake("tenant", "set", "acme", "--param", "storage_team=platform")
        self.assert_one_clear_error(lake("replay", 1, "--tenant", "acme", code=FAILED), "release 1", "_definitions")
        self.rate("6")
        self.run_again()
        found = self.diff(1, 2, "--measure", REAIS)
        self.assertEqual({"joint": 65}, self.causes(found))
        self.assertIn("_definitions", found["moves"][0]["note"])


class AwsLake(FlowTest):
    def test_a_cell_of_a_gold_table_to_its_raw_rows(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        covered = [bill.line(number, "0.9", lineItem__LineItemType="SavingsPlanCoveredUsage", lineItem__ProductCode="AWSLambda",
                             savingsPlan__SavingsPlanARN="arn:sp", savingsPlan__SavingsPlanEffectiveCost="0.5") for number in range(3)]
        negated = [bill.line(number, "-0.9", lineItem__LineItemType="SavingsPlanNegation", lineItem__ProductCode="AWSLambda",
                             savingsPlan__SavingsPlanARN="arn:sp") for number in range(3)]
        tagged = bill.lines(5, "0.25", **{"resourceTags__user:team": "red"})
        report.deliver(tagged + bill.lines(4, "1.5") + covered + negated + [bill.line(2, "3.21", lineItem__LineItemType="Tax", lineItem__TaxType="VAT")])
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        for question, total, rows in (("gold.cost_by_month.BilledCost where ChargeCategory = 'Tax'", "3.21", 1),
                                      ("gold.cost_by_month.EffectiveCost where ServiceName = 'AWS Lambda'", "1.5", 3),
                                      ("gold.cost_by_day.BilledCost where charge_date = date '2026-09-01' and ChargeCategory = 'Usage'", "7.25", None),
                                      ("gold.unallocated_cost.BilledCost where reason = 'tax'", "3.21", 1),
                                      ("gold.cost_by_tag.BilledCost where tag_key = 'team' and is_tagged", "1.25", 5),
                                      ("gold.cost_by_tag.BilledCost where tag_key = 'team' and not is_tagged", "9.21", None),
                                      ("BilledCost where ServiceName = 'AWS Lambda'", "0", None)):
            found = lake.json("explain", question, "--tenant", "acme", "--lines", 100)
            self.assertEqual((number(total), number(total), True), (number(found["total"]), number(found["total_of_lines"]), found["holds"]), question)
            if rows is not None:
                self.assertEqual(rows, found["rows"], question)
        line = lake.json("explain", "gold.cost_by_month.BilledCost where ChargeCategory = 'Tax'", "--tenant", "acme")["lines"][0]
        self.assertEqual("VAT", json.loads(line["raw"])["line_item_tax_type"])
        for question, words in (("gold.commitment_summary.coverage_ratio", "exact number"), ("gold.nothing.BilledCost", "no table"),
                                ("gold.cost_by_month.ServiceName", "exact number"), ("gold.cost_by_month.BilledCost where nonsense = 1", "nonsense"),
                                ("BilledCost where ", "nothing is said"), ("BilledCost\nwhere", "nothing is said")):
            self.assert_one_clear_error(lake("explain", question, "--tenant", "acme", code=(FAILED, USAGE)), words)

    def test_our_focus_against_a_file_and_a_tenant(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        report.deliver(bill.lines(20, "0.25", **{"resourceTags__user:team": "red"}) + [bill.line(3, "-1", lineItem__LineItemType="Credit")])
        lake.add("acme", "aws", report.folder)
        lake.run("acme")
        exported = self.folder / "focus.csv"
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", exported)

        self.say("our own export is the same bill")
        with open(exported, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        found = lake.json("compare", "focus", "--tenant", "acme", "--with", exported, code=(0, DOES_NOT_HOLD))
        differing = {column["column"] for column in found["columns"] if column["differing"] or column["missing_ours"] or column["missing_theirs"]}
        self.assertEqual(set(), differing & set(rows[0]), "columns that version 1.2 has")
        self.assertEqual((21, 21, 21), (found["rows_ours"], found["rows_theirs"], found["pairs"]))

        self.say("a provider who sees two prices and a name differently, and lacks a row")
        for row in rows:
            row["ServiceName"] = "EC2"
        usage = [row for row in rows if row["ChargeCategory"] == "Usage"]
        usage[0]["BilledCost"], usage[1]["BilledCost"] = "0.5", "0.75"
        theirs = self.folder / "theirs.csv"
        with open(theirs, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(row for row in rows if row is not usage[2])
        done = lake("compare", "focus", "--tenant", "acme", "--with", theirs, code=DOES_NOT_HOLD)
        self.assert_one_clear_error(done, "columns differ", "1 row of ours")
        self.assertIn("BilledCost", done.stdout)
        found = lake.json("compare", "focus", "--tenant", "acme", "--with", theirs, code=DOES_NOT_HOLD)
        columns = {column["column"]: column for column in found["columns"]}
        self.assertEqual((21, 20, 20), (found["rows_ours"], found["rows_theirs"], found["pairs"]))
        self.assertIn("ServiceName", found["not_in_key"])
        self.assertEqual(20, columns["ServiceName"]["differing"])
        self.assertEqual(2, columns["BilledCost"]["differing"])
        self.assertEqual(number("-0.5"), number(columns["BilledCost"]["difference"]), "two dearer by 0.75 in all, one of 0.25 missing")
        sample = columns["ServiceName"]["samples"][0]
        self.assertEqual(("EC2", "theirs.csv"), (sample["theirs"], sample["their_file"].rsplit("/", 1)[-1]))

        self.say("or a tenant that has it")
        lake.add("export", "focus", theirs)
        lake.run("export")
        again = lake.json("compare", "focus", "--tenant", "acme", "--with", "export", code=DOES_NOT_HOLD)
        self.assertEqual(found["pairs"], again["pairs"])
        self.assertEqual([], list(lake.folder.glob(".tmp-*")))
        for words, message in ((("--with", "nothing.csv"), "no such tenant, file"), (("--with", "acme"), "the tenant itself"),
                               (("--with", theirs, "--period", "2020-01"), "no rows came out"), (("--with", theirs, "--key", "Colour"), "no such column"),
                               (("--with", theirs, "--release", 7), "no release 7")):
            self.assert_one_clear_error(lake("compare", "focus", "--tenant", "acme", *words, code=(FAILED, USAGE)), message)

    def test_every_clouds_bill_against_a_focus_export(self):
        """What differs is what the other export says differently, whoever the provider is; and quantities of bytes by the second add up."""
        for pack, rows in (("azure", 450), ("gcp", 300), ("databricks", 300)):
            with self.subTest(pack=pack):
                lake, bills, theirs = self.lake("lake-" + pack), self.folder / ("bills-" + pack), self.folder / f"{pack}.csv"
                centavo("generate", pack, "--seed", 7, "--rows", rows, "--months", 1, "--out", bills)
                lake.add("acme", pack, bills)
                lake.run("acme")
                lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", theirs)
                with open(theirs, newline="", encoding="utf-8") as file:
                    lines = list(csv.DictReader(file))
                changed = max(lines, key=lambda line: abs(number(line["BilledCost"])))
                changed["BilledCost"] = str(number(changed["BilledCost"]) + number("0.01"))
                changed["InvoiceIssuerName"] = "Somebody else"
                with open(theirs, "w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, lines[0].keys())
                    writer.writeheader()
                    writer.writerows(lines)
                found = lake.json("compare", "focus", "--tenant", "acme", "--with", theirs, code=DOES_NOT_HOLD)
                self.assertEqual([len(lines)] * 3, [found["rows_ours"], found["rows_theirs"], found["pairs"]])
                columns = {column["column"]: column for column in found["columns"]}
                differing = {name for name in lines[0] if name in columns and (columns[name]["differing"] or columns[name]["missing_ours"] or columns[name]["missing_theirs"])}
                self.assertEqual({"BilledCost", "InvoiceIssuerName"}, differing)
                self.assertEqual((1, number("-0.01")), (columns["BilledCost"]["differing"], number(columns["BilledCost"]["difference"])))
                whole = lake.value("acme", f"select sum(cast(ConsumedQuantity as decimal(38,9))) from {COSTS}")
                self.assertLess(abs(number(whole) - number(columns["ConsumedQuantity"]["ours"])), number("0.001"))

    def test_a_restated_month_and_another_tag(self):
        lake = self.lake()
        report = bill.Report(self.folder / "bills")
        september = bill.lines(60, "0.5", **{"resourceTags__user:team": "red"}) + bill.lines(20, "0.25", lineItem__ResourceId="i-free")
        report.deliver(bill.lines(30, "0.1", period="2026-08"), period="2026-08")
        report.deliver(september)
        lake.add("acme", "aws", report.folder)
        lake.run("acme")

        self.say("AWS restates September: ten lines more, and every price another")
        report.deliver(bill.lines(70, "0.6", **{"resourceTags__user:team": "red"}) + bill.lines(20, "0.25", lineItem__ResourceId="i-free"))
        lake.run("acme")
        found = lake.json("diff", 1, 2, "--tenant", "acme", "--by", "ServiceName,Tags.team", "--period", "2026-09")
        self.assertEqual(["restated_data"], list(found["totals"][0]["causes"]))
        self.assertEqual(number("12"), number(found["totals"][0]["change"]))
        self.assertEqual([(10, 0, 60)], [(row["added"], row["removed"], row["changed"]) for row in found["rows"]])
        self.assertEqual(["red"], [group["Tags.team"] for group in found["groups"]])
        self.assertIn("landing", found["reasons"]["restated_data"][0])

        self.say("cost is allocated by another tag: what nobody answers for moves, the bill does not")
        lake("tenant", "set", "acme", "--param", "allocation_tag=owner")
        lake.run("acme")
        self.assertEqual([], lake.json("diff", 2, 3, "--tenant", "acme")["moves"])
        found = lake.json("diff", 2, 3, "--tenant", "acme", "--measure", "gold.unallocated_cost.BilledCost", "--by", "reason")
        self.assertEqual({"rules": number(42)}, {cause: number(amount) for cause, amount in found["totals"][0]["causes"].items()})

        self.say("and all three releases come out again from raw")
        for release in (1, 2, 3):
            self.assertTrue(lake.json("replay", release, "--tenant", "acme")["same"])

        self.say("what a vacuum took can no longer be compared, and says so")
        folder = lake.log_folders("acme")["silver.aws_cost_and_usage"]
        for data in folder.glob("billing_period=2026-09-01/*.parquet"):
            data.unlink()
        self.assert_one_clear_error(lake("diff", 1, 2, "--tenant", "acme", code=FAILED), "release 1", "lacks its file")


if __name__ == "__main__":
    unittest.main(verbosity=2)
