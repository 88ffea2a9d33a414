#!/usr/bin/env python3
"""Bills of Oracle and Magalu Cloud reconcile to the last digit; what OpenCost and OpenShift tell of clusters does too, and is in no bill."""
import csv
import decimal
import json
import unittest

from lake import COSTS, DOES_NOT_HOLD, FAILED, FlowTest

decimal.getcontext().prec = 60
D = decimal.Decimal
SHARES = "silver.focus_cost_allocation"


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_json(path):
    return json.loads(path.read_text(), parse_float=D, parse_int=D)


def write_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys())
        out.writeheader()
        out.writerows(rows)


class BillFlow(FlowTest):
    def holds(self, lake, tenant, *tables):
        """The stored proof holds without a difference, and names these tables."""
        proof = lake.json("reconcile", "--tenant", tenant)
        self.assertTrue(proof["holds"])
        self.assertEqual({D(0)}, {D(line["difference"]) for line in proof["lines"]})
        self.assertLessEqual(set(tables), {line["to"] for line in proof["lines"]})

    def total(self, lake, tenant, sql):
        return D(lake.value(tenant, sql) or 0)


class Oracle(BillFlow):
    def report(self):
        return next(self.shared("data", "oci_cost").glob("*.csv"))

    def test_a_real_cost_report(self):
        rows = read_csv(self.report())
        lake = self.lake()
        lake.add("acme", "oci", self.report().parent)
        lake.run("acme")
        self.holds(lake, "acme", "silver.oci_cost_and_usage", "gold.cost_by_day", "gold.cost_by_month", "gold.cost_by_tag")
        billed = sum((D(row["cost/myCost"]) for row in rows), D(0))
        self.assertEqual(str(len(rows)), lake.value("acme", f"select count(*) from {COSTS}"))
        for cost in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
            self.assertEqual(billed, self.total(lake, "acme", f"select sum({cost}) from {COSTS}"))
        # Each service, each hour and each tag, summed here from the lines.
        by_sku, by_hour = {}, {}
        for row in rows:
            by_sku[row["cost/productSku"]] = by_sku.get(row["cost/productSku"], D(0)) + D(row["cost/myCost"])
            hour = row["lineItem/intervalUsageStart"][:13]
            by_hour[hour] = by_hour.get(hour, D(0)) + D(row["cost/myCost"])
        found = lake.query("acme", f"select SkuId, sum(BilledCost) as cost from {COSTS} group by 1")
        self.assertEqual(by_sku, {row["SkuId"]: D(row["cost"]) for row in found})
        found = lake.query("acme", f"select strftime(timezone('UTC', ChargePeriodStart), '%Y-%m-%dT%H') as hour, sum(BilledCost) as cost from {COSTS} group by 1")
        self.assertEqual(by_hour, {row["hour"]: D(row["cost"]) for row in found})
        for key in ("Oracle-Tags.CreatedBy", "DevRel\\redbull-analytics-hol-4cb4.release"):
            expected = sum((D(row["cost/myCost"]) for row in rows if row["tags/" + key]), D(0))
            self.assertEqual(expected, self.total(lake, "acme", f"select sum(BilledCost) from {COSTS} where Tags['{key}'] is not null"), key)
        self.assertEqual("0", lake.value("acme", f"select count(*) from {COSTS} where ServiceCategory = 'Other' or ChargeClass is not null"))
        self.say(f"{len(rows)} lines of a real OCI cost report: billed {billed}")
        export = self.folder / "focus.csv"
        lake("export", "focus", "--tenant", "acme", "--version", "1.2", "--out", export)
        self.assertTrue(lake.json("compare", "focus", "--tenant", "acme", "--with", export)["same"])
        lines = read_csv(export)
        lines[0]["InvoiceIssuerName"] = "another"
        write_csv(export, lines)
        found = lake.json("compare", "focus", "--tenant", "acme", "--with", export, code=DOES_NOT_HOLD)
        self.assertEqual({"InvoiceIssuerName": 1}, {column["column"]: column["differing"] for column in found["columns"] if column["differing"]})

    def test_a_correction_that_comes_a_month_later_goes_to_its_month(self):
        rows = read_csv(self.report())[:20]
        bills = self.folder / "oci" / "reports" / "cost-csv"
        write_csv(bills / "0001000000000001.csv", rows)
        lake = self.lake()
        lake.add("acme", "oci", self.folder / "oci")
        lake.run("acme")
        correction = dict(rows[0])
        correction.update({"lineItem/referenceNo": "fixes-it", "lineItem/isCorrection": "true", "lineItem/backreferenceNo": rows[0]["lineItem/referenceNo"],
                           "cost/myCost": "-0.000000000000000001", "usage/billedQuantity": "-1E-18"})
        december = dict(rows[1])
        december.update({"lineItem/referenceNo": "new", "lineItem/intervalUsageStart": "2023-12-01T00:00Z", "lineItem/intervalUsageEnd": "2023-12-01T01:00:00Z",
                         "cost/myCost": "7"})
        write_csv(bills / "0001000000000002.csv", [december, correction])
        lake.run("acme")
        self.holds(lake, "acme", "silver.oci_cost_and_usage")
        november = sum((D(row["cost/myCost"]) for row in rows), D(0))
        found = {row["billing_period"]: D(row["cost"]) for row in lake.query("acme", f"select billing_period, sum(BilledCost) as cost from {COSTS} group by 1")}
        self.assertEqual({"2023-11-01": november - D("1E-18"), "2023-12-01": D(7)}, found)
        fixed = lake.query("acme", "select x_CorrectedLineItemId as line, BilledCost from silver.oci_cost_and_usage where ChargeClass = 'Correction'")
        self.assertEqual([rows[0]["lineItem/referenceNo"]], [row["line"] for row in fixed])
        self.assertEqual(november, D(lake.value("acme", f"select sum(BilledCost) from {COSTS}", "--release", 1)))


