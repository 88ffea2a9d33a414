#!/usr/bin/env python3
"""Writes rules/*.yaml: the rules of FOCUS as checks of ours, from the published requirement models.

    python3 generate_rules.py CENTAVO MODEL_1_2 MODEL_1_3 COLUMNS_JSON

CENTAVO is the program: `validate focus --list --model FILE --json` reads a model's rule language into SQL. What this
script adds is what a model cannot say or says wrongly: SQL for rules the models call dynamic (sums among them), reasons for
those that no data can answer, and corrections, each with its reason in `note`. Version 1.0 has no model: its rules are
those of 1.2 whose columns existed, with the values and nullability that COLUMNS_JSON (the facts about FOCUS columns) gives
for 1.0. Run it again when a model comes out, and commit the result. The words of the specification are not copied.
"""
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
CHARGES, COMMITMENTS = "CostAndUsage", "ContractCommitment"
NAMES = {CHARGES: "focus.cost_and_usage", COMMITMENTS: "focus.contract_commitment"}

GROUP_PLACE = "arg_min(source_file, source_row) as source_file, min(source_row) as source_row"
TOLERANCE = "0.01"   # a sum of rounded rows may miss the rounded total by a subunit
IN_COMMITMENT = "CommitmentDiscountId is not null"
# A commitment's life is in the data when its purchase is, and the usage reaches as far as the purchase's period.
WHOLE_LIFE = f"""select CommitmentDiscountId, sum(case when ChargeCategory = 'Purchase' then BilledCost else 0 end) as purchased,
  sum(case when ChargeCategory = 'Usage'{{used}} then EffectiveCost else 0 end) as amortised, {GROUP_PLACE}
  from this where {IN_COMMITMENT} group by CommitmentDiscountId
  having count_if(ChargeCategory = 'Purchase') > 0 and count_if(ChargeCategory = 'Usage') > 0
  and min(case when ChargeCategory = 'Usage' then ChargePeriodStart end) <= min(case when ChargeCategory = 'Purchase' then ChargePeriodStart end)
  and count_if(ChargeCategory = 'Purchase' and ChargeFrequency = 'One-Time' and ChargePeriodEnd <= BillingPeriodEnd) = 0
  and max(case when ChargeCategory = 'Usage' then ChargePeriodEnd end) >= max(case when ChargeCategory = 'Purchase' then ChargePeriodEnd end)
  and abs(purchased - amortised) > {TOLERANCE}"""
WHOLE_LIFE_NOTE = ("only commitments whose purchase and whole period are in the data, and no one-time purchase that hides its term in a month; "
                   f"{TOLERANCE} is left to rounding")


def one_value(key, value, also=""):
    """Groups in which a value that must stay the same does not."""
    return (f"select {key}, count(distinct {value}) as distinct_values, {GROUP_PLACE} from this where {key} is not null{also} "
            f"group by {key} having count(distinct {value}) > 1")


def column_names(condition):
    """Columns of the data whose name breaks a rule."""
    return f"select name, position from columns where {condition}"


