#!/usr/bin/env python3
"""Runs that are killed, or whose system calls fail, at every call that touches their files.

strace makes the n-th call of a kind fail or ends the program there. After each trial nothing damaged may stand under a
final name, and the same command must go on to the bytes of a run that nothing happened to, with exit code 0.

    tests/stress/campaign.py [--program FILE] [--case NAME] [--harm NAME] [--every N] [--jobs N]

Prints trials and failures of each case; exit code 1 when there are failures.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CARD, TOY = HERE / "short.toml", HERE / "short_toy.toml"

CHANGES = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "unlink", "unlinkat", "ftruncate",
           "mkdir", "flock", "close")
READS = ("read", "pread64", "getdents64")
TRACED = ",".join("?" + call for call in CHANGES + READS)


@dataclasses.dataclass(frozen=True)
class Case:
    """A command for a run folder `run`; `out` stands for a folder beside it. `before`: what was run there already."""
    name: str
    command: tuple
    outputs: tuple
    before: tuple = ()


CASES = [
    Case("vegas", ("generate", CARD, "--sampler", "vegas"), ("run/events.lhe", "run/events.lhe.gz", "run/events.h5")),
    Case("training", ("generate", CARD, "--batches", "20", "--set", "sampling.cells=20", "-o", "out/e.h5"), ("out/e.h5",)),
    Case("toy", ("generate", TOY), ("run/events.npy",)),
    Case("other number, elsewhere", ("generate", CARD, "--sampler", "vegas", "-n", "500", "-o", "out/e.lhe.gz"),
         ("run/events.lhe", "out/e.lhe.gz"), ("generate", CARD, "--sampler", "vegas", "--set", 'output.format="lhe"')),
    Case("again", ("generate", CARD, "--sampler", "vegas", "--set", 'output.format="hdf5"'), ("run/events.h5",),
         ("generate", CARD, "--sampler", "vegas", "--set", 'output.format="hdf5"')),
    # low efficiency, so that events are kept three times on the way
    Case("checkpoints", ("generate", TOY, "--sampler", "flat", "--set", "integrand.dimension=3", "-n", "25000"),
         ("run/events.npy",)),
]


def program():
    return os.environ.get("THALWEG_PROGRAM", "build/release/bin/thalweg")


class Failure(Exception):
    pass


class Place:
    """A folder with a run folder and another one for output; in memory where there is such a file system."""

    def __init__(self, case, base=None):
        memory = pathlib.Path("/dev/shm")
        self.case = case
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="thalweg_", dir=base or (memory if os.access(memory, os.W_OK) else None)))
        (self.path / "out").mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def prepare(self):
        if self.case.before:
            done = self.run(self.case.before)
            if done.returncode:
                raise Failure(f"preparing: {done.stderr}")
        return self

    def run(self, command=None, wrapper=(), timeout=120):
        command = [str(self.path / a) if str(a).startswith("out/") else str(a) for a in command or self.case.command]
        command = [program(), *command, "--run", str(self.path / "run"), "--threads", "1", "--quiet"]
        environment = dict(os.environ)
        if wrapper:  # a program with the address sanitizer cannot look for leaks while it is traced
            environment["ASAN_OPTIONS"] = ":".join(filter(None, [environment.get("ASAN_OPTIONS"), "detect_leaks=0"]))
        return subprocess.run([*wrapper, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout,
                              env=environment)

    def outputs(self):
        return {name: (self.path / name).read_bytes() for name in self.case.outputs if (self.path / name).exists()}

    def result(self):
        result = json.loads((self.path / "run/result.json").read_text())
        for key in ("time", "cpu", "files", "evaluations", "training", "checksum"):
            result.pop(key, None)
        return result


@dataclasses.dataclass
class Reference:
    outputs: dict
    before: dict
    result: dict
    calls: list  # (name, its number among those of that name, text)


def reference(case):
    with Place(case) as place:
        before = place.prepare().outputs()
        trace = place.path / "trace"
        done = place.run(wrapper=("strace", "-y", "-s", "0", "-o", str(trace), "-e", f"trace={TRACED}"))
        if done.returncode:
            raise Failure(f"{case.name}: {done.stderr}")
        counts, calls = collections.Counter(), []
        for line in trace.read_text().splitlines():
            if not (match := re.match(r"(\w+)\(", line)):
                continue
            counts[match[1]] += 1
            # a call without a result did not return
            if str(place.path) in line and "= -1" not in line:
                calls.append((match[1], counts[match[1]], line.replace(str(place.path), "")))
        trace.unlink()
        return Reference(place.outputs(), before, place.result(), calls)


def check_whole(place, wanted, when):
    """What stands under a final name is what it is to be or what it was before."""
    for name, data in place.outputs().items():
        if data not in (wanted.outputs[name], wanted.before.get(name)):
            raise Failure(f"{when}: {name} is damaged")


def check_goes_on(place, wanted):
    done = place.run()
    if done.returncode:
        raise Failure(f"the same command: exit code {done.returncode}: {done.stderr.strip()}")
    if place.outputs() != wanted.outputs:
        raise Failure("the same command: other bytes")
    if place.result() != wanted.result:
        raise Failure("the same command: another result.json")
    left = [f.name for f in place.path.rglob("*") if ".part" in f.name or f.name == "generation.json"]
    if left:
        raise Failure(f"the same command: left {left}")


@dataclasses.dataclass(frozen=True)
class Harm:
    name: str
    calls: tuple
    injection: str
    codes: tuple  # allowed

    def trial(self, case, wanted, call):
        with Place(case) as place:
            place.prepare()
            wrapper = ("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call[0]}", "-e",
                       f"inject={call[0]}:{self.injection.replace('#', str(call[1]))}")
            done = place.run(wrapper=wrapper)
            check_whole(place, wanted, "after it")
            if done.returncode not in self.codes:
                raise Failure(f"exit code {done.returncode}: {done.stderr.strip()}")
            if done.returncode == 0 and place.outputs() != wanted.outputs:
                raise Failure("exit code 0, but not the right files")
            # where nothing can be written any more, stderr is silent, too
            silent = call[0] == "write" and "+" in self.injection
            if done.returncode in (1, 2) and not silent and ("thalweg: " not in done.stderr or "exception" in done.stderr):
                raise Failure(f"no sentence: {done.stderr.strip()}")
            check_goes_on(place, wanted)


HARMS = [
    Harm("kill", CHANGES, "signal=KILL:when=#", (-9, 137)),
    Harm("no space", ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "ftruncate", "mkdir"),
         "error=ENOSPC:when=#", (0, 1, 2)),
    Harm("input/output error", CHANGES + READS, "error=EIO:when=#", (0, 1, 2)),
    Harm("no space from then on", ("write", "pwrite64"), "error=ENOSPC:when=#+", (0, 1, 2)),
    Harm("terminate", CHANGES, "signal=TERM:when=#", (0, 143)),
]


def trials(case, harm, wanted, every=1):
    return [call for call in wanted.calls if call[0] in harm.calls][::every]


def attempt(case, harm, wanted, call):
    try:
        harm.trial(case, wanted, call)
        return None
    except (Failure, OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        return f"{case.name}, {harm.name}, {call[2]}: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program")
    parser.add_argument("--case", action="append", choices=[c.name for c in CASES])
    parser.add_argument("--harm", action="append", choices=[h.name for h in HARMS])
    parser.add_argument("--every", type=int, default=1, help="of the calls, one in so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    os.environ["THALWEG_PROGRAM"] = str(pathlib.Path(arguments.program or program()).resolve())
    failures = []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for case in CASES:
            if arguments.case and case.name not in arguments.case:
                continue
            wanted = reference(case)
            for harm in HARMS:
                if arguments.harm and harm.name not in arguments.harm:
                    continue
                calls = trials(case, harm, wanted, arguments.every)
                found = [f for f in pool.map(lambda call: attempt(case, harm, wanted, call), calls) if f]
                print(f"{case.name:<24} {harm.name:<22} {len(calls):>4} trials, {len(found):>3} failures", flush=True)
                failures += found
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
