"""Runs that are killed, that cannot write, that meet each other: a short form of the campaign, and the whole as `full`."""
import concurrent.futures
import contextlib
import fcntl
import functools
import gzip
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

import campaign
from campaign import CARD, CASES, HARMS, Case, Failure, Place, attempt, check_goes_on, check_whole, program, trials

VEGAS = Case("vegas", ("generate", CARD, "--sampler", "vegas"), ("run/events.lhe", "run/events.lhe.gz", "run/events.h5"))
reference = functools.cache(campaign.reference)


@functools.cache
def tracing():
    """Containers may forbid it."""
    return shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


def failures(case, harm, step):
    if not tracing():
        pytest.skip("strace is not there, or not allowed")
    # Every write fails, those of the sanitizer too, which checks addresses by writing to a pipe and then ends with 0.
    if harm.name == "no space from then on" and "asan" in program():
        pytest.skip("a sanitizer cannot do without its own writes")
    wanted = reference(case)
    calls = trials(case, harm, wanted)
    assert len(calls) > 5
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda call: attempt(case, harm, wanted, call), calls[len(calls) % step :: step])
        return [f for f in found if f]


@pytest.mark.parametrize("harm", HARMS, ids=lambda h: h.name)
@pytest.mark.parametrize("case", [CASES[0], CASES[1], CASES[3]], ids=lambda c: c.name)
def test_some_calls(case, harm):
    assert not failures(case, harm, 37)


@pytest.mark.full
@pytest.mark.parametrize("harm", HARMS, ids=lambda h: h.name)
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_every_call(case, harm):
    assert not failures(case, harm, 1)


# From the last event on: each way to end between the first event file and result.json, and behind it.
@pytest.mark.parametrize("name", ["rename", "unlink"])
def test_the_end_of_a_run(name):
    if not tracing():
        pytest.skip("strace is not there, or not allowed")
    wanted = reference(CASES[0])
    calls = [call for call in wanted.calls if call[0] == name][-6:]
    assert any("events.h5" in call[2] for call in calls) if name == "rename" else len(calls) == 2
    assert not [f for call in calls if (f := attempt(CASES[0], HARMS[0], wanted, call))]


# Where the clock decides, with threads. The run takes about a second.
@pytest.mark.full
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ends_at_any_time(sign):
    case = Case("long", ("generate", CARD, "--batches", "100", "--set", "sampling.cells=20", "-n", "20000"), VEGAS.outputs)
    with Place(case) as place:
        assert place.run().returncode == 0
        wanted, result = place.outputs(), place.result()
    for k in range(15):
        with Place(case) as place:
            command = [program(), *map(str, case.command), "--run", str(place.path / "run"), "--threads", "3", "--quiet"]
            ends = 0
            while True:  # again and again, in the same folder
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                time.sleep(0.05 + 0.05 * k + 0.1 * ends)
                process.send_signal(sign)
                code = process.wait(60)
                assert code in (0, -sign, 128 + sign)
                assert all(data == wanted[name] for name, data in place.outputs().items())
                if code == 0:
                    break
                ends += 1
            assert place.outputs() == wanted and place.result() == result


# Nothing in the search for diagrams asks for signals.
@pytest.mark.full
def test_what_heeds_no_signal_ends_after_ten_seconds():
    process = subprocess.Popen([program(), "diagrams", "g g > g g g g g g"], stdout=subprocess.DEVNULL)
    time.sleep(1)
    process.terminate()
    assert process.wait(120) in (128 + signal.SIGTERM, -signal.SIGTERM)  # the second: before there was a handler


@contextlib.contextmanager
def small_disk(kilobytes):
    with Place(VEGAS) as place:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place.path)], capture_output=True)
        if done.returncode:
            pytest.skip("only root may mount a small disk")
        try:
            yield place
        finally:
            subprocess.run(["umount", str(place.path)], check=True)


def ends_and_goes_on(kilobytes):
    wanted = reference(VEGAS)
    with small_disk(kilobytes) as place:
        done = place.run()
        check_whole(place, wanted, "full disk")
        assert done.returncode == 1 and "thalweg: " in done.stderr, done.stderr
        assert not list(place.path.rglob("*.part*"))
        subprocess.run(["mount", "-o", "remount,size=100m", str(place.path)], check=True)
        check_goes_on(place, wanted)


