"""Cards with an [integrand]: toys, h -> 4 leptons and functions of users."""

import json
import math
import shutil
import subprocess
import tomllib

import numpy as np
import pytest
import thalweg

from conftest import SOURCE, run

TRAINED = ["--batches", 20, "--set", "integration.points=20000", "--quiet"]


@pytest.mark.parametrize("name", ["camel", "camel_back", "cut_camel", "crossed_ring"])
def test_points_of_the_cards(tmp_path, name):
    """Same bits for any number of threads, as many as asked for, weights that add up to the integral."""
    files = []
    for threads in (1, 3):
        files.append(tmp_path / f"{threads}.npy")
        done = run("generate", SOURCE / "cards" / f"{name}.toml", *TRAINED, "--threads", threads, "-n", 500,
                   "--run", tmp_path / f"{threads}.run", "-o", files[-1])  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    points = np.load(files[0])
    assert len(points) == 500
    assert math.isclose(points[:, -1].sum(), 0.7055 if name == "cut_camel" else 1, rel_tol=0.1)
    if name == "cut_camel":
        assert points[:, 0].min() >= 2.5


def test_higgs_to_four_leptons(tmp_path):
    """Events at rest with the width as their cross section, in both formats and the same for any number of threads."""
    card, files = SOURCE / "cards" / "higgs_four_leptons.toml", []
    for threads in (1, 3):
        files.append(tmp_path / f"{threads}.lhe")
        done = run("generate", card, *TRAINED, "--threads", threads, "-n", 200, "--run", tmp_path / f"{threads}.run",
                   "-o", files[-1])  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    done = run("generate", card, *TRAINED, "-n", 200, "--run", tmp_path / "1.run", "-o", tmp_path / "e.h5", "--json")
    assert done.returncode == 0, done.stderr
    width = json.loads(done.stdout)["cross_section"]
    assert width["unit"] == "GeV" and math.isclose(width["value"], 2.3687e-7, rel_tol=0.1)
    events = thalweg.load(tmp_path / "e.h5")
    assert events["p"].shape == (200, 5, 4)
    np.testing.assert_allclose(events["p"][:, 1:].sum(axis=1), [[125, 0, 0, 0]] * 200, atol=1e-8)
    np.testing.assert_allclose(events["p"][:, 0], [[125, 0, 0, 0]] * 200)


def test_time_of_training(tmp_path):
    """--train-for fixes a number of batches, which the card of the run then has."""
    card = SOURCE / "cards" / "camel_back.toml"
    few = ["--set", "integration.points=2000"]
    done = run("integrate", card, *few, "--train-for", "0.2s", "--run", tmp_path / "a")
    assert done.returncode == 0 and "makes the same events again" in done.stderr, done.stderr
    resolved = tomllib.loads((tmp_path / "a" / "card.toml").read_text())
    batches = resolved["sampling"]["batches"]
    assert batches > 0
    again = run("integrate", card, *few, "--batches", batches, "--run", tmp_path / "b", "--json", "--quiet")
    first = json.loads((tmp_path / "a" / "result.json").read_text())
    assert json.loads(again.stdout)["cross_section"] == first["cross_section"]
    for wrong in ("3parsec", "10", "-1s", "0s", "1e300h", "s"):
        done = run("train", card, "--train-for=" + wrong, "--run", tmp_path / "c")
        assert done.returncode == 2 and "10min" in done.stderr, wrong
    assert run("train", card, "--train-for", "1s", "--batches", 3).returncode == 2


def build(folder, body, name="f"):
    compiler = shutil.which("cc") or pytest.skip("no C compiler")
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    source.write_text(body)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def user_card(folder, extra=""):
    card = folder / "mine.toml"
    card.write_text(f'[integrand]\nname = "library"\nlibrary = "f.so"\n{extra}')
    return card


PRODUCT = "int thalweg_dim(void) { return 2; }\ndouble thalweg_integrand(const double* x) { return 12 * x[0] * x[1]; }\n"


def test_a_function_of_the_user(tmp_path):
    build(tmp_path, PRODUCT)
    card = user_card(tmp_path, "cost = 20\n")
    done = run("generate", card, "-n", 100, "--run", tmp_path / "run", "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "run" / "events.npy").shape == (100, 3)
    assert "3.0" in done.stdout
    # A library that was built anew is another integrand, and the run of the earlier one is not gone on with.
    build(tmp_path, PRODUCT.replace("12", "13"))
    again = run("integrate", card, "--run", tmp_path / "run")
    assert again.returncode == 2 and "run" in again.stderr


@pytest.mark.parametrize("value", ["0.0 / 0.0", "1.0 / 0.0"])
def test_a_function_that_is_not_finite(tmp_path, value):
    build(tmp_path, PRODUCT.replace("12 * x[0] * x[1]", f"x[0] > 0.9 ? {value} : 1"))
    done = run("integrate", user_card(tmp_path), *TRAINED, "--run", tmp_path / "run")
    assert done.returncode == 1 and "finite" in done.stderr, done.stderr


def test_a_function_that_is_zero(tmp_path):
    build(tmp_path, PRODUCT.replace("12", "0"))
    done = run("integrate", user_card(tmp_path), *TRAINED, "--run", tmp_path / "run")
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize(
    "text, says",
    [
        ('[integrand]\nname = "kamel"\n', "camel"),
        ("[integrand]\ndimension = 3\n", "integrand.name"),
        ('[integrand]\nname = "camel"\ndimension = 65\n', "1 to 64"),
        ('[integrand]\nname = "camel"\n[parameters]\nmass.h = 100\n', "no parameters"),
        ('[integrand]\nname = "higgs_four_leptons"\n[parameters]\nmass.h = 0\n', "mass.h"),
        ('[integrand]\nname = "higgs_four_leptons"\n[parameters]\nwidth.z = 0\n', "width.z"),
        ('[integrand]\nname = "higgs_four_leptons"\n[cuts]\n', "no cuts"),
        ('[integrand]\nname = "higgs_four_leptons"\n[output]\nformat = ["npy"]\n', "lhe"),
        ('[integrand]\nname = "camel"\ncut = 2.5\n', "camel_back"),
        ('[integrand]\nname = "crossed_ring"\nchannels = ["rind"]\n', "ring"),
        ('[integrand]\nname = "crossed_ring"\nchannels = []\n', "channels"),
        ('[integrand]\nname = "library"\n', "library"),
        ('[integrand]\nname = "library"\nlibrary = "none.so"\n', "none.so"),
        ('process = "p p > e+ e-"\n[integrand]\nname = "camel"\n', "process"),
        ('[integrand]\nname = "camel"\n[output]\nformat = "lhe"\n', "npy"),
        ('integrand = "camel"\n', "[integrand]"),
    ],
)
def test_wrong_cards(tmp_path, text, says):
    card = tmp_path / "card.toml"
    card.write_text(text)
    done = run("integrate", card, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert not (tmp_path / "card.run").exists()


def test_points_do_not_go_into_event_files(tmp_path):
    done = run("generate", SOURCE / "cards" / "camel.toml", "-o", tmp_path / "x.lhe.gz", cwd=tmp_path)
    assert done.returncode == 2 and ".npy" in done.stderr
    done = run("generate", SOURCE / "cards" / "drell_yan.toml", "-o", tmp_path / "x.npy", cwd=tmp_path)
    assert done.returncode == 2 and ".lhe" in done.stderr
