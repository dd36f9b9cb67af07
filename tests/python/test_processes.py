"""Processes with more than two final particles: cards, channels, weights of variations, bad set-ups."""

import json
import re
import signal
import subprocess
import time

import h5py
import numpy as np
import pylhe
import pytest
from conftest import PROGRAM, SOURCE, edit_document, run

CARDS = sorted(card.stem for card in (SOURCE / "cards").glob("*.toml") if "process = " in card.read_text())
SHORT = ["--sampler", "vegas", "--set", "sampling.channels=propagators", "--set", "sampling.adaptation_iterations=2",
         "--set", "sampling.adaptation_points=200", "--set", "integration.points=4000", "--quiet", "--json"]


# A handful of events of every card: complete, balanced, on shell.
@pytest.mark.parametrize("name", CARDS)
def test_every_card_makes_events(tmp_path, name):
    done = run("generate", SOURCE / f"cards/{name}.toml", *SHORT, "-n", 5, "--run", tmp_path / "r", "-o",
               tmp_path / "events.lhe")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["events"] == 5 and result["cross_section"]["value"] > 0
    events = list(pylhe.LHEFile.fromfile(str(tmp_path / "events.lhe")).events)
    assert len(events) == 5
    for event in events:
        p = np.array([[q.e, q.px, q.py, q.pz] for q in event.particles])
        sign = np.array([1.0 if q.status == -1 else -1.0 for q in event.particles])
        assert np.all(np.abs(sign @ p) < 1e-9 * p[:, 0].max())
        m2 = p[:, 0] ** 2 - (p[:, 1:] ** 2).sum(axis=1)
        assert np.all(np.abs(m2 - np.array([q.m for q in event.particles]) ** 2) < 1e-9 * p[:, 0] ** 2 + 1e-9)