@pytest.mark.parametrize("kilobytes", [4, 60, 200, 420])
def test_full_disk(kilobytes):
    if not tracing():
        pytest.skip("strace is not there, or not allowed")
    ends_and_goes_on(kilobytes)


@pytest.mark.full
@pytest.mark.parametrize("kilobytes", range(4, 440, 4))
def test_disks_of_all_sizes(kilobytes):
    ends_and_goes_on(kilobytes)


def test_a_read_only_folder():
    with Place(VEGAS) as place:
        (place.path / "run").mkdir()
        (place.path / "run").chmod(0o555)
        place.path.chmod(0o755)
        command = [program(), "generate", str(CARD), "--run", str(place.path / "run"), "--quiet"]
        user = {"user": 65534} if os.geteuid() == 0 else {}
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd="/", **user)
        except PermissionError:
            pytest.skip("nobody cannot run the program here")
        assert done.returncode == 1 and "cannot write in the run folder" in done.stderr, done.stderr
        assert not list((place.path / "run").iterdir())


def test_runs_at_once_in_one_folder():
    with Place(VEGAS) as place:
        command = [program(), "generate", str(CARD), "--sampler", "vegas", "-n", "20000", "--run", str(place.path / "run"), "--quiet"]
        runs = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(4)]
        ends = [(run.communicate(timeout=120)[1], run.returncode) for run in runs]
        assert any(code == 0 for _, code in ends)
        for error, code in ends:
            assert code == 0 or (code == 1 and "another run is at work" in error), error
        outputs = place.outputs()
        assert place.run([*VEGAS.command, "-n", "20000"]).returncode == 0 and place.outputs() == outputs