# Rules that the models leave without a check (they call them dynamic), by the end of their id without the dataset's prefix.
EXECUTED = {
    # sums
    "BilledCost-C-007-M": {"rows": f"""select coalesce(charged.InvoiceId, invoices.InvoiceId) as InvoiceId, charged.total as rows_add_up_to, invoices.BilledCost as invoice_asks_for, source_file, source_row
  from (select InvoiceId, BillingCurrency, sum(BilledCost) as total, {GROUP_PLACE} from this where InvoiceId is not null group by all) as charged
  full join invoices on charged.InvoiceId = invoices.InvoiceId and coalesce(invoices.BillingCurrency, charged.BillingCurrency) = charged.BillingCurrency
  where charged.total is distinct from invoices.BilledCost""", "when": "InvoiceId is not null"},
    "EffectiveCost-C-012-C": {"rows": WHOLE_LIFE.format(used=""), "when": IN_COMMITMENT, "note": WHOLE_LIFE_NOTE},
    "EffectiveCost-C-013-C": {"rows": f"""select CommitmentDiscountId, sum(EffectiveCost) as usage_in_all,
  sum(case when CommitmentDiscountStatus in ('Used', 'Unused') then EffectiveCost else 0 end) as used_and_unused, {GROUP_PLACE}
  from this where {IN_COMMITMENT} and ChargeCategory = 'Usage' group by CommitmentDiscountId having usage_in_all <> used_and_unused""",
                              "when": f"{IN_COMMITMENT} and ChargeCategory = 'Usage'"},
    "DiscountHandling-A-011-C": {"rows": WHOLE_LIFE.format(used=" and CommitmentDiscountStatus in ('Used', 'Unused')"), "when": IN_COMMITMENT, "note": WHOLE_LIFE_NOTE},
    "EffectiveCost-C-010-C": {"holds": "EffectiveCost = BilledCost", "when": "ChargeCategory = 'Credit'"},
    "ContractedCost-C-008-C": {"holds": "ContractedCost = BilledCost", "when": "ChargeCategory = 'Credit'"},
    "ListCost-C-008-C": {"holds": "ListCost = BilledCost", "when": "ChargeCategory = 'Credit'"},
    # products
    "PricingQuantity-C-009-C": {"all_of": ["ContractedCost-C-009-C", "ListCost-C-009-C"]},
    "ContractedCost-C-009-C": {"holds": "is_product(ContractedUnitPrice, PricingQuantity, ContractedCost)", "when": "ChargeClass is distinct from 'Correction'"},
    # order of time: a period that begins inside and ends outside begins before it ends
    "ChargePeriodStart-C-004-M": {"holds": "ChargePeriodStart < ChargePeriodEnd"},
    "ChargePeriodEnd-C-004-M": {"holds": "ChargePeriodStart < ChargePeriodEnd"},
    "BillingPeriodStart-C-004-M": {"holds": "BillingPeriodStart < BillingPeriodEnd"},
    "BillingPeriodEnd-C-004-M": {"holds": "BillingPeriodStart < BillingPeriodEnd"},
    # what stays the same
    "SkuMeter-C-006-O": {"rows": one_value("SkuId", "SkuMeter")},
    "CommitmentDiscountUnit-C-008-M": {"rows": one_value("CommitmentDiscountId", "CommitmentDiscountUnit")},
    # commitments
    "DiscountHandling-A-006-C": {"holds": "CommitmentDiscountId is not null", "when": "CommitmentDiscountStatus is not null"},
    "DiscountHandling-A-012-C": {"holds": "ResourceId is not distinct from CommitmentDiscountId", "when": f"{IN_COMMITMENT} and ChargeCategory = 'Purchase'"},
    "DiscountHandling-A-014-C": {"holds": "CommitmentDiscountStatus in ('Used', 'Unused')", "when": f"{IN_COMMITMENT} and ChargeCategory = 'Usage'"},
    "DiscountHandling-A-018-C": {"holds": "ChargeCategory = 'Usage'", "when": "CommitmentDiscountStatus = 'Unused'"},
    "DiscountHandling-A-019-C": {"holds": "ResourceId is not distinct from CommitmentDiscountId", "when": f"{IN_COMMITMENT} and CommitmentDiscountStatus = 'Unused'"},
    "PricingCategory-C-009-C": {"holds": "PricingCategory = 'Committed'", "when": "CommitmentDiscountStatus = 'Used' and ChargeCategory = 'Usage'"},
    # the names of columns
    "ColumnHandling-A-001-M": {"rows": column_names("not starts_with(name, 'x_') and not regexp_full_match(name, '[A-Z][A-Za-z0-9]*')")},
    "ColumnHandling-A-003-M": {"rows": column_names("not regexp_full_match(name, '(x_)?[A-Za-z0-9]+')")},
    "ColumnHandling-A-005-O": {"rows": column_names("length(name) > 50")},
    "ColumnHandling-A-010-M": {"rows": column_names("not is_known and not starts_with(name, 'x_')")},
    "ColumnHandling-A-013-O": {"rows": column_names("starts_with(name, 'x_') and position < (select max(position) from columns where is_known)")},
    # null is null
    "NullHandling-A-002-M": {"holds": "{no_placeholder}", "note": "looks for empty text and words such as N/A in the names and ids; an empty field of a CSV is null"},
}
# One price or quantity in another currency, as the rules of its sibling in the billing currency say.
for column in ("PricingCurrencyContractedUnitPrice", "PricingCurrencyListUnitPrice"):
    EXECUTED[f"{column}-C-004-C"] = {"holds": f"{column} is null", "when": "ChargeCategory = 'Tax'"}
    EXECUTED[f"{column}-C-008-C"] = {"holds": f"{column} >= 0"}
PLACEHOLDERS = "('', 'N/A', 'n/a', 'Not Applicable', 'None', 'none', 'null', '-')"
PLACEHOLDER_COLUMNS = ["BillingAccountId", "BillingAccountName", "SubAccountId", "ResourceId", "ServiceName", "SkuId", "RegionId", "CommitmentDiscountId"]

