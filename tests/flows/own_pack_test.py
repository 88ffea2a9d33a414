#!/usr/bin/env python3
"""A new provider is one folder of YAML and SQL under the lake's own packs/, and no C++."""
import decimal
import gzip
import unittest

from lake import COSTS, FlowTest

FILES = {
    "pack.yaml": """
        pack: nimbus
        version: 1
        description: Bills of Nimbus Cloud, a provider that no shipped pack knows
        requires: [focus]
        """,
    "sources/nimbus_usage.yaml": """
        source: nimbus_usage
        description: Nimbus usage files, one a month, semicolons
        connector: files
        format: csv
        csv: {delimiter: ";"}
        match: ["*.csv"]
        period: {from: path, path: '(\\d{4})-(\\d{2})'}
        feeds:
          - {table: bronze.nimbus_usage}
        columns: {naming: snake_case}
        """,
    "bronze/nimbus_usage.yaml": """
        table: bronze.nimbus_usage
        description: Nimbus usage as delivered, one row per line of the file.
        write: replace_period
        period_column: billing_period
        other_columns: keep
        columns:
          - {name: project, type: varchar}
          - {name: product, type: varchar}
          - {name: used_on, type: varchar}
          - {name: price, type: varchar}
          - {name: currency, type: varchar}
        proof:
          - {measure: BilledCost, amount: cv_decimal(price), currency: currency, by: "'Usage'"}
        """,
    "silver/nimbus_cost_and_usage.yaml": """
        table: silver.nimbus_cost_and_usage
        implements: focus.cost_and_usage
        description: Nimbus charges in FOCUS columns, one row per line.
        grain: [x_SourceFile, x_SourceRow, x_RowPart]
        write: replace_period
        period_column: billing_period
        columns:
@COLUMNS@
        rows:
          in: bronze.nimbus_usage
        proof:
          - {measure: BilledCost, amount: BilledCost, currency: BillingCurrency, by: ChargeCategory}
        """,
    "silver/nimbus_cost_and_usage.sql": """
        -- Nimbus usage in FOCUS columns, one row per charge.
        select
@SELECT@
        from bronze.nimbus_usage
        where billing_period >= $period_first and billing_period < $period_end
        """,
    "tests/nimbus.yaml": """
        test: a line keeps its cents
        model: silver.nimbus_cost_and_usage
        period: 2026-09
        given:
          bronze.nimbus_usage:
            - {billing_period: 2026-09-01, project: p1, product: Storm, used_on: 2026-09-03, price: "1.000000001", currency: USD,
               source_file_name: f, source_row_number: 1, raw_ingestion_id: r}
        expect:
          - {SubAccountId: p1, ServiceName: Storm, BilledCost: 1.000000001}
        """,
}

MONEY = "cast(cv_decimal(price) as decimal(38,21))"
COLUMNS = [  # name, type, required, how
    ("billing_period", "date", True, "billing_period"),
    ("x_Provider", "varchar", True, "'nimbus'"),
    ("x_SourceFile", "varchar", True, "source_file_name"),
    ("x_SourceRow", "bigint", True, "source_row_number"),
    ("x_RowPart", "varchar", True, "'line'"),
    ("x_RawIngestionId", "varchar", True, "raw_ingestion_id"),
    ("BilledCost", "decimal(38,21)", True, MONEY),
    ("EffectiveCost", "decimal(38,21)", True, MONEY),
    ("ListCost", "decimal(38,21)", True, MONEY),
    ("ContractedCost", "decimal(38,21)", True, MONEY),
    ("BillingCurrency", "varchar", True, "currency"),
    ("ChargeCategory", "varchar", True, "'Usage'"),
    ("ChargeDescription", "varchar", False, "product"),
    ("ChargeFrequency", "varchar", True, "'Usage-Based'"),
    ("ChargePeriodStart", "timestamptz", True, "cast(used_on || ' 00:00:00+00' as timestamptz)"),
    ("ChargePeriodEnd", "timestamptz", True, "cast(used_on || ' 00:00:00+00' as timestamptz) + interval 1 day"),
    ("ServiceCategory", "varchar", True, "'Compute'"),
    ("ServiceSubcategory", "varchar", True, "'Other (Compute)'"),
    ("ServiceName", "varchar", True, "product"),
    ("InvoiceIssuerName", "varchar", True, "'Nimbus'"),
    ("ProviderName", "varchar", True, "'Nimbus'"),
    ("PublisherName", "varchar", True, "'Nimbus'"),
    ("BillingAccountId", "varchar", True, "'nimbus-1'"),
    ("BillingAccountName", "varchar", False, "'Nimbus'"),
    ("BillingAccountType", "varchar", True, "'Account'"),
    ("SubAccountId", "varchar", False, "project"),
    ("BillingPeriodStart", "timestamptz", True, "cast(billing_period as timestamptz)"),
    ("BillingPeriodEnd", "timestamptz", True, "cast(billing_period as timestamptz) + interval 1 month"),
]