class Magalu(BillFlow):
    def test_the_documented_answer(self):
        answer = self.shared("data", "brl") / "magalu_cloud_consumption_usage_example.json"
        records = json.loads(answer.read_text())["results"]
        lake = self.lake()
        lake.add("loja", "magalu", answer.parent)
        lake.run("loja")
        self.holds(lake, "loja", "silver.magalu_cost_and_usage", "gold.cost_by_month")
        found = lake.query("loja", f"select billing_period, BilledCost, EffectiveCost, BillingCurrency, ConsumedQuantity, SkuId from {COSTS}")
        self.assertEqual(len(records), len(found))
        self.assertEqual(D(records[0]["BilledCost"]), D(found[0]["BilledCost"]))
        self.assertEqual(D(records[0]["BilledCost"]), D(found[0]["EffectiveCost"]))
        self.assertEqual(("BRL", records[0]["SkuId"], "2025-01-01"), (found[0]["BillingCurrency"], found[0]["SkuId"], found[0]["billing_period"]))

    def test_pages_add_up_and_a_month_asked_again_is_replaced(self):
        answers = self.folder / "magalu"
        answers.mkdir()

        def page(name, *costs):
            records = [{"SkuId": f"sku-{i}", "ConsumedQuantity": "1.000000000000000", "ConsumedUnit": "instances*seconds", "BillingAccountId": "a", "BillingCurrency": "BRL",
                        "BillingPeriodStart": "2026-09-01T00:00:00-03:00", "BillingPeriodEnd": "2026-10-01T00:00:00-03:00", "ChargePeriodStart": "2026-09-10T10:00:00-03:00",
                        "ChargePeriodEnd": "2026-09-10T11:00:00-03:00", "BilledCost": cost, "ProviderName": "Magalu Cloud"} for i, cost in enumerate(costs)]
            (answers / name).write_text(json.dumps({"accrual_period": "2026-09", "results": records}))

        page("2026-09-page1.json", "0.100000000000001", "2")
        page("2026-09-page2.json", "30.5")
        lake = self.lake()
        lake.add("loja", "magalu", answers)
        lake.run("loja")
        self.assertEqual(D("32.600000000000001"), self.total(lake, "loja", f"select sum(BilledCost) from {COSTS}"))
        page("2026-09-page2.json", "31", "-0.5")
        lake.run("loja")
        self.holds(lake, "loja", "silver.magalu_cost_and_usage")
        self.assertEqual(D("32.600000000000001"), self.total(lake, "loja", f"select sum(BilledCost) from {COSTS}"))
        self.assertEqual("4", lake.value("loja", f"select count(*) from {COSTS}"))

    def test_an_answer_without_its_rows_is_refused(self):
        answers = self.folder / "magalu"
        answers.mkdir()
        (answers / "2026-09.json").write_text('{"message": "unauthorized"}')
        lake = self.lake()
        lake.add("loja", "magalu", answers)
        self.assert_one_clear_error(lake.run("loja", code=FAILED), "2026-09.json", "results")


