"""What a request says is done or refused with a word: observables, whole numbers, keys, standard output, signs."""

import json
import os
import re
import subprocess

import pytest

import thalweg
from conftest import CARD, FAST, PROGRAM, SOURCE, run

W_CARD = """process = "p p > e+ ve"
[beams]
energy = "13 TeV"
[cuts]
pt = { of = "pt(e+)", min = 25 }
[integration]
points = 20000
"""


@pytest.fixture
def w_card(tmp_path):
    card = tmp_path / "w.toml"
    card.write_text(W_CARD)
    return card


def test_missing_pt_is_that_of_the_neutrino_and_events_obey_cuts(tmp_path, w_card):
    values = set()
    for i, missing in enumerate(["missing_pt", "pt(ve)"]):
        done = run("generate", w_card, "--set", f'cuts.met={{of="{missing}",min=30}}', "--set",
                   'cuts.mt={of="transverse_mass(e+, ve)",min=70, max=90}', "--run", tmp_path / str(i), "-n", 500, "-o",
                   tmp_path / f"{i}.lhe", "--json")
        assert done.returncode == 0, done.stderr
        values.add(json.loads(done.stdout)["cross_section"]["value"])
    assert len(values) == 1
    p = thalweg.load(tmp_path / "0.lhe")["p"][:, 2:]
    product = (p[:, 0, 1:3] ** 2).sum(1) ** 0.5 * (p[:, 1, 1:3] ** 2).sum(1) ** 0.5
    mt = (2 * (product - (p[:, 0, 1:3] * p[:, 1, 1:3]).sum(1))) ** 0.5
    assert len(mt) == 500 and (mt > 70 - 1e-6).all() and (mt < 90 + 1e-6).all()


@pytest.mark.parametrize("observable, words", [
    ("mt(e+, ve)", ["transverse_mass", "mt_pair", "mt_particle"]), ("pt(e+, ve)", ["all final particles"]),
    ("cos_theta(e+, ve)", ["all final particles"]), ("missing_pt(ve)", ["0 particles"]), ("pt()", ["1 or more"]),
    ("missing_et", ["missing_pt"]), ("pt(e+,)", ["comma"])])
def test_observables_that_cannot_be_computed(tmp_path, w_card, observable, words):
    done = run("integrate", w_card, "--set", f'cuts.x={{of="{observable}",min=25}}', "--run", tmp_path / "r")
    assert done.returncode == 2 and all(w in done.stderr for w in ["cuts.x", *words]), done.stderr


def test_missing_pt_needs_a_neutrino(tmp_path):
    done = run("integrate", CARD, *FAST, "--set", 'cuts.x={of="missing_pt",min=25}', "--run", tmp_path / "r")
    assert done.returncode == 2 and "no neutrino" in done.stderr


@pytest.mark.parametrize("seed", [2**53 + 1, 2**62])
def test_whole_numbers_keep_all_their_digits(tmp_path, seed):
    few = ["--set", "integration.points=1000", "--set", "sampling.adaptation_points=1000", "--json"]
    for i, option in enumerate([["--seed", seed], ["--set", f"seed={seed}"], ["--set", f'seed="{seed}"']]):
        done = run("integrate", CARD, *few, *option, "--run", tmp_path / str(i))
        assert done.returncode == 0 and json.loads(done.stdout)["seed"] == seed, done.stderr
        assert f"seed = {seed}\n" in (tmp_path / f"{i}/card.toml").read_text()


@pytest.mark.parametrize("seed", ["1e17", str(2**63), str(2**64 + 1), "-1", "1.5", '"2^60"'])
def test_whole_numbers_that_are_not_exact_are_refused(tmp_path, seed):
    done = run("integrate", CARD, "--set", f"seed={seed}", "--run", tmp_path / "r")
    assert done.returncode == 2 and "seed" in done.stderr, done.stderr


def test_evaluate_knows_its_keys(tmp_path):
    good = json.loads((SOURCE / "tests/data/me/uux_ee.json").read_text())
    points = [{"momenta": p["momenta"]} for p in good["points"]]
    path = tmp_path / "p.json"
    cases = [({"paramters": {"mass.z": 90}}, "parameters"), ({"parameters": {"width_foo": 1}}, "width_foo"),
             ({"points": [{**points[0], "alphas": 0.2}]}, "alpha_s"), ({"model": "sm_zprime"}, "--model"), ({"Points": []}, "points")]
    for change, word in cases:
        path.write_text(json.dumps({"points": points, **change}))
        done = run("evaluate", "u u~ > e+ e-", "--points", path)
        assert done.returncode == 2 and word in done.stderr and "p.json" in done.stderr, done.stderr
    path.write_text(json.dumps({"points": points, "note": "ours", "model": "sm"}))
    assert run("evaluate", "u u~ > e+ e-", "--points", path).returncode == 0


