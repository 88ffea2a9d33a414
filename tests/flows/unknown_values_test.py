#!/usr/bin/env python3
"""A charge type, a SKU or a currency that nobody knows is named, counted, set aside or refused, for every provider, and never taken for one that is known."""
import csv
import decimal
import gzip
import json
import unittest

import bill
from lake import COSTS, DOES_NOT_HOLD, DONE, FlowTest

D = decimal.Decimal


class UnknownValues(FlowTest):
    def generated(self, provider, change, *more):
        """A lake over a generated bill of a month, each of whose data files `change` rewrites: (text, path) -> text."""
        home = self.folder / provider
        lake = self.lake(f"{provider}-lake")
        lake("generate", provider, "--seed", 9, "--rows", 600, "--months", 1, "--out", home, *more)
        for path in home.rglob("*"):
            if not path.is_file() or path.name in ("truth.json", "manifest.json") or path.suffix not in (".gz", ".jsonl"):
                continue
            data = path.read_bytes()
            text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
            changed = change(text, str(path))
            path.write_bytes(gzip.compress(changed.encode(), mtime=0) if path.suffix == ".gz" else changed.encode())
        for manifest in home.rglob("manifest.json"):   # what they promise of bytes must be what is there
            said = json.loads(manifest.read_text())
            if "blobs" not in said:
                continue
            for blob in said["blobs"]:
                blob["byteCount"] = (manifest.parent / blob["blobName"].rsplit("/", 1)[-1]).stat().st_size
            said["byteCount"] = sum(blob["byteCount"] for blob in said["blobs"])
            manifest.write_text(json.dumps(said))
        lake.add("acme", provider, home)
        return lake

    def whole(self, lake):
        """What stands in silver and in quarantine, by the proof."""
        proof = lake.json("reconcile", "--tenant", "acme")
        self.assertTrue(proof["holds"])
        return proof

    def found(self, lake, check):
        """(bad rows, sample) of a check in the newest run."""
        rows = [row for row in lake.json("check", "--tenant", "acme", code=(DONE, DOES_NOT_HOLD)) if row["check"] == check and int(row["bad_rows"])]
        self.assertTrue(rows, f"{check} found nothing")
        return sum(int(row["bad_rows"]) for row in rows), json.dumps(rows)

    def test_a_currency_that_does_not_exist_is_named_and_counted(self):
        report = bill.Report(self.folder / "cur")
        rows = bill.lines(5, "10")
        report.deliver(rows + bill.lines(3, "7", lineItem__CurrencyCode="ZZZ", bill__InvoiceId="INV-2"))
        lake = self.lake("aws-lake")
        lake.add("acme", "aws", report.folder)
        done = lake.run("acme")
        self.assertIn("currency_is_iso_4217", done.stdout)
        count, sample = self.found(lake, "currency_is_iso_4217")
        self.assertEqual(3, count)
        self.assertIn("ZZZ", sample)
        sums = {row["BillingCurrency"]: D(row["s"]) for row in lake.query("acme", f"select BillingCurrency, sum(BilledCost) as s from {COSTS} group by 1")}
        self.assertEqual({"USD": D(50), "ZZZ": D(21)}, sums, "its own sum, added to no other")
        self.assertEqual({"0"}, {row["n"] for row in lake.query("acme", f"select count(x_BilledCostInUsd) as n from {COSTS} where BillingCurrency = 'ZZZ'")}, "converted by no rate")
        rates = self.folder / "rates"
        rates.mkdir()
        (rates / "rates.csv").write_text("date,base,quote,rate\n2026-09-01,USD,BRL,5.5\n")
        lake("source", "add", "currency_files", "--tenant", "acme", "--uri", rates)
        self.assert_one_clear_error(lake.run("acme", code=DOES_NOT_HOLD), "a_rate_for_every_day", "ZZZ/USD")
        self.say("aws: ZZZ is counted on its own, and no rate is made up for it")

        lake = self.generated("azure", lambda text, path: text.replace(",BRL,", ",ZZZ,"))
        lake.run("acme", code=(DONE, DOES_NOT_HOLD))
        count, sample = self.found(lake, "currency_is_iso_4217")
        self.assertEqual(count, int(lake.value("acme", f"select count(*) from {COSTS} where BillingCurrency = 'ZZZ'")))
        self.assertIn("ZZZ", sample)
        self.say(f"azure: {count} rows in ZZZ are named")
        lake = self.generated("gcp", lambda text, path: text.replace('"currency":"BRL"', '"currency":"ZZZ"'))
        lake.run("acme", code=(DONE, DOES_NOT_HOLD))
        self.assertEqual("0", lake.value("acme", f"select count(*) from {COSTS}"))
        self.assertIn("in quarantine", lake("reconcile", "--tenant", "acme", "--all").stdout)
        self.say("gcp: rows in ZZZ are set aside")
        lake = self.generated("databricks", lambda text, path: text)
        lake("tenant", "set", "acme", "--param", "currency=ZZZ")
        done = lake.run("acme", code=(DONE, DOES_NOT_HOLD))
        self.assertIn("skus_have_a_price", done.stdout)
        self.assertEqual("0", lake.value("acme", f"select count(*) from {COSTS} where BilledCost <> 0"), "no price in that currency, and none of another")
        self.say("databricks: nothing is priced in ZZZ, and every SKU without a price is named")

    def test_a_charge_type_that_does_not_exist_is_set_aside_or_refused(self):
        def once(old, new, where=""):
            left = [1]
            return lambda text, path: text.replace(old, new, left.pop()) if left and old in text and where in path else text
        report = bill.Report(self.folder / "cur")
        report.deliver(bill.lines(5, "10") + [bill.line(9, "7", lineItem__LineItemType="Sorcery")])
        aws = self.lake("aws-lake")
        aws.add("acme", "aws", report.folder)
        for provider, lake, word in (("aws", aws, "Sorcery"), ("azure", self.generated("azure", once(",Usage,", ",Teleport,", "amortized"), "--no-restate"), "Teleport"),
                                     ("gcp", self.generated("gcp", once('"cost_type":"regular"', '"cost_type":"surcharge"'), "--no-restate"), "surcharge"),
                                     ("databricks", self.generated("databricks", once('"ORIGINAL"', '"SURPRISE"')), "SURPRISE")):
            with self.subTest(provider):
                done = lake.run("acme", code=(DONE, DOES_NOT_HOLD))
                self.assertRegex(done.stdout, "quarantined accepted_values_x_[a-z_]+_type .*: 1 bad row")
                self.assertIn(word, json.dumps(lake.json("check", "--tenant", "acme", code=(DONE, DOES_NOT_HOLD))))
                self.whole(lake)
                self.assertIn("in quarantine", lake("reconcile", "--tenant", "acme", "--all").stdout)
                self.say(f"{provider}: {word} is set aside by name, and the proof counts it")
        text = (self.shared("data", "focus", "v1_3") / "aws_1_3_cost_and_usage_rows100_seed42.csv").read_text()
        home = self.folder / "focus"
        home.mkdir()
        (home / "bill.csv").write_text(text.replace(",Usage,", ",Surcharge,", 1))
        lake = self.lake("focus-lake")
        lake.add("acme", "focus", home)
        done = lake.run("acme", code=DOES_NOT_HOLD)
        self.assertIn("Surcharge", done.stdout)
        self.assert_one_clear_error(done, "accepted_values_charge_category", "1 bad row")
        self.assertEqual([], lake.json("release", "list", "--tenant", "acme"))
        self.say("focus: a category that FOCUS does not have is refused with its row")

    def test_a_product_that_nobody_knows_keeps_its_name_and_cost(self):
        report = bill.Report(self.folder / "cur")
        report.deliver(bill.lines(5, "10") + [bill.line(9, "7", lineItem__ProductCode="AmazonTeleport", product__ProductName="Amazon Teleport", product__servicename="", product__sku="NEWSKU1")])
        aws = self.lake("aws-lake")
        aws.add("acme", "aws", report.folder)
        azure = self.generated("azure", lambda text, path: text.replace(",Virtual Machines,", ",Quantum Teleport,"))
        gcp = self.generated("gcp", lambda text, path: text.replace('"description":"Compute Engine"', '"description":"Quantum Teleport"'))
        for provider, lake, name in (("aws", aws, "Amazon Teleport"), ("azure", azure, "Quantum Teleport"), ("gcp", gcp, "Quantum Teleport")):
            with self.subTest(provider):
                lake.run("acme", code=(DONE, DOES_NOT_HOLD))
                self.whole(lake)
                rows = lake.query("acme", f"select distinct ServiceCategory, ServiceSubcategory from {COSTS} where ServiceName = '{name}'")
                self.assertEqual([{"ServiceCategory": "Other", "ServiceSubcategory": "Other (Other)"}], rows)
        lake = self.generated("databricks", lambda text, path: "".join(line.replace("PREMIUM_JOBS_COMPUTE", "PREMIUM_TELEPORT") if "usage_quantity" in line else line
                                                                 for line in text.splitlines(keepends=True)))
        done = lake.run("acme", code=(DONE, DOES_NOT_HOLD))
        self.assertIn("skus_have_a_price", done.stdout)
        unpriced = lake.query("acme", "select distinct sku_name from gold.databricks_unpriced_usage")
        self.assertTrue(any("TELEPORT" in row["sku_name"] for row in unpriced), unpriced)
        self.assertEqual("0", lake.value("acme", f"select count(*) from {COSTS} where SkuId like '%TELEPORT%' and BilledCost <> 0"))
        self.say("a product that nobody knows keeps its name in category Other; a SKU without a price is listed")

    def oci(self, change):
        """A lake over six lines of a real report of Oracle's, changed."""
        with next(self.shared("data", "oci_cost").glob("*.csv")).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))[:6]
        change(rows)
        home = self.folder / f"oci-{len(list(self.folder.iterdir()))}"
        (home / "cost-csv").mkdir(parents=True)
        with (home / "cost-csv" / "0001.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        lake = self.lake(home.name + "-lake")
        lake.add("acme", "oci", home)
        return lake, rows

    def test_oracles_report(self):
        lake, rows = self.oci(lambda rows: (rows[0].update({"cost/currencyCode": "ZZZ"}), rows[1].update({"product/service": "TELEPORT", "cost/productSku": "B999999"}),
                                            rows[2].update({"lineItem/isCorrection": "perhaps"})))
        done = lake.run("acme", code=(DONE, DOES_NOT_HOLD))
        self.assertRegex(done.stdout, "quarantined accepted_values_charge_class .*: 1 bad row")
        count, sample = self.found(lake, "currency_is_iso_4217")
        self.assertEqual((1, True), (count, "ZZZ" in sample))
        self.whole(lake)
        self.assertIn("in quarantine", lake("reconcile", "--tenant", "acme", "--all").stdout)
        left = [row for number, row in enumerate(rows) if number != 2]
        sums = {row["c"]: D(row["s"]) for row in lake.query("acme", f"select BillingCurrency as c, sum(BilledCost) as s from {COSTS} group by 1")}
        self.assertEqual({"ZZZ": D(rows[0]["cost/myCost"]), "USD": sum((D(row["cost/myCost"]) for row in left[1:]), D(0))}, sums)
        self.assertEqual([{"ServiceName": "TELEPORT", "ServiceCategory": "Other", "SkuId": "B999999", "cost": D(rows[1]["cost/myCost"])}], [
            {**row, "cost": D(row["cost"])} for row in lake.query(
                "acme", f"select ServiceName, ServiceCategory, SkuId, BilledCost as cost from {COSTS} where ServiceName = 'TELEPORT'")])
        lake, _ = self.oci(lambda rows: rows[3].update({"cost/currencyCode": ""}))
        self.assert_one_clear_error(lake.run("acme", code=DOES_NOT_HOLD), "required_billing_currency", "1 bad row", '"x_SourceRow":4')
        self.assertEqual([], lake.json("release", "list", "--tenant", "acme"))
        self.say("oci: an unknown currency, service, SKU and mark are named; a line without a currency is refused with its row")

    def test_magalus_answer(self):
        record = {"SkuId": "sku-1", "ConsumedQuantity": "1", "ConsumedUnit": "instances*seconds", "BillingAccountId": "a", "BillingCurrency": "BRL",
                  "BillingPeriodStart": "2026-09-01T00:00:00-03:00", "BillingPeriodEnd": "2026-10-01T00:00:00-03:00", "ChargePeriodStart": "2026-09-10T10:00:00-03:00",
                  "ChargePeriodEnd": "2026-09-10T11:00:00-03:00", "BilledCost": "2.5", "ProviderName": "Magalu Cloud"}
        home = self.folder / "magalu"
        home.mkdir()
        (home / "2026-09.json").write_text(json.dumps({"results": [record, {**record, "BillingCurrency": "ZZZ"}, {**record, "SkuId": "sku-of-tomorrow"}]}))
        lake = self.lake()
        lake.add("acme", "magalu", home)
        lake.run("acme")
        self.assertEqual(1, self.found(lake, "currency_is_iso_4217")[0])
        self.whole(lake)
        self.assertEqual({"BRL": D(5), "ZZZ": D("2.5")}, {row["c"]: D(row["s"]) for row in lake.query(
            "acme", f"select BillingCurrency as c, sum(BilledCost) as s from {COSTS} group by 1")})
        self.assertEqual("1", lake.value("acme", f"select count(*) from {COSTS} where SkuId = 'sku-of-tomorrow' and ServiceCategory = 'Other'"))
        (home / "2026-09.json").write_text(json.dumps({"results": [record, {**record, "BillingCurrency": ""}]}))
        self.assert_one_clear_error(lake.run("acme", code=DOES_NOT_HOLD), "required_billing_currency", "1 bad row", '"x_SourceRow":2')
        self.assertEqual([1], lake.releases("acme"))
        self.assertEqual("3", lake.value("acme", f"select count(*) from {COSTS}"), "readers keep the release before")

    def test_parts_of_cost_that_opencost_never_had(self):
        """A part we do not know is in the total and in no part: the total counts, and the difference is named."""
        window = {"start": "2026-09-10T00:00:00Z", "end": "2026-09-11T00:00:00Z"}
        share = lambda name, **more: {"name": name, "properties": {"cluster": "one", "namespace": name}, "window": window, **window, "minutes": 1440, "cpuCost": 1,
                                      "totalCost": 1, **more}
        home = self.folder / "opencost"
        home.mkdir()
        (home / "one-allocation.json").write_text(json.dumps({"code": 200, "data": [{"a": share("a"), "b": share("b", quantumCost=9, totalCost=10)}]}))
        lake = self.lake()
        lake("tenant", "add", "acme", "--pack", "kubernetes", "--source", f"opencost_allocation={home}")
        lake.run("acme")
        count, sample = self.found(lake, "parts_sum_to_total")
        self.assertEqual((1, True), (count, "10.0" in sample))
        self.whole(lake)
        self.assertEqual(D(11), D(lake.value("acme", "select sum(allocated_cost) from gold.kubernetes_showback")))

    def test_a_table_that_loses_every_row_does_not_hold(self):
        report = bill.Report(self.folder / "cur")
        report.deliver(bill.lines(5, "10"))
        lake = self.lake()
        pack = lake.folder / "packs" / "lost"
        (pack / "gold").mkdir(parents=True)
        (pack / "pack.yaml").write_text("pack: lost\nversion: 1\ndescription: a model with a wrong filter\nrequires: [focus]\n")
        (pack / "gold" / "lost_cost.yaml").write_text(
            "table: gold.lost_cost\ndescription: cost by account\nwrite: replace_period\nperiod_column: billing_period\ncolumns:\n"
            "  - {name: billing_period, type: date, required: true}\n  - {name: BillingCurrency, type: varchar, required: true}\n"
            "  - {name: BilledCost, type: \"decimal(38,21)\", required: true}\nproof:\n  - {measure: BilledCost, amount: BilledCost, currency: BillingCurrency}\n")
        (pack / "gold" / "lost_cost.sql").write_text(
            "select billing_period, BillingCurrency, sum(BilledCost) as BilledCost from silver.focus_cost_and_usage\n"
            "where billing_period >= $period_first and billing_period < $period_end and BillingAccountId = 'nobody'\ngroup by billing_period, BillingCurrency\n")
        lake.add("acme", "aws", report.folder, "--pack", "lost")
        done = lake.run("acme", code=DOES_NOT_HOLD)
        self.assertIn("gold.lost_cost", done.stdout + done.stderr)
        self.assertEqual([], lake.json("release", "list", "--tenant", "acme"), "nothing is published")
        self.say("a table without a row is compared like any other")


if __name__ == "__main__":
    unittest.main()
