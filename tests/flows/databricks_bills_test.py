#!/usr/bin/env python3
"""Databricks system tables land in every form they are exported in and meet their expected totals to the last digit; sums are recomputed here."""
import csv
import datetime
import decimal
import json
import shutil
import unittest

from lake import COSTS, DOES_NOT_HOLD, FAILED, Figures, FlowTest, centavo

decimal.getcontext().prec = 60
D = decimal.Decimal
SILVER = "silver.databricks_cost_and_usage"
LEGACY = "silver.databricks_billable_usage"
NESTED = ("custom_tags", "usage_metadata", "identity_metadata", "product_features", "pricing")


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys())
        out.writeheader()
        for row in rows:
            out.writerow({name: json.dumps(value) if name in NESTED else value for name, value in row.items()})


def price_at(prices, record, key):
    """The price of a record as its usage began, or None; times are ISO text in one form, so that text order is time order."""
    for price in prices:
        if (price["sku_name"], price["cloud"], price["usage_unit"]) != (record["sku_name"], record["cloud"], record["usage_unit"]):
            continue
        if price["price_start_time"] <= record["usage_start_time"] < (price["price_end_time"] or "9999"):
            return key(price["pricing"])
    return None


def cost(prices, usage, key):
    return sum((D(price_at(prices, record, key) or 0) * D(record["usage_quantity"]) for record in usage), D(0))


def list_price(pricing):
    return pricing["default"]


def promoted_price(pricing):
    return pricing["effective_list"]["default"]