@pytest.mark.parametrize("text", ['{"points": [{"momenta": [[1, ' + "[" * 200_000, "", "[", "{}}", '{"points": [1e999]}', "nul"])
def test_evaluate_tells_what_is_wrong_with_json(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    done = run("evaluate", "u u~ > e+ e-", "--points", tmp_path / "p.json")
    assert done.returncode == 2 and "p.json" in done.stderr and "exception" not in done.stderr, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_standard_output_that_is_full_is_a_failed_run(tmp_path, finished):
    few = [CARD, "--set", "integration.points=1000", "--set", "sampling.adaptation_points=1000", "--quiet"]
    points = SOURCE / "tests/data/me/uux_ee.json"
    commands = [["integrate", *few, "--run", tmp_path / "a"], ["integrate", *few, "--run", tmp_path / "a", "--json"],
                ["generate", *few, "--run", tmp_path / "a", "-n", 5], ["train", *few, "--run", tmp_path / "b"], ["--help"],
                ["--version"], ["diagrams", "u u~ > e+ e-"], ["diagrams", "u u~ > e+ e-", "--json"], ["inspect", finished],
                ["evaluate", "u u~ > e+ e-", "--points", points], ["export", "u u~ > e+ e-", "-o", tmp_path / "x.so"]]
    for command in commands:
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, *map(str, command)], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "standard output" in done.stderr, (command, done.stderr)


# At 6 TeV of p_T the u~ of this set is negative.
def test_negative_cross_sections_and_weights_are_told(tmp_path):
    card = tmp_path / "c.toml"
    card.write_text('process = "p p > t t~"\n[beams]\nenergy = "13 TeV"\npdf = "NNPDF31_lo_as_0118"\n[integration]\npoints = 20000\n'
                    '[sampling]\nchannels = "propagators"\n[cuts]\np={of="pt(t)",min=6000}\n')
    done = run("integrate", card, "--run", tmp_path / "r")
    assert done.returncode == 0 and "is negative" in done.stdout and "negative" in done.stderr, done.stderr
    result = json.loads((tmp_path / "r/result.json").read_text())
    assert result["cross_section"]["value"] < 0 and 0.9 < result["weights"]["negative_share"] <= 1
    done = run("generate", card, "--run", tmp_path / "r", "-n", 300, "-o", tmp_path / "e.h5")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "r/result.json").read_text())
    assert 0.9 < result["generation"]["negative_share"] <= 1 and "negative" in done.stdout


def test_there_is_one_efficiency(tmp_path):
    done = run("generate", CARD, *FAST, "-n", 200, "--run", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "r/result.json").read_text())
    shown = float(re.search(r"unweight .*efficiency ([\d.]+) %", done.stderr)[1])
    assert shown == pytest.approx(100 * result["generation"]["efficiency"], abs=0.06)
    assert 0 <= result["weights"]["negative_share"] < 0.01


CKM = {"ckm.lambda": 0.4, "ckm.a": 1.1, "ckm.rhobar": 0.2, "ckm.etabar": 0.5}