def write_pack(folder):
    import textwrap
    contract = "\n".join(f'          - {{name: {name}, type: "{kind}"{", required: true" if required else ""}}}'
                         for name, kind, required, _ in COLUMNS)
    select = ",\n".join(f"            {how} as {name}" for name, _, _, how in COLUMNS)
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text.replace("@COLUMNS@", contract).replace("@SELECT@", select)).lstrip())


class OwnPack(FlowTest):
    def test_a_provider_added_as_a_folder(self):
        lake = self.lake()
        write_pack(lake.folder / "packs" / "nimbus")
        bills = self.folder / "nimbus"
        bills.mkdir()
        (bills / "usage-2026-09.csv").write_text("Project;Product;Used On;Price;Currency\np1;Storm;2026-09-03;1.000000001;USD\n"
                                                 "p2;Drizzle;2026-09-04;0.25;USD\np1;Storm;2026-09-05;-0.05;USD\n")
        lake.add("acme", "nimbus", bills)
        self.say("its own tests pass")
        lake("test", "nimbus")
        self.say("raw to gold, proven")
        lake.run("acme")
        lake("reconcile", "--tenant", "acme")
        self.assertEqual(decimal.Decimal("1.200000001"), decimal.Decimal(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))
        gold = [name for name in lake.versions("acme") if name.startswith("gold.")]
        self.assertTrue(gold, "the shared gold tables read the new provider")

        self.say("a second month, then the first one again with a changed cent")
        (bills / "usage-2026-10.csv").write_text("Project;Product;Used On;Price;Currency\np1;Storm;2026-10-01;5;USD\n")
        (bills / "usage-2026-09.csv").write_text("Project;Product;Used On;Price;Currency\np1;Storm;2026-09-03;1.01;USD\n")
        lake.run("acme")
        self.assertEqual(decimal.Decimal("6.01"), decimal.Decimal(lake.value("acme", f"select sum(BilledCost) from {COSTS}")))

    def test_json_numbers_keep_every_digit(self):
        pack = self.folder / "lake" / "packs" / "meters"
        lake = self.lake()
        for name, text in {
            "pack.yaml": "pack: meters\nversion: 1\ndescription: readings of meters\n",
            "sources/meters.yaml": "source: meters\ndescription: readings\nconnector: files\nformat: auto\nmatch: ['**/*.json*']\n"
                                   "period: {from: none}\nfeeds:\n  - {table: bronze.readings}\n",
            "bronze/readings.yaml": "table: bronze.readings\ndescription: as delivered\nwrite: replace\nother_columns: keep\ncolumns:\n"
                                    "  - {name: amount, type: varchar}\n  - {name: parts, type: varchar}\n",
        }.items():
            path = pack / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        files = self.folder / "meters"
        files.mkdir()
        (files / "a.jsonl").write_text('{"amount": 0.123456789012345678901, "parts": [{"x": -1.000000000000000000007}]}\n{"amount": 2.50, "parts": null}\n')
        with gzip.open(files / "b.json.gz", "wt") as file:
            file.write('[{"amount": 12345678901234567890, "parts": "say \\"12345678901234567890\\""}]')
        lake.add("acme", "meters", files)
        lake.run("acme")
        rows = lake.query("acme", "select amount, parts from bronze.readings order by source_file_name, source_row_number")
        self.assertEqual(["0.123456789012345678901", "2.5", "12345678901234567890"], [row["amount"] for row in rows])
        self.assertIn("-1.000000000000000000007", rows[0]["parts"])
        self.assertEqual('say "12345678901234567890"', rows[2]["parts"])


if __name__ == "__main__":
    unittest.main()
