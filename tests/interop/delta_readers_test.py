"""Every version of every table: delta-rs, DuckDB's delta extension, a replay in Python and centavo itself read the same rows."""
import pathlib
import shutil
import tempfile
import unittest

import compare
import delta_log
import sample_lake


class DeltaReaders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-interop-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.lake, steps = sample_lake.make(cls.folder)
        cls.tables = cls.lake.log_folders(sample_lake.TENANT)
        print(f"\n  a lake after {len(steps)} steps, {len(cls.tables)} tables", flush=True)

    def test_the_lake_has_what_this_test_is_about(self):
        silver = self.tables["silver.aws_cost_and_usage"]
        bronze = self.tables["bronze.aws_cur_line_items"]
        self.assertGreaterEqual(len(delta_log.commits(silver)), 12)
        self.assertTrue(list((silver / "_delta_log").glob("*.checkpoint.parquet")), "no checkpoint was written")
        self.assertTrue((silver / "_delta_log" / "_last_checkpoint").exists())
        self.assertTrue(delta_log.replay(silver, 0)[0]["partitionColumns"])
        kinds = {action["commitInfo"]["operation"] for version in delta_log.commits(silver)
                 for action in delta_log.actions(silver, version) if "commitInfo" in action}
        self.assertTrue({"OPTIMIZE", "RESTORE"} & kinds, kinds)
        first, last = (delta_log.replay(bronze, version)[0]["schemaString"] for version in (0, delta_log.commits(bronze)[-1]))
        self.assertNotEqual(first, last, "the schema never changed")

    def test_every_version_reads_the_same(self):
        from deltalake import DeltaTable
        connection = compare.connect()
        compare.load_delta(connection)
        versions = rows = 0
        for name, folder in self.tables.items():
            for version in delta_log.commits(folder):
                with self.subTest(table=name, version=version):
                    delta_log.view(connection, "ours", folder, version)
                    rust = DeltaTable(str(folder), version=version).to_pyarrow_table()
                    connection.register("delta_rs", rust)
                    self.assertEqual("", compare.difference(connection, "ours", "delta_rs"))
                    extension = f"delta_scan('{folder}', version => {version})"
                    self.assertEqual("", compare.difference(connection, "ours", extension))
                    rows += connection.execute("select count(*) from ours").fetchone()[0]
                    versions += 1
                    connection.unregister("delta_rs")
        print(f"  {versions} versions of {len(self.tables)} tables, {rows} rows: the same three times", flush=True)

    def test_every_release_reads_as_its_versions(self):
        connection = compare.connect()
        count = 0
        for number in self.lake.releases(sample_lake.TENANT):
            release = self.lake.json("release", "show", number, "--tenant", sample_lake.TENANT)
            for name, version in release["versions"].items():
                if name not in self.tables:
                    continue
                with self.subTest(release=number, table=name, version=version):
                    out = self.folder / "answer.parquet"
                    out.unlink(missing_ok=True)
                    self.lake("query", "--tenant", sample_lake.TENANT, "--release", number, "--format", "parquet", "--out", out,
                              f"select * from {name}")
                    delta_log.view(connection, "ours", self.tables[name], version)
                    self.assertEqual("", compare.difference(connection, f"read_parquet('{out}')", "ours"))
                    count += 1
        print(f"  {count} tables of all releases through `centavo query`", flush=True)

    def test_filters_find_the_same_rows_with_and_without_skipping(self):
        from deltalake import DeltaTable, QueryBuilder
        folder = self.tables["silver.aws_cost_and_usage"]
        version = delta_log.commits(folder)[-1]
        release = self.lake.releases(sample_lake.TENANT)[-1]
        versions = self.lake.json("release", "show", release, "--tenant", sample_lake.TENANT)["versions"]
        version = versions["silver.aws_cost_and_usage"]
        connection = compare.connect()
        compare.load_delta(connection)
        delta_log.view(connection, "ours", folder, version)
        for condition in ('"BilledCost" = 0.000000001234', '"BilledCost" < -1', '"BilledCost" > 1.0085', "billing_period = date '2026-08-01'",
                          '"ChargePeriodStart" >= timestamptz \'2026-07-10 05:00:00+00\'', '"x_LineItemId" >= \'8\'', '"InvoiceId" is null',
                          '"ResourceId" like \'a%\'', '"BilledCost" = 0.096 and "SubAccountId" = \'444455556666\''):
            with self.subTest(condition):
                plain = connection.execute(f"select count(*) from ours where {condition}").fetchone()[0]
                extension = connection.execute(f"select count(*) from delta_scan('{folder}', version => {version}) where {condition}").fetchone()[0]
                mine = self.lake.value(sample_lake.TENANT, f"select count(*) as n from silver.aws_cost_and_usage where {condition}")
                self.assertEqual(plain, int(mine))
                self.assertEqual(plain, extension)

    def test_delta_rs_can_go_on_writing(self):
        import pyarrow
        from deltalake import DeltaTable, write_deltalake
        name = next(table for table in self.tables if table.startswith("gold."))
        copy = self.folder / "copy"
        shutil.copytree(self.tables[name], copy)
        table = DeltaTable(str(copy))
        rows = table.to_pyarrow_table()
        before = table.version()
        write_deltalake(str(copy), rows.slice(0, min(3, rows.num_rows)), mode="append")
        again = DeltaTable(str(copy))
        self.assertEqual(before + 1, again.version())
        self.assertEqual(rows.num_rows + min(3, rows.num_rows), again.to_pyarrow_table().num_rows)
        self.assertIsInstance(rows, pyarrow.Table)


if __name__ == "__main__":
    unittest.main()
