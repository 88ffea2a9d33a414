"""Spark 4.2 with Delta 4.4 reads the versions of our tables as we do."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import compare
import delta_log
import sample_lake
from lake import ROOT

TABLES = ("bronze.aws_cur_line_items", "silver.aws_cost_and_usage")


class SparkReader(unittest.TestCase):
    def setUp(self):
        if os.environ.get("INTEROP_SPARK") == "0":
            self.skipTest("INTEROP_SPARK=0")
        setup = subprocess.run([ROOT / "scripts" / "setup", "spark"], capture_output=True, text=True)
        if setup.returncode != 0:
            self.skipTest(f"Spark could not be installed: {setup.stderr.strip()[-300:]}")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-spark-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_every_version_of_bronze_and_silver_and_the_newest_gold(self):
        lake, _ = sample_lake.make(self.folder)
        jobs = []
        for name, folder in lake.log_folders(sample_lake.TENANT).items():
            versions = delta_log.commits(folder)
            for version in versions if name in TABLES else versions[-1:]:
                jobs.append({"table": name, "folder": str(folder), "version": version, "out": str(self.folder / f"out{len(jobs)}")})
        job_file = self.folder / "job.json"
        job_file.write_text(json.dumps(jobs))
        python = ROOT / ".cache" / "venv" / "spark" / "bin" / "python"
        done = subprocess.run([python, ROOT / "tests" / "interop" / "spark" / "read_tables.py", job_file, ROOT / ".cache" / "spark-jars"],
                              capture_output=True, text=True, timeout=900, cwd=self.folder,
                              env={**os.environ, "PYSPARK_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1"})
        self.assertEqual(0, done.returncode, done.stderr[-3000:])
        connection = compare.connect()
        for job in jobs:
            with self.subTest(table=job["table"], version=job["version"]):
                delta_log.view(connection, "ours", job["folder"], job["version"])
                self.assertEqual("", compare.difference(connection, "ours", f"read_parquet('{job['out']}/*.parquet')"))
        print(f"  Spark read {len(jobs)} versions as we do", flush=True)


if __name__ == "__main__":
    unittest.main()
