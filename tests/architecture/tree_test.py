#!/usr/bin/env python3
"""Holds the tree to its shape: floors and DEPENDS, the one includer of duckdb.h, names, and what nothing committed may say.

Each rule is a pure function from (path, text) to complaints. The first class runs the rules over the tree, the second shows
that each of them can fail.
"""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOORS = ["base", "io", "lake", "flow", "app"]
SOURCE = (".h", ".cc")

FORBIDDEN_WORDS = ["util", "utils", "helper", "helpers", "manager", "common", "handler", "processor", "impl", "misc"]
FORBIDDEN_TYPE = re.compile(r"\b(?:class|struct)\s+(\w*(?:Utils?|Helpers?|Manager|Handler|Processor|Impl))\b(?!\s*;)")

PROVIDERS = ["aws", "amazon", "azure", "gcp", "bigquery", "databricks", "oci", "snowflake", "kubernetes", "opencost"]
# The manifests of one provider are a protocol that a connector speaks.
PROVIDER_PLACES = {"aws": re.compile(r"src/flow/connect/|src/app/cli/(generate|demo)\w*\."),
                   "databricks": re.compile(r"src/app/cli/generate\w*\."), "gcp": re.compile(r"src/app/cli/generate\w*\."),
                   "azure": re.compile(r"src/flow/connect/manifest|src/app/cli/generate\w*\.")}
# A generator must know the bill it imitates.
IMITATIONS = "src/flow/generate/"

# Split, so that this file does not say them itself.
FORBIDDEN_TEXT = {
    "a path of one machine": re.compile(
        "|".join(["/wo" + r"rk/(main|shared|\.)", r"(?<![\w.$}])/t" + r"mp/", r"\.lib" + "rary/", "/ro" + r"ot/", "/ho" + r"me/\w+/"])),
    "the host of a registry": re.compile("|".join(
        ["registry" + r"\.npmjs", r"\bpypi" + r"\.org", "files" + r"\.pythonhosted", "repo1?" + r"\.maven", r"\bcrates" + r"\.io",
         "proxy" + r"\.golang", r"deb\.debian" + r"\.org", r"archive\.ubuntu" + r"\.com", "security" + r"\.debian"])),
    "a tool of the workshop": re.compile("|".join([r"\bfarm" + r"-\w+", r"/HEL" + r"PER\.md"])),
}


def modules_of(cmake_text):
    """{"lake/delta": {"base", "io/store", …}} from the centavo_module lines of src/CMakeLists.txt, DEPENDS closed transitively."""
    direct = {}
    for body in re.findall(r"centavo_module\(([^)]*)\)", re.sub(r"#.*", "", cmake_text)):
        words = body.split()
        depends, keyword = [], None
        for word in words[1:]:
            if word in ("DEPENDS", "LINKS"):
                keyword = word
            elif keyword == "DEPENDS":
                depends.append(word)
        direct[words[0]] = set(depends)

    def reach(module, seen):
        for other in direct.get(module, ()):
            if other not in seen:
                seen.add(other)
                reach(other, seen)
        return seen
    return {module: reach(module, set()) for module in direct}


def module_of(path, modules):
    """The module that holds "flow/engine/duckdb/x.cc" (a path under src), or its floor when no module does."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in modules:
            return "/".join(parts[:length])
    return parts[0] if parts else ""


def include_complaints(path, text, modules, ours):
    """`path` is under src; `ours` are all paths under src, to tell our headers from the system's."""
    here = module_of(path, modules)
    complaints = []
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if not found:
            continue
        header = found.group(1)
        if header == "duckdb.h" and not path.startswith("io/duck/"):
            complaints.append(f"src/{path}:{number}: duckdb.h is included outside io/duck")
        if header.split("/")[0] not in FLOORS:
            if '"' in line and header != "duckdb.h":
                complaints.append(f'src/{path}:{number}: "{header}" is not spelled from src; write "floor/module/name.h"')
            continue
        if header not in ours:
            complaints.append(f"src/{path}:{number}: {header} does not exist")
            continue
        there = module_of(header, modules)
        floor_here, floor_there = FLOORS.index(here.split("/")[0]), FLOORS.index(there.split("/")[0])
        if here == there or floor_there < floor_here:
            continue
        if floor_there > floor_here:
            complaints.append(f"src/{path}:{number}: {here} includes {header}: upward")
        elif here in modules and there not in modules[here]:
            complaints.append(f"src/{path}:{number}: {here} includes {header}: sideways without DEPENDS {there}")
    return complaints