def decay(tmp_path, process, name, *options):
    card = tmp_path / "d.toml"
    card.write_text(f'process = "{process}"\n[integration]\npoints = 1000\n')
    folder = tmp_path / name
    done = run("integrate", card, "--sampler", "flat", "--run", folder, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["cross_section"]["value"], folder, done.stderr


# Two massless particles from one at rest: no integral is left, and widths are exact.
def test_widths_with_mixing_and_the_same_from_all_kinds_of_cards(tmp_path):
    options = [x for name, value in CKM.items() for x in ("--set", f"parameters.{name}={value}")]
    total, _, _ = decay(tmp_path, "w+ > u d~", "unit")
    widths = []
    for i, quark in enumerate("dsb"):
        masses = ["--set", "parameters.mass.b=0"]
        widths.append(decay(tmp_path, f"w+ > u {quark}~", f"w{i}", *masses, *options)[0])
        assert decay(tmp_path, f"w- > u~ {quark}", f"v{i}", *masses, *options)[0] == pytest.approx(widths[-1], rel=1e-12)
    assert sum(widths) == pytest.approx(total, rel=1e-9)
    assert widths[1] == pytest.approx(total * CKM["ckm.lambda"] ** 2 * (1 - (widths[2] / total)), rel=1e-9)
    # the folder's own cards
    folder = tmp_path / "w1"
    for i, card in enumerate(["param_card.dat", "card.toml"]):
        if card == "card.toml":
            done = run("integrate", folder / card, "--run", tmp_path / "again", "--json")
            assert done.returncode == 0, done.stderr
            value = json.loads(done.stdout)["cross_section"]["value"]
        else:
            value, _, log = decay(tmp_path, "w+ > u s~", f"slha{i}", "--set", f'parameters="{folder / card}"')
            assert "not used" not in log
        assert value == widths[1]


# sigma = cos^2 sigma(unit matrix) + sin^2 sigma(u with s, c with d).
def test_a_cross_section_of_protons_is_the_sum_over_flavours(tmp_path, w_card):
    values = []
    for i, (cosine, sine) in enumerate([(1, 0), (0, 1), (0.8, 0.6)]):
        elements = {"ud": cosine, "us": sine, "cd": -sine, "cs": cosine}
        options = [x for name, v in elements.items() for x in ("--set", f"parameters.ckm.{name}={v}")]
        done = run("integrate", w_card, *options, "--sampler", "vegas", "--run", tmp_path / str(i), "--json")
        assert done.returncode == 0, done.stderr
        values.append(json.loads(done.stdout)["cross_section"])
    unit, exchanged, rotated = [v["value"] for v in values]
    error = sum(v["error"] for v in values)
    assert unit > 1.2 * exchanged
    assert rotated == pytest.approx(0.64 * unit + 0.36 * exchanged, abs=5 * error)


def test_slha_cards_are_used_or_refused(tmp_path):
    text = "BLOCK MASS\n 24 {}\n 9000001 0.0\nBLOCK SMINPUTS\n 1 132.507\n 2 1.16639e-5\nBLOCK QNUMBERS 9000001\n 1 0\nBLOCK VCKM\n 1 1 0.97\n 1 2 0.22\n"
    (tmp_path / "p.dat").write_text(text.format(80.419002))
    width, folder, log = decay(tmp_path, "w+ > u s~", "a", "--set", 'parameters="p.dat"')
    assert width == pytest.approx(0.22**2 * decay(tmp_path, "w+ > c s~", "b")[0], rel=1e-9)
    for word in ["MASS 9000001", "QNUMBERS", "not unitary"]:
        assert word in log and word in (folder / "log.txt").read_text()
    # a card that was written for a run folder is as good as the first
    again = run("integrate", folder / "card.toml", "--run", tmp_path / "again", "--json")
    assert json.loads(again.stdout)["cross_section"]["value"] == width
    (tmp_path / "p.dat").write_text(text.format(80.3692))
    card = tmp_path / "d.toml"
    done = run("integrate", card, "--run", tmp_path / "c", "--set", 'parameters="p.dat"')
    assert done.returncode == 2
    for word in ["p.dat:2", "MASS 24", "80.3692", "80.419", 'scheme = "gmu"']:
        assert word in done.stderr, done.stderr
    width, _, log = decay(tmp_path, "w+ > u s~", "e", "--set", 'parameters={scheme="gmu", slha="p.dat"}')
    assert "SMINPUTS 1" in log  # alpha follows


@pytest.mark.parametrize("options, words", [
    (["--set", "parameters.ckm.us=0.22"], ["unitary", "ckm.unitary"]), (["--set", "parameters.ckm.uss=0.22"], ["ckm.us"]),
    (["--set", "parameters.ckm.lambda=0.22", "--set", "parameters.ckm.us=0.22"], ["one or the other"]),
    (["--set", "parameters.ckm.unitary=3"], ["true or false"]), (["--set", "parameters.ckm.lambda=2"], ["lambda"])])
def test_mixing_that_cannot_be(tmp_path, options, words):
    card = tmp_path / "d.toml"
    card.write_text('process = "w+ > u s~"\n')
    done = run("integrate", card, "--run", tmp_path / "r", *options)
    assert done.returncode == 2 and all(w in done.stderr for w in words), done.stderr


# nu_mu e- > nu_mu e- at 1 GeV: G_F^2 s / pi (g_L^2 + g_R^2 / 3), up to s / M_Z^2; e-bar-nu e- > mu- mu-bar-nu: G_F^2 s / 3 pi.
@pytest.mark.parametrize("process, factor", [("vm e- > vm e-", None), ("ve~ e- > mu- vm~", 1 / 3)])
def test_beams_of_neutrinos(tmp_path, process, factor):
    card = tmp_path / "n.toml"
    card.write_text(f'process = "{process}"\n[beams]\nenergy = "1 GeV"\npdf = "none"\n[integration]\npoints = 100000\n')
    stable = ["--set", "parameters.width.z=0", "--set", "parameters.width.w=0"]
    done = run("integrate", card, *stable, "--run", tmp_path / "r", "--json")
    assert done.returncode == 0, done.stderr
    sigma = json.loads(done.stdout)["cross_section"]
    sw2 = 1 - (80.41900244575616 / 91.188) ** 2
    strength = factor or (sw2 - 0.5) ** 2 + sw2**2 / 3
    expected = 1.16639e-5**2 / 3.141592653589793 * strength * 0.3893793721e9
    assert sigma["value"] == pytest.approx(expected, rel=3e-4 + 6 * sigma["error"] / sigma["value"])


@pytest.mark.parametrize("low, high", [(5000, 5000.01), (91.188, 91.1881), (20, 20.0001)])
def test_narrow_windows_of_the_mass(tmp_path, low, high):
    values = []
    for i, top in enumerate([high, low + 10 * (high - low)]):
        done = run("integrate", CARD, *FAST, "--set", f'cuts={{m={{of="mass(e+, e-)",min={low},max={top}}}}}', "--run",
                   tmp_path / str(i), "--json")
        assert done.returncode == 0, done.stderr
        values.append(json.loads(done.stdout)["cross_section"])
    ratio, error = values[1]["value"] / values[0]["value"], sum(v["error"] / v["value"] for v in values)
    assert ratio == pytest.approx(10, rel=5 * error + 1e-3)