class DatabricksBills(FlowTest):
    def setUp(self):
        super().setUp()
        self.source = self.shared("data", "databricks", "synthetic_system_tables")
        self.usage = records(self.source / "system_billing_usage.jsonl")
        self.prices = records(self.source / "system_billing_list_prices.jsonl")
        self.expected = Figures(self.source / "expected.json")

    def load(self, source, *more, name="lake", code=0):
        lake = self.lake(name)
        lake.add("acme", "databricks", source, *more)
        lake.run("acme", code=code)
        return lake

    def totals(self, lake, where="true"):
        row = lake.query("acme", f"select count(*) as n, sum(PricingQuantity) as dbus, sum(BilledCost) as billed, sum(EffectiveCost) as effective, "
                                 f"sum(ListCost) as list, sum(ContractedCost) as contracted, sum(x_Cost) as cost, sum(x_ListCost) as list_cost "
                                 f"from {SILVER} where {where}")[0]
        return {key: D(value) if value else D(0) for key, value in row.items()}

    def meets_expected(self, lake):
        expected = self.expected
        whole = self.totals(lake)
        self.assertEqual(D(expected["rows"]), whole["n"])
        self.assertEqual(str(expected["rows"]), lake.value("acme", "select count(*) from bronze.databricks_usage"))
        for kind, count in (("ORIGINAL", "originals"), ("RETRACTION", "retractions"), ("RESTATEMENT", "restatements")):
            self.assertEqual(D(expected[count]), self.totals(lake, f"x_RecordType = '{kind}'")["n"], kind)
        self.assertEqual(D(expected["dbu_net"]), whole["dbus"])
        self.assertEqual(D(expected["dbu_original_only_wrong"]), self.totals(lake, "x_RecordType = 'ORIGINAL'")["dbus"])
        self.assertEqual(D(expected["list_cost_default_usd"]), whole["list"])
        for measure in ("billed", "effective", "contracted", "cost"):
            self.assertEqual(D(expected["list_cost_effective_usd"]), whole[measure], measure)
        self.assertEqual(D(expected["rows_without_list_price"]), self.totals(lake, "x_PriceSource = 'none'")["n"])
        unpriced = lake.query("acme", "select * from gold.databricks_unpriced_usage")
        self.assertEqual([("GENIE_FREE_USAGE", "sku_not_in_price_list", str(expected["rows_without_list_price"]))],
                         [(row["sku_name"], row["reason"], row["record_count"]) for row in unpriced])
        change = expected["price_change_at"]
        self.assertEqual([change.replace("T", " ").replace("Z", "+00")],
                         [row["at"] for row in lake.query("acme", "select distinct valid_from as at from silver.databricks_prices where valid_from > '2025-01-02'")])
        sku = "SkuId = 'PREMIUM_ALL_PURPOSE_COMPUTE' and ChargePeriodStart"
        for side, text in (("<", "0.55"), (">=", "0.605")):
            prices = {D(row["p"]) for row in lake.query("acme", f"select distinct ListUnitPrice as p from {SILVER} where {sku} {side} '{change}'")}
            self.assertEqual({D(text)}, prices, side)
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        quantity = [line for line in proof["lines"] if line["measure"] == "usage_quantity" and line["from"] == "bronze.databricks_usage"]
        self.assertEqual([("DBU", D(expected["dbu_net"]))], [(line["currency"], D(line["to_amount"])) for line in quantity])
        self.assertLessEqual({"gold.databricks_cost_by_attribution", "gold.cost_by_day", "gold.cost_by_month", "gold.cost_by_tag"},
                             {line["to"] for line in proof["lines"]})
        self.assert_all_asked(expected)

    def test_json_lines_meet_their_expected_totals(self):
        lake = self.load(self.source)
        self.meets_expected(lake)
        self.assertEqual(cost(self.prices, self.usage, list_price), self.totals(lake)["list"])
        # By SKU and by resource kind, recomputed here.
        for sku in {record["sku_name"] for record in self.usage}:
            mine = [record for record in self.usage if record["sku_name"] == sku]
            self.assertEqual(cost(self.prices, mine, promoted_price), self.totals(lake, f"SkuId = '{sku}'")["billed"], sku)
        jobs = [record for record in self.usage if record["usage_metadata"]["job_id"]]
        gold = lake.query("acme", "select sum(x_Cost) as cost, sum(record_count) as n from gold.databricks_cost_by_attribution where x_AttributedTo = 'job'")[0]
        self.assertEqual((cost(self.prices, jobs, promoted_price), str(len(jobs))), (D(gold["cost"]), gold["n"]))
        shared = [record for record in self.usage if record["billing_origin_product"] == "ALL_PURPOSE"]
        self.assertEqual((cost(self.prices, shared, promoted_price), D(len(shared))),
                         tuple(self.totals(lake, "x_AttributionQuality = 'shared' and x_AttributedTo = 'cluster'")[key] for key in ("cost", "n")))
        self.say(f"{len(self.usage)} records: list {self.totals(lake)['list']}, billed {self.totals(lake)['billed']}: as expected.json")

    def test_corrections_are_those_of_an_invoiced_month(self):
        lake = self.load(self.source)
        late = {record["record_id"] for record in self.usage if record["record_type"] != "ORIGINAL" and record["ingestion_date"] >= "2026-10-01"}
        self.assertTrue(late)
        self.assertEqual(late, {row["id"] for row in lake.query("acme", f"select x_RecordId as id from {SILVER} where ChargeClass = 'Correction'")})
        lake("tenant", "set", "acme", "--param", "invoice_day=6")
        lake.run("acme")
        later = {record["record_id"] for record in self.usage if record["record_type"] != "ORIGINAL" and record["ingestion_date"] >= "2026-10-06"}
        self.assertEqual(later, {row["id"] for row in lake.query("acme", f"select x_RecordId as id from {SILVER} where ChargeClass = 'Correction'")})
        self.say(f"invoiced on day 1: {len(late)} corrections; on day 6: {len(later)}")

    def test_csv_meets_the_same_totals(self):
        home = self.folder / "csv"
        write_csv(home / "usage" / "september.csv", self.usage)
        write_csv(home / "list_prices.csv", self.prices)
        lake = self.load(home)
        self.meets_expected(lake)
        self.assertEqual({"team": "ml"}, json.loads(lake.value(
            "acme", f"select cast(to_json(Tags) as varchar) from {SILVER} where x_RecordId = '{self.usage[0]['record_id']}'")))
        self.say("the same as CSV with JSON columns: the same totals")

    def test_parquet_with_structs_meets_the_same_totals(self):
        """Typed as the system tables are: structs, a map, decimals of 18 digits, times and dates. The engine writes the files."""
        home = self.folder / "parquet"
        for table in ("usage", "list_prices"):
            (home / table).mkdir(parents=True)
        lake = self.load(self.source, name="lake-lines")
        columns = ("record_id, account_id, workspace_id, sku_name, cloud, cast(usage_start_time as timestamptz) as usage_start_time, "
                   "cast(usage_end_time as timestamptz) as usage_end_time, cast(usage_date as date) as usage_date, custom_tags, usage_unit, "
                   "cast(usage_quantity as decimal(38,18)) as usage_quantity, "
                   "from_json(usage_metadata, '{\"cluster_id\":\"VARCHAR\",\"job_id\":\"VARCHAR\",\"job_run_id\":\"VARCHAR\",\"job_name\":\"VARCHAR\","
                   "\"warehouse_id\":\"VARCHAR\",\"notebook_id\":\"VARCHAR\",\"node_type\":\"VARCHAR\"}') as usage_metadata, "
                   "from_json(identity_metadata, '{\"run_as\":\"VARCHAR\"}') as identity_metadata, record_type, cast(ingestion_date as date) as ingestion_date, "
                   "billing_origin_product, from_json(product_features, '{\"is_serverless\":\"BOOLEAN\",\"is_photon\":\"BOOLEAN\"}') as product_features, usage_type")
        prices = ("account_id, sku_name, cloud, usage_unit, currency_code, cast(price_start_time as timestamptz) as price_start_time, "
                  "cast(price_end_time as timestamptz) as price_end_time, "
                  "from_json(pricing, '{\"default\":\"DECIMAL(38,18)\",\"effective_list\":{\"default\":\"DECIMAL(38,18)\"}}') as pricing")
        for table, select in (("usage", columns), ("list_prices", prices)):
            lake("query", "--tenant", "acme", "--format", "parquet", "--out", home / table / "part-00000.snappy.parquet",
                 f"select {select} from bronze.databricks_{table}")
        parquet = self.load(home, name="lake-parquet")
        self.meets_expected(parquet)
        facts = f"select x_RecordId, BilledCost, ListCost, ResourceId, ResourceName, x_AttributionQuality, x_IsServerless, ChargePeriodStart, ChargeClass from {SILVER} order by all"
        self.assertEqual(lake.query("acme", facts), parquet.query("acme", facts))
        self.say("the same as Parquet with structs: the same rows")

    def test_account_prices_are_what_is_paid(self):
        home = self.folder / "in"
        shutil.copytree(self.source, home)
        account = self.usage[0]["account_id"]
        own = [{"account_id": account, "sku_name": "PREMIUM_JOBS_COMPUTE", "cloud": "AZURE", "usage_unit": "DBU", "currency_code": "USD",
                "price_start_time": "2026-09-10T00:00:00.000Z", "price_end_time": None, "pricing": {"default": "0.2111"}}]
        write_lines(home / "account_prices" / "part-0.json", own)
        lake = self.load(home)
        self.assertEqual(D(self.expected["list_cost_default_usd"]), self.totals(lake)["list"])
        discounted = [r for r in self.usage if r["sku_name"] == "PREMIUM_JOBS_COMPUTE" and r["usage_start_time"] >= "2026-09-10"]
        others = [r for r in self.usage if r not in discounted]
        paid = sum((D("0.2111") * D(r["usage_quantity"]) for r in discounted), D(0)) + cost(self.prices, others, promoted_price)
        self.assertEqual(paid, self.totals(lake)["billed"])
        self.assertEqual(D(len(discounted)), self.totals(lake, "x_PriceSource = 'account'")["n"])
        self.say(f"{len(discounted)} records at the account's price: {paid}")

    def test_a_newer_price_list_prices_the_month_again(self):
        home = self.folder / "in"
        shutil.copytree(self.source, home)
        lake = self.load(home)
        before = self.totals(lake)["list"]
        write_lines(home / "system_billing_list_prices.jsonl", [
            {**price, "pricing": {**price["pricing"], "default": "0.31"}} if price["sku_name"] == "PREMIUM_JOBS_COMPUTE" else price for price in self.prices])
        lake.run("acme")
        jobs = sum((D(r["usage_quantity"]) for r in self.usage if r["sku_name"] == "PREMIUM_JOBS_COMPUTE"), D(0))
        self.assertEqual(before + jobs * D("0.01"), self.totals(lake)["list"])
        self.assertEqual(str(before), str(D(lake.value("acme", f"select sum(ListCost) from {SILVER}", "--release", 1))))
        self.assertEqual("5", lake.value("acme", "select count(*) from bronze.databricks_list_prices"))
        self.say("a changed price list replaces the old one, and its months follow")

    def test_a_record_that_two_exports_repeat_counts_once(self):
        home = self.folder / "in"
        write_lines(home / "list_prices.jsonl", self.prices)
        write_lines(home / "usage" / "part-1.json", self.usage[:300])
        write_lines(home / "usage" / "part-2.json", self.usage[250:])
        lake = self.load(home)
        self.assertEqual(D(self.expected["rows"]), self.totals(lake)["n"])
        self.assertEqual(D(self.expected["list_cost_default_usd"]), self.totals(lake)["list"])
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        self.say("50 records delivered twice: set aside, the totals hold")

    def test_bad_records_are_set_aside_by_name(self):
        home = self.folder / "in"
        write_lines(home / "list_prices.jsonl", self.prices)
        good, bad, unknown = self.usage[0], {**self.usage[1], "record_type": "SURPRISE"}, {**self.usage[2], "cloud": "MOON"}
        write_lines(home / "usage.jsonl", [good, bad, unknown])
        lake = self.load(home)
        self.assertEqual("1", lake.value("acme", f"select count(*) from {SILVER}"))
        broken = {**self.usage[3], "usage_quantity": "many"}
        write_lines(home / "usage.jsonl", [good, broken])
        self.assert_one_clear_error(lake.run("acme", code=FAILED), "many")
        self.assertEqual("1", lake.value("acme", f"select count(*) from {SILVER}"))
        self.say("unknown record types and clouds are set aside; a quantity that is no number stops the run")

    def test_what_the_cloud_bills_is_shown_and_not_counted(self):
        lake = self.load(self.source, "--param", "cloud_billed=AZURE")
        whole = self.totals(lake)
        for measure in ("billed", "effective", "list", "contracted"):
            self.assertEqual(D(0), whole[measure], measure)
        self.assertEqual(D(self.expected["list_cost_effective_usd"]), whole["cost"])
        self.assertEqual(D(self.expected["list_cost_default_usd"]), whole["list_cost"])
        self.assertEqual("0", str(D(lake.value("acme", f"select sum(BilledCost) + sum(EffectiveCost) + sum(ListCost) from {COSTS}")).normalize()))
        gold = lake.query("acme", "select x_BilledBy, sum(x_Cost) as cost, sum(BilledCost) as billed from gold.databricks_cost_by_attribution group by all")
        self.assertEqual([("cloud", D(self.expected["list_cost_effective_usd"]), D(0))], [(r["x_BilledBy"], D(r["cost"]), D(r["billed"])) for r in gold])
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        self.say("cloud_billed=AZURE: 0 in FOCUS, the cost by resource stays")

    def test_a_month_billed_by_both_is_refused_until_the_tenant_says_who_bills(self):
        cloud = self.folder / "cloud"
        cloud.mkdir()
        bill = {"BilledCost": "3000", "EffectiveCost": "3000", "ListCost": "3000", "ContractedCost": "3000", "BillingAccountId": "b", "BillingCurrency": "USD",
                "BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z", "ChargePeriodStart": "2026-09-01T00:00:00Z",
                "ChargePeriodEnd": "2026-10-01T00:00:00Z", "ChargeCategory": "Usage", "ServiceName": "Azure Databricks", "ProviderName": "Microsoft Azure",
                "PublisherName": "Microsoft"}
        write_csv(cloud / "azure.csv", [bill])
        lake = self.lake()
        lake.add("acme", "databricks", self.source)
        lake("source", "add", "focus_files", "--tenant", "acme", "--uri", cloud)
        done = lake.run("acme", code=DOES_NOT_HOLD)
        self.assertIn("dbus_are_billed_once", done.stdout + done.stderr)
        lake("tenant", "set", "acme", "--param", "cloud_billed=AZURE")
        lake.run("acme")
        self.assertEqual(D(3000), D(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))
        row = lake.query("acme", "select dbu_cost, cloud_billed, is_counted_twice from gold.databricks_and_cloud_bill")
        self.assertEqual([(D(self.expected["list_cost_effective_usd"]), D(3000), "false")], [(D(r["dbu_cost"]), D(r["cloud_billed"]), r["is_counted_twice"]) for r in row])
        self.say("Azure's bill and the usage records together: refused, then counted once")

    def test_people_are_masked(self):
        lake = self.load(self.source)
        people = {record["identity_metadata"]["run_as"] for record in self.usage}
        masked = [row["who"] for row in lake.query("acme", f"select distinct x_RunAsMasked as who from {SILVER}")]
        self.assertEqual(len(people), len(masked))
        for who in masked:
            self.assertRegex(who, "^[0-9a-f]{64}$")
        for table in ("silver.databricks_cost_and_usage", "gold.databricks_cost_by_attribution"):
            text = lake("query", "--tenant", "acme", "--format", "csv", f"select * from {table}").stdout
            self.assertNotIn("@example.com", text)
        self.say(f"{len(people)} people, {len(masked)} masks, no address behind bronze")


