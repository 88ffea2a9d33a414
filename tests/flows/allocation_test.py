#!/usr/bin/env python3
"""Who pays for what: rules of a tenant against an oracle that splits with fractions, nothing lost whatever the rules, and bad rules refused."""
import csv
import datetime
import decimal
import fractions
import json
import random
import textwrap
import unittest

from lake import COSTS, DOES_NOT_HOLD, FAILED, USAGE, FlowTest

D = decimal.Decimal
F = fractions.Fraction
decimal.getcontext().prec = 80
SUBUNITS = {"USD": 2, "JPY": 0, "KWD": 3}
ORIGINS = ("x_Provider", "BillingAccountId", "SubAccountId", "ServiceName", "ChargeCategory")
COLUMNS = ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "BillingAccountId", "SubAccountId", "BillingCurrency", "BillingPeriodStart",
           "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ServiceName", "ProviderName", "ConsumedQuantity", "ConsumedUnit",
           "CommitmentDiscountStatus", "ChargeDescription", "ResourceId", "Tags"]
UNALLOCATED = "unallocated"


def month_of(period):
    first = datetime.date.fromisoformat(period + "-01")
    return first, (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)


def charge(number, cost, period="2026-09", day=1, currency="USD", tags=None, **changes):
    first, after = month_of(period)
    start = first + datetime.timedelta(days=day - 1)
    row = {"BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "ContractedCost": cost, "BillingAccountId": "payer", "SubAccountId": "main",
           "BillingCurrency": currency, "BillingPeriodStart": f"{first}T00:00:00Z", "BillingPeriodEnd": f"{after}T00:00:00Z",
           "ChargePeriodStart": f"{start}T00:00:00Z", "ChargePeriodEnd": f"{start + datetime.timedelta(days=1)}T00:00:00Z", "ChargeCategory": "Usage",
           "ServiceName": "Compute", "ProviderName": "Cloud", "ConsumedQuantity": "1", "ConsumedUnit": "Hours", "CommitmentDiscountStatus": "",
           "ChargeDescription": f"charge {number}", "ResourceId": f"r{number}", "Tags": json.dumps(tags or {})}
    row.update(changes)
    return row


def write_bill(folder, rows, name="bill.csv"):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def write_rules(lake, tenant="acme", **files):
    folder = lake.folder / "tenants" / tenant / "allocation"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(text))


# ---------- the oracle: the same rules in Python, with fractions

