"""The fully connected map from cards, and thalweg diagnose."""

import json
import math
import subprocess

import pytest

from conftest import PROGRAM, SOURCE, run

HIGGS = SOURCE / "cards" / "higgs_four_leptons.toml"
SMALL = ["--sampler", "ann", "--batches", 150, "--set", "integration.points=20000", "--set", "sampling.hidden=24",
         "--set", "sampling.layers=4", "--set", "sampling.settle=0", "--quiet"]  # fmt: skip


def diagnose(folder, *options):
    done = run("diagnose", folder, "--points", 20000, "--json", "--quiet", *options)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("card", ["drell_yan", "camel_back", "higgs_four_leptons", "scalar_three_body_ann"])
def test_every_card_takes_it(tmp_path, card):
    """Same bits for any number of threads; a diagnosis with numbers and pictures that any map has."""
    outputs = []
    for threads in (1, 3):
        done = run("integrate", SOURCE / "cards" / f"{card}.toml", *SMALL, "--threads", threads,
                   "--run", tmp_path / f"{threads}", "--json")  # fmt: skip
        assert done.returncode in (0, 3, 4), done.stderr
        result = json.loads(done.stdout)
        assert result["training"]["batches"] == 150 and "coverage" in result
        outputs.append((result["cross_section"], result["weights"]))
    assert outputs[0] == outputs[1]
    code, diagnosis = diagnose(tmp_path / "1")
    assert code == (0 if diagnosis["usable"] else 3)
    for channel in diagnosis["channels"]:
        assert channel["points"] == 20000 and channel["non_finite"] == 0
        assert all(0 <= c["p"] <= 1 for c in channel["coordinates"])
        assert sum(channel["weight_histogram"]["counts"]) == 20000 - channel["zero_weights"]
    done = run("diagnose", tmp_path / "1", "--points", 5000)
    for i in range(len(diagnosis["channels"])):
        assert (tmp_path / "1" / f"diagnosis_{i}.png").stat().st_size > 10_000


@pytest.mark.parametrize("sampler", ["vegas", "neural", "flat"])
def test_other_maps_are_usable(tmp_path, sampler):
    """What is a bijection by construction passes."""
    done = run("integrate", HIGGS, "--sampler", sampler, "--set", "integration.points=20000", "--run", tmp_path / "r",
               "--quiet", *(["--batches", 20] if sampler == "neural" else []))  # fmt: skip
    assert done.returncode == 0, done.stderr
    code, diagnosis = diagnose(tmp_path / "r")
    assert code == 0 and diagnosis["usable"], diagnosis["channels"][0]["objections"]
    assert diagnosis["channels"][0]["orientation"]["flipped_points"] == 0


def test_a_folded_map_makes_no_events(tmp_path):
    """The term for the integral folds the map (five seeds of five): events are refused, and it is told why."""
    card = SOURCE / "cards" / "h_4l_ann.toml"
    fold = ["--batches", 1500, "--set", "sampling.learning_rate=3e-3", "--set", "sampling.clip=50",
            "--set", "sampling.integral_term=100", "--set", "sampling.integral_width=0.2",
            "--set", "sampling.unfold=false", "--set", "integration.points=20000", "--quiet",
            "--run", tmp_path / "r"]  # fmt: skip
    done = run("integrate", card, *fold)
    assert done.returncode == 3, done.stderr
    log = (tmp_path / "r" / "log.txt").read_text()
    assert "NOT USABLE" in log and "folded" in log
    done = run("generate", card, *fold, "-n", 100)
    assert done.returncode == 1 and "folded" in done.stderr and "det J" in done.stderr
    assert not (tmp_path / "r" / "events.lhe.gz").exists()
    code, diagnosis = diagnose(tmp_path / "r")
    assert code == 3 and not diagnosis["usable"]
    assert diagnosis["channels"][0]["orientation"]["flipped_weight"] > 1e-3