def test_a_run_that_finds_its_folder_in_use_names_the_process(tmp_path):
    command = [program(), "generate", str(CARD), "--sampler", "vegas", "--run", str(tmp_path), "--quiet"]
    with (tmp_path / ".lock").open("w+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for text, words in {"4711\n": "(process 4711)", "": "; wait for it"}.items():
            (tmp_path / ".lock").write_text(text)
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 1 and words in done.stderr, done.stderr
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_runs_at_once_to_one_file(tmp_path):
    out = tmp_path / "e.h5"
    runs = [subprocess.Popen([program(), "generate", str(CARD), "--sampler", "vegas", "-o", str(out), "--run", str(tmp_path / str(k)),
                              "--quiet"], stdout=subprocess.DEVNULL) for k in range(4)]
    assert [run.wait(120) for run in runs] == [0] * 4
    assert json.loads(subprocess.run([program(), "inspect", str(out)], capture_output=True).stdout)["events"] == 300
    assert not list(tmp_path.glob("*.part*"))


def test_what_killed_programs_left_is_removed_and_what_others_write_is_not(tmp_path):
    run, out = tmp_path / "run", tmp_path / "e.lhe"
    command = [program(), "generate", str(CARD), "--sampler", "vegas", "-o", str(out), "--run", str(run), "--quiet"]
    assert subprocess.run(command, capture_output=True).returncode == 0
    stale = [run / "state.json.part123", run / "events.h5.part9", tmp_path / "e.lhe.part77"]
    foreign = [run / "notes.part1", run / "state.json.part", tmp_path / "e.lhe.part7x", tmp_path / "other.lhe.part5"]
    for file in stale + foreign:
        file.write_text("?")
    locked = run / "result.json.part4"
    locked.write_text("?")
    with locked.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert subprocess.run(command, capture_output=True).returncode == 0
    assert not [f for f in stale if f.exists()]
    assert all(f.exists() for f in foreign + [locked])


SPECIAL = {
    "symbolic link": lambda path: path.symlink_to("elsewhere"),
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "socket": lambda path: socket.socket(socket.AF_UNIX).bind(str(path)),
    "device": lambda path: os.mknod(path, 0o20666, os.makedev(1, 7)),  # /dev/full
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_only_regular_files_are_replaced(tmp_path, kind):
    for name, command in {"e.lhe": ["generate", str(CARD), "--run", str(tmp_path / "run")], "d.svg": ["diagrams", "e+ e- > mu+ mu-"],
                          "p.so": ["export", "e+ e- > mu+ mu-"]}.items():
        try:
            SPECIAL[kind](tmp_path / name)
        except PermissionError:
            pytest.skip("only root may make devices")
        before = (tmp_path / name).lstat()
        done = subprocess.run([program(), *command, "-o", str(tmp_path / name)], capture_output=True, text=True)
        assert done.returncode == 2 and f"a {kind}" in done.stderr, done.stderr
        assert (tmp_path / name).lstat().st_ino == before.st_ino and not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", [".lock", "log.txt", "events.partial", "state.json", "result.json", "events.lhe", "diagnosis_0.png"])
def test_links_in_a_run_folder_are_refused_and_one_to_it_is_not(tmp_path, name):
    real, link, victim = tmp_path / "real", tmp_path / "link", tmp_path / "victim"
    real.mkdir()
    link.symlink_to(real)
    command = [program(), "generate", str(CARD), "--sampler", "vegas", "--run", str(link), "--quiet"]
    assert subprocess.run(command, capture_output=True).returncode == 0 and (real / "events.lhe").exists()
    victim.write_text("precious")
    (real / name).unlink(missing_ok=True)
    (real / name).symlink_to(victim)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and f"{name}' is a symbolic link" in done.stderr, done.stderr
    assert victim.read_text() == "precious"


def test_files_of_another_number_of_events_stay(tmp_path):
    run = tmp_path / "run"

    def generate(n, *more):
        done = subprocess.run([program(), "generate", str(CARD), "--sampler", "vegas", "-n", str(n), "--run", str(run), "--quiet", *more],
                              capture_output=True, text=True)
        return done.returncode, done.stderr

    assert generate(100)[0] == 0
    first = (run / "events.lhe").read_bytes()
    assert generate(200, "-o", str(tmp_path / "e.lhe"))[0] == 0
    code, error = generate(200)  # what the last run made is elsewhere
    assert code == 2 and "100 events" in error
    assert (run / "events.lhe").read_bytes() == first
    assert generate(200, "-o", str(run / "events.lhe"))[0] == 0
    code, error = generate(100)
    assert code == 2 and "events.lhe' holds 200 events" in error
    (run / "events.lhe").unlink()
    assert generate(100)[0] == 0 and (run / "events.lhe").read_bytes() == first
    (run / "result.json").unlink()
    code, error = generate(100)
    assert code == 2 and "no run in this folder has made it" in error


def test_a_file_name_that_is_no_text(tmp_path):
    out = os.fsencode(tmp_path) + b"/caf\xe9.lhe"
    command = [program(), "generate", str(CARD), "--sampler", "vegas", "-o", out, "--run", str(tmp_path / "run"), "--quiet"]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert os.path.exists(out)


def test_a_closed_or_full_stderr_ends_no_run(tmp_path):
    command = [program(), "generate", str(CARD), "--sampler", "vegas"]
    with open("/dev/full", "w") as full:
        assert subprocess.run([*command, "--run", str(tmp_path / "a")], stdout=subprocess.DEVNULL, stderr=full).returncode == 0
        assert subprocess.run([*command, "--run", "/dev/null/x"], stdout=subprocess.DEVNULL, stderr=full).returncode in (1, 2)
    reader, writer = os.pipe()
    os.close(reader)
    assert subprocess.run([*command, "--run", str(tmp_path / "b")], stdout=subprocess.DEVNULL, stderr=writer).returncode == 0
    os.close(writer)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_inspect_heeds_signals(tmp_path, sign):
    run = tmp_path / "run"
    assert subprocess.run([program(), "generate", str(CARD), "--sampler", "vegas", "--run", str(run), "--quiet"],
                          capture_output=True).returncode == 0
    text = (run / "events.lhe").read_text()
    begin, end = text.index("<event>"), text.index("</LesHouchesEvents>")
    block = gzip.compress(text[begin:end].encode())
    with open(tmp_path / "large.lhe.gz", "wb") as large:
        large.write(gzip.compress(text[:begin].encode()))
        for _ in range(3000):
            large.write(block)
        large.write(gzip.compress(text[end:].encode()))
    process = subprocess.Popen([program(), "inspect", str(tmp_path / "large.lhe.gz")], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    process.send_signal(sign)
    assert process.wait(60) in (128 + sign, -sign)  # the second: before there was a handler
