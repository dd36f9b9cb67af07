"""Metadata of parton densities: .info files are YAML, and what they ask for is done, said or refused."""

import json
import math
import os
import pathlib
import sys

import pytest

from conftest import run

GRID = pathlib.Path(sys.prefix) / "share/Pythia8/pdfdata/NNPDF31_lo_as_0118_0000.dat"
INFO = """SetDesc: "x"
SetIndex: 315000
NumMembers: 2
Flavors: [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 21]
OrderQCD: 0
AlphaS_MZ: 0.118
AlphaS_OrderQCD: 0
AlphaS_Type: ode
MZ: 91.1876
MCharm: 1.51
MBottom: 4.92
MTop: 172.5
"""
CARD = """process = "g g > t t~"
[beams]
energy = "13 TeV"
[scales]
factorization = 173
renormalization = 173
[integration]
points = 20000
[sampling]
sampler = "vegas"
channels = "propagators"
"""
QS, VALS = [1.0, 2.0, 5.0, 20.0, 91.1876, 1000.0, 100000.0], [0.5, 0.3, 0.21, 0.155, 0.118, 0.09, 0.06]


@pytest.fixture
def integrate(tmp_path):
    """A run of CARD with a set that has this .info file: the process that ran it, and its result."""
    card = tmp_path / "gg.toml"
    card.write_text(CARD)
    number = iter(range(1000))

    def body(info, *arguments):
        name = f"set{next(number)}"
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}_0000.dat").symlink_to(GRID)
        if info is not None:
            (tmp_path / name / f"{name}.info").write_bytes(info if isinstance(info, bytes) else info.encode())
        done = run("integrate", card, "--set", f"beams.pdf={name}", "--run", tmp_path / f"{name}.run", "--json", *arguments,
                   env={**os.environ, "THALWEG_PDF_PATH": str(tmp_path)})
        return done, json.loads(done.stdout) if done.returncode == 0 else None

    return body


def value(result):
    return result[1]["cross_section"]["value"]


def table(qs, vals):
    return INFO.replace("AlphaS_Type: ode", f"AlphaS_Type: ipol\nAlphaS_Qs: {qs}\nAlphaS_Vals: {vals}")


def test_lists_may_be_written_in_any_way(integrate):
    def block(values):
        return "".join(f"\n  - {v}  # of seven" for v in values)

    texts = [table(QS, VALS), table("[1.0, 2.0, 5.0,\n  20.0, 91.1876, 1000.0, 100000.0]", "[0.5, 0.3, 0.21,\n  0.155, 0.118, 0.09, 0.06]"),
             table(block(QS), block(VALS)), table([f"'{q}'" for q in QS], VALS).replace("\"'", "'").replace("'\"", "'"),
             table(", ".join(map(str, QS)), VALS), "---\n" + table(QS, VALS).replace("\n", "\r\n") + "...\r\n"]
    values = [value(integrate(text)) for text in texts]
    assert values[0] == pytest.approx(410.98, abs=5 * 0.65)
    assert set(values) == {values[0]}


def test_scheme_and_order_change_alpha_s(integrate):
    plain = value(integrate(INFO))

    def ratio(text):
        return value(integrate(text)) / plain

    def one_loop(flavours, log):  # alpha_s at 173 GeV from M_Z
        return 1 / (1 / 0.118 + (33 - 2 * flavours) / (12 * math.pi) * log)

    log = 2 * math.log(173 / 91.1876)
    four = (one_loop(4, log) / one_loop(5, log)) ** 2
    assert ratio(INFO + "FlavorScheme: fixed\nNumFlavors: 4\n") == pytest.approx(four, rel=1e-8)
    assert ratio(INFO + "FlavorScheme: variable\nNumFlavors: 4\n") == pytest.approx(four, rel=1e-8)
    assert ratio(INFO + "AlphaS_FlavorScheme: fixed\nAlphaS_NumFlavors: 4\nNumFlavors: 5\n") == pytest.approx(four, rel=1e-8)
    analytic = INFO.replace("AlphaS_Type: ode", "AlphaS_Type: analytic\nAlphaS_Lambda4: 0.12\nAlphaS_Lambda5: 0.0877")
    lam = 12 * math.pi / 23 / (2 * math.log(173 / 0.0877))
    assert ratio(analytic) == pytest.approx((lam / one_loop(5, log)) ** 2, rel=1e-6)
    assert ratio(INFO.replace("0.118", '"0.130" # not the average')) == pytest.approx(
        (1 / (1 / 0.130 + 23 / (12 * math.pi) * log) / one_loop(5, log)) ** 2, rel=1e-6)