def depends_complaints(modules):
    complaints = []
    for module, depends in modules.items():
        for other in depends:
            if other not in modules:
                complaints.append(f"src/CMakeLists.txt: {module} depends on {other}, which is no module")
            elif FLOORS.index(other.split("/")[0]) > FLOORS.index(module.split("/")[0]):
                complaints.append(f"src/CMakeLists.txt: {module} depends on {other}: upward")
            elif module in modules[other]:
                complaints.append(f"src/CMakeLists.txt: {module} and {other} depend on each other")
    return complaints


def name_complaints(path):
    stem = path.rsplit("/", 1)[-1].split(".")[0]
    words = re.split(r"[_\-]", stem)
    return [f"{path}: \"{word}\" in a file's name says nothing; name what it does" for word in words if word in FORBIDDEN_WORDS]


def type_complaints(path, text):
    return [f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(1)} is a name that says nothing"
            for m in FORBIDDEN_TYPE.finditer(without_comments(text))]


def without_comments(text):
    """C++ without comments, with every line kept where it was. Strings stay."""
    pattern = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.S)
    return pattern.sub(lambda m: m.group(0) if m.group(0).startswith('"') else "\n" * m.group(0).count("\n"), text)


def provider_complaints(path, text):
    complaints = []
    if path.startswith(IMITATIONS):
        return complaints
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        # aws, Aws, AWS, aws_cur, AwsManifest, kAws; not "laws" or "paws".
        for provider in PROVIDERS:
            place = PROVIDER_PLACES.get(provider)
            if place and (place.match(path) or path.startswith("src/lake/pack/") and "manifest" in line.lower()):
                continue  # a pack's source may say `manifest: aws`, and its reader knows which protocols there are
            if re.search(rf"(?<![a-z]){provider}(?![a-z])|{provider.capitalize()}(?![a-z])|(?<![A-Z]){provider.upper()}(?![A-Z])", line):
                complaints.append(f"{path}:{number}: C++ knows no provider, and this says \"{provider}\"; put it in a pack")
    return complaints


def text_complaints(path, text):
    complaints = []
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN_TEXT.items():
            found = pattern.search(line)
            if found:
                complaints.append(f"{path}:{number}: {what}: {found.group(0)}")
    return complaints


def tree_files():
    """What is committed or would be, relative to the root; every file when this is no git checkout."""
    git = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True)
    if git.returncode == 0:
        names = [name for name in git.stdout.decode().split("\0") if name]
    else:
        skip = {".git", ".deps", ".cache", "build", "demo-lake", "node_modules", "__pycache__"}
        names = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in skip]
            names += [os.path.relpath(os.path.join(folder, name), ROOT) for name in files]
    return sorted(set(name for name in names if (ROOT / name).is_file()))


def read(name):
    data = (ROOT / name).read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", "replace")


class Tree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.texts = {name: read(name) for name in tree_files()}
        cls.sources = {name: text for name, text in cls.texts.items() if name.startswith("src/") and name.endswith(SOURCE)}
        cls.modules = modules_of(cls.texts["src/CMakeLists.txt"])

    def holds(self, complaints):
        self.assertEqual([], complaints, "\n" + "\n".join(complaints))

    def test_the_tree_was_found(self):
        self.assertGreater(len(self.sources), 10)
        self.assertIn("io/duck", self.modules)

    def test_modules_depend_downward_and_without_cycles(self):
        self.holds(depends_complaints(self.modules))

    def test_includes_go_downward_or_where_depends_says(self):
        ours = {name[len("src/"):] for name in self.sources}
        self.holds([c for name, text in self.sources.items()
                    for c in include_complaints(name[len("src/"):], text, self.modules, ours)])

    def test_names_say_something(self):
        self.holds([c for name in self.texts if name.startswith(("src/", "tests/", "bench/")) for c in name_complaints(name)])
        self.holds([c for name, text in self.sources.items() for c in type_complaints(name, text)])

    def test_code_knows_no_provider(self):
        product = {name: text for name, text in self.sources.items() if not re.search(r"_(test|bench|fuzz)\.cc$|_testing\.h$", name)}
        self.holds([c for name, text in product.items() for c in provider_complaints(name, text)])

    def test_nothing_names_a_machine_or_a_registry(self):
        self.holds([c for name, text in self.texts.items() for c in text_complaints(name, text)])


