"""Event files in the readers of others: pylhe, lheutils, h5py and Pythia 8."""

import json
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pylhe
import pylhe.lheh5
import pytest

import thalweg

N = 3000
EVENT_COLUMNS = ["pid", "nparticles", "start", "trials", "scale", "fscale", "rscale", "aqed", "aqcd", "NOMINAL"]


def result(run):
    return json.loads((run / "result.json").read_text())


@pytest.mark.parametrize("name", ["events.lhe", "events.lhe.gz"])
def test_pylhe_reads_lhe(finished, name):
    file = pylhe.LHEFile.fromfile(str(finished / name))
    events = list(file.events)
    assert len(events) == N
    sigma = result(finished)["cross_section"]["value"]
    assert file.init.procInfo[0].xSection == sigma
    assert np.mean([e.eventinfo.weight for e in events]) == pytest.approx(sigma, rel=1e-12)
    for event in events[:200]:
        assert [p.status for p in event.particles] == [-1, -1, 1, 1]
        total = sum((1 if p.status < 0 else -1) * p.e for p in event.particles)
        assert abs(total) < 1e-9 * event.particles[0].e + 1e-9


def tool(name, *arguments):
    return subprocess.run([pathlib.Path(sys.executable).with_name(name), *map(str, arguments)], capture_output=True, text=True)


def test_lheutils_accept_the_file(finished):
    # Massless legs of a boosted pair: E^2 - p^2 rounds to 1e-16 E^2, hence the absolute tolerances.
    checked = tool("lhecheck", "--onshell-abs", 1e-3, "--positive-mass-abs", 1e-3, finished / "events.lhe.gz")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tool("lheinfo", finished / "events.lhe.gz").returncode == 0
    validated = tool("lhevalidate", finished / "events.lhe.gz")
    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_lheh5_layout(finished):
    with h5py.File(finished / "events.h5") as file:
        assert list(file["version"]) == [2, 0, 1]
        events, particles, process = file["events"], file["particles"], file["procInfo"]
        # Sherpa and Pythia take the first attribute as the list of columns, pylhe the one named properties.
        assert list(events.attrs) == ["events", "properties"]
        assert [c.decode() if isinstance(c, bytes) else c for c in events.attrs["events"]] == EVENT_COLUMNS
        assert events.shape == (N, 10) and particles.shape == (4 * N, 13)
        assert process[0, 0] == 1 and process[0, 1] == 4 and process[0, 2] == -1
        assert np.all(events[:, 0] == 0) and np.all(events[:, 2] == 4 * np.arange(N))
        assert np.all(events[:, 3] >= 1) and np.all(events[:, 3] == np.round(events[:, 3]))
        assert np.all(events[:, 9] != 0)  # signs follow the parton densities
        assert events[:, 9].sum() / events[:, 3].sum() == pytest.approx(process[0, 3], rel=1e-12)
        assert file["init"][8] == -4


def test_pylhe_reads_lheh5(finished):
    with h5py.File(finished / "events.h5") as file:
        assert pylhe.lheh5.count_events(file) == N
        events = list(pylhe.lheh5.read_iter_events(file))
    lhe = list(pylhe.LHEFile.fromfile(str(finished / "events.lhe")).events)
    assert len(events) == N
    for a, b in zip(events[:300], lhe[:300]):
        for p, q in zip(a.particles, b.particles):
            assert (p.id, p.px, p.py, p.pz, p.e, p.color1) == (q.id, q.px, q.py, q.pz, q.e, q.color1)


def test_arrays(finished, tmp_path):
    a, b = thalweg.load(finished / "events.h5"), thalweg.load(finished / "events.lhe.gz")
    assert a["p"].shape == (N, 4, 4)
    assert np.array_equal(a["p"], b["p"]) and np.array_equal(a["pdg"], b["pdg"])
    assert np.allclose(a["weight"], b["weight"], rtol=1e-12)
    assert set(np.unique(a["channel"])) <= {0, 1}
    out = tmp_path / "events.npz"
    subprocess.run([sys.executable, "-m", "thalweg.events", finished / "events.h5", "-o", out], check=True)
    saved = np.load(out)
    assert np.array_equal(saved["p"], a["p"])
    assert json.loads(str(saved["meta"]))["cross_section"] == result(finished)["cross_section"]["value"]
    assert [f.name for f in tmp_path.iterdir()] == [out.name]
    link = tmp_path / "link.npz"
    link.symlink_to(out)
    done = subprocess.run([sys.executable, "-m", "thalweg.events", finished / "events.h5", "-o", link], capture_output=True, text=True)
    assert done.returncode == 1 and "no regular file" in done.stderr and link.is_symlink()


def test_pythia_reads_lhe_with_our_cross_section(finished):
    pythia8 = pytest.importorskip("pythia8mc")
    pythia = pythia8.Pythia("", False)
    for setting in ["Beams:frameType = 4", f"Beams:LHEF = {finished / 'events.lhe.gz'}", "PartonLevel:all = off",
                    "HadronLevel:all = off", "Print:quiet = on", "LesHouches:setLeptonMass = 0"]:
        pythia.readString(setting)
    assert pythia.init()
    count = 0
    while pythia.next():
        count += 1
    assert count == N
    sigma = result(finished)["cross_section"]["value"]
    assert pythia.infoPython().sigmaGen() * 1e9 == pytest.approx(sigma, rel=1e-6)  # mb to pb


def test_report(finished):
    from conftest import run

    done = run("report", finished)
    assert done.returncode == 0, done.stderr
    assert (finished / "report.png").read_bytes().startswith(b"\x89PNG")


# More than two final particles, and a decay.
@pytest.mark.parametrize("name", ["pp_ttxj", "h_4l"])
def test_report_of_other_processes(tmp_path, name):
    from conftest import SOURCE, run

    made = run("generate", SOURCE / f"cards/{name}.toml", "--sampler", "vegas", "--set", "sampling.channels=propagators",
               "--set", "integration.points=20000", "--set", "sampling.adaptation_points=1000", "-n", 200, "--run",
               tmp_path / "r")  # fmt: skip
    assert made.returncode == 0, made.stderr
    done = run("report", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r/report.png").read_bytes().startswith(b"\x89PNG")
