#!/usr/bin/env python3
"""Other people's readers and validators look at what centavo wrote. `make interop` runs it in .cache/venv/interop.

Names as arguments run only those: delta_readers, spark, spark_functions, focus_validator. INTEROP_SPARK=0 leaves the slow ones out, aloud.
"""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "flows")]
sys.dont_write_bytecode = True


def main(names):
    suite = unittest.TestSuite()
    for path in sorted(HERE.glob("*_test.py")):
        if not names or path.stem.removesuffix("_test") in names:
            suite.addTests(unittest.defaultTestLoader.loadTestsFromName(path.stem))
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    for test, why in result.skipped:
        print(f"interop: skipped {test.id() if hasattr(test, 'id') else test}: {why}")
    # A test with parts that failed is one failed test, however many parts.
    broken = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    # A class skipped as a whole counts as one that was skipped, and none that ran.
    alone = sum(1 for test, _ in result.skipped if isinstance(test, unittest.TestCase))
    print(f"interop: {result.testsRun - broken - alone} passed, {broken} failed, {len(result.skipped)} skipped")
    return 0 if broken == 0 and result.testsRun + len(result.skipped) > 0 else 1


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
