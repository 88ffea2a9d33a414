#!/usr/bin/env python3
"""Writes interfaces/*.yaml, one for each dataset of FOCUS, from the facts about its columns.

    python3 generate_interface.py COLUMNS_JSON

COLUMNS_JSON lists every column of FOCUS with its type, nullability and allowed values per version. Each
interface takes the version below, adds our own columns and is written beside this script. Run it
again when a version of FOCUS comes out, and commit the result.
"""
import json
import pathlib
import sys

VERSION = "1.3"
# What every provider can honour. FOCUS forbids nulls in more columns (validate with `centavo validate
# focus`), but real exports break that: Azure leaves ServiceName empty, Oracle ContractedCost, 1.0 files
# know no ServiceProviderName. A bill that can be added up, dated and attributed must still load.
REQUIRED = {
    "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart", "EffectiveCost",
}
MONEY = {"BilledCost", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "ListCost", "ListUnitPrice"}
PRICING_MONEY = {
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice",
}
UNITS = {
    "ContractCommitmentCost": "BillingCurrency",
    "ContractCommitmentQuantity": "ContractCommitmentUnit",
    "PaymentCurrencyBilledCost": "PaymentCurrency",
    "PricingCurrencyContractCommitmentCost": "PricingCurrency",
    "CommitmentDiscountQuantity": "CommitmentDiscountUnit",
    "ConsumedQuantity": "ConsumedUnit",
    "PricingQuantity": "PricingUnit",
    "BillingCurrency": "ISO 4217",
}
# Objects without nesting become maps that SQL can read; JSON with structure stays text.
MAPS = {"Tags", "AllocatedTags"}
COST_AND_USAGE = """
  ---- ours
  - {name: billing_period, type: date, required: true, unit: first day of month, description: "month of the invoice; the unit of replacement"}
  - {name: x_Provider, type: varchar, required: true, description: "short name of the provider, the same on every row of its bills"}
  - {name: x_SourceFile, type: varchar, required: true, description: "raw file the row was made from"}
  - {name: x_SourceRow, type: bigint, required: true, description: "row in that file; 1 is the first data row"}
  - {name: x_RowPart, type: varchar, required: true, description: "tells rows made from one raw row apart: charge, unused, ..."}
  - {name: x_RawIngestionId, type: varchar, required: true, description: "the run that loaded the raw row"}

# What a charge is, whatever file delivered it: the same on both sides when two releases are compared row by row.
identity: [billing_period, x_Provider, x_RowPart, BillingAccountId, SubAccountId, BillingCurrency, ChargeCategory, ChargeClass, ChargeDescription,
  ChargePeriodStart, ChargePeriodEnd, ServiceName, ResourceId, SkuId, SkuPriceId, CommitmentDiscountId, CommitmentDiscountStatus]

checks:
  - name: charge_period_is_in_order
    severity: warn
    sql: select * from this where ChargePeriodEnd < ChargePeriodStart
  - range: {column: BilledCost, min: -1000000000, max: 1000000000}
    severity: warn
  - range: {column: EffectiveCost, min: -1000000000, max: 1000000000}
    severity: warn
  - name: currency_is_iso_4217
    severity: warn
    sql: >-
      select * from this where BillingCurrency not in (
        'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV',
        'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUC', 'CUP', 'CVE',
        'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD',
        'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD',
        'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV',
        'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB',
        'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SLL', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT',
        'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF',
        'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG', 'ZWL')

proof:
  - {measure: BilledCost, amount: BilledCost, currency: BillingCurrency, by: ChargeCategory, issuer: InvoiceIssuerName, invoice: InvoiceId}
  - {measure: EffectiveCost, amount: EffectiveCost, currency: BillingCurrency, issuer: InvoiceIssuerName, invoice: InvoiceId}

# Read with each row, stored with none: a bill in one currency pays nothing for them. docs/adr/0005-converted-as-read.md
shown:
  join: silver.focus_rates
  on: >-
    joined.billing_period = this.billing_period and joined.currency = this.BillingCurrency
    and joined.charge_date = greatest(this.billing_period,
    least(cast(this.ChargePeriodStart as date), cv_add_days(cv_add_months(this.billing_period, 1), -1)))
  columns:
    - {name: x_BilledCostInUsd, type: "decimal(38,21)", unit: USD,
       value: "cv_convert(this.BilledCost, case when this.BillingCurrency = 'USD' then 1 else joined.usd_rate end)"}
    - {name: x_EffectiveCostInUsd, type: "decimal(38,21)", unit: USD,
       value: "cv_convert(this.EffectiveCost, case when this.BillingCurrency = 'USD' then 1 else joined.usd_rate end)"}
    - {name: x_UsdRate, type: "decimal(20,12)", unit: USD for one of BillingCurrency,
       value: "case when this.BillingCurrency = 'USD' then 1 else joined.usd_rate end"}
    - {name: x_UsdRateDate, type: date, description: day the rate was published for, value: joined.usd_rate_date}
    - {name: x_TenantCurrency, type: varchar, unit: ISO 4217, value: "coalesce(joined.tenant_currency, $tenant_currency)"}
    - {name: x_BilledCostInTenantCurrency, type: "decimal(38,21)", unit: x_TenantCurrency,
       value: "cv_convert(this.BilledCost, case when this.BillingCurrency = coalesce(joined.tenant_currency, $tenant_currency) then 1 else joined.tenant_rate end)"}
    - {name: x_EffectiveCostInTenantCurrency, type: "decimal(38,21)", unit: x_TenantCurrency,
       value: "cv_convert(this.EffectiveCost, case when this.BillingCurrency = coalesce(joined.tenant_currency, $tenant_currency) then 1 else joined.tenant_rate end)"}
    - {name: x_TenantCurrencyRate, type: "decimal(20,12)", unit: x_TenantCurrency for one of BillingCurrency,
       value: "case when this.BillingCurrency = coalesce(joined.tenant_currency, $tenant_currency) then 1 else joined.tenant_rate end"}
    - {name: x_TenantCurrencyRateDate, type: date, value: joined.tenant_rate_date}
""".replace("  ---- ours\n", "  # ours\n").lstrip("\n")

