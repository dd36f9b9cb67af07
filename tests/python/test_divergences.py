"""Finite processes whose massless lines reach their pole, with values; divergent ones are refused."""

import json
import math

import pytest
from conftest import run

ALPHA, PB = 1 / 132.507, 0.3893793656e9
COMPTON = math.pi * ALPHA**2 / 100**2 * PB * (0.9 + 2 * math.log(1.9 / 0.1))  # massless, |cos| < 0.9, 100 GeV


def card(tmp_path, process, energy=None, cuts=(), more=""):
    text = f'process = "{process}"\n'
    if energy:
        text += f"[beams]\nenergy = {energy}\n" + ("" if energy == 13000 else 'pdf = "none"\n')
    text += "[cuts]\n" + "".join(f"c{i} = {{ {cut} }}\n" for i, cut in enumerate(cuts)) + more
    (tmp_path / "c.toml").write_text(text)
    return tmp_path / "c.toml"


# (value, error) by closed form, by cuts that only remove what is negligible, or by points flat in phase space.
FINITE = [
    ("e- a > e- a", 100, ['of = "cos_theta(a)", min = -0.9, max = 0.9'], (COMPTON, 0)),
    ("e+ e- > vm vm~ a", 200, ['of = "pt(a)", min = 5'], (1.4882320513, 0)),
    ("e+ e- > vm vm~ a", 200, ['of = "pt(vm, vm~)", min = 5'], (1.4882320513, 0)),
    ("p p > ve ve~ j", 13000, ['of = "pt(ve, ve~)", min = 200', 'of = "mass(ve, ve~)", min = 60, max = 120'],
     (4.304, 0.012)),
    ("p p > ve ve~ j", 13000, ['of = "missing_pt", min = 200', 'of = "mass(ve, ve~)", min = 60, max = 120'],
     (4.304, 0.012)),
]


@pytest.mark.parametrize(("process", "energy", "cuts", "right"), FINITE)
def test_finite_processes_are_integrated(tmp_path, process, energy, cuts, right):
    done = run("integrate", card(tmp_path, process, energy, cuts), "--accuracy", 4e-3, "--run", tmp_path / "r", "--json")
    assert done.returncode == 0, done.stderr
    sigma = json.loads(done.stdout)["cross_section"]
    assert abs(sigma["value"] - right[0]) < 5 * math.hypot(sigma["error"], right[1])
    assert sigma["error_spread"] < 0.1


@pytest.mark.parametrize(("process", "energy", "cuts", "words"), [
    ("b b~ > b b~", 1000, [], ["massless line of", "forward", "pt(b)"]),
    ("e+ e- > t t~ g", 500, [], ["particle 5 (g)", "width", "pt(g)"]),
    ("w+ > e+ ve a", None, ['of = "energy(a)", min = 1'], ["(e+ a)", "mass(e+, a)"]),
    ("p p > e+ e- j", 13000, ['of = "mass(l+, l-)", min = 20'], ["beam", "pt(j)"]),
    ("p p > w+ j j", 13000, ['of = "pt(j)", min = 20'], ["run along each other", "mass(j, j)", "delta_r"]),
])
def test_divergent_processes_are_refused(tmp_path, process, energy, cuts, words):
    done = run("generate", card(tmp_path, process, energy, cuts), "-n", 10, "--run", tmp_path / "r")
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr, done.stderr
    assert not (tmp_path / "r").exists()