def test_interrupted_training_goes_on(tmp_path):
    """The sampler file of a training that was cut off serves the next one; an unfinished one is not diagnosed."""
    full = ["--sampler", "ann", "--batches", 1200, "--set", "integration.points=20000", "--set", "sampling.layers=4"]
    process = subprocess.Popen([PROGRAM, "train", HIGGS, *map(str, full), "--run", tmp_path / "cut"],
                               stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)  # fmt: skip
    for line in process.stderr:
        if "batch    120 " in line:
            break
    process.send_signal(2)
    process.stderr.read()
    assert process.wait(timeout=60) == 130
    done = run("diagnose", tmp_path / "cut", "--quiet")
    assert done.returncode == 2 and "no finished sampler" in done.stderr
    results = []
    for folder in ("cut", "straight"):
        done = run("integrate", HIGGS, *full, "--run", tmp_path / folder, "--json", "--quiet")
        results.append(json.loads(done.stdout)["cross_section"])
    assert results[0] == results[1]


def test_settled_training_is_shorter(tmp_path):
    done = run("train", SOURCE / "cards" / "scalar_three_body_ann.toml", "--batches", 3000, "--set",
               "sampling.settle=0.05", "--run", tmp_path / "r", "--quiet")  # fmt: skip
    assert done.returncode == 0, done.stderr
    training = json.loads((tmp_path / "r" / "training.json").read_text())
    assert any("settled" in e for e in training["events"])
    assert training["curve"][-1]["batch"] < 3000


def test_symmetric_angles_have_the_same_width(tmp_path):
    values = []
    for angles in ("frames", "symmetric"):
        done = run("integrate", HIGGS, "--sampler", "vegas", "--set", f"integrand.angles={angles}", "--set",
                   "integration.points=1000000", "--run", tmp_path / angles, "--json", "--quiet")  # fmt: skip
        assert done.returncode == 0, done.stderr
        values.append(json.loads(done.stdout)["cross_section"])
    off = abs(values[0]["value"] - values[1]["value"]) / math.hypot(values[0]["error"], values[1]["error"])
    assert off < 5  # false alarm 6e-7
    done = run("generate", HIGGS, "--sampler", "vegas", "--set", "integrand.angles=symmetric", "--set",
               "integration.points=100000", "-n", 50, "--run", tmp_path / "events", "--quiet")  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("setting", "sampler", "message"),
    [
        ("sampling.loss=reverse_kl", "neural", "gradient along the path"),
        ("sampling.inputs=stretched", "neural", 'for sampler = "ann"'),
        ("sampling.inputs=round", "ann", "Known: cube, stretched"),
        ("sampling.clip=0", "ann", "from 1 to 1000"),
        ("sampling.reuse=2", "ann", "no inverse"),
        ("sampling.vegas_start=true", "ann", "starts as the identity"),
        ("sampling.integral_term=3", "ann", "reverse_kl"),
        ("sampling.layers=33", "ann", "from 1 to 32"),
        ("sampling.settle=2", "ann", "from 0 to 1"),
        ("integrand.angles=round", "vegas", "frames, symmetric"),
    ],
)
def test_wrong_keys_are_explained(tmp_path, setting, sampler, message):
    done = run("integrate", HIGGS, "--sampler", sampler, "--set", setting, "--run", tmp_path / "r")
    assert done.returncode == 2 and message in done.stderr, done.stderr


def test_too_many_dimensions(tmp_path):
    done = run("integrate", SOURCE / "cards" / "camel.toml", *SMALL, "--set", "integrand.dimension=17",
               "--run", tmp_path / "r")  # fmt: skip
    assert done.returncode == 2 and "1 to 16 dimensions" in done.stderr, done.stderr


def test_diagnose_needs_a_run(tmp_path):
    assert run("diagnose", tmp_path / "nothing").returncode == 2
    (tmp_path / "empty").mkdir()
    done = run("diagnose", tmp_path / "empty")
    assert done.returncode == 2 and "no run folder" in done.stderr
    done = run("train", HIGGS, *SMALL, "--run", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "r" / "sampler.h5"
    file.write_bytes(file.read_bytes()[:-100])
    done = run("diagnose", tmp_path / "r")
    assert done.returncode == 2 and "damaged" in done.stderr
    for points in (0, 10, 10**12):
        assert run("diagnose", tmp_path / "r", "--points", points).returncode == 2
