"""A lake driven through the command line, as a person or a script would: nothing here knows the program's inside."""
import atexit
import csv
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("CENTAVO_SHARED", ROOT.parent / "shared"))

DONE, FAILED, USAGE, DOES_NOT_HOLD, STALE, BUSY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def program():
    """The program under test: CENTAVO_BIN, else the newest build."""
    given = os.environ.get("CENTAVO_BIN")
    if given:
        return pathlib.Path(given)
    built = sorted(ROOT.glob("build/*/bin/centavo"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise FileNotFoundError("no build/*/bin/centavo; build first, or set CENTAVO_BIN")
    return built[-1]


def centavo(*arguments, code=DONE, seconds=120, cwd=None, environment=None):
    """Runs one command and asserts its exit code. Returns the completed process, output as text."""
    command = [str(program())] + [str(argument) for argument in arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=cwd, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(environment or {})})
    allowed = (code,) if isinstance(code, int) else code
    if allowed is not None and done.returncode not in allowed:
        raise AssertionError(f"centavo {' '.join(map(str, arguments))}\nexit code {done.returncode}, expected {code}\n"
                             f"--- stdout\n{done.stdout[-4000:]}\n--- stderr\n{done.stderr[-4000:]}")
    return done


class Lake:
    """A lake in a folder of its own, with the commands a test needs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        if not (self.folder / "centavo.yaml").exists():
            centavo("init", self.folder)

    def __call__(self, *arguments, **options):
        return centavo("--lake", self.folder, *arguments, **options)

    def json(self, *arguments, **options):
        done = self("--json", *arguments, **options)
        return json.loads(done.stdout)

    def add(self, tenant, pack, source, *more):
        return self("tenant", "add", tenant, "--pack", pack, "--source", source, *more)

    def run(self, tenant, *more, **options):
        return self("run", "--tenant", tenant, *more, **options)

    def query(self, tenant, sql, *more):
        """Rows as dictionaries of text; decimals stay exact text."""
        done = self("query", "--tenant", tenant, "--format", "csv", *more, sql)
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def value(self, tenant, sql, *more):
        rows = self.query(tenant, sql, *more)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return next(iter(rows[0].values()))

    def releases(self, tenant):
        """Numbers of the releases, oldest first."""
        return sorted(int(release["release"]) for release in self.json("release", "list", "--tenant", tenant))

    def log_folders(self, tenant):
        """{"silver.x": folder} of every table of a tenant, found on disk."""
        found = {}
        for log in sorted((self.folder / "tenants" / tenant).glob("*/*/_delta_log")):
            found[f"{log.parent.parent.name}.{log.parent.name}"] = log.parent
        return found

    def versions(self, tenant):
        """{"silver.x": newest version}, counted from the commit files."""
        return {name: max((int(commit.stem) for commit in (folder / "_delta_log").glob("*.json") if commit.stem.isdigit()), default=-1)
                for name, folder in self.log_folders(tenant).items()}

    def start(self, *arguments):
        """Starts a command and returns its process, in a group of its own so that a signal reaches only it."""
        return subprocess.Popen([str(program()), "--lake", str(self.folder)] + [str(a) for a in arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


COSTS = "silver.focus_cost_and_usage"
TOTALS = f"select billing_period, ChargeCategory, count(*) as rows, sum(BilledCost) as billed, sum(EffectiveCost) as effective " \
         f"from {COSTS} group by all order by all"


class Figures(dict):
    """What an expected.json says; it remembers which figures were asked for."""

    def __init__(self, path):
        super().__init__(json.loads(path.read_text()))
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)


class FlowTest(unittest.TestCase):
    """A test with a temporary folder. Says what it does, one line a step, so that a log of `make test` reads as a story."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="centavo-flow-"))
        self.addCleanup(self.remove_folder)

    def remove_folder(self):
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(self.folder, ignore_errors=True)

    def lake(self, name="lake"):
        return Lake(self.folder / name)

    made = {}   # what to begin with: where it was made

    def begin_with(self, what, make, name="lake"):
        """A lake as `make(lake)` leaves it: made once for all tests of this file, copied for each. Bills stand inside, so that a copy has its own."""
        if what not in self.made:
            home = pathlib.Path(tempfile.mkdtemp(prefix="centavo-flow-made-"))
            atexit.register(shutil.rmtree, home, ignore_errors=True)
            make(Lake(home / "lake"))
            self.made[what] = home / "lake"
        shutil.copytree(self.made[what], self.folder / name, symlinks=True)
        return Lake(self.folder / name)

    @staticmethod
    def say(text):
        print(f"  {text}", flush=True)

    def shared(self, *parts):
        """A folder of the shared sample data; skips aloud when it is not there."""
        path = SHARED.joinpath(*parts)
        if not path.exists():
            self.skipTest(f"no sample data at {path}; set CENTAVO_SHARED to the folder that holds data/")
        return path

    def assert_all_asked(self, figures, *elsewhere):
        """Each figure was compared with something, but for notes and those that another test asks for."""
        self.assertEqual(set(), figures.keys() - figures.asked - {"note", *elsewhere}, "figures that nothing is compared with")

    def assert_one_clear_error(self, done, *words):
        """One error on stderr, which says the words, without a stack or an internal name."""
        text = done.stderr.strip()
        self.assertTrue(text, "nothing on stderr")
        for word in words:
            self.assertIn(word.lower(), text.lower())
        for noise in ("terminate called", "std::", "Traceback", "Assertion", "internal error"):
            self.assertNotIn(noise, text)


def wait_for(condition, seconds=20):
    """True as soon as the condition holds; False when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def finish(process, seconds=60):
    """Waits for a started command; its exit code as a shell would show it, and its output."""
    try:
        out, error = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        raise AssertionError("a command did not end")
    return process.returncode, out, error
