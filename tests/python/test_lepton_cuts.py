"""Efficiency, spread and error within cuts on leptons and photons, for every seed.

A seed without luck must not have a bad run: cards in tests/cards/leptons, each at an accuracy of 1e-3 with defaults.
The values of all seeds of a card agree within their errors: chi2 with a false-alarm rate of 1e-6. Not reached yet,
and red in `make test-full`: the spread of aa and wj (1.86 and 1.73), the efficiencies of eejj (8 to 13 %).
"""

import json
import os
import pathlib
import statistics

import pytest
from conftest import run

CARDS = pathlib.Path(__file__).resolve().parents[1] / "cards" / "leptons"
# Worst and median efficiency with the budget.
GATES = {name: (0.3, 0.6) for name in ("aa", "wenu", "mumu", "ll", "zj", "wj", "aj", "tautau")}
GATES["eejj"] = (0.1, 0.4)
SLOW = "asan" in os.environ.get("THALWEG_PROGRAM", "") or "scalar" in os.environ.get("THALWEG_PROGRAM", "")
# Seeds of earlier failures: two values 3.4 standard errors off, efficiencies of 0.04 to 0.5 %.
KNOWN = [("aa", 1), ("wenu", 2), ("mumu", 101), ("mumu", 107)]


def integrate(name, seed, folder):
    done = run("integrate", CARDS / f"{name}.toml", "--seed", seed, "--run", folder / f"{name}{seed}", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(name, results):
    worst, median = GATES[name]
    efficiencies = [r["weights"]["efficiency_budget"] for r in results]
    assert min(efficiencies) >= worst, (name, efficiencies)
    assert statistics.median(efficiencies) >= median, (name, efficiencies)
    for r in results:
        assert r["cross_section"]["error_spread"] < 0.1
        assert r["blind_spots"]["share"] < 0.01


def chi2(name, results):
    """Of the values of several seeds against their mean."""
    weights = [r["cross_section"]["error"] ** -2 for r in results]
    values = [r["cross_section"]["value"] for r in results]
    mean = sum(w * v for w, v in zip(weights, values)) / sum(weights)
    return sum(w * (v - mean) ** 2 for w, v in zip(weights, values))


def limit(dof):
    """chi2 with a probability of 1e-6 (Wilson and Hilferty, 4.75 standard deviations)."""
    return dof * (1 - 2 / (9 * dof) + 4.75 * (2 / (9 * dof)) ** 0.5) ** 3


@pytest.mark.parametrize("name, seed", KNOWN if not SLOW else KNOWN[2:3])
def test_seeds_that_failed(name, seed, tmp_path):
    check(name, [integrate(name, seed, tmp_path)])


@pytest.mark.skipif(SLOW, reason="the same numbers by slower programs")
@pytest.mark.parametrize("name", ["zj", "wj"])
def test_three_seeds(name, tmp_path):
    results = [integrate(name, seed, tmp_path) for seed in (1, 2, 3)]
    check(name, results)
    assert chi2(name, results) < limit(2)


@pytest.mark.full
@pytest.mark.parametrize("name", GATES)
def test_twenty_seeds(name, tmp_path):
    results = [integrate(name, seed, tmp_path) for seed in range(1, 21)]
    check(name, results)
    assert chi2(name, results) < limit(19)
    spread = [r["weights"]["relative_std_dev"] for r in results]
    assert max(spread) / min(spread) < 1.3, spread