def test_rules_of_the_grid_are_followed(integrate):
    plain = value(integrate(INFO))
    assert value(integrate(INFO + "ForcePositive: 1\n")) == plain  # the gluon is positive
    assert value(integrate(INFO + "Extrapolator: nearest\n")) == plain  # nothing lies outside
    assert value(integrate(INFO + "Interpolator: logcubic\n")) == plain
    for name in ["linear", "cubic", "log"]:
        other = value(integrate(INFO + f"Interpolator: {name}\n"))
        assert other != plain and other == pytest.approx(plain, rel=0.03)


@pytest.mark.parametrize("change, words", [
    ("Particle: 211\n", ["Particle", "211", "protons", ":13"]), ("Particle: 11\n", ["Particle"]),
    ("Particle: [2212, 11]\n", ["Particle", "one value"]), ("Format: lhagrid2\n", ["Format", "lhagrid1"]),
    ("Interpolator: spline\n", ["Interpolator", "logcubic"]), ("Extrapolator: nearst\n", ["Extrapolator", "nearest"]),
    ("ForcePositive: 3\n", ["ForcePositive", "0 to 2"]), ("ForcePositive: true\n", ["ForcePositive", "'true'"]),
    ("AlphaS_FlavorScheme: mixed\n", ["AlphaS_FlavorScheme", "fixed"]), ("NumFlavors: five\n", ["NumFlavors", "'five'"]),
    ("NumFlavors: 9\n", ["NumFlavors", "3 to 6"]), ("AlphaS_MZ: 0.130\n", ["AlphaS_MZ", "another value"]),
    ("AlphaS_Reference: 0.2\n", ["AlphaS_MassReference"]), ("Flavors: [1, 2]\n", ["Flavors", "another value"]),
    ("MCharm: {pole: 1.5}\n", ["MCharm", "another value"]), ("x: [1, 2\n", ["YAML"]), ("x: " + "[" * 2000, ["YAML"]),
    ("<<: {a: 1}\n", ["merge"]), ("AlphaS_ThresholdTop: 1\n", ["thresholds"]), ("MZ2: 1\n- 3\n", ["YAML"])])
def test_what_cannot_be_honoured_is_refused(integrate, change, words):
    done, _ = integrate(INFO + change)
    assert done.returncode == 2 and all(w in done.stderr for w in [".info", *words]), done.stderr


def test_assumptions_are_said(integrate):
    done, _ = integrate(INFO.replace("AlphaS_MZ: 0.118\n", ""))
    assert "gives no alpha_s" in done.stderr and "0.118" in done.stderr
    done, _ = integrate(None)
    assert "no file" in done.stderr and "alpha_s(91.1876 GeV) = 0.118" in done.stderr
    done, _ = integrate(INFO + "AlphaS_Vales: [1, 2]\nDataVersion: -1\n")
    assert "AlphaS_Vals" in done.stderr and "DataVersion" in done.stderr
    done, _ = integrate(INFO)
    assert "alpha_s" not in done.stderr


def test_a_flavour_that_the_set_lacks_is_told_at_once(integrate, tmp_path):
    done, _ = integrate(INFO, "--set", "process=a a > mu+ mu-")
    assert done.returncode == 2 and "needs a " in done.stderr and "luxqed" in done.stderr, done.stderr
    done, _ = integrate(INFO.replace("-5, -4, ", "").replace(", 4, 5", ""), "--set", "process=c c~ > t t~")
    assert done.returncode == 2 and "needs c " in done.stderr, done.stderr


