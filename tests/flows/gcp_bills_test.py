#!/usr/bin/env python3
"""Google Cloud exports of ../shared land in every layout and reconcile to the last digit; sums are recomputed here from the raw lines."""
import csv
import decimal
import json
import unittest

from lake import COSTS, DONE, DOES_NOT_HOLD, FAILED, Figures, FlowTest, centavo

decimal.getcontext().prec = 60
D = decimal.Decimal
LINES = "silver.gcp_cost_and_usage"


def objects_of(text):
    """JSON objects one after another, with or without line ends between."""
    decoder, at, out = json.JSONDecoder(parse_float=D), 0, []
    while at < len(text.rstrip()):
        while text[at].isspace():
            at += 1
        found, at = decoder.raw_decode(text, at)
        out.append(found)
    return out


def credits(lines, kind=None):
    return sum((D(c["amount"]) for line in lines for c in line.get("credits") or [] if kind in (None, c.get("type"))), D(0))


def net(lines):
    return sum((D(line["cost"]) for line in lines), D(0)) + credits(lines)


def by_month(lines, month_of=lambda line: line["invoice"]["month"]):
    out = {}
    for line in lines:
        out.setdefault(month_of(line), []).append(line)
    return {month: net(of) for month, of in out.items()}


class GcpBills(FlowTest):
    def synthetic(self):
        source = self.shared("data", "gcp_billing", "synthetic_brl")
        lines = objects_of((source / "gcp_billing_export_resource_v1.jsonl").read_text())
        return lines, Figures(source / "expected.json")

    def land(self, source, name="lake", pack="gcp", code=DONE):
        lake = self.lake(name)
        lake.add("acme", pack, source)
        lake.run("acme", code=code)
        return lake

    def sums(self, lake, column, where="true"):
        rows = lake.query("acme", f"select {column} as k, sum(BilledCost) as billed from {LINES} where {where} group by 1 order by 1")
        return {row["k"]: D(row["billed"]) for row in rows}

    def prove(self, lake, lines):
        """What the raw lines sum to here stands in bronze, in silver and in the stored proof, by invoice month."""
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        self.assertEqual(str(len(lines)), lake.value("acme", "select count(*) from bronze.gcp_billing_lines"))
        expected = by_month(lines)
        self.assertEqual(expected, self.sums(lake, "strftime(billing_period, '%Y%m')"))
        from_bronze = {line["period"].replace("-", ""): D(line["from_amount"]) for line in proof["lines"]
                       if line["measure"] == "BilledCost" and line["from"].startswith("bronze.") and not line.get("category")}
        self.assertEqual(expected, from_bronze)
        # All Google commitments are paid by the month, so what is billed is also what it costs.
        self.assertEqual(D(0), D(lake.value("acme", f"select sum(EffectiveCost) - sum(BilledCost) from {LINES}")))

    def test_every_figure_of_the_brazilian_account(self):
        lines, expected = self.synthetic()
        lake = self.land(self.shared("data", "gcp_billing", "synthetic_brl", "gcp_billing_export_resource_v1.jsonl"))
        self.prove(lake, lines)
        self.assertEqual(str(expected["rows"]), lake.value("acme", "select count(*) from bronze.gcp_billing_lines"))
        self.assertEqual(expected["currency"], lake.value("acme", f"select distinct BillingCurrency from {COSTS}"))
        self.assertEqual(D(expected["sum_cost"]), D(lake.value("acme", "select sum(cost) from silver.gcp_billing_lines")))
        self.assertEqual(D(expected["sum_credits"]), D(lake.value("acme", "select sum(amount) from silver.gcp_credits")))
        kinds = lake.query("acme", "select credit_type, sum(amount) as amount from silver.gcp_credits group by 1")
        self.assertEqual({kind: D(amount) for kind, amount in expected["credits_by_type"].items()},
                         {row["credit_type"]: D(row["amount"]) for row in kinds})
        self.assertEqual({month: D(amount) for month, amount in expected["net_by_invoice_month"].items()},
                         self.sums(lake, "strftime(BillingPeriodStart, '%Y%m')"))
        self.assertEqual({month: D(amount) for month, amount in expected["net_by_usage_month"].items()},
                         self.sums(lake, "strftime(ChargePeriodStart, '%Y%m')"))
        self.assertEqual(str(expected["rows_exported_more_than_3_days_late"]), lake.value(
            "acme", f"select count(distinct x_SourceRow) from {LINES} where x_RowPart in ('charge', 'covered') "
                    "and x_ExportTime > ChargePeriodEnd + interval 3 day"))
        # Promotions are Credit rows and nothing else is; discounts are inside the usage.
        self.assertEqual(D(expected["credits_by_type"]["PROMOTION"]), self.sums(lake, "ChargeCategory")["Credit"])
        self.assertEqual({"Tax": "12.34"}, {k: str(v.normalize()) for k, v in self.sums(lake, "ChargeCategory").items() if k == "Tax"})
        self.assertEqual([{"x_CostType": "adjustment", "month": "2026-10"}], lake.query(
            "acme", f"select x_CostType, strftime(billing_period, '%Y-%m') as month from {LINES} where ChargeClass = 'Correction'"))
        self.assertEqual("USD", lake.value("acme", f"select distinct PricingCurrency from {LINES}"))
        # The bill does not show a fee, so what commitments covered costs nothing; its list value is what they took off.
        used = lake.query("acme", f"select sum(ContractedCost) as value, sum(BilledCost) as billed from {LINES} where CommitmentDiscountStatus = 'Used'")[0]
        self.assertEqual((-D(expected["credits_by_type"]["COMMITTED_USAGE_DISCOUNT"]), D(0)), (D(used["value"]), D(used["billed"])))
        self.assert_all_asked(expected)
        self.say(f"{len(lines)} lines: net {net(lines)} {expected['currency']}, every figure as expected.json")

    def test_every_layout_gives_the_same_bill(self):
        lines, _ = self.synthetic()
        bill = f"select * exclude (x_SourceFile, x_RawIngestionId, Tags), cast(Tags as varchar) as Tags from {LINES} order by all"
        first = self.land(self.shared("data", "gcp_billing", "synthetic_brl", "gcp_billing_export_resource_v1.jsonl"))
        expected = first.query("acme", bill)
        nested = {"service": ["id", "description"], "sku": ["id", "description"], "location": ["location", "country", "region", "zone"],
                  "resource": ["name", "global_name"], "invoice": ["month"], "adjustment_info": ["id", "description", "mode", "type"],
                  "usage": ["amount", "unit", "amount_in_pricing_units", "pricing_unit"]}
        layouts = {
            "objects-one-after-another.json": "".join(json.dumps(line, indent=3) for line in lines),
            "list.json": json.dumps(lines, indent=1),
        }
        for name, text in layouts.items():
            folder = self.folder / name
            folder.mkdir()
            (folder / name).write_text(text)
        flat = []
        for line in lines:
            row = {}
            for key, value in line.items():
                if key in nested:
                    row.update({f"{key}.{member}": (value or {}).get(member) for member in nested[key]})
                elif key == "project":
                    row.update({f"project.{member}": (value or {}).get(member) for member in ("id", "name")})
                    row["project.labels"] = json.dumps((value or {}).get("labels", []))
                else:
                    row[key] = json.dumps(value) if isinstance(value, list) else value
            flat.append(row)
        (self.folder / "flat").mkdir()
        with open(self.folder / "flat" / "bill.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, flat[0].keys())
            writer.writeheader()
            writer.writerows(flat)
        # BigQuery writes nested Parquet, numbers as doubles and times as timestamps.
        (self.folder / "parquet").mkdir()
        structs = ", ".join(f"from_json({column}, '{json.dumps({m: 'VARCHAR' for m in members})}') as {column}"
                            for column, members in nested.items() if column != "usage")
        first("query", "--tenant", "acme", "--format", "parquet", "--out", self.folder / "parquet" / "bill.parquet",
              "select billing_account_id, " + structs + """,
                 from_json(usage, '{"amount":"DOUBLE","unit":"VARCHAR","amount_in_pricing_units":"DOUBLE","pricing_unit":"VARCHAR"}') as usage,
                 from_json(project, '{"id":"VARCHAR","number":"VARCHAR","name":"VARCHAR","labels":[{"key":"VARCHAR","value":"VARCHAR"}]}') as project,
                 from_json(labels, '[{"key":"VARCHAR","value":"VARCHAR"}]') as labels, from_json(tags, '[{"key":"VARCHAR","value":"VARCHAR"}]') as tags,
                 from_json(credits, '[{"name":"VARCHAR","amount":"DOUBLE","full_name":"VARCHAR","id":"VARCHAR","type":"VARCHAR"}]') as credits,
                 cast(usage_start_time as timestamptz) as usage_start_time, cast(usage_end_time as timestamptz) as usage_end_time,
                 cast(export_time as timestamptz) as export_time, cast(cost as double) as cost, cast(cost_at_list as double) as cost_at_list, currency,
                 cast(currency_conversion_rate as double) as currency_conversion_rate, cost_type, transaction_type, seller_name
               from bronze.gcp_billing_lines order by source_row_number""")
        for name in [*layouts, "flat", "parquet"]:
            with self.subTest(name):
                lake = self.land(self.folder / name, "lake-" + name)
                self.prove(lake, lines)
                self.assertEqual(expected, lake.query("acme", bill))
                self.say(f"{name}: the same {len(expected)} charges")

    def meets_truth(self, lake, truth, name):
        """Silver of every invoice month is what the generator says, by category and credit, to the last digit; the proof holds."""
        for month, told in truth["periods"].items():
            of = f"billing_period = date '{month}-01'"
            self.assertEqual(str(told["rows"]), lake.value("acme", f"select count(*) from bronze.gcp_billing_lines where {of}"))
            self.assertEqual({kind: D(amount) for kind, amount in told["billed_by_charge_category"].items() if D(amount)},
                             {kind: amount for kind, amount in self.sums(lake, "ChargeCategory", of).items() if amount}, month)
            found = lake.query("acme", f"select sum(BilledCost) as billed, sum(EffectiveCost) as effective from {LINES} where {of}")[0]
            self.assertEqual((D(told["billed"]), D(told["effective"])), (D(found["billed"]), D(found["effective"])), month)
            kinds = lake.query("acme", f"select credit_type, sum(amount) as amount from silver.gcp_credits where {of} group by 1")
            self.assertEqual({kind: D(amount) for kind, amount in told["credits_by_type"].items()}, {row["credit_type"]: D(row["amount"]) for row in kinds})
        self.assertEqual(truth["currency"], lake.value("acme", f"select distinct BillingCurrency from {LINES}"))
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        for status in ("Used", "Unused"):
            self.assertGreater(D(lake.value("acme", f"select sum(EffectiveCost) from {LINES} where CommitmentDiscountStatus = '{status}'")), 0)
        total = truth["total"]
        self.say(f"{name}: {total['rows']} lines, cost {total['cost']}, credits {total['credits']}, billed {total['billed']} {truth['currency']}, as truth.json")

    def test_generated_bills_meet_their_truth(self):
        for seed, rows, more in ((3, 3001, ()), (4, 6000, ("--format", "parquet", "--currency", "USD"))):
            bills = self.folder / f"generated-{seed}"
            generate = ("generate", "gcp", "--seed", seed, "--rows", rows, "--months", 2, "--out", bills, *more)
            centavo(*generate, "--before-restatement")
            lake = self.land(bills, f"lake-{seed}")
            self.meets_truth(lake, json.loads((bills / "truth.json").read_text()), f"seed {seed}, a day in part")
            centavo(*generate)
            lake.run("acme")
            self.meets_truth(lake, json.loads((bills / "truth.json").read_text()), f"seed {seed}, whole")

    def test_days_come_late_and_again(self):
        lines, _ = self.synthetic()
        days = {}
        for line in lines:
            days.setdefault(line["export_time"][:10], []).append(line)
        bills = self.folder / "bills"

        def deliver(day, run, of):
            folder = bills / f"day={day}" / f"run={run}"
            folder.mkdir(parents=True)
            for shard in range(min(2, len(of))):
                (folder / f"{shard:012}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in of[shard::2]))

        order = sorted(days)
        here = [day for day in order if day < "2026-09-20"]
        for day in here:
            deliver(day, "20260920T0600", days[day])
        lake = self.land(bills)
        self.prove(lake, [line for day in here for line in days[day]])
        self.say(f"{len(here)} load days: {lake.value('acme', f'select sum(BilledCost) from {LINES}')}")
        for day in order[len(here):]:
            deliver(day, "20261004T0600", days[day])
        lake.run("acme")
        self.prove(lake, lines)
        before = lake.releases("acme")
        lake.run("acme")
        self.assertEqual(before, lake.releases("acme"), "nothing came, nothing changes")
        # A day again: one line less, one amount changed; the earlier run stays in the bucket.
        again = next(day for day in order[3:] if len(days[day]) > 2)
        changed = [dict(line) for line in days[again][1:]]
        changed[0]["cost"] = "1000.000001"
        deliver(again, "20261005T0600", changed)
        now = [line for day in order for line in (changed if day == again else days[day])]
        lake.run("acme")
        self.prove(lake, now)
        # A broken run leaves the day as it was, and says which file.
        deliver(again, "20261006T0600", days[again])
        shard = bills / f"day={again}" / "run=20261006T0600" / "000000000001.jsonl"
        whole = shard.read_text()
        shard.write_text('{"invoice": {"month": "2026')
        done = lake.run("acme", code=FAILED)
        self.assert_one_clear_error(done, "run=20261006T0600/000000000001.jsonl")
        self.prove(lake, now)
        shard.write_text(whole)
        lake.run("acme")
        self.prove(lake, lines)
        self.say(f"day {again} came four times, one of them broken: {net(lines)} once")

    def test_a_file_again_under_another_name_is_refused(self):
        lines, _ = self.synthetic()
        bills = self.folder / "bills"
        bills.mkdir()
        (bills / "september.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:100]))
        lake = self.land(bills)
        (bills / "september-again.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = lake.run("acme", code=DOES_NOT_HOLD)
        self.assertIn("delivered_once", done.stdout + done.stderr)
        self.prove(lake, lines[:100])

    def test_what_is_not_known_is_named_and_set_aside(self):
        lines, _ = self.synthetic()
        odd = [dict(lines[0]) for _ in range(3)]
        odd[0].update(cost_type="surcharge", cost="1.5", credits=[])
        odd[1].update(billing_account_id="0BBBBB-EF2345-67890A", currency="QQQ", cost="2.5", credits=[])   # an account has one currency
        odd[2].update(cost="8", credits=[{"name": "n", "amount": "-0.5", "type": "BRAND_NEW"}])
        bills = self.folder / "bills"
        bills.mkdir()
        (bills / "bill.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines + odd))
        lake = self.land(bills)
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        whole = sum((D(line["to_amount"]) for line in proof["lines"] if line["measure"] == "BilledCost" and line["to"] == LINES and not line.get("category")), D(0))
        self.assertEqual(net(lines) + 8, whole)
        status = lake.run("acme", "--full", code=(DONE, DOES_NOT_HOLD, 2))
        seen = lake("reconcile", "--tenant", "acme", "--all").stdout + status.stdout
        self.assertIn("in quarantine", seen)
        self.assertEqual("0", lake.value("acme", f"select count(*) from {LINES} where x_CostType = 'surcharge' or BillingCurrency = 'QQQ' or x_CreditType = 'BRAND_NEW'"))

    def test_the_flat_bill_of_koku(self):
        source = self.shared("data", "gcp_billing", "koku")
        lake = self.land(source)
        with next(source.glob("*.csv")).open(encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual("[]", {row["credits"] for row in rows}.pop())
        total = sum((D(row["cost"]) for row in rows), D(0))
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        found = lake.query("acme", f"select count(*) as n, sum(BilledCost) as billed, min(BillingPeriodStart) as first from {LINES}")[0]
        self.assertEqual((str(len(rows)), total), (found["n"], D(found["billed"])))
        self.assertTrue(found["first"].startswith("2022-08-01"))
        self.say(f"{len(rows)} flat rows: {total}")

    def test_commitments_are_bought_used_and_idle(self):
        """Google's own attribution cases: a fee of 100 for 100 GiB-hours, credits on what it covers, over two invoice months."""
        folder = self.shared("data", "gcp_billing", "cud_attribution")
        for case in sorted(folder.glob("test_*")):
            with self.subTest(case.name):
                lines = objects_of((case / "export.json").read_text())
                lake = self.land(case / "export.json", "lake-" + case.name)
                self.prove(lake, lines)
                fees = [line for line in lines if "commitment" in line["sku"]["description"].lower()]
                totals = lake.query("acme", f"""select strftime(billing_period, '%Y%m') as month,
                    sum(case when ChargeCategory = 'Purchase' then BilledCost else 0 end) as bought,
                    sum(case when CommitmentDiscountStatus = 'Unused' then EffectiveCost else 0 end) as idle,
                    sum(case when CommitmentDiscountStatus = 'Used' then EffectiveCost - BilledCost else 0 end) as used,
                    sum(case when CommitmentDiscountStatus = 'Used' then ContractedCost else 0 end) as covered
                    from {LINES} group by 1 order by 1""")
                for row in totals:
                    fee = net(line for line in fees if line["invoice"]["month"] == row["month"])
                    self.assertEqual(fee, D(row["bought"]))
                    self.assertEqual(fee, D(row["used"]) + D(row["idle"]))
                self.assertEqual(net(fees), sum(D(row["bought"]) for row in totals))
                self.assertGreater(net(fees), 0)
                self.say(f"{case.name}: bought {net(fees)}, " + ", ".join(f"{r['month']} used {D(r['used']):f} idle {D(r['idle']):f}" for r in totals))


class GoogleFocusTable(FlowTest):
    def test_tags_as_a_list_become_a_map(self):
        """The FOCUS export of BigQuery has tags as a list of key and value, and nested columns of its own."""
        row = {"BilledCost": "1.25", "BillingAccountId": "01ABCD", "BillingCurrency": "BRL", "BillingPeriodStart": "2026-09-01 07:00:00 UTC",
               "BillingPeriodEnd": "2026-10-01 07:00:00 UTC", "ChargeCategory": "Usage", "ChargePeriodStart": "2026-09-02 00:00:00 UTC",
               "ChargePeriodEnd": "2026-09-02 01:00:00 UTC", "ConsumedQuantity": 3, "ContractedCost": "1.25", "EffectiveCost": "1.25", "ListCost": "1.5",
               "InvoiceIssuerName": "Google Cloud", "ProviderName": "Google Cloud", "PublisherName": "Google Cloud", "ServiceCategory": "Compute",
               "ServiceName": "Compute Engine", "SubAccountId": "shop",
               "Tags": [{"key": "team", "value": "web", "x_type": "label"}, {"key": "team", "value": "other", "x_type": "project"}, {"key": "env", "value": "prod"}],
               "x_Credits": [{"Name": "n", "Amount": "-1"}], "x_Project": {"id": "shop"}}
        bills = self.folder / "bills"
        bills.mkdir()
        (bills / "focus.jsonl").write_text("".join(json.dumps({**row, "BilledCost": amount}) + "\n" for amount in ("1.25", "2.000000001")))
        lake = self.lake()
        lake.add("acme", "focus", bills)
        lake.run("acme")
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        self.assertEqual([{"billed": "3.250000001000000000000", "team": "web", "env": "prod"}], lake.query(
            "acme", f"select sum(BilledCost) as billed, min(Tags['team']) as team, min(Tags['env']) as env from {COSTS}"))


if __name__ == "__main__":
    unittest.main()
