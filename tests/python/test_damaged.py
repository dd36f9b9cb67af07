"""Run folders whose files are damaged, of another version or lie: refused by name, or the same result."""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from conftest import PROGRAM, edit_document, run

CARD = """process = "u u~ > e+ e-"
[beams]
energy = "200 GeV"
pdf = "none"
[integration]
points = 20000
[sampling]
sampler = "neural"
batches = 40
batch_size = 128
hidden = 8
layers = 2
bins = 4
weight_hidden = 8
weight_layers = 2
vegas_bins = 8
adaptation_points = 500
adaptation_iterations = 2
cells = 8
cell_points = 100
[output]
format = ["lhe"]
"""
FILES = ["channels.json", "state.json", "training.json", "result.json", "generation.json", "events.partial", "sampler.h5"]


EVENTS = 100_000


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A run that was interrupted in its unweighting."""
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "c.toml").write_text(CARD)
    arguments = ["generate", folder / "c.toml", "-n", EVENTS, "--run", folder / "r", "--threads", 1, "--quiet"]
    partial = folder / "r/events.partial"
    for _ in range(20):
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not (partial.exists() and partial.stat().st_size > 0):
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        if process.wait() == 130 and partial.stat().st_size > 0:
            assert all((folder / "r" / name).exists() for name in FILES)
            return folder
        shutil.rmtree(folder / "r")  # it was faster
    raise AssertionError("no run could be interrupted in its unweighting")


def resume(interrupted, tmp_path, change):
    """Goes on in a copy."""
    shutil.copytree(interrupted / "r", tmp_path / "r")
    change(tmp_path / "r")
    return run("generate", interrupted / "c.toml", "-n", EVENTS, "--run", tmp_path / "r", "--quiet")


def test_the_undamaged_folder_goes_on(interrupted, tmp_path):
    assert resume(interrupted, tmp_path, lambda folder: None).returncode == 0
    done = run("generate", interrupted / "c.toml", "-n", EVENTS, "--run", tmp_path / "whole", "--quiet")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r/events.lhe").read_bytes() == (tmp_path / "whole/events.lhe").read_bytes()


# Flipped bits, anywhere; cut off; empty.
@pytest.mark.parametrize("name", FILES)
def test_damage_is_refused_by_name(interrupted, tmp_path, name):
    draw = random.Random(name)
    good = (interrupted / "r" / name).read_bytes()
    assert json.loads((interrupted / "r/generation.json").read_text())["events"] > 0
    length = len(good)
    damaged = [b"", good[: length // 2], good[: length - 1]]
    for _ in range(6):
        at = draw.randrange(length)
        damaged.append(good[:at] + bytes([good[at] ^ 1 << draw.randrange(8)]) + good[at + 1:])
    for k, data in enumerate(damaged):
        done = resume(interrupted, tmp_path / str(k), lambda folder: (folder / name).write_bytes(data))
        assert done.returncode == 2 and name in done.stderr and "remove" in done.stderr, (k, done.stderr)
        assert "json.exception" not in done.stderr
        assert not (tmp_path / str(k) / "r/events.lhe").exists()
        shutil.rmtree(tmp_path / str(k))


@pytest.mark.parametrize("name", [f for f in FILES if f.endswith(".json")])
def test_other_versions_say_so(interrupted, tmp_path, name):
    def old(folder):
        document = json.loads((folder / name).read_text())
        for key in ("format", "file", "card", "checksum"):
            document.pop(key)
        (folder / name).write_text(json.dumps(document))

    def newer(folder):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace('"format": 2', '"format": 3', 1))

    for version, change in ((1, old), (3, newer)):
        done = resume(interrupted, tmp_path / str(version), change)
        assert done.returncode == 2 and name in done.stderr, done.stderr
        assert f"has version {version} of the run folder, this program reads version 2" in done.stderr
        assert "--run" in done.stderr


# Behind a right checksum.
@pytest.mark.parametrize("name, values", [
    ("channels.json", {"channels": "auto"}),
    ("channels.json", {"channels": 7}),
    ("state.json", {"map_of": [0, 99]}),
    ("state.json", {"adaptations_done": -2_000_000_000}),
    ("state.json", {"sums": []}),
    ("state.json", {"grids": [[[0, 1]], [[0, 1]]]}),
    ("training.json", {"batches": 10**9}),
    ("training.json", {"batches": 41}),
    ("training.json", {"batches": "40"}),
    ("training.json", {"batch_size": 0}),
    ("training.json", {"reuse": 10**9}),
    ("training.json", {"cells": 9}),
    ("training.json", {"evaluations": -1}),
    ("training.json", {"reason": None}),
    ("generation.json", {"events": 10**6}),
    ("generation.json", {"chunks": 10**6}),
    ("generation.json", {"carry": 0.5}),
    ("result.json", {"time": 3}),
    ("result.json", {"cpu": {"matrix elements": "long"}}),
    ("result.json", {"events": 5, "weights": {}}),
])
def test_numbers_that_cannot_be_are_refused(interrupted, tmp_path, name, values):
    done = resume(interrupted, tmp_path, lambda folder: edit_document(folder / name, lambda d: d.update(values)))
    assert done.returncode == 2 and name in done.stderr and "json.exception" not in done.stderr, done.stderr
    assert "is damaged" in done.stderr and "; remove " in done.stderr, done.stderr


def test_files_of_other_runs_are_refused(interrupted, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(CARD.replace("200 GeV", "300 GeV"))
    assert run("integrate", other, "--run", tmp_path / "o", "--quiet").returncode == 0
    for name in ("channels.json", "state.json", "training.json", "result.json", "sampler.h5"):
        done = resume(interrupted, tmp_path / name, lambda folder: shutil.copy(tmp_path / "o" / name, folder / name))
        assert done.returncode == 2 and name in done.stderr and "another card" in done.stderr, done.stderr
    done = resume(interrupted, tmp_path / "x", lambda folder: shutil.copy(folder / "state.json", folder / "training.json"))
    assert done.returncode == 2 and "under another name" in done.stderr


def test_inspect_refuses_what_a_run_refuses(interrupted, tmp_path):
    shutil.copytree(interrupted / "r", tmp_path / "r")
    assert run("inspect", tmp_path / "r").returncode == 0
    for name in ("state.json", "generation.json", "result.json"):
        text = (tmp_path / "r" / name).read_text()
        for damaged in (text.replace("0", "1", 1), text[:-9] + chr(ord(text[-9]) ^ 1) + text[-8:], text[:-2]):
            (tmp_path / "r" / name).write_text(damaged)
            done = run("inspect", tmp_path / "r")
            assert done.returncode == 2 and name in done.stderr and done.stdout == "", damaged[:100]
        (tmp_path / "r" / name).write_text(text)
    shutil.copy(tmp_path / "r/state.json", tmp_path / "r/result.json")
    done = run("report", tmp_path / "r")
    assert done.returncode == 2 and "result.json" in done.stderr


# A process that does not read on does not keep a command from ending.
def test_inspect_ends_when_it_is_told_to(tmp_path):
    fifo = tmp_path / "slow.lhe"
    os.mkfifo(fifo)
    process = subprocess.Popen([PROGRAM, "inspect", str(fifo)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(fifo, "w") as pipe:
        pipe.write('<LesHouchesEvents version="3.0">\n')
        pipe.flush()
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        try:
            for _ in range(100_000):
                pipe.write("<!-- more -->\n")
        except BrokenPipeError:
            pass
        assert process.wait() in (143, -signal.SIGTERM)