class Kubernetes(BillFlow):
    def test_opencost_answers_and_openshift_reports(self):
        home = self.shared("data", "kubernetes")
        lake = self.lake()
        lake("tenant", "add", "k8s", "--pack", "kubernetes", "--source", f"opencost_allocation={home / 'opencost'}", "--source", f"opencost_assets={home / 'opencost'}",
             "--source", f"openshift_usage={home / 'koku_ocp'}")
        done = lake.run("k8s")
        self.holds(lake, "k8s", "silver.kubernetes_opencost_allocation", "silver.kubernetes_assets", "silver.kubernetes_openshift_usage",
                   "silver.kubernetes_openshift_storage", "gold.kubernetes_showback", "gold.kubernetes_showback_by_label", "gold.kubernetes_openshift_usage")
        self.assertNotIn("parts_sum_to_total", done.stdout + done.stderr)

        allocations = {name: share for window in read_json(home / "opencost" / "allocation-example-output.json")["data"] for name, share in window.items()}
        whole = sum((share["totalCost"] for share in allocations.values()), D(0))
        found = {row["id"]: D(row["cost"]) for row in lake.query("k8s", f"select AllocatedResourceId as id, x_AllocatedCost as cost from {SHARES}")}
        self.assertEqual({name: share["totalCost"] for name, share in allocations.items()}, found)
        self.assertEqual(whole, self.total(lake, "k8s", "select sum(allocated_cost) from gold.kubernetes_showback"))
        self.assertEqual({"kube-system", "opencost", "prometheus"},
                         {row["namespace"] for row in lake.query("k8s", "select namespace from gold.kubernetes_showback")})
        assets = read_json(home / "opencost" / "last_7_days_of_assets_request.json")["data"]
        self.assertEqual({name: asset["totalCost"] for name, asset in assets.items()},
                         {row["k"]: D(row["c"]) for row in lake.query("k8s", "select asset_key as k, total_cost as c from silver.kubernetes_assets")})

        pods = [row for path in (home / "koku_ocp").glob("*-1.csv") for row in read_csv(path)]
        self.assertEqual(str(len(pods)), lake.value("k8s", "select count(*) from silver.kubernetes_openshift_usage"))
        for column, delivered in (("cpu_used", "pod_usage_cpu_core_seconds"), ("memory_requested", "pod_request_memory_byte_seconds")):
            expected = sum((D(row[delivered]) for row in pods), D(0))
            self.assertEqual(expected, self.total(lake, "k8s", f"select sum({column}) from silver.kubernetes_openshift_usage"))
            self.assertEqual(expected, self.total(lake, "k8s", f"select sum({column}) from gold.kubernetes_openshift_usage"))
        labelled = sum(1 for row in pods if "label_key3:" in row["pod_labels"])
        self.assertEqual(str(labelled), lake.value("k8s", "select count(*) from silver.kubernetes_openshift_usage where labels['key3'] = 'label_value3'"))
        claims = [row for path in (home / "koku_ocp").glob("*_storage.csv") for row in read_csv(path)]
        months = {}
        for row in claims:   # a report of February holds hours of January
            month = row["interval_start"][:7] + "-01"
            months[month] = months.get(month, D(0)) + D(row["persistentvolumeclaim_usage_byte_seconds"])
        self.assertEqual(2, len(months))
        self.assertEqual(months, {row["billing_period"]: D(row["used"]) for row in lake.query(
            "k8s", "select billing_period, sum(storage_used) as used from silver.kubernetes_openshift_storage group by 1")})
        self.say(f"{len(allocations)} allocations of {whole}, {len(assets)} assets, {len(pods)} pod hours, {len(claims)} claim hours")

    def test_a_bill_does_not_grow_by_what_slices_it(self):
        """Nodes billed by a cloud, split by OpenShift: the bill stays, and the rows of a machine and day sum to its charges."""
        home = self.shared("data", "kubernetes")
        charges, bill = {}, []
        for day in range(1, 6):
            charges[f"2019-02-{day:02}"] = D("2.345678901234567890123") + day
            bill.append({"BilledCost": "0", "EffectiveCost": str(charges[f"2019-02-{day:02}"]), "ListCost": "9", "ContractedCost": "9", "BillingCurrency": "USD",
                         "BillingAccountId": "1", "ChargeCategory": "Usage", "ProviderName": "AWS", "ServiceName": "EC2", "ResourceId": "arn:aws:ec2:us-east-1:1:instance/myresourceid",
                         "BillingPeriodStart": "2019-02-01T00:00:00Z", "BillingPeriodEnd": "2019-03-01T00:00:00Z", "ChargePeriodStart": f"2019-02-{day:02}T00:00:00Z",
                         "ChargePeriodEnd": f"2019-02-{day + 1:02}T00:00:00Z"})
        write_csv(self.folder / "focus" / "bill.csv", bill)
        lake = self.lake()
        lake("tenant", "add", "k8s", "--pack", "focus", "--pack", "kubernetes", "--source", f"focus_files={self.folder / 'focus'}", "--source",
             f"openshift_usage={home / 'koku_ocp'}", "--source", f"opencost_allocation={home / 'opencost'}")
        lake.run("k8s")
        self.holds(lake, "k8s", "silver.focus_files_cost_and_usage", "silver.kubernetes_openshift_usage", "gold.kubernetes_showback")
        self.assertEqual(sum(charges.values()), self.total(lake, "k8s", f"select sum(EffectiveCost) from {COSTS}"))
        self.assertEqual(sum(charges.values()), self.total(lake, "k8s", "select sum(EffectiveCost) from gold.cost_by_month"))
        self.assertEqual("5", lake.value("k8s", f"select count(*) from {COSTS}"))
        shared = lake.query("k8s", f"select cast(ChargePeriodStart as date) as day, sum(x_AllocatedCost) as cost, count(*) as n, "
                                   f"count_if(x_AllocationKind = 'idle') as idle from {SHARES} where x_Provider = 'OpenShift' group by 1")
        self.assertEqual(charges, {row["day"]: D(row["cost"]) for row in shared})
        self.assertEqual({("5", "1")}, {(row["n"], row["idle"]) for row in shared})
        file = self.folder / "focus-1.3.csv"
        lake("export", "focus", "--tenant", "k8s", "--version", "1.3", "--out", file)
        self.assertEqual(5, len(read_csv(file)))

    def test_idle_and_a_new_cluster_stay_visible(self):
        answers = self.folder / "opencost"
        answers.mkdir()

        def share(name, cost, **properties):
            return {"name": name, "properties": {"cluster": "one", **properties}, "window": {"start": "2026-09-10T00:00:00Z", "end": "2026-09-11T00:00:00Z"},
                    "start": "2026-09-10T00:00:00Z", "end": "2026-09-11T00:00:00Z", "minutes": 1440, "cpuCost": cost, "totalCost": cost}

        names = [share("shop", 1.25, namespace="shop"), share("__idle__", 3.5), share("__unallocated__", 0.25), share("a/b~c", 2, namespace="a/b~c")]
        (answers / "one-allocation-2026-09-10.json").write_text(json.dumps({"code": 200, "data": [{each["name"]: each for each in names}, {}]}))
        (answers / "one-allocation-2026-09-11.json").write_text('{"code": 200, "data": [{}]}')
        wrong = dict(share("shop", 5, namespace="shop"), totalCost=5.1)
        wrong["start"] = wrong["window"]["start"] = "2026-09-12T00:00:00Z"
        (answers / "one-allocation-2026-09-12.json").write_text(json.dumps({"code": 200, "data": [{"shop": wrong}]}))
        lake = self.lake()
        lake("tenant", "add", "k8s", "--pack", "kubernetes", "--source", f"opencost_allocation={answers}")
        done = lake.run("k8s")
        self.assertIn("parts_sum_to_total", done.stdout + done.stderr)   # 5.1 is not 5; and a warning holds nothing up
        self.holds(lake, "k8s", "gold.kubernetes_showback")
        found = lake.query("k8s", "select namespace, allocation_kind as kind, sum(allocated_cost) as cost from gold.kubernetes_showback group by all")
        self.assertEqual({("shop", "workload", D("6.35")), ("__idle__", "idle", D("3.5")), ("__unallocated__", "unallocated", D("0.25")), ("a/b~c", "workload", D(2))},
                         {(row["namespace"], row["kind"], D(row["cost"])) for row in found})

    def test_an_answer_that_is_no_map_is_refused(self):
        answers = self.folder / "opencost"
        answers.mkdir()
        for name, text, words in (("list-allocation.json", '{"code": 200, "data": [["a", "b"]]}', ("list-allocation.json", "not a map")),
                                  ("error-allocation.json", '{"code": 500, "message": "boom"}', ("error-allocation.json", "data"))):
            with self.subTest(name):
                for old in answers.iterdir():
                    old.unlink()
                (answers / name).write_text(text)
                lake = self.lake("lake-" + name)
                lake("tenant", "add", "k8s", "--pack", "kubernetes", "--source", f"opencost_allocation={answers}")
                self.assert_one_clear_error(lake.run("k8s", code=FAILED), *words)


if __name__ == "__main__":
    unittest.main()