def test_alpha_s_of_the_card_beside_a_set(integrate, tmp_path):
    done, _ = integrate(INFO, "--set", "parameters.alpha_s=0.2")
    assert done.returncode == 2 and "scales.running = false" in done.stderr, done.stderr
    fixed = [value(integrate(INFO, "--set", "scales.running=false", "--set", f"parameters.alpha_s={a}")) for a in (0.1, 0.2)]
    assert fixed[1] / fixed[0] == pytest.approx(4, rel=1e-12)
    slha = tmp_path / "card.dat"
    slha.write_text("BLOCK SMINPUTS\n 3 0.2\n")
    done, result = integrate(INFO, "--set", f'parameters="{slha}"')
    assert done.returncode == 0 and "SLHA" in done.stderr and result["cross_section"]["value"] == value(integrate(INFO))
    slha.write_text("BLOCK SMINPUTS\n 1 132.507\n")
    done, _ = integrate(INFO, "--set", f'parameters="{slha}"')
    assert done.returncode == 0 and "SLHA" not in done.stderr


@pytest.mark.parametrize("scale, words", [
    ("ht - 400", ["ht - 400", "max(ht - 400, 10)", "%"]), ("(ht - 400)^0.5", ["not a number", "max("]),
    ("pt_sum - pt_sum", ["zero"]), ("1e400 * ht", ["scales."]), ("sqrt(pt_sum - 200)", ["max("]),
    ("ht / 1000", ["below the grid", "1.65"]), ("1 GeV", ["below the grid", "1.65"])])
def test_scales_without_a_meaning_fail(integrate, scale, words):
    done, _ = integrate(INFO, "--set", f"scales.factorization={scale}")
    assert done.returncode == (2 if scale[0] == "1" else 1), done.stderr
    assert all(w in done.stderr for w in ["scales.factorization", *words]), done.stderr


def test_what_lies_outside_of_the_grid_is_in_the_result(integrate, tmp_path):
    done, result = integrate(INFO, "--set", "scales.factorization=max(ht - 400, 10)")
    assert done.returncode == 0 and "ht - 400" not in done.stderr
    marked = result["marked"]
    assert set(marked) == {"factorization_undefined", "renormalization_undefined", "alpha_s_undefined",
                           "factorization_below_grid", "factorization_above_grid", "x_outside_grid"}
    assert all(m["points"] == 0 and m["share_of_sigma"] == 0 for m in marked.values())
    # a few points below the grid are counted, and said
    done, result = integrate(INFO, "--set", "scales.factorization=max(ht - 347, 0.1)", "--set", "integration.points=100000")
    below = result["marked"]["factorization_below_grid"]
    assert below["points"] > 0 and 1e-4 < below["share_of_sigma"] < 0.01, below
    assert "extrapolated" in done.stderr and "max(ht - 347, 0.1)" in below["what"]
    # all above the grid: counted, and said
    done, result = integrate(INFO, "--set", "scales.factorization=1e6")
    above = result["marked"]["factorization_above_grid"]
    assert above["share_of_sigma"] == 1 and above["share_of_points"] == 1 and "above the grid" in done.stderr
    done, _ = integrate(INFO + "Extrapolator: error\n", "--set", "scales.factorization=1e6")
    assert done.returncode == 2 and "Extrapolator" in done.stderr


def test_counts_do_not_depend_on_threads_and_survive_an_interruption(tmp_path):
    card = tmp_path / "gg.toml"
    card.write_text(CARD.replace("points = 20000", "points = 300000").replace("factorization = 173", 'factorization = "max(ht - 347, 0.1)"'))
    documents = []
    for threads in (1, 2):
        done = run("integrate", card, "--run", tmp_path / str(threads), "--threads", threads, "--json")
        assert done.returncode == 0, done.stderr
        documents.append(json.loads(done.stdout))
    assert documents[0]["marked"] == documents[1]["marked"]
    # the state after the first of the iterations is what an interrupted run goes on from
    state = json.loads((tmp_path / "1/state.json").read_text())
    assert any(c["marks"] for c in state["channels"])