CONTRACT_COMMITMENT = """  # ours
  - {name: billing_period, type: date, unit: first day of month, description: "month whose bill names the commitment; null in a list of commitments"}
  - {name: x_Provider, type: varchar, required: true, description: "as on the charges"}

identity: [x_Provider, ContractCommitmentId]
"""

# What a bill must say for a row to be of use. FOCUS forbids nulls in more columns; a provider's bill leaves many of them out.
DATASETS = [
    {"name": "cost_and_usage", "dataset": "CostAndUsage", "version": VERSION, "required": REQUIRED, "own": COST_AND_USAGE,
     "description": "Charges in the {count} columns of FOCUS {version} CostAndUsage, plus where each row came from."},
    {"name": "contract_commitment", "dataset": "ContractCommitment", "version": "1.4",
     "required": {"ContractCommitmentCategory", "ContractCommitmentId", "ContractCommitmentType"}, "own": CONTRACT_COMMITMENT,
     "description": "Commitments in the {count} columns of FOCUS {version} ContractCommitment, one row for each month whose bill names one."},
    {"name": "invoice_detail", "dataset": "InvoiceDetail", "version": "1.4", "required": set(), "own": "",
     "description": "The {count} columns of FOCUS {version} InvoiceDetail; gold.invoice_detail has what a bill tells of them."},
    {"name": "billing_period", "dataset": "BillingPeriod", "version": "1.4", "required": set(), "own": "",
     "description": "The {count} columns of FOCUS {version} BillingPeriod, which the lake knows without a table."},
]


def sql_type(name: str, kind: str) -> str:
    if name in MAPS:
        return '"map(varchar, varchar)"'
    return {"Decimal": '"decimal(38,21)"', "DateTime": "timestamptz", "String": "varchar", "JSON": "varchar"}[kind]


def unit(name: str) -> str:
    if name in MONEY:
        return "BillingCurrency"
    if name in PRICING_MONEY:
        return "PricingCurrency"
    return UNITS.get(name, "")


def column_line(column: dict, version: str, required: set) -> str:
    fact = column["by_version"][version]
    name = column["id"]
    parts = [f"name: {name}", f"type: {sql_type(name, fact['type'])}"]
    if name in required:
        parts.append("required: true")
    if unit(name):
        parts.append(f"unit: {unit(name)}")
    if fact.get("allowed_values"):
        parts.append("accepted: [" + ", ".join(json.dumps(v) if "(" in v else v for v in fact["allowed_values"]) + "]")
    parts.append(f'since: "{column["introduced_in"]}"')
    description = column.get("description", "")
    if description and not description.endswith(f"({version} {column['dataset']} dataset)."):   # which only repeats the name
        parts.append("description: " + json.dumps(description, ensure_ascii=False))
    return "  - {" + ", ".join(parts) + "}"


def interface(facts: dict, wanted: dict) -> str:
    version = wanted["version"]
    columns = [c for c in facts["columns"] if c["dataset"] == wanted["dataset"] and version in c["in_versions"]]
    columns.sort(key=lambda c: c["id"])
    lines = [
        "# Written by packs/focus/generate_interface.py. Do not edit: change the script and run it.",
        "# FOCUS is (c) Joint Development Foundation Projects, LLC, FOCUS Series and its contributors, CC-BY-4.0.",
        f"interface: focus.{wanted['name']}",
        "description: " + wanted["description"].format(count=len(columns), version=version),
        "columns:",
        *(column_line(column, version, wanted["required"]) for column in columns),
    ]
    print(f"{wanted['name']}.yaml: {len(columns)} columns of FOCUS {version}")
    return "\n".join(lines) + "\n" + wanted["own"]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    facts = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    for wanted in DATASETS:
        out = pathlib.Path(__file__).parent / "interfaces" / f"{wanted['name']}.yaml"
        out.write_text(interface(facts, wanted), encoding="utf-8")


if __name__ == "__main__":
    main()