def largest_remainder(amount, weights, digits):
    """Parts of a Decimal by weights {key: Fraction}, as docs/guides/allocation.md says."""
    unit = F(1, 10 ** digits)
    size = abs(F(amount))
    total = sum(weights.values())
    units = size // unit
    keys = sorted(key for key, weight in weights.items() if weight > 0)
    shares = {key: F(units) * weights[key] / total for key in keys}
    parts = {key: shares[key] // 1 for key in keys}
    order = sorted(keys, key=lambda key: (-(shares[key] - parts[key]), key))
    left = units - sum(parts.values())
    for key in order[:left]:
        parts[key] += 1
    parts = {key: part * unit for key, part in parts.items()}
    parts[order[left]] += size - units * unit
    return {key: part if amount >= 0 else -part for key, part in parts.items()}


def holds(row, match):
    for column, values in match.items():
        actual = json.loads(row["Tags"]).get(column[5:]) if column.startswith("Tags.") else row[column]
        if actual not in values:
            return False
    return True


class Oracle:
    """What every cost centre pays, by (currency, cost centre) and measure."""

    def __init__(self, rows, centre_of, rules, subunit):
        self.rows, self.rules = rows, rules
        self.digits = (lambda currency: SUBUNITS[currency]) if subunit else (lambda currency: 21)
        self.paid = {}
        self.given = {}
        pools = {}
        for row in rows:
            centre = centre_of(row) or UNALLOCATED
            row["centre"] = centre
            row["pool"] = next((k for k, rule in enumerate(rules) if (holds(row, rule["match"]) if "match" in rule else centre in rule["from"])), None)
            for measure in ("BilledCost", "EffectiveCost"):
                self.book((row["BillingCurrency"], centre, measure), D(row[measure]))
        for k, rule in enumerate(rules):
            self.apply(k, rule)

    def book(self, key, amount):
        self.paid[key] = self.paid.get(key, 0) + F(amount)

    def weights(self, k, rule, currency):
        payers = rule.get("to")
        if payers == "all":
            payers = {row["centre"] for row in self.rows if row["BillingCurrency"] == currency and row["pool"] != k and row["centre"] != UNALLOCATED}
        if rule["split"] == "fixed":
            weights = {key: F(share) for key, share in rule["shares"].items()}
        elif rule["split"] == "even":
            weights = {key: F(1) for key in payers}
        else:
            quantity = rule["by"].endswith("Quantity")
            weights = {key: F(0) for key in payers}
            for row in self.rows:
                if row["pool"] == k or row["centre"] not in weights or not (quantity or row["BillingCurrency"] == currency):
                    continue
                if holds(row, rule.get("of", {})):
                    weights[row["centre"]] += F(D(row[rule["by"]]))
            weights = {key: max(weight, F(0)) for key, weight in weights.items()}
        weights = {key: weight for key, weight in weights.items() if key not in rule.get("from", ())}
        if sum(weights.values()) == 0 and rule.get("when_no_weight") == "even":
            weights = {key: F(1) for key in weights}
        return weights

    def apply(self, k, rule):
        taken = {}
        for row in self.rows:
            if row["pool"] == k:
                for measure in ("BilledCost", "EffectiveCost"):
                    key = (row["BillingCurrency"], row["centre"], measure)
                    taken[key] = taken.get(key, F(0)) + F(D(row[measure]))
        # What earlier rules gave to the cost centres that this one takes, unless one between took it on.
        for (currency, centre, measure), amounts in self.given.items():
            if centre in rule.get("from", ()):
                taken[currency, centre, measure] = taken.get((currency, centre, measure), F(0)) + sum(amounts)
                amounts.clear()
        for currency in {key[0] for key in taken}:
            weights = self.weights(k, rule, currency)
            if sum(weights.values()) == 0:
                # Kept. A later rule that sweeps the same cost centre takes nothing of it: charges belong to their first rule.
                continue
            for measure in ("BilledCost", "EffectiveCost"):
                whole = F(0)
                for key, amount in taken.items():
                    if key[0] == currency and key[2] == measure:
                        self.book(key, -amount)
                        whole += amount
                for centre, part in largest_remainder(whole, weights, self.digits(currency)).items():
                    self.book((currency, centre, measure), part)
                    self.given.setdefault((currency, centre, measure), []).append(part)


def yaml_list(values):
    return "[" + ", ".join(json.dumps(value) for value in sorted(values)) + "]"


def yaml_match(match):
    return "{" + ", ".join(f"{json.dumps(column)}: {yaml_list(values)}" for column, values in match.items()) + "}"


def yaml_rules(rules, precision):
    text = f"allocation: cost_centre\nprecision: {precision}\nrules:\n"
    for rule in rules:
        take = f"{{match: {yaml_match(rule['match'])}}}" if "match" in rule else f"{{cost_centre: {yaml_list(rule['from'])}}}"
        text += f"  - name: {rule['name']}\n    take: {take}\n    split: {rule['split']}\n"
        if rule["split"] == "fixed":
            text += "    shares: {" + ", ".join(f"{key}: {share}" for key, share in rule["shares"].items()) + "}\n"
        else:
            text += "    to: " + ("all" if rule["to"] == "all" else yaml_list(rule["to"])) + "\n"
        if rule["split"] == "proportional":
            text += f"    by: {rule['by']}\n"
            if rule.get("of"):
                text += f"    of: {{match: {yaml_match(rule['of'])}}}\n"
        if "when_no_weight" in rule:
            text += f"    when_no_weight: {rule['when_no_weight']}\n"
    return text


TAG = """
    virtual_tag: cost_centre
    rules:
      - {name: own tag, value_sql: "cv_map_get(Tags, 'team')"}
      - {name: by account, by: SubAccountId, values: {acc-1: ads, acc-2: shared}}
    """


def centre_by_tag(row):
    return json.loads(row["Tags"]).get("team") or {"acc-1": "ads", "acc-2": "shared"}.get(row["SubAccountId"])


class RandomBill:
    """A bill and a tree of rules out of one seed. Cost goes from earlier to later names only, so that no rules go in a circle."""

    CENTRES = ["shared", "platform", "ads", "pay", "search", "video"]

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.rows = [self.row(number) for number in range(self.random.randint(30, 120))]
        self.rules = [self.rule(number) for number in range(self.random.randint(1, 5))]
        self.precision = self.random.choice(["subunit", "full"])

    def amount(self):
        digits = self.random.choice([2, 9, 21])
        value = D(self.random.randint(-10 ** 6, 10 ** 7)).scaleb(-2) + D(self.random.randint(0, 10 ** digits)).scaleb(-digits)
        return str(value)

    def row(self, number):
        pick = self.random.choice
        tags = {"team": pick(self.CENTRES)} if self.random.random() < 0.6 else {}
        return charge(number, self.amount(), currency=pick(["USD", "USD", "JPY", "KWD"]), tags=tags, day=self.random.randint(1, 28), EffectiveCost=self.amount(),
                      SubAccountId=pick(["acc-1", "acc-2", "acc-3"]), ServiceName=pick(["Compute", "Storage", "Support"]),
                      ChargeCategory=pick(["Usage", "Usage", "Tax", "Purchase"]), ConsumedQuantity=str(self.random.randint(0, 50)))

    def rule(self, number):
        pick, sample = self.random.choice, self.random.sample
        at = self.random.randint(0, len(self.CENTRES) - 2)
        rule = {"name": f"rule {number}", "split": pick(["even", "proportional", "fixed"])}
        targets = self.CENTRES[at + 1:]
        if self.random.random() < 0.4:
            rule["match"] = pick([{"ChargeCategory": ["Tax"]}, {"ServiceName": ["Support"]}, {"ChargeCategory": ["Purchase"], "SubAccountId": ["acc-1", "acc-3"]}])
        else:
            rule["from"] = [self.CENTRES[at]] if self.random.random() < 0.8 else [UNALLOCATED]
        chosen = sorted(sample(targets, self.random.randint(1, len(targets))))
        if rule["split"] == "fixed":
            rule["shares"] = {key: pick(["1", "0.5", "33.333", "0"]) for key in chosen}
        else:
            rule["to"] = "all" if "match" in rule and self.random.random() < 0.5 else chosen
        if rule["split"] == "proportional":
            rule["by"] = pick(["BilledCost", "EffectiveCost", "ConsumedQuantity"])
            rule["of"] = pick([{}, {"ServiceName": ["Compute"]}, {"Tags.team": ["ads", "pay"]}])
        rule["when_no_weight"] = pick(["even", "keep"])
        return rule


PAID = "select BillingCurrency, cost_centre, sum(BilledCost) as BilledCost, sum(EffectiveCost) as EffectiveCost from gold.allocated_cost group by all"


class Allocation(FlowTest):
    def tenant(self, rows, name="lake", threads=None, **rules):
        lake = self.lake(name)
        if threads:
            with (lake.folder / "centavo.yaml").open("a") as file:
                file.write(f"threads: {threads}\n")
        bills = self.folder / (name + "-bills")
        write_bill(bills, rows)
        lake.add("acme", "focus", bills)
        write_rules(lake, **rules)
        lake.bills = bills
        return lake

    def paid(self, lake):
        out = {}
        for row in lake.query("acme", PAID):
            for measure in ("BilledCost", "EffectiveCost"):
                out[row["BillingCurrency"], row["cost_centre"], measure] = F(D(row[measure]))
        return out

    def assert_adds_up(self, lake):
        for measure in ("BilledCost", "EffectiveCost"):
            whole = lake.query("acme", f"select BillingCurrency, sum({measure}) as s from {COSTS} group by 1 order by 1")
            parts = lake.query("acme", f"select BillingCurrency, sum({measure}) as s from gold.allocated_cost group by 1 order by 1")
            self.assertEqual([(r["BillingCurrency"], D(r["s"])) for r in whole], [(r["BillingCurrency"], D(r["s"])) for r in parts])
        lake("reconcile", "--tenant", "acme")

    def test_random_rules_agree_with_the_oracle_to_the_last_digit(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                made = RandomBill(seed)
                self.say(f"seed {seed}: {len(made.rows)} charges, {len(made.rules)} rules, precision {made.precision}")
                lake = self.tenant(made.rows, f"lake-{seed}", tag=TAG, who=yaml_rules(made.rules, made.precision))
                lake.run("acme")
                oracle = Oracle(made.rows, centre_by_tag, made.rules, made.precision == "subunit")
                expected = {key: amount for key, amount in oracle.paid.items() if amount}
                actual = {key: amount for key, amount in self.paid(lake).items() if amount}
                self.assertEqual(expected, actual, yaml_rules(made.rules, made.precision))
                self.assert_adds_up(lake)


if __name__ == "__main__":
    unittest.main()
