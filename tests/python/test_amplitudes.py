"""Amplitudes from the command line: evaluate, diagrams, export, plug-ins, helicities and colours of events."""

import json
import math
import pathlib

import pytest

from conftest import PROGRAM, SOURCE, run


def points_file(path, **changes):
    energy, c = 50.0, 0.3
    s = (1 - c * c) ** 0.5
    document = {
        "process": "u u~ > e+ e-",
        "points": [{"momenta": [[energy, 0, 0, energy], [energy, 0, 0, -energy], [energy, energy * s, 0, energy * c],
                                [energy, -energy * s, 0, -energy * c]]}],
    }
    document.update(changes)
    path.write_text(json.dumps(document))
    return path


def test_evaluate(tmp_path):
    done = run("evaluate", "u u~ > e+ e-", "--points", points_file(tmp_path / "p.json"))
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)["values"][0]
    scaled = run("evaluate", "u u~ > e+ e-", "--points", points_file(tmp_path / "p.json", parameters={"width.z": 5.0}))
    assert json.loads(scaled.stdout)["values"][0] != value


def test_evaluate_refuses_wrong_points(tmp_path):
    good = json.loads(points_file(tmp_path / "p.json").read_text())["points"][0]["momenta"]
    off_shell = [list(p) for p in good]
    off_shell[2][0] += 1
    cases = [
        dict(points=[{"momenta": good[:3]}]), dict(points=[{"momenta": off_shell}]), dict(points=[{}]), dict(points=3),
        dict(points=[{"momenta": [[1, 2], *good[1:]]}]), dict(points=[{"momenta": [["a", 0, 0, 0], *good[1:]]}]),
        dict(process="d d~ > e+ e-"), dict(parameters={"mass.zz": 1}), dict(parameters=3),
    ]
    for change in cases:
        done = run("evaluate", "u u~ > e+ e-", "--points", points_file(tmp_path / "p.json", **change))
        assert done.returncode == 2 and "p.json" in done.stderr, (change, done.stderr)


def test_diagrams(tmp_path):
    svg = tmp_path / "d.svg"
    done = run("diagrams", "p p > e+ e-", "--model", "sm_zprime", "-o", svg, "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["diagrams"] == 24 and document["channels"] == 3 and len(document["sub_processes"]) == 8
    assert svg.read_text().startswith("<svg")


# Table 5.3 of the thesis on MadNIS.
@pytest.mark.parametrize("process, diagrams, channels, groups", [
    ("u d~ > w+ w+ w-", 17, 16, 8), ("u c > w+ w+ d s QCD=99 QED=99", 51, 30, 15), ("g g > w+ d u~", 8, 8, 4),
    ("g g > w+ d u~ g", 50, 48, 24), ("g g > w+ d u~ g g", 428, 384, 108), ("g g > t t~ g", 16, 15, 9),
    ("g g > t t~ g g", 123, 105, 35), ("g g > t t~ g g g", 1240, 945, 119)])
def test_diagram_channel_and_group_counts(process, diagrams, channels, groups):
    document = json.loads(run("diagrams", process, "--json").stdout)
    assert (document["diagrams"], document["channels"], document["groups"]) == (diagrams, channels, groups)


@pytest.mark.parametrize("process, words", [
    ("e+ e- > mu+ e-", "no tree-level diagram"), ("u d > e+ e-", "charge"), ("g g > h", "loop"), ("a a > a a", "loop"),
    ("g g > g g g g g g g", "colour orders"), ("u u~ > e+ e- e+ e- e+ e- e+ e- e+", "at most"), ("p > ", "outgoing")])
def test_processes_that_cannot_be_evaluated(tmp_path, process, words):
    done = run("evaluate", process, "--points", points_file(tmp_path / "p.json", process=process))
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_alpha_s_of_a_point_wins(tmp_path):
    document = json.loads((SOURCE / "tests/data/me/gg_ttgg.json").read_text())
    points = [{"momenta": document["points"][0]["momenta"]}, {"momenta": document["points"][0]["momenta"], "alpha_s": 0.2}]
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"parameters": {"alpha_s": 0.1}, "points": points}))
    values = json.loads(run("evaluate", "g g > t t~ g g", "--points", path).stdout)["values"]
    assert values[1] == pytest.approx(16 * values[0], rel=1e-13)
    collinear = [[50, 0, 0, 50], [50, 0, 0, -50], [50, 0, 0, 50], [50, 0, 0, -50]]
    path.write_text(json.dumps({"points": [{"momenta": collinear}]}))
    done = run("evaluate", "g g > g g", "--points", path)
    assert done.returncode == 2 and "singularity" in done.stderr