# The choice is made once, told, and kept.
def test_channels_are_chosen_once(tmp_path):
    card = SOURCE / "cards/gg_ttxg.toml"
    arguments = ["generate", card, "--sampler", "vegas", "--set", "integration.points=50000", "-n", 200, "--run"]
    done = run(*arguments, tmp_path / "a")
    assert done.returncode == 0, done.stderr
    assert re.search(r"channels +lab \(3\): .*propagators", done.stderr)
    assert 'channels = "lab"  # efficiency' in (tmp_path / "a/card.toml").read_text()
    # a run that ends within the choice, or after it, makes the same bytes
    for delay in (0.05, 0.3):
        folder = tmp_path / f"{delay}"
        process = subprocess.Popen([PROGRAM, *map(str, arguments), str(folder)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        process.wait()
        assert run(*arguments, folder, "--threads", 1).returncode == 0
        assert (folder / "events.lhe.gz").read_bytes() == (tmp_path / "a/events.lhe.gz").read_bytes()


# Float where it saves time, by counts: the same on every machine.
@pytest.mark.parametrize(("process", "precision", "reason"), [
    ("g g > t t~ g g", "mixed", "mixed leaves"), ("u u~ > w+ w- g g", "double", "mixed leaves"),
    ("g g > t t~", "double", "cheap"),
])
def test_precision_is_chosen_by_counts(tmp_path, process, precision, reason):
    card = tmp_path / "c.toml"
    card.write_text(f'process = "{process}"\n[cuts]\npt = {{ of = "pt(j)", min = 20 }}\ndr = {{ of = "delta_r(j, j)", min = 0.4 }}\n'
                    if process.endswith("g g") else f'process = "{process}"\n')
    for name, extra in (("auto", []), ("said", ["--precision", precision])):
        done = run("integrate", card, "--set", "beams.energy=13 TeV", *SHORT, "--threads", 1, "--run", tmp_path / name,
                   *extra)
        assert done.returncode == 0, done.stderr
    written = (tmp_path / "auto/card.toml").read_text()
    assert re.search(rf'^precision = "{precision}"  # .*{reason}', written, re.M)
    results = [json.loads((tmp_path / f"{name}/result.json").read_text()) for name in ("auto", "said")]
    assert results[0]["cross_section"] == results[1]["cross_section"] and results[0]["precision"] == precision
    assert run("integrate", card, "--precision", "half", "--run", tmp_path / "x").returncode == 2


# The grids go on, and a run that is resumed does not train again.
@pytest.mark.parametrize("batches", [3, 20, 100])
def test_a_training_that_diverges_is_given_up(tmp_path, batches):
    arguments = ["generate", SOURCE / "cards/gg_ttxg.toml", "--set", "sampling.channels=lab", "--set", "integration.points=50000",
                 "-n", 100, "--run", tmp_path / "r"]
    diverging = ["--set", "sampling.learning_rate=1", "--batches", batches]
    done = run(*arguments, *diverging, "--set", "sampling.adaptation_points=5000")
    assert done.returncode == 0 and "training diverged" in done.stderr, done.stderr
    result = json.loads((tmp_path / "r/result.json").read_text())
    sigma = result["cross_section"]
    assert abs(sigma["value"] - 291.25) < 5 * sigma["error"] + 0.5 and result["training"]["batches"] == 0
    assert not (tmp_path / "r/sampler.h5").exists()
    assert re.search("^batches = 0  # no network: its training diverged", (tmp_path / "r/card.toml").read_text(), re.M)
    again = run(*arguments, *diverging, "--set", "sampling.adaptation_points=5000", "--set", "output.events=100")
    assert again.returncode == 0 and "batch  " not in again.stderr


# Later iterations are those of the flows: what they spread says nothing about the training.
def test_a_training_is_judged_once(tmp_path):
    arguments = ["integrate", SOURCE / "cards/gg_ttxg.toml", "--set", "sampling.channels=lab", "--batches", 50, "--set",
                 "integration.points=50000", "--set", "sampling.adaptation_points=5000", "--run", tmp_path / "r"]
    assert run(*arguments).returncode == 0
    file = tmp_path / "r/state.json"
    edit_document(file, lambda state: state.update(sigma=[1e-3 * sigma for sigma in state["sigma"]]))
    state = json.loads(file.read_text())
    done = run(*arguments)
    assert done.returncode == 0 and "diverged" not in done.stderr, done.stderr
    assert (tmp_path / "r/sampler.h5").exists()
    # An integral that is far from that of the grids is not passed on in silence.
    for factor in (0.3, 3):
        edit_document(file, lambda other: other.update(
            iterations=[[a, n, factor * v if a else v, e] for a, n, v, e in state["iterations"]]))
        done = run(*arguments)
        assert done.returncode == 3 and "the training has lost it" in done.stderr, done.stderr


def test_the_baseline_says_where_its_budget_ends(tmp_path):
    done = run("integrate", SOURCE / "cards/gg_wpduxg.toml", "--set", "sampling.preset=madnis-baseline", "--set",
               "integration.points=20000", "--run", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert "29761 points a map and iteration: 24 maps share 5 million" in done.stderr
    card = (tmp_path / "r/card.toml").read_text()
    for line in ('preset = "madnis-baseline"', "vegas_bins = 128", "vegas_damping = 0.5", "adaptation_points = 50000",
                 'channels = "propagators"'):
        assert line in card
    assert re.search(r"adapt +\d+ of 48 channels dropped, with .* of the integral", done.stderr)


def test_dropped_channels_are_reported_and_get_no_points(tmp_path):
    done = run("integrate", SOURCE / "cards/gg_ttxg.toml", "--sampler", "vegas", "--set", "sampling.channels=propagators",
               "--set", "integration.points=50000", "--run", tmp_path / "r", "--json")
    channels = json.loads(done.stdout)["channels"]
    dropped = [c for c in channels if not c["active"]]
    assert 0 < len(dropped) < len(channels) and all(c["points"] == 0 for c in dropped)


# Channels of other parts cannot take the place of the last one of a part.
def test_the_last_channel_of_a_part_is_kept(tmp_path):
    done = run("integrate", SOURCE / "cards/pp_eejj.toml", "--sampler", "vegas", "--set", "sampling.channels=lab",
               "--set", "sampling.adaptation_points=200", "--set", "sampling.drop=0.1", "--set",
               "integration.points=20000", "--run", tmp_path / "r", "--json")
    assert done.returncode == 0, done.stderr
    parts = {}
    for channel in json.loads(done.stdout)["channels"]:
        part = channel["name"].split(":")[0]
        parts[part] = parts.get(part, 0) + channel["active"]
    assert len(parts) > 10 and min(parts.values()) == 1


# The same flavours with the same frequencies (bins of expected content above 10; false alarm 1e-6).
def test_separate_sub_processes_make_the_same_events(tmp_path):
    counts = []
    for how in ("summed", "separate"):
        file = tmp_path / f"{how}.lhe"
        done = run("generate", SOURCE / "cards/pp_eej.toml", "--sampler", "vegas", "--set",
                   f"sampling.sub_processes={how}", "-n", 10000, "--run", tmp_path / how, "-o", file)
        assert done.returncode == 0, done.stderr
        assert f'sub_processes = "{how}"' in (tmp_path / how / "card.toml").read_text()
        of = {}
        for event in pylhe.LHEFile.fromfile(str(file)).events:
            flavours = tuple(int(p.id) for p in event.particles)
            of[flavours] = of.get(flavours, 0) + 1
        counts.append(of)
    pairs = [(counts[0].get(f, 0), counts[1].get(f, 0)) for f in set(counts[0]) | set(counts[1])]
    pairs = [p for p in pairs if sum(p) > 20]
    assert len(pairs) > 15
    chi2 = sum((a - b) ** 2 / (a + b) for a, b in pairs)
    k, x = len(pairs) - 1, np.log(1e6)
    assert chi2 < k + 2 * np.sqrt(k * x) + 2 * x  # probability e^-x at most (Laurent and Massart)


def test_weights_of_variations(tmp_path):
    done = run("generate", SOURCE / "cards/pp_ttx.toml", "--sampler", "vegas", "--set", "output.variations=scales",
               "--set", 'output.format=["lhe", "hdf5"]', "-n", 300, "--run", tmp_path / "r", "--json")
    assert done.returncode == 0, done.stderr
    sigma = json.loads(done.stdout)["cross_section"]["value"]
    file = pylhe.LHEFile.fromfile(str(tmp_path / "r/events.lhe"))
    weights = [event.weights for event in file.events]
    names = list(weights[0])
    assert len(names) == 7 and all(re.fullmatch(r"MUR=\d\.\d_MUF=\d\.\d_PDF=\d+", n) for n in names)
    mean = {n[:15]: np.mean([w[n] for w in weights]) for n in names}
    assert abs(mean["MUR=1.0_MUF=1.0"] / sigma - 1) < 1e-6
    assert mean["MUR=0.5_MUF=0.5"] > mean["MUR=1.0_MUF=1.0"] > mean["MUR=2.0_MUF=2.0"]
    with h5py.File(tmp_path / "r/events.h5") as h5:
        columns = [c.decode() if isinstance(c, bytes) else c for c in h5["events"].attrs["properties"]]
        assert columns[9] == "NOMINAL" and columns[10:] == names
        rows = h5["events"][:]
        ratio = rows[:, 10:] / rows[:, 9:10]
    lhe = np.array([[w[n] for n in names] for w in weights])
    assert np.allclose(ratio, lhe / lhe[:, :1], rtol=1e-8)


@pytest.mark.parametrize("setting, words", [
    ({"process": "p p > j j", "cuts": ""}, ["diverges", "pt"]),
    ({"process": "p p > z j", "cuts": "eta = { of = \"abs_eta(j)\", max = 2.5 }"}, ["beam", "pt"]),
    ({"process": "p p > t t~ g", "cuts": ""}, ["diverges"]),
    ({"process": "p p > z j j", "cuts": "pt = { of = \"pt(j)\", min = 20 }"}, ["particles 4,5", "delta_r"]),
    ({"process": "p p > z", "cuts": ""}, ["one final particle", "decay"]),
    ({"process": "p p > t t~", "cuts": "m = { of = \"mass(t, t~)\", max = 300 }"}, ["no phase space", "300"]),
    ({"process": "p p > j j", "cuts": "pt = { of = \"pt(j)\", min = 7000 }"}, ["no phase space", "14000"]),
    ({"process": "p p > e+ e- j", "cuts": "pt = { of = \"pt(j)\", min = 20 }"}, ["particles 3,4", "mass"]),
])
def test_set_ups_that_cannot_be_are_explained_at_once(tmp_path, setting, words):
    card = tmp_path / "bad.toml"
    card.write_text(f'process = "{setting["process"]}"\n[beams]\nenergy = "13 TeV"\n[cuts]\n{setting["cuts"]}\n')
    start = time.time()
    done = run("generate", card, "--run", tmp_path / "r")
    assert done.returncode == 2 and time.time() - start < 10
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("card, key, words", [
    ("pp_ttx", "output.variations=scale", "scales"), ("h_4l", "output.variations=scales", "parton densities"),
    ("pp_ttx", "sampling.channels=labs", "lab"), ("pp_ttx", "sampling.preset=madnis", "madnis-baseline"),
    ("pp_ee", "sampling.channels=lab", "propagators"),
])
def test_wrong_keys(tmp_path, card, key, words):
    done = run("generate", SOURCE / f"cards/{card}.toml", "--set", key, "--run", tmp_path / "r")
    assert done.returncode == 2 and words in done.stderr