class Rules(unittest.TestCase):
    modules = modules_of("""
        centavo_module(base LINKS x)   # a remark (with brackets)
        centavo_module(io/store DEPENDS base)
        centavo_module(io/duck DEPENDS base LINKS duckdb)
        centavo_module(lake/delta DEPENDS base io/store)
        centavo_module(lake/pack DEPENDS lake/delta)
        """)
    ours = {"base/a.h", "io/store/s.h", "io/duck/d.h", "lake/delta/t.h", "lake/pack/p.h"}

    def includes(self, path, *headers):
        return include_complaints(path, "\n".join(f'#include "{header}"' for header in headers), self.modules, self.ours)

    def test_depends_are_read_and_closed(self):
        self.assertEqual({"lake/delta", "base", "io/store"}, self.modules["lake/pack"])
        self.assertEqual({"base"}, self.modules["io/duck"])

    def test_upward_fails(self):
        self.assertIn("upward", self.includes("io/store/s.cc", "lake/delta/t.h")[0])

    def test_sideways_needs_depends(self):
        self.assertIn("sideways", self.includes("lake/delta/t.cc", "lake/pack/p.h")[0])
        self.assertEqual([], self.includes("lake/pack/p.cc", "lake/delta/t.h", "base/a.h"))

    def test_downward_and_own_pass(self):
        self.assertEqual([], self.includes("lake/delta/t.cc", "lake/delta/t.h", "io/duck/d.h", "base/a.h"))

    def test_a_header_that_is_not_there_fails(self):
        self.assertIn("does not exist", self.includes("base/a.cc", "base/b.h")[0])

    def test_a_header_not_spelled_from_src_fails(self):
        self.assertIn("spelled", self.includes("base/a.cc", "a.h")[0])

    def test_duckdb_h_belongs_to_io_duck(self):
        self.assertEqual([], self.includes("io/duck/d.cc", "duckdb.h"))
        self.assertEqual(1, len(self.includes("lake/delta/t.cc", "duckdb.h")))
        self.assertEqual(1, len(include_complaints("app/m.cc", "#include <duckdb.h>", self.modules, self.ours)))

    def test_upward_and_circular_depends_fail(self):
        modules = modules_of("centavo_module(base DEPENDS lake/a) centavo_module(lake/a DEPENDS lake/b) centavo_module(lake/b DEPENDS lake/a)")
        text = "\n".join(depends_complaints(modules))
        self.assertIn("base depends on lake/a: upward", text)
        self.assertIn("depend on each other", text)

    def test_empty_names_fail(self):
        self.assertEqual(1, len(name_complaints("src/base/string_utils.h")))
        self.assertEqual([], name_complaints("src/lake/delta/commit.cc"))
        self.assertEqual(1, len(type_complaints("x.h", "/* class */ class TableManager {")))
        self.assertEqual([], type_complaints("x.h", "// class TableManager {\nclass Table {"))

    def test_provider_names_fail_outside_comments(self):
        self.assertEqual([], provider_complaints("src/lake/pack/x.cc", "// as AWS does\nlaws(); paws;"))
        for text in ('"aws"', "AwsManifest m;", "read_aws_manifest()", "kAws", "AWS_X"):
            self.assertEqual(1, len(provider_complaints("src/lake/delta/x.cc", text)), text)
        self.assertEqual([], provider_complaints("src/flow/connect/aws_manifest.cc", "read_aws_manifest()"))
        self.assertEqual([], provider_complaints("src/flow/connect/manifest.cc", "parse_azure_manifest()"))
        self.assertEqual(1, len(provider_complaints("src/flow/connect/landing.cc", "azure_manifest()")))
        self.assertEqual(1, len(provider_complaints("src/flow/connect/aws_manifest.cc", "gcp_manifest()")))

    def test_machine_paths_and_registries_fail(self):
        for text in ("cd /wo" + "rk/main", "x > /t" + "mp/y", "https://registry" + ".npmjs.org/x", "pypi" + ".org"):
            self.assertEqual(1, len(text_complaints("docs/x.md", text)), text)
        self.assertEqual([], text_complaints("docs/x.md", "npm pack duckdb@1.4.4; $TMPDIR/tmp/x; a/tmp/b"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
