"""Functions whose Spark spelling is no single call of Spark's give, on Spark, what they give on our engine: to the last digit."""
import decimal
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

import yaml
from lake import ROOT

D = decimal.Decimal
SCALE = 21


def units_of(text):
    return int(D(text).scaleb(SCALE, decimal.Context(prec=80)))


def split(amount, weights, unit):
    """Largest remainder, in whole numbers without a limit: docs/guides/allocation.md, "Exactness"."""
    units, rest = divmod(abs(amount), unit)
    shares = [divmod(units * weight, sum(weights)) for weight in weights]
    parts = [whole * unit for whole, _ in shares]
    order = sorted((place for place, weight in enumerate(weights) if weight), key=lambda place: (-shares[place][1], place))
    left = units - sum(whole for whole, _ in shares)
    for place in order[:left]:
        parts[place] += unit
    parts[order[left]] += rest
    return [-part if amount < 0 else part for part in parts]


def step(before, amount, weights, digits):
    before, amount, weights, unit = units_of(before), units_of(amount), [units_of(weight) for weight in weights], 10 ** (SCALE - digits)
    earlier = split(before, weights, unit) if before else [0] * len(weights)
    return [now - then for now, then in zip(split(before + amount, weights, unit), earlier)]


def text_of(units):
    return f"{D(units).scaleb(-SCALE, decimal.Context(prec=80)):f}"


def some_splits(seed, count):
    """Small and large, of either sign, with weights of 0, and products of up to 76 digits."""
    rng = random.Random(seed)
    found = [("0", "99999999999999999.999999999999999999999", [text_of(1), text_of(10**37), text_of(3)], 21), ("0", "-0.1", ["1", "1", "1"], 2),
             ("10.01", "-10.01", ["1", "2"], 2), ("0", "0", ["1", "0"], 2), ("0", "10.005", ["0", "0.000000000000000000001"], 2)]
    while len(found) < count:
        weights = [rng.choice([0, 1, rng.randrange(10 ** rng.choice([3, 12, 25, 37]))]) for _ in range(rng.choice([1, 2, 3, 9]))]
        if not 0 < sum(weights) < 10**38:
            continue
        before, amount = (rng.randrange(-10**size, 10**size) for size in (rng.choice([3, 20, 36]), rng.choice([3, 20, 37])))
        found.append((text_of(rng.choice([0, before])), text_of(amount), [text_of(weight) for weight in weights], rng.choice([0, 2, 3, 21])))
    return found


class SparkFunctions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.environ.get("INTEROP_SPARK") == "0":
            raise unittest.SkipTest("INTEROP_SPARK=0")
        setup = subprocess.run([ROOT / "scripts" / "setup", "spark"], capture_output=True, text=True)
        if setup.returncode != 0:
            raise unittest.SkipTest(f"Spark could not be installed: {setup.stderr.strip()[-300:]}")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-spark-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        document = yaml.safe_load((ROOT / "packs" / "core" / "functions.yaml").read_text())
        cls.splits = some_splits(11, 300)
        job = {"functions": {function["name"]: function["spark"] for function in document["functions"] if function["name"] in ("cv_split", "cv_subunit_digits")},
               "splits": cls.splits, "currencies": ["USD", "BRL", "JPY", "KWD", "CLF", "XXX", None], "out": str(folder / "out.json"),
               "refused": {"all 0": "array(cast(0 as decimal(38,21)))", "below 0": "array(cast(2 as decimal(38,21)), cast(-1 as decimal(38,21)))",
                           "too large": "array(cast('99999999999999999' as decimal(38,21)), cast('99999999999999999' as decimal(38,21)))"}}
        (folder / "job.json").write_text(json.dumps(job))
        python = ROOT / ".cache" / "venv" / "spark" / "bin" / "python"
        done = subprocess.run([python, ROOT / "tests" / "interop" / "spark" / "call_functions.py", folder / "job.json"], capture_output=True, text=True, timeout=900,
                              cwd=folder, env={**os.environ, "PYSPARK_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1"})
        if done.returncode:
            raise AssertionError(done.stderr[-3000:])
        cls.answer = json.loads((folder / "out.json").read_text())

    def test_splits_add_up_and_are_ours_to_the_last_digit(self):
        for (before, amount, weights, digits), parts in zip(self.splits, self.answer["parts"], strict=True):
            with self.subTest(before=before, amount=amount, weights=weights, digits=digits):
                self.assertEqual(units_of(amount), sum(map(units_of, parts)))
                self.assertEqual(step(before, amount, weights, digits), [units_of(part) for part in parts])
        self.assertIsNone(self.answer["null"])
        print(f"  Spark split {len(self.splits)} amounts as we do", flush=True)

    def test_weights_that_split_nothing_stop_the_run(self):
        self.assertIn("the weights are all 0", self.answer["refused"]["all 0"])
        self.assertIn("a weight is below 0", self.answer["refused"]["below 0"])
        self.assertTrue(self.answer["refused"]["too large"])

    def test_a_currencys_coins(self):
        self.assertEqual({"USD": 2, "BRL": 2, "JPY": 0, "KWD": 3, "CLF": 4, "XXX": 2, "null": None}, self.answer["digits"])


if __name__ == "__main__":
    unittest.main()