KEY_VALUES = {"Tags", "AllocatedTags", "SkuPriceDetails"}

# Attribute rules that say of all columns of a kind what the column's own rule says.
BY_KIND = {"DateTimeFormat-A-": "datetime", "NumericFormat-A-": "numeric", "KeyValueFormat-A-": "key_values", "CurrencyFormat-A-001": "currency"}
NOT_BY_KIND = {"NumericFormat-A-001-O", "NumericFormat-A-012-M", "NumericFormat-A-013-O"}

# Where a published rule is wrong. Every entry says why.
CORRECTED = {
    "InvoiceId-C-004-C": {"cannot": "no column says whether a charge belongs to an invoice",
                          "note": "the published model asks it of every row: its condition is empty"},
    "InvoiceId-C-005-C": {"cannot": "no column says whether a charge belongs to an invoice",
                          "note": "the published model asks it of every row: its condition is empty"},
    "CommitmentDiscountStatus-C-004-C": {"holds": "CommitmentDiscountStatus is not null", "when": "CommitmentDiscountId is not null and ChargeCategory = 'Usage'",
                                         "note": "the published model asks it where CommitmentDiscountId is null: its condition is inverted"},
    "CommitmentDiscountStatus-C-003-C": {"holds": "CommitmentDiscountStatus is null", "when": "CommitmentDiscountId is null"},
    "CommitmentDiscountStatus-C-005-M": {"holds": "CommitmentDiscountStatus in ('Used', 'Unused')",
                                         "note": "the published model lists Active, Expired and Pending; the specification Used and Unused"},
    "CapacityReservationStatus-C-003-C": {"holds": "CapacityReservationStatus is null", "when": "CapacityReservationId is null",
                                          "note": "the published model's condition names no column"},
    "PricingCurrencyEffectiveCost-C-004-M": {"type": "decimal", "note": "the published model asks it of another column"},
    "CapacityReservationStatus-C-004-C": {"holds": "CapacityReservationStatus is not null", "when": "CapacityReservationId is not null and ChargeCategory = 'Usage'",
                                          "note": "the published model's condition names no column"},
    "ConsumedQuantity-C-006-C": {"holds": "ConsumedQuantity is not null",
                                 "when": "ChargeCategory = 'Usage' and CommitmentDiscountStatus is distinct from 'Unused' and ChargeClass is distinct from 'Correction'",
                                 "note": "the published model asks it of corrections only: its condition is inverted"},
    "EffectiveCost-C-005-C": {"holds": "EffectiveCost = 0", "when": "ChargeCategory = 'Purchase' and CommitmentDiscountId is not null",
                              "note": "the published model asks it of every purchase; the specification of those that cover other charges"},
    "PricingCurrencyContractedUnitPrice-C-012-C": {"cannot": "no column says whether the provider prices in a currency of its own",
                                                   "note": "the published model's condition is inverted"},
}

DATASET = re.compile(r"^(CAU|CCT)-")
PLAIN = re.compile(r'"([A-Za-z_][A-Za-z0-9_]*)"')


def short(rule_id):
    return DATASET.sub("", rule_id)


