"""Runs one command and says what it cost: wall and CPU seconds, peak memory, bytes read and written, of the whole process tree's
first process. Standard library only; Linux."""
import dataclasses
import os
import pathlib
import subprocess
import tempfile
import time


@dataclasses.dataclass
class Cost:
    wall: float
    cpu: float
    peak_bytes: int
    read_bytes: int      # through system calls, page cache included
    written_bytes: int
    output: str


def run(command, environment=None, cwd=None, seconds=7200, codes=(0,)):
    """Raises RuntimeError with the command's last words when it fails: a broken result is no measurement."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=cwd,
                                 env={**os.environ, **(environment or {})})
        # The dead process is looked at before it is buried: only then are its byte counts final.
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            time.sleep(0.002)
            if time.monotonic() - started > seconds:
                child.kill()
        wall = time.monotonic() - started
        try:
            io = dict(line.split(": ") for line in pathlib.Path(f"/proc/{child.pid}/io").read_text().splitlines())
        except OSError:
            io = {}
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        text, trouble = out.read().decode(errors="replace"), errors.read().decode(errors="replace")
        if child.returncode not in codes:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {child.returncode}\n{text[-2000:]}\n{trouble[-4000:]}")
        return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, int(io.get("rchar", 0)), int(io.get("wchar", 0)), text)


def best(costs):
    """The run that was disturbed least: the lowest wall time; memory is the highest seen."""
    fastest = min(costs, key=lambda cost: cost.wall)
    return dataclasses.replace(fastest, cpu=min(cost.cpu for cost in costs), peak_bytes=max(cost.peak_bytes for cost in costs))
