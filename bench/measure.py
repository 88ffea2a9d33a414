"""Runs one command and says what it cost: wall and CPU seconds, peak memory of its largest process, bytes read and written, of the
command and of what it leaves behind (Spark's Java machine outlives the Python that started it). Standard library only; Linux."""
import ctypes
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


PR_SET_CHILD_SUBREAPER = 36   # linux/prctl.h: orphans of our children become ours, so that they can be waited for


def bytes_moved(pid):
    """(read, written) of a dead process that nobody has waited for yet: only then are its counts final."""
    try:
        counts = dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text().splitlines())
    except OSError:
        return 0, 0
    return int(counts["rchar"]), int(counts["wchar"])


def run(command, environment=None, cwd=None, seconds=7200, codes=(0,)):
    """Raises RuntimeError with the command's last words when it fails: a broken result is no measurement."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=cwd,
                                 env={**os.environ, **(environment or {})})
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            time.sleep(0.002)
            if time.monotonic() - started > seconds:
                child.kill()
        wall = time.monotonic() - started
        read, written = bytes_moved(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
        while True:   # what it left behind
            try:
                orphan = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
            except ChildProcessError:
                break
            moved = bytes_moved(orphan)
            usage = os.wait4(orphan, 0)[2]
            cpu, peak = cpu + usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss)
            read, written = read + moved[0], written + moved[1]
        out.seek(0), errors.seek(0)
        text, trouble = out.read().decode(errors="replace"), errors.read().decode(errors="replace")
        if child.returncode not in codes:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {child.returncode}\n{text[-2000:]}\n{trouble[-4000:]}")
        return Cost(wall, cpu, peak * 1024, read, written, text)


def best(costs):
    """The run that was disturbed least: the lowest wall time; memory is the highest seen."""
    fastest = min(costs, key=lambda cost: cost.wall)
    return dataclasses.replace(fastest, cpu=min(cost.cpu for cost in costs), peak_bytes=max(cost.peak_bytes for cost in costs))