def listed(program, model, dataset):
    done = subprocess.run([program, "validate", "focus", "--list", "--json", "--model", model, "--dataset", dataset],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def readable(sql):
    """The same SQL as a person writes it, with what the specification means by `is not "Correction"`."""
    sql = PLAIN.sub(r"\1", sql)
    choice = re.fullmatch(r"\((\w+) = '[^']*'( or \1 = '[^']*')+\)", sql)
    if choice:
        values = re.findall(r"= ('[^']*')", sql)
        sql = f"{choice.group(1)} in ({', '.join(values)})"
    sql = re.sub(r"(\w+) <> ('[^']*')", r"\1 is distinct from \2", sql)
    return sql.replace("is_ascii(", "is_text(").replace("all_ascii(", "all_text(")


def pairs(sql):
    """(a = 'x' and b = 'y') or …: as a list of pairs, which is looked up and not compared one by one."""
    found = re.findall(r"\((\w+) = ('[^']*') and (\w+) = ('[^']*')\)", sql)
    if len(found) < 9 or len({(a, b) for a, _, b, _ in found}) != 1:
        return sql
    return f"({found[0][0]}, {found[0][2]}) in ({', '.join(f'({x}, {y})' for _, x, _, y in found)})"


def condition(sql):
    """A `when`, each part once: conditions of composite rules repeat those of the rules below."""
    parts = [part.strip() for part in split_and(sql)]
    seen = list(dict.fromkeys(strip(readable(part)) for part in parts))
    return " and ".join(f"({p})" if " or " in p and len(seen) > 1 else p for p in seen)


def strip(sql):
    while sql.startswith("(") and closes(sql, 0) == len(sql) - 1:
        sql = sql[1:-1].strip()
    return sql


def closes(sql, at):
    depth = 0
    for i in range(at, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[i], 0)
        if depth == 0:
            return i
    return len(sql)


def split_and(sql):
    sql = strip(sql)
    parts, depth, start, i = [], 0, 0, 0
    while i < len(sql):
        depth += {"(": 1, ")": -1}.get(sql[i], 0)
        if depth == 0 and sql[i:i + 4].lower() == " or ":
            return [sql]
        if depth == 0 and sql[i:i + 5].lower() == " and ":
            parts.append(sql[start:i])
            start = i = i + 5
            continue
        i += 1
    parts.append(sql[start:])
    return [p for part in parts for p in (split_and(part) if strip(part) != part and " and " in part else [part])]


def own_rule(rule, version_columns):
    """One rule of a model as one of ours."""
    key = short(rule["id"])
    out = {"id": rule["id"], "level": rule["level"].lower(), "column": rule["column"]}
    asks = {k: rule[k] for k in ("present", "type", "format", "holds", "rows", "all_of", "any_of") if k in rule}
    if "present" in asks:
        asks["present"] = True
    if "holds" in asks:
        asks["holds"] = pairs(readable(asks["holds"]))
        asks["holds"] = strip(asks["holds"])
        if rule["column"] in KEY_VALUES:
            asks["holds"] = asks["holds"].replace("is_json(", "is_key_values(")
    if "rows" in asks:
        asks["rows"] = distinct_rows(readable(asks["rows"]))
    if rule.get("when") and not asks.keys() & {"all_of", "any_of"} and "present" not in asks:
        asks["when"] = condition(rule["when"])
        if "is_product(" in asks.get("holds", ""):   # null without a factor; said the same way, it is counted once
            asks["when"] = " and ".join(part for part in asks["when"].split(" and ") if not part.endswith(" is not null"))
    if "cannot" in rule:
        asks = {"cannot": "it asks for more than the rows of one file can show"}
    change = EXECUTED.get(key) if "cannot" in rule else None
    change = CORRECTED.get(key) or change
    if change:
        asks = dict(change)
        if "all_of" in asks:
            asks["all_of"] = [rule["id"][:len(rule["id"]) - len(key)] + name for name in asks["all_of"]]
    if "{no_placeholder}" in asks.get("holds", ""):
        asks["holds"] = " and ".join(f"coalesce({c} not in {PLACEHOLDERS}, true)" for c in PLACEHOLDER_COLUMNS if c in version_columns)
    if asks.get("holds") == "":
        asks = {"cannot": "the dataset has no column to look at"}
    out.update(asks)
    for name in ("criteria", "needs"):
        if rule.get(name):
            out[name] = rule[name]
    if out["level"] == "may":
        for name in ("present", "type", "format", "holds", "rows", "when", "all_of", "any_of"):
            out.pop(name, None)
        out["cannot"] = "it permits, and demands nothing"
    return out


def distinct_rows(sql):
    """count(distinct b) <> 1 by a: groups without a say nothing, and a group without any b has no second one."""
    found = re.match(r"select (\w+), count\(distinct (\w+)\)", sql)
    return one_value(found.group(1), found.group(2)) if found else sql


def by_kind(rules):
    """Attribute rules of a format: made of the columns' own."""
    kinds = {
        "datetime": [r["id"] for r in rules if r.get("format") == "datetime"],
        "numeric": [r["id"] for r in rules if r.get("format") == "numeric"],
        "key_values": [r["id"] for r in rules if "is_json(" in r.get("holds", "") or "is_key_values(" in r.get("holds", "")],
        "currency": [r["id"] for r in rules if "is_currency_form(" in r.get("holds", "")],
    }
    for rule in rules:
        key = short(rule["id"])
        kind = next((k for start, k in BY_KIND.items() if key.startswith(start)), None)
        if "cannot" in rule and kind and key not in NOT_BY_KIND and rule["level"] != "may" and kinds[kind]:
            del rule["cannot"]
            rule["all_of"] = kinds[kind]


def known_columns(rules):
    return {r["column"] for r in rules if r.get("present")}


def columns_named(rule, every):
    words = set(re.findall(r"\w+", " ".join(str(rule.get(k, "")) for k in ("holds", "when", "rows"))))
    return (words & every) | ({rule["column"]} & every)


def first_version(rules, facts, version):
    """The rules of a version without a model: those whose columns it has, with its own values and nullability."""
    every = {c["id"] for c in facts if c["dataset"] == CHARGES}
    by_id = {c["id"]: c["by_version"][version] for c in facts if c["dataset"] == CHARGES and version in c["in_versions"]}
    kept = [dict(r) for r in rules if not (columns_named(r, every) - by_id.keys())]
    # A composite about the columns of a group goes with them.
    while True:
        ids = {r["id"] for r in kept}
        for rule in kept:
            for name in ("needs", "all_of", "any_of"):
                if name in rule:
                    rule[name] = [i for i in rule[name] if i in ids]
        left = [r for r in kept if r.get("all_of") != [] and r.get("any_of") != []]
        if len(left) == len(kept):
            break
        kept = left
    for rule in kept:
        fact = by_id.get(rule["column"], {})
        allowed = fact.get("allowed_values")
        if allowed and re.fullmatch(rf"{rule['column']} in \(.*\)", rule.get("holds", "")):
            rule["holds"] = f"{rule['column']} in ({', '.join(chr(39) + v + chr(39) for v in allowed)})"
        if fact.get("allows_nulls") and rule.get("holds") == f"{rule['column']} is not null" and not rule.get("when"):
            rule.update({"cannot": f"{version} lets {rule['column']} be null"})
            rule.pop("holds")
    return kept


def scalar(value):
    return json.dumps(value, ensure_ascii=False)


def line(rule):
    parts = [f"id: {rule['id']}"]
    for key in ("level", "column", "present", "type", "format", "holds", "when", "rows", "all_of", "any_of", "criteria", "needs", "cannot", "note"):
        value = rule.get(key)
        if not value or (key == "level" and value == "must"):
            continue
        if key in ("all_of", "any_of", "criteria", "needs"):
            parts.append(f"{key}: [{', '.join(value)}]")
        elif value is True:
            parts.append(f"{key}: true")
        elif key in ("level", "column", "type", "format"):
            parts.append(f"{key}: {value}")
        else:
            parts.append(f"{key}: {scalar(re.sub(r'  *', ' ', str(value).replace(chr(10), ' ')))}")
    return "  - {" + ", ".join(parts) + "}"


def write(name, version, rules):
    criteria = sorted({c for r in rules for c in r.get("criteria", [])})
    lines = [
        "# Written by packs/focus/generate_rules.py. Do not edit: change the script and run it.",
        "# FOCUS is (c) Joint Development Foundation Projects, LLC, FOCUS Series and its contributors, CC-BY-4.0.",
        f"rules: {name}",
        f'version: "{version}"',
        "criteria:",
        *(f"  {c}: {scalar(c.replace('_SUPPORTED', '').replace('_', ' ').lower())}" for c in criteria),
        "list:",
        *(line(r) for r in sorted(rules, key=lambda r: r["id"])),
    ]
    if not criteria:
        lines[4] = "criteria: {}"
    out = HERE / "rules" / f"{name.split('.')[1]}_{version.replace('.', '_')}.yaml"
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    executable = sum(1 for r in rules if "cannot" not in r)
    print(f"{out.name}: {len(rules)} rules, {executable} executable")


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    program, model_1_2, model_1_3, columns = sys.argv[1:]
    facts = json.loads(pathlib.Path(columns).read_text(encoding="utf-8"))["columns"]
    made = {}
    for version, model, dataset in (("1.2", model_1_2, CHARGES), ("1.3", model_1_3, CHARGES), ("1.3", model_1_3, COMMITMENTS)):
        read = listed(program, model, dataset)
        names = {r["present"] for r in read if "present" in r}
        for rule in read:   # ids of 1.3 begin with the dataset's
            prefix = short(rule["id"]).split("-")[0]
            rule["column"] = rule.get("present") or (prefix if prefix in names else "")
        rules = [own_rule(r, names) for r in read]
        every = {c["id"] for c in facts}
        for rule in rules:   # what names a column that this dataset has not
            gone = columns_named(rule, every) - names
            if gone and "cannot" not in rule and "present" not in rule:
                for name in ("holds", "when", "rows", "type", "format"):
                    rule.pop(name, None)
                rule["cannot"] = f"{dataset} has no {', '.join(sorted(gone))}"
        by_kind(rules)
        made[version, dataset] = rules
        write(NAMES[dataset], version, rules)
    write(NAMES[CHARGES], "1.0", first_version(made["1.2", CHARGES], facts, "1.0"))


if __name__ == "__main__":
    main()