def test_precision_and_check(tmp_path):
    points = SOURCE / "tests/data/me/gg_ttgg.json"
    full = json.loads(run("evaluate", "g g > t t~ g g", "--points", points, "--check").stdout)
    mixed = json.loads(run("evaluate", "g g > t t~ g g", "--points", points, "--precision", "mixed", "--check").stdout)
    assert full["check"]["from_double"]["largest"] == 0 < full["check"]["of_mixed"]["largest"] < 1e-4
    assert mixed["check"]["from_double"]["largest"] == pytest.approx(full["check"]["of_mixed"]["largest"])
    assert mixed["rescued"] + mixed["check"]["from_double"]["points_that_differ"] == len(mixed["values"])
    done = run("evaluate", "g g > t t~ g g", "--points", points, "--precision", "half")
    assert done.returncode == 2 and "mixed" in done.stderr


def test_exported_library_is_a_plug_in(tmp_path):
    library, points = tmp_path / "ttg.so", SOURCE / "tests/data/me/gg_ttg.json"
    assert run("export", "g g > t t~ g", "-o", library).returncode == 0
    own = json.loads(run("evaluate", "g g > t t~ g", "--points", points).stdout)["values"]
    done = run("evaluate", "g g > t t~ g", "--points", points, "--amplitude", f"plugin:{library}")
    assert json.loads(done.stdout)["values"] == own
    for process, amplitude, words in [("g g > t t~", library, "5 particles"), ("g g > t t~ g", points, "no shared library"),
                                      ("g g > t t~ g", tmp_path / "x.so", "cannot be read")]:
        name = "gg_tt" if process == "g g > t t~" else "gg_ttg"
        done = run("evaluate", process, "--points", SOURCE / f"tests/data/me/{name}.json", "--amplitude",
                   f"plugin:{amplitude}")
        assert done.returncode == 2 and words in done.stderr, done.stderr
    library.write_bytes(library.read_bytes()[:20000])
    done = run("evaluate", "g g > t t~ g", "--points", points, "--amplitude", f"plugin:{library}")
    assert done.returncode == 2 and "cut" in done.stderr, done.stderr
    assert run("export", "p p > t t~", "-o", tmp_path / "x.so").returncode == 2
    assert run("export", "g g > t t~", "-o", tmp_path / "x.dll").returncode == 2


def test_a_plug_in_makes_events(tmp_path):
    folder = pathlib.Path(PROGRAM).resolve().parent.parent / "tests"
    card = tmp_path / "mumu.toml"
    card.write_text('process = "e+ e- > mu+ mu- / z"\namplitude = "plugin:example.so"\n[beams]\nenergy = "100 GeV"\n'
                    'pdf = "none"\n[integration]\npoints = 100000\n[output]\nevents = 100\n')
    (tmp_path / "example.so").write_bytes((folder / "libumami_example_0.so").read_bytes())
    done = run("generate", card, "--sampler", "flat", "--run", tmp_path / "r", "--json")
    assert done.returncode == 0, done.stderr
    sigma = json.loads(done.stdout)["cross_section"]
    # 4 pi alpha^2 / 3 s
    assert sigma["value"] == pytest.approx(4 * math.pi / 3 / 132.507**2 / 1e4 * 0.3893793721e9, rel=6 * sigma["error"] / sigma["value"])
    for broken, code, words in [(1, 1, "not finite"), (4, 1, "reports error"), (2, 2, "3 particles"), (7, 2, "umami_matrix_element")]:
        done = run("integrate", card, "--sampler", "flat", "--run", tmp_path / f"b{broken}", "--set",
                   f"amplitude=plugin:{folder}/libumami_example_{broken}.so")
        assert done.returncode == code and words in done.stderr, done.stderr
    done = run("integrate", card, "--set", "process=p p > e+ e-", "--set", "cuts.m={of='mass(e+,e-)',min=15}", "--set",
               "beams.pdf=NNPDF31_lo_as_0118", "--set", "beams.energy=13 TeV", "--run", tmp_path / "c")
    assert done.returncode == 2 and "sub-process" in done.stderr, done.stderr


# Colour lines of top pairs: every line has one beginning and one end, a gluon two different ones.
def test_colours_and_helicities_of_events(tmp_path):
    done = run("generate", SOURCE / "cards/pp_ttx.toml", "-n", 500, "-o", tmp_path / "events.lhe", "--run",
               tmp_path / "r", "--sampler", "vegas")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "events.lhe").read_text()
    flows, spins = set(), set()
    for event in text.split("<event>")[1:]:
        particles = [line.split() for line in event.strip().splitlines()[1:5]]
        begins, ends = [], []
        for p in particles:
            colour, anticolour = (int(p[4]), int(p[5])) if p[1] == "1" else (int(p[5]), int(p[4]))
            begins += [colour] * (colour > 0)
            ends += [anticolour] * (anticolour > 0)
            assert (int(p[0]) == 21) == (int(p[4]) > 0 and int(p[5]) > 0)
            spins.add(float(p[12]))
        assert sorted(begins) == sorted(ends) == sorted(set(begins))
        flows.add((particles[0][0], particles[0][4] == particles[1][5]))
    assert spins == {-1.0, 1.0} and {("21", True), ("21", False)} <= flows
