#!/usr/bin/env python3
"""Runs clang-tidy over a build's own sources on every core, within a time limit.

A source that was clean is remembered under .cache/tidy by the digest of its text, of every header of ours and of the
configuration, and not read again until one of them changes. What the limit left unread is said; the order turns with each
commit, so that nothing stays unread for long.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLEAN = ROOT / ".cache" / "tidy"


def digest_of(paths):
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def commit_number():
    git = subprocess.run(["git", "-C", ROOT, "rev-list", "--count", "HEAD"], capture_output=True, text=True)
    return int(git.stdout) if git.returncode == 0 else 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--limit-seconds", type=float, required=True)
    arguments.add_argument("build")
    options = arguments.parse_args()

    commands = json.loads((pathlib.Path(options.build) / "compile_commands.json").read_text())
    sources = sorted({pathlib.Path(c["file"]) for c in commands if (ROOT / "src") in pathlib.Path(c["file"]).parents})
    if not sources:
        print("tidy: no source to read", file=sys.stderr)
        return 1
    shared = digest_of([ROOT / ".clang-tidy"] + sorted((ROOT / "src").rglob("*.h")))
    CLEAN.mkdir(parents=True, exist_ok=True)
    marks = {source: CLEAN / hashlib.sha256((str(source.relative_to(ROOT)) + shared + digest_of([source])).encode()).hexdigest()
             for source in sources}
    todo = [source for source in sources if not marks[source].exists()]
    if todo:
        first = commit_number() * 7 % len(todo)
        todo = todo[first:] + todo[:first]

    deadline = time.monotonic() + options.limit_seconds
    unread, unclean = [], []

    def read(source):
        left = deadline - time.monotonic()
        if left <= 0:
            unread.append(source)
            return
        try:
            run = subprocess.run(
                ["clang-tidy-19", "--quiet", "-p", options.build, "--extra-arg=-w",
                 "--extra-arg=-include" + str(ROOT / "cmake" / "pch.h"), str(source)],
                capture_output=True, text=True, timeout=left + 60)
        except subprocess.TimeoutExpired:
            unread.append(source)
            return
        if run.returncode == 0:
            marks[source].touch()
        else:
            unclean.append(source)
            print(run.stdout, file=sys.stderr, flush=True)
            if not run.stdout.strip():
                print(run.stderr, file=sys.stderr, flush=True)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(read, todo))
    print(f"tidy: {len(sources)} sources: {len(sources) - len(todo)} known clean, {len(todo) - len(unread) - len(unclean)} read "
          f"and clean, {len(unclean)} not clean, {len(unread)} left unread by the limit")
    return 1 if unclean else 0


if __name__ == "__main__":
    sys.exit(main())
