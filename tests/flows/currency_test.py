#!/usr/bin/env python3
"""Costs in the billing currency, in USD and in the tenant's own: rates in every format, carried, missing, restated, frozen, and told apart in a diff."""
import datetime
import decimal
import json
import re
import shutil
import unittest
import zipfile

import bill
from lake import COSTS, USAGE, FlowTest

D = decimal.Decimal
CONVERTED = "gold.cost_in_currency"


def days(first, last):
    day, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    while day <= end:
        yield day
        day += datetime.timedelta(days=1)


def business_days(first, last):
    return [day for day in days(first, last) if day.weekday() < 5]


def exact(text):
    with decimal.localcontext() as context:
        context.prec = 80
        return D(text)


def at_rate(amount, rate):
    """Rounded once at the 21st digit, half away from zero."""
    with decimal.localcontext() as context:
        context.prec = 90
        return (D(amount) * D(rate)).quantize(D(1).scaleb(-21), rounding=decimal.ROUND_HALF_UP)


def over(a, b):
    with decimal.localcontext() as context:
        context.prec = 90
        return (D(a) / D(b)).quantize(D(1).scaleb(-12), rounding=decimal.ROUND_HALF_UP)


class Rates:
    """A folder of rates in one of the formats."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def plain(self, rows, name="rates.csv"):
        (self.folder / name).write_text("date,base,quote,rate\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))

    def ecb(self, rates, zipped=False):
        """{day: {currency: rate}} as eurofxref-hist.csv: newest first, a comma at each end."""
        currencies = sorted({currency for quoted in rates.values() for currency in quoted} | {"JPY"})
        text = "Date," + ",".join(currencies) + ",\n"
        for day in sorted(rates, reverse=True):
            text += f"{day}," + ",".join(str(rates[day].get(currency, "N/A")) for currency in currencies) + ",\n"
        if not zipped:
            (self.folder / "eurofxref-hist.csv").write_text(text)
            return
        with zipfile.ZipFile(self.folder / "eurofxref-hist.zip", "w") as archive:
            archive.writestr("eurofxref-hist.csv", text)

    def olinda(self, rates, name="dolar.json", bulletins=False):
        """{day: (compra, venda)} as olinda answers."""
        value = []
        for day, (bid, ask) in rates.items():
            row = {"cotacaoCompra": bid, "cotacaoVenda": ask, "dataHoraCotacao": f"{day} 13:09:27.123"}
            if bulletins:
                value.append({"paridadeCompra": 1, "paridadeVenda": 1, **row, "cotacaoVenda": 99.5, "tipoBoletim": "Abertura"})
                row = {"paridadeCompra": 1, "paridadeVenda": 1, **row, "tipoBoletim": "Fechamento PTAX"}
            value.append(row)
        (self.folder / name).write_text(json.dumps({"@odata.context": "https://olinda.example/$metadata#_Cotacao", "value": value}))

    def closing(self, rates, slashes=True):
        """{day: {currency: (compra, venda)}} as the closing files of the days: no header, decimal comma."""
        for day, quoted in rates.items():
            text = ""
            for currency, (bid, ask) in quoted.items():
                date = f"{day:%d/%m/%Y}" if slashes else f"{day:%d%m%Y}"
                text += f"{date};220;A;{currency};{bid};{ask};1,0000;1,0000\r\n".replace(".", ",")
            (self.folder / f"{day:%Y%m%d}.csv").write_text(text, encoding="latin-1")


class CurrencyTest(FlowTest):
    def bills(self, lake, tenant, rows_by_period, currency="BRL", *more):
        """A tenant with AWS bills; returns the report to deliver more."""
        report = bill.Report(self.folder / f"{tenant}-cur")
        for period, rows in rows_by_period.items():
            report.deliver(rows, period=period)
        lake.add(tenant, "aws", report.folder, "--currency", currency, *more)
        return report

    def rates(self, lake, tenant, kind):
        rates = Rates(self.folder / f"{tenant}-{kind}")
        lake("source", "add", kind, "--tenant", tenant, "--uri", rates.folder)
        return rates

    def charges(self, lake, tenant, where="true"):
        return lake.query(tenant, f"""select cast(ChargePeriodStart as date) as day, BillingCurrency, BilledCost, x_BilledCostInUsd, x_UsdRate,
            x_TenantCurrency, x_BilledCostInTenantCurrency, x_TenantCurrencyRate, x_TenantCurrencyRateDate, x_EffectiveCostInTenantCurrency, EffectiveCost
            from {COSTS} where {where} order by all""")


class WhereTheyStand(CurrencyTest):
    def test_charges_carry_the_rate_of_their_day_and_gold_adds_them_up(self):
        lake = self.lake()
        # September 5 and 6 are a weekend; the bill has a charge an hour over 20 days and a half.
        rows = [bill.line(number, f"0.0{number + 1:04d}9999991") for number in range(480)]
        rows += [bill.line(500, "-3.75", lineItem__LineItemType="Credit")]
        self.bills(lake, "acme", {"2026-09": rows})
        rates = self.rates(lake, "acme", "currency_files")
        quoted = {day: 5 + D(day.day) / 1000 + D("0.0001") for day in business_days("2026-08-31", "2026-09-30")}
        rates.plain([(day, "USD", "BRL", rate) for day, rate in quoted.items()])
        lake.run("acme")

        self.say("each charge has the rate of its day, or of the last day before it that had one")
        charges = self.charges(lake, "acme")
        self.assertEqual(len(charges), len(rows))
        total = D(0)
        for charge in charges:
            day = datetime.date.fromisoformat(charge["day"])
            published = max(each for each in quoted if each <= day)
            self.assertEqual(charge["x_TenantCurrencyRateDate"], str(published))
            self.assertEqual(D(charge["x_TenantCurrencyRate"]), quoted[published])
            self.assertEqual(D(charge["x_BilledCostInTenantCurrency"]), at_rate(charge["BilledCost"], quoted[published]))
            self.assertEqual(D(charge["x_EffectiveCostInTenantCurrency"]), at_rate(charge["EffectiveCost"], quoted[published]))
            self.assertEqual((D(charge["x_UsdRate"]), charge["x_BilledCostInUsd"]), (1, charge["BilledCost"]))
            self.assertEqual(charge["x_TenantCurrency"], "BRL")
            total = exact(total + D(charge["x_BilledCostInTenantCurrency"]))

        self.say("the sum in gold is the sum of the rows, to the last digit")
        self.assertEqual(D(lake.value("acme", f"select sum(x_BilledCostInTenantCurrency) from {CONVERTED}")), total)
        self.assertEqual(lake.value("acme", f"""select count(*) from {CONVERTED} where x_BilledCostInUsd <> BilledCost or x_TenantCurrencyRate is null"""), "0")
        lake("reconcile", "--tenant", "acme")

        self.say("what the rates were and where they came from can be listed")
        listed = lake.json("rates", "list", "--tenant", "acme", "--period", "2026-09")
        usd = {row["day"]: row for row in listed if row["currency"] == "USD"}
        self.assertEqual(len(usd), 30)
        self.assertEqual((usd["2026-09-06"]["to"], usd["2026-09-06"]["published"]), ("BRL", "2026-09-04"))
        self.assertIn("file", usd["2026-09-06"]["source"])

    def test_two_bills_in_two_currencies_meet_in_both(self):
        lake = self.lake()
        report = self.bills(lake, "acme", {"2026-09": bill.lines(10, "1.5")})
        other = bill.Report(report.folder, "cur-brasil")
        other.deliver(bill.lines(10, "7", lineItem__CurrencyCode="BRL", bill__InvoiceId="INV-2"))
        rates = self.rates(lake, "acme", "currency_files")
        rates.plain([("2026-09-01", "USD", "BRL", "5.5")])
        lake.run("acme")
        sums = lake.query("acme", f"select sum(x_BilledCostInUsd) as usd, sum(x_BilledCostInTenantCurrency) as brl from {CONVERTED}")[0]
        self.assertEqual(D(sums["brl"]), D("15") * D("5.5") + 70)
        self.assertEqual(D(sums["usd"]), 15 + 10 * at_rate("7", over(1, "5.5")))
        self.assertEqual(lake.query("acme", f"select sum(x_BilledCostInUsd) as usd, sum(x_BilledCostInTenantCurrency) as brl from {COSTS}")[0], sums)

    def test_one_currency_needs_no_rates_and_another_is_said_to_lack_them(self):
        lake = self.lake()
        self.bills(lake, "plain", {"2026-09": bill.lines(3, "2")}, "USD")
        self.bills(lake, "brasil", {"2026-09": bill.lines(3, "2", lineItem__CurrencyCode="BRL")}, "BRL")
        lake.run("plain")
        lake.run("brasil")
        for charge in self.charges(lake, "plain"):
            self.assertEqual((charge["x_BilledCostInUsd"], charge["x_BilledCostInTenantCurrency"]), (charge["BilledCost"], charge["BilledCost"]))
        for charge in self.charges(lake, "brasil"):
            self.assertEqual((charge["x_BilledCostInUsd"], charge["x_UsdRate"]), ("", ""))
            self.assertEqual(charge["x_BilledCostInTenantCurrency"], charge["BilledCost"])
        self.assertNotIn(CONVERTED, lake.versions("brasil"))
        self.assertNotIn("rates", lake("status", "--tenant", "plain").stdout)
        self.assertRegex(lake("status", "--tenant", "brasil").stdout, "brasil: no rates for BRL to USD")
        self.assertIn("source add", lake("rates", "list", "--tenant", "brasil").stderr)


class Formats(CurrencyTest):
    def rate_of(self, lake, tenant, day="2026-09-08"):
        return D(next(charge["x_TenantCurrencyRate"] for charge in self.charges(lake, tenant) if charge["day"] == day))

    def lake_with(self, kind, currency="BRL"):
        lake = self.lake(kind)
        self.bills(lake, "acme", {"2026-09": [bill.line(24 * day, "100") for day in range(20)]}, currency)
        return lake, self.rates(lake, "acme", kind)

    def test_the_ecbs_history_crosses_through_the_euro(self):
        for zipped in (False, True):
            lake, rates = self.lake_with("ecb_rates")
            quoted = {day: {"USD": "1.1456", "BRL": "6.2345"} for day in business_days("2026-08-25", "2026-09-25")}
            quoted[datetime.date(2026, 9, 8)] = {"USD": "1.2"}   # no real: the day before counts
            rates.ecb(quoted, zipped)
            lake.run("acme")
            self.assertEqual(self.rate_of(lake, "acme", "2026-09-07"), over("6.2345", "1.1456"))
            self.assertEqual(self.rate_of(lake, "acme", "2026-09-08"), over("6.2345", "1.1456"))
            listed = lake.json("rates", "list", "--tenant", "acme")
            self.assertIn("ECB EUR/USD EUR/BRL", {row["source"] for row in listed})
            shutil.rmtree(lake.folder)
            shutil.rmtree(self.folder / "acme-cur")
            shutil.rmtree(rates.folder)

    def test_ptax_of_olinda_is_the_selling_rate_of_the_close(self):
        lake, rates = self.lake_with("ptax_json")
        rates.olinda({day: (5.12345, 5.1241) for day in business_days("2026-08-31", "2026-09-30")}, bulletins=True)
        lake.run("acme")
        self.assertEqual(self.rate_of(lake, "acme"), D("5.1241"))
        self.say("which of the two rates counts is a parameter")
        lake("tenant", "set", "acme", "--param", "ptax_side=compra")
        lake.run("acme")
        self.assertEqual(self.rate_of(lake, "acme"), D("5.12345"))

    def test_olindas_other_currencies_are_named_by_their_file(self):
        lake, rates = self.lake_with("ptax_json")
        dates = business_days("2026-08-31", "2026-09-30")
        rates.olinda({day: (5.1, 5.2) for day in dates})
        rates.olinda({day: (6.1, 6.5) for day in dates}, "ptax_EUR_2026.json", bulletins=True)
        lake.run("acme")
        self.assertEqual(self.rate_of(lake, "acme"), D("5.2"))
        self.assertEqual(lake.query("acme", "select distinct currency, usd_rate from silver.focus_rates where currency = 'EUR'"),
                         [{"currency": "EUR", "usd_rate": str(over("6.5", "5.2"))}])

    def test_ptax_closing_files_of_days_have_no_header_and_decimal_commas(self):
        for slashes in (True, False):
            lake, rates = self.lake_with("ptax_csv")
            rates.closing({day: {"USD": ("5.1230", "5.1236"), "EUR": ("6.0", "6.1")} for day in business_days("2026-08-31", "2026-09-30")}, slashes)
            lake.run("acme")
            self.assertEqual(self.rate_of(lake, "acme"), D("5.1236"))
            self.assertEqual(lake.value("acme", "select count(*) from silver.ptax_rates"), str(2 * len(business_days("2026-08-31", "2026-09-30"))))
            shutil.rmtree(lake.folder)
            shutil.rmtree(self.folder / "acme-cur")
            shutil.rmtree(rates.folder)

    def test_own_rates_come_before_official_ones(self):
        lake, rates = self.lake_with("ptax_json")
        rates.olinda({day: (5.1, 5.2) for day in business_days("2026-08-31", "2026-09-30")})
        self.rates(lake, "acme", "currency_files").plain([("2026-09-08", "USD", "BRL", "5.05")])
        lake.run("acme")
        self.assertEqual(self.rate_of(lake, "acme", "2026-09-07"), D("5.2"))
        self.assertEqual(self.rate_of(lake, "acme", "2026-09-08"), D("5.05"))

    def test_a_bad_rate_is_named_with_its_row(self):
        for rows, words in (([("2026-09-01", "USD", "BRL", "five")], ["five", "not a number"]),
                            ([("2026-09-01", "USD", "BRL", "5"), ("2026-09-02", "USD", "BRL", "99999999999")], ["99999999999", "rates.csv: row 2, column rate"]),
                            ([("2026-09-01", "USD", "BRL", "-5")], ["range_rate"]),
                            ([("2026-09-01", "USD", "BRL", "0")], ["range_rate"]),
                            ([("2026-09-01", "DOLLAR", "BRL", "5")], ["pattern_base"]),
                            ([("2026-09-01", "USD", "BRL", "5"), ("2026-09-01", "USD", "BRL", "5.1")], ["unique"]),
                            ([("first of May", "USD", "BRL", "5")], ["first of May", "row 1"])):
            lake, rates = self.lake_with("currency_files")
            rates.plain(rows)
            self.assert_one_clear_error(lake.run("acme", code=None), *words)
            shutil.rmtree(lake.folder)
            shutil.rmtree(self.folder / "acme-cur")
            shutil.rmtree(rates.folder)


class OverTime(CurrencyTest):
    def made(self, lake, tenant, *more):
        """(table, period) of what a run would make or made."""
        return {(task["table"], task["period"]) for task in lake.json("plan", "--tenant", tenant, *more)}

    def test_a_missing_rate_is_an_error_that_names_day_and_pair(self):
        lake = self.lake()
        self.bills(lake, "acme", {"2026-09": [bill.line(24 * day, "1") for day in (0, 9, 20)]})
        rates = self.rates(lake, "acme", "currency_files")
        rates.plain([("2026-08-31", "USD", "BRL", "5.5"), ("2026-09-21", "USD", "BRL", "5.6")])
        done = lake.run("acme", code=None)
        self.assertNotEqual(done.returncode, 0)
        self.assert_one_clear_error(done, "a_rate_for_every_day", "2026-09-10", "USD/BRL")
        self.assertNotIn("2026-09-01", done.stderr)
        self.say("of many days the first are named")
        many = self.lake("many")
        self.bills(many, "other", {"2026-09": [bill.line(24 * day, "1") for day in range(27, -1, -1)]})
        self.rates(many, "other", "currency_files").plain([("2026-08-30", "USD", "BRL", "5.5")])
        done = many.run("other", code=None)
        self.assertEqual(["2026-09-07", "2026-09-08", "2026-09-09"], re.findall(r'"day":"([0-9-]*)"', done.stderr), done.stderr)
        self.say("a longer limit, or the day's rate, mends it")
        lake("tenant", "set", "acme", "--param", "rate_carry_days=10")
        lake.run("acme")
        charges = {charge["day"]: charge for charge in self.charges(lake, "acme")}
        self.assertEqual(charges["2026-09-10"]["x_TenantCurrencyRateDate"], "2026-08-31")

    def test_parameters_take_what_they_say_and_nothing_else(self):
        lake = self.lake()
        self.bills(lake, "acme", {"2026-09": [bill.line(0, "1")]})
        before = lake.json("tenant", "show", "acme")
        for given, words in (("rate_day=noon", ["noon", "charge, period_end"]), ("rate_carry_days=29", ["29 is not 0 to 28"]), ("rate_carry_days=7.5", ["whole number"]),
                             ("rate_carry_days=x", ["not a number"]), ("rate_dya=charge", ["rate_dya", 'did you mean "rate_day"']), ("ptax_side=middle", ["venda, compra"]),
                             ("opencost_currency=ZZZ", ["ZZZ", "CURRENCY_CODE"]), ("azure_currency=real", ["real", "ISO 4217"]), ("cloud_billed=Azur", ["Azur", "AWS, AZURE, GCP"])):
            self.assert_one_clear_error(lake("tenant", "set", "acme", "--param", given, code=USAGE), *words)
            self.assert_one_clear_error(lake("tenant", "add", "other", "--pack", "aws", "--source", self.folder, "--param", given, code=USAGE), *words)
        self.assertEqual(before, lake.json("tenant", "show", "acme"))
        self.assertEqual(["acme"], [tenant["id"] for tenant in lake.json("tenant", "list")])
        self.say("written by hand into its file, it stops the run by name")
        file = lake.folder / "tenants" / "acme" / "tenant.yaml"
        file.write_text(file.read_text() + "parameters: {rate_day: noon}\n")
        self.assert_one_clear_error(lake.run("acme", code=USAGE), "tenant acme", "rate_day", "noon")

    def test_the_periods_last_rate_when_the_tenant_wants_that(self):
        lake = self.lake()
        self.bills(lake, "acme", {"2026-09": [bill.line(24 * day, "1") for day in (0, 9, 20)]}, "BRL")
        lake("tenant", "set", "acme", "--param", "rate_day=period_end")
        self.rates(lake, "acme", "currency_files").plain([("2026-09-01", "USD", "BRL", "5.5"), ("2026-09-24", "USD", "BRL", "5.6")])
        lake.run("acme")
        self.assertEqual({charge["x_TenantCurrencyRate"] for charge in self.charges(lake, "acme")}, {"5.600000000000"})

    def test_new_days_and_corrections_remake_what_they_touch(self):
        lake = self.lake()
        months = ("2026-07", "2026-08", "2026-09")
        self.bills(lake, "acme", {period: [bill.line(24 * day, "1", period) for day in range(5)] for period in months})
        rates = self.rates(lake, "acme", "ecb_rates")
        quoted = {day: {"USD": "1.1", "BRL": "6.6"} for day in business_days("2026-06-25", "2026-09-04")}
        rates.ecb(quoted)
        lake.run("acme")
        self.assertEqual(self.made(lake, "acme"), set())

        self.say("the history file grew by a day: its month is made again, and no other")
        quoted[datetime.date(2026, 9, 7)] = {"USD": "1.1", "BRL": "6.7"}
        rates.ecb(quoted)
        lake.run("acme")
        made = {period for table, period in self.last_run(lake, "acme")}
        self.assertEqual(made, {"2026-09"})

        self.say("a corrected rate of July remakes July, and August, which may carry it")
        quoted[datetime.date(2026, 7, 2)] = {"USD": "1.1", "BRL": "6.8"}
        rates.ecb(quoted)
        lake.run("acme")
        made = self.last_run(lake, "acme")
        self.assertEqual({period for table, period in made if table.startswith("bronze")}, {"2026-07"})
        self.assertEqual({period for table, period in made if table == CONVERTED}, {"2026-07", "2026-08"})
        self.assertFalse([table for table, period in made if "aws" in table or table == "gold.cost_by_day"])

    def last_run(self, lake, tenant):
        """(table, period) whose newest commit is of the newest run."""
        newest, found = "", {}
        for name, folder in lake.log_folders(tenant).items():
            for commit in sorted((folder / "_delta_log").glob("*.json")):
                for line in commit.read_text().splitlines():
                    info = json.loads(line).get("commitInfo", {})
                    said = json.loads(info.get("userMetadata") or "{}")
                    if "run" not in said:
                        continue
                    found.setdefault((said["started_at"], said["run"]), set()).add((name, said["period"]))
        newest = max(found)
        return found[newest]

    def test_a_closed_period_keeps_its_rates(self):
        lake = self.lake()
        self.bills(lake, "acme", {period: [bill.line(24 * day, "100", period) for day in range(5)] for period in ("2026-08", "2026-09")})
        rates = self.rates(lake, "acme", "currency_files")
        rows = [(day, "USD", "BRL", "5.5") for day in business_days("2026-07-31", "2026-09-10")]
        rates.plain(rows)
        lake.run("acme")
        lake("period", "close", "2026-08", "--tenant", "acme")
        before = lake.query("acme", f"select * from {CONVERTED} where billing_period = '2026-08-01' order by all")

        self.say("the rates of August and September are restated after August was closed")
        rates.plain([(day, base, quote, "5.7") for day, base, quote, rate in rows])
        done = lake.run("acme")
        self.assertIn("2026-08", done.stdout + done.stderr)
        self.assertEqual(lake.query("acme", f"select * from {CONVERTED} where billing_period = '2026-08-01' order by all"), before)
        self.assertEqual({charge["x_TenantCurrencyRate"] for charge in self.charges(lake, "acme", "billing_period = '2026-08-01'")}, {"5.500000000000"})
        self.assertEqual({charge["x_TenantCurrencyRate"] for charge in self.charges(lake, "acme", "billing_period = '2026-09-01'")}, {"5.700000000000"})
        self.say("asked for, they are applied, and a certificate says so")
        lake.run("acme", "--restate", "2026-08")
        self.assertEqual({charge["x_TenantCurrencyRate"] for charge in self.charges(lake, "acme", "billing_period = '2026-08-01'")}, {"5.700000000000"})

    def test_a_changed_rate_is_told_apart_from_new_and_restated_data(self):
        lake = self.lake()
        rows = [bill.line(24 * day, "100") for day in range(5)]
        report = self.bills(lake, "acme", {"2026-09": rows})
        rates = self.rates(lake, "acme", "currency_files")
        rates.plain([("2026-09-01", "USD", "BRL", "5.5")])
        lake.run("acme")
        first = lake.releases("acme")[-1]
        rates.plain([("2026-09-01", "USD", "BRL", "5.8")])
        report.deliver(rows + [bill.line(30, "10")])
        report.deliver([bill.line(1, "50", "2026-08")], period="2026-08")
        self.rates_of_august(rates)
        lake.run("acme")
        second = lake.releases("acme")[-1]
        found = lake.json("diff", first, second, "--tenant", "acme", "--measure", f"{CONVERTED}.x_BilledCostInTenantCurrency")
        text = json.dumps(found)
        parts = {cause: D(amount) for cause, amount in found["totals"][0]["causes"].items() if D(amount) != 0}
        self.assertEqual(parts, {"rates": D("150"), "restated_data": D("58"), "new_data": D("265")}, text)
        self.assertEqual(sum(parts.values()), D("473"))

        self.say("a converted number is explained with its rate, down to the raw rows")
        told = lake("explain", "--tenant", "acme", f"{CONVERTED}.x_BilledCostInTenantCurrency where charge_date = '2026-09-02'").stdout
        self.assertIn("638", told)
        for word in ("rates", "2026-09-02", "USD/BRL", "5.800000000000", "2026-09-01", "file"):
            self.assertIn(word, told)

    def test_a_converted_cell_shows_the_rates_behind_it(self):
        lake = self.lake()
        # A Friday, and the Sunday and Monday after it: Sunday carries the rate of Friday.
        self.bills(lake, "acme", {"2026-09": [bill.line(24 * (day - 1), "100", lineItem__CurrencyCode="EUR") for day in (4, 6, 7)]})
        rates = self.rates(lake, "acme", "ecb_rates")
        rates.ecb({day: {"USD": "1.25", "BRL": str(6 + D(day.day) / 100)} for day in business_days("2026-08-31", "2026-09-07")})
        lake.run("acme")
        shown = lambda measure, where="true", *more: lake.json("explain", "--tenant", "acme", f"{CONVERTED}.{measure} where {where}", *more)
        found = shown("x_BilledCostInTenantCurrency")
        self.assertTrue(found["holds"])
        self.assertEqual(D(found["total"]), 100 * (D("6.04") + D("6.04") + D("6.07")))
        self.assertEqual([(row["day"], row["pair"], D(row["rate"]), row["published"]) for row in found["rates"]],
                         [("2026-09-04", "EUR/BRL", D("6.04"), "2026-09-04"), ("2026-09-06", "EUR/BRL", D("6.04"), "2026-09-04"), ("2026-09-07", "EUR/BRL", D("6.07"), "2026-09-07")])
        self.assertEqual({row["source"] for row in found["rates"]}, {"ECB EUR/BRL"})
        found = shown("x_EffectiveCostInUsd", "charge_date = '2026-09-06'")
        self.assertEqual([(row["day"], row["pair"], D(row["rate"]), row["published"]) for row in found["rates"]], [("2026-09-06", "EUR/USD", D("1.25"), "2026-09-04")])
        self.assertNotIn("rates", shown("BilledCost"), "a billed amount is converted by none")
        self.assertEqual(len(shown("x_BilledCostInUsd", "true", "--lines", 2)["rates"]), 2)

    def rates_of_august(self, rates):
        rates.plain([("2026-09-01", "USD", "BRL", "5.8"), ("2026-08-01", "USD", "BRL", "5.3")])


if __name__ == "__main__":
    unittest.main()