class GeneratedAccount(FlowTest):
    def test_a_generated_account_meets_its_truth(self):
        home = self.folder / "in"
        centavo("generate", "databricks", "--seed", 7, "--rows", 5000, "--months", 2, "--out", home)
        truth = json.loads((home / "truth.json").read_text())
        lake = self.lake()
        lake.add("acme", "databricks", home)
        lake.run("acme")
        for by, sums in (("month", truth["periods"]), ("sku", truth["skus"]), ("all", {"": truth["total"]})):
            for key, told in sums.items():
                where = {"month": f"billing_period = '{key}-01'", "sku": f"SkuId = '{key}'", "all": "true"}[by]
                found = lake.query("acme", f"select count(*) as rows, count(*) filter (where x_PriceSource = 'none') as rows_without_price, "
                                           f"count(*) filter (where x_RecordType <> 'ORIGINAL') as corrections, sum(PricingQuantity) as usage_quantity, "
                                           f"sum(ListCost) as list_cost, sum(BilledCost) as cost from {SILVER} where {where}")[0]
                self.assertEqual({name: D(str(value)) for name, value in told.items()}, {name: D(value) for name, value in found.items()}, key)
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        self.say(f"5000 generated records: {truth['total']['cost']}, as truth.json")


class LegacyReport(FlowTest):
    def test_the_legacy_report_lands_beside_the_system_tables(self):
        home = self.folder / "in"
        header = ["workspaceId", "timestamp", "clusterId", "clusterName", "clusterNodeType", "clusterOwnerUserId", "clusterCustomTags", "sku", "dbus",
                  "machineHours", "clusterOwnerUserName", "tags"]
        rows = []
        for hour in range(48):
            end = datetime.datetime(2026, 8, 31, 1) + datetime.timedelta(hours=hour)
            stamp = (end - datetime.timedelta(milliseconds=1)).isoformat(timespec="milliseconds") + "Z"
            rows.append(["0123456789012345", stamp, f"0405-020048-brawl{hour % 3}", "Shared, \"big\"", "m4.16xlarge", "12345678901234", json.dumps({"dept": "mktg"}),
                         "STANDARD_ALL_PURPOSE_COMPUTE" if hour % 2 else "STANDARD_JOBS_COMPUTE", f"1.{hour:04}", "0.5", "ana@example.com",
                         json.dumps({"dept": "mktg", "Creator": "ana@example.com"})])
        path = home / "billable-usage" / "csv" / "workspaceId=0123456789012345-usageMonth=2026-08.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        write_lines(home / "list_prices.jsonl", [
            {"price_start_time": "2020-01-01T00:00:00.000Z", "price_end_time": None, "account_id": "a", "sku_name": "STANDARD_ALL_PURPOSE_COMPUTE", "cloud": "AWS",
             "currency_code": "USD", "usage_unit": "DBU", "pricing": {"default": "0.40"}}])
        lake = self.lake()
        lake.add("acme", "databricks", home)
        lake.run("acme")
        found = lake.query("acme", f"select billing_period, count(*) as n, sum(usage_quantity) as dbus, sum(list_cost) as cost from {LEGACY} group by 1 order by 1")
        self.assertEqual([("2026-08-01", "24"), ("2026-09-01", "24")], [(row["billing_period"], row["n"]) for row in found])
        self.assertEqual(sum((D(row[8]) for row in rows), D(0)), sum(D(row["dbus"]) for row in found))
        shared = [row for row in rows if row[7] == "STANDARD_ALL_PURPOSE_COMPUTE"]
        self.assertEqual(sum((D(row[8]) * D("0.40") for row in shared), D(0)), sum(D(row["cost"]) for row in found))
        self.assertEqual(str(len(shared)), lake.value("acme", f"select count(*) from {LEGACY} where attribution_quality = 'shared'"))
        self.assertEqual("24", lake.value("acme", f"select count(*) from {LEGACY} where usage_hour_start < '2026-09-01'"))
        self.assertNotIn("@example.com", lake("query", "--tenant", "acme", "--format", "csv", f"select * from {LEGACY}").stdout)
        self.assertTrue(lake.json("reconcile", "--tenant", "acme")["holds"])
        self.say(f"{len(rows)} hours of two months in one file, priced where the list knows the SKU, nothing in FOCUS")


if __name__ == "__main__":
    unittest.main()
