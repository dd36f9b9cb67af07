"""The program as a user types it: documents, exit codes, same bits, interruption and wrong requests."""

import gzip
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import CARD, FAST, PROGRAM, SOURCE, run


def test_json_is_the_one_document_on_stdout(tmp_path):
    done = run("integrate", CARD, *FAST, "--run", tmp_path / "r", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document == json.loads((tmp_path / "r/result.json").read_text())
    for key in ["process", "cross_section", "weights", "channels", "evaluations", "time", "seed", "version"]:
        assert key in document
    for key in ["relative_std_dev", "non_zero", "negative_share", "unweighting_efficiency", "efficiency_bootstrap", "efficiency_budget",
                "cut_efficiency", "overweight_share", "non_finite"]:
        assert key in document["weights"]
    assert document["cross_section"]["error"] <= 0.003 * document["cross_section"]["value"]
    assert sum(c["value"] for c in document["channels"]) == pytest.approx(document["cross_section"]["value"])


@pytest.mark.parametrize("n", [0, 1, 4097])
def test_exactly_as_many_events_as_asked_for(tmp_path, n):
    out = tmp_path / "e.lhe"
    done = run("generate", CARD, *FAST, "-n", n, "-o", out, "--run", tmp_path / "r", "--quiet")
    assert done.returncode == 0, done.stderr
    assert out.read_text().count("<event>") == n
    h5 = tmp_path / "e.h5"
    assert run("generate", CARD, *FAST, "-n", n, "-o", h5, "--run", tmp_path / "r", "--quiet").returncode == 0
    assert json.loads(run("inspect", h5).stdout)["events"] == n


def test_same_bits_for_any_number_of_threads_and_locale(tmp_path):
    contents = set()
    for i, (threads, locale) in enumerate([(1, "C"), (2, "C"), (3, "de_DE.UTF-8")]):
        out = [tmp_path / f"{i}.{e}" for e in ("lhe.gz", "h5")]
        for file in out:
            environment = {**os.environ, "LC_ALL": locale}
            done = run("generate", CARD, *FAST, "-n", 5000, "-o", file, "--run", tmp_path / f"r{i}", "--threads", threads,
                       "--quiet", env=environment)
            assert done.returncode == 0, done.stderr
        contents.add(tuple(f.read_bytes() for f in out))
    assert len(contents) == 1


NEURAL = ["--sampler", "neural", "--batches", 60, "--set", "sampling.batch_size=512"]


def test_trained_samplers_are_the_same_bits_for_any_number_of_threads(tmp_path):
    contents = set()
    for threads in (1, 2, 3):
        out = tmp_path / f"{threads}.lhe"
        done = run("generate", CARD, *FAST, *NEURAL, "-n", 500, "-o", out, "--run", tmp_path / f"r{threads}", "--threads",
                   threads, "--quiet")
        assert done.returncode == 0, done.stderr
        contents.add((out.read_bytes(), (tmp_path / f"r{threads}/sampler.h5").read_bytes()))
    assert len(contents) == 1


def test_a_sampler_file_serves_without_training(tmp_path):
    assert run("train", CARD, *FAST, *NEURAL, "--run", tmp_path / "a", "--quiet").returncode == 0
    done = run("integrate", CARD, *FAST, *NEURAL, "--run", tmp_path / "a", "--json")
    document = json.loads(done.stdout)
    assert document["training"]["batches"] == 60 and len(document["training"]["curve"]) == 60
    sampler = tmp_path / "a/sampler.h5"
    for name, damage in {"cut": lambda b: b[: len(b) // 2], "flipped": lambda b: b[:-5000] + b"!" + b[-4999:],
                         "other": lambda b: b"no such thing"}.items():
        folder = tmp_path / name
        assert run("train", CARD, *FAST, *NEURAL, "--run", folder, "--quiet").returncode == 0
        (folder / "sampler.h5").write_bytes(damage(sampler.read_bytes()))
        done = run("integrate", CARD, *FAST, *NEURAL, "--run", folder, "--quiet")
        assert done.returncode == 2 and "sampler.h5" in done.stderr and "train again" in done.stderr


CELLS = ["--set", "sampling.cells=60", "--set", "sampling.cell_points=200"]


def test_a_sampler_file_alone_makes_the_same_events_without_training(tmp_path):
    options = [CARD, *FAST, *NEURAL, *CELLS, "-n", 300]
    first = run("generate", *options, "-o", tmp_path / "a.lhe", "--run", tmp_path / "a", "--json")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/sampler.h5").write_bytes((tmp_path / "a/sampler.h5").read_bytes())
    second = run("generate", *options, "-o", tmp_path / "b.lhe", "--run", tmp_path / "b", "--json")
    assert first.returncode == second.returncode == 0, second.stderr
    assert (tmp_path / "a.lhe").read_bytes() == (tmp_path / "b.lhe").read_bytes()
    assert "adapt" not in second.stderr and "explore" not in second.stderr and "batch " not in second.stderr
    results = [json.loads(done.stdout) for done in (first, second)]
    assert results[0]["cross_section"] == results[1]["cross_section"]
    assert "explore" in results[0]["time"] and "explore" not in results[1]["time"]


@pytest.mark.parametrize("sampler", ["vegas", "neural"])
def test_cells_are_the_same_bits_for_any_number_of_threads_and_raise_the_efficiency(tmp_path, sampler):
    options = [CARD, *FAST, "--sampler", sampler, *(["--batches", 60] if sampler == "neural" else [])]
    contents, budget = set(), []
    for name, cells, threads in (("none", ["--set", "sampling.cells=1"], 2), ("one", CELLS, 1), ("three", CELLS, 3)):
        done = run("generate", *options, *cells, "-n", 300, "-o", tmp_path / f"{name}.lhe", "--run", tmp_path / name,
                   "--threads", threads, "--json")
        assert done.returncode == 0, done.stderr
        budget.append(json.loads(done.stdout)["weights"]["efficiency_budget"])
        contents.add((tmp_path / f"{name}.lhe").read_bytes())
    assert len(contents) == 2 and budget[1] == budget[2] > budget[0]


# Cuts leave little of the Z resonance in W+ d u~.
@pytest.mark.parametrize("sampler", [["--sampler", "vegas"], ["--batches", 20]])
def test_channels_whose_points_hardly_see_the_integrand_are_left_out(tmp_path, sampler):
    options = [SOURCE / "cards/vbs.toml", "--set", 'process="u d~ > w+ w+ d u~ QCD=99 QED=99"', "--set", "sampling.channels=lab",
               "--set", "sampling.adaptation_points=3000", "--set", "integration.points=20000", "--json", *sampler]
    left_out = []
    for drop in ("0", "1e-9"):  # the second: nothing but these
        done = run("integrate", *options, "--set", f"sampling.drop={drop}", "--run", tmp_path / drop)
        assert done.returncode == 0, done.stderr
        assert ("hardly see" in done.stderr) == (drop != "0")
        channels = json.loads(done.stdout)["channels"]
        left_out.append([c["name"] for c in channels if not c["active"]])
        assert all(c["points"] > 0 if c["active"] else c["points"] == c["value"] == 0 for c in channels)
    assert left_out[0] == [] and any("91.188" in name for name in left_out[1])


def test_no_more_cells_than_maps_are_none(tmp_path):
    results = []
    for cells in (1, 2):
        done = run("integrate", CARD, *FAST, "--sampler", "vegas", "--set", f"sampling.cells={cells}",
                   "--run", tmp_path / str(cells), "--json")
        assert done.returncode == 0 and ("leaves nothing to cut" in done.stderr) == (cells == 2)
        results.append(json.loads(done.stdout)["cross_section"])
    assert results[0] == results[1]


def test_cells_survive_an_interruption(tmp_path):
    options = [CARD, *FAST, "--sampler", "vegas", *CELLS, "-n", 100_000]
    process = subprocess.Popen([PROGRAM, "generate", *map(str, options), "-o", str(tmp_path / "a.lhe"), "--run",
                                str(tmp_path / "a")], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    waiting = time.monotonic() + 60
    while not (tmp_path / "a/training.json").exists() and process.poll() is None and time.monotonic() < waiting:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in (0, 130)
    for folder in ("a", "b"):
        done = run("generate", *options, "-o", tmp_path / f"{folder}.lhe", "--run", tmp_path / folder, "--quiet")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.lhe").read_bytes() == (tmp_path / "b.lhe").read_bytes()


def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path):
    arguments = [CARD, *FAST, "--sampler", "neural", "--batches", 400]
    process = subprocess.Popen([PROGRAM, "train", *map(str, arguments), "--run", str(tmp_path / "a")],
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    waiting = time.monotonic() + 60
    while not (tmp_path / "a/sampler.h5").exists() and process.poll() is None and time.monotonic() < waiting:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in (0, 130)
    for folder in ("a", "b"):
        assert run("train", *arguments, "--run", tmp_path / folder, "--quiet").returncode == 0
    assert (tmp_path / "a/sampler.h5").read_bytes() == (tmp_path / "b/sampler.h5").read_bytes()


def test_another_seed_is_another_sample(tmp_path):
    outs = []
    for seed in (1, 2):
        out = tmp_path / f"{seed}.lhe"
        run("generate", CARD, *FAST, "-n", 10, "-o", out, "--run", tmp_path / f"r{seed}", "--seed", seed, "--quiet")
        outs.append(out.read_text())
    assert outs[0] != outs[1]


@pytest.mark.parametrize("delay", [0.05, 0.3, 0.8, 1.3])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path, delay, sign):
    command = ["generate", CARD, "--set", "integration.accuracy=0.0005", "-n", 150_000, "-o", tmp_path / "e.lhe.gz"]
    process = subprocess.Popen([PROGRAM, *map(str, command), "--run", str(tmp_path / "r")], stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    time.sleep(delay)
    process.send_signal(sign)
    code = process.wait(60)
    # -sign: it came before the handler; 0: the run was faster
    assert code in (128 + sign, -sign, 0)
    assert not list(tmp_path.glob("*.part*"))
    if (tmp_path / "r/card.toml").exists():
        assert run("inspect", tmp_path / "r").returncode == 0
    assert run(*command, "--run", tmp_path / "r", "--resume", "--quiet").returncode == 0
    interrupted = (tmp_path / "e.lhe.gz").read_bytes()
    command[-1] = tmp_path / "w.lhe.gz"
    assert run(*command, "--run", tmp_path / "whole", "--quiet").returncode == 0
    assert interrupted == (tmp_path / "w.lhe.gz").read_bytes()


def test_a_finished_run_writes_the_identical_file_again(finished):
    before = (finished / "events.lhe.gz").read_bytes()
    done = run("generate", CARD, *FAST, "--set", 'output.format=["lhe.gz", "lhe", "hdf5"]', "-n", 3000, "--run", finished,
               "--resume", "--quiet")
    assert done.returncode == 0, done.stderr
    assert (finished / "events.lhe.gz").read_bytes() == before


def test_generate_uses_what_train_stored(tmp_path):
    assert run("train", CARD, *FAST, "--run", tmp_path / "r", "--quiet").returncode == 0
    trained = json.loads((tmp_path / "r/state.json").read_text())["grids"]
    assert run("generate", CARD, *FAST, "-n", 100, "--run", tmp_path / "r", "--quiet").returncode == 0
    assert json.loads((tmp_path / "r/state.json").read_text())["grids"] == trained


WRONG_REQUESTS = {
    "unknown process": (["--set", "process=p p > e+ x-"], ["x-"]),
    "charge": (["--set", "process=e+ e- > e+ ve", "--set", "beams.pdf=none"], ["charge"]),
    "no diagram": (["--set", "process=g g > e+ e-"], ["no tree-level diagram"]),
    "too many legs": (["--set", "process=p p > e+ e- e+ e- e+ e- e+ e- e+"], ["at most"]),
    "unknown key": (["--set", "beams.enrgy=3"], ["energy"]),
    "unknown set": (["--set", "beams.pdf=NNPDF31_lo_as_0119"], ["NNPDF31_lo_as_0118", "pdfdata"]),
    "unknown unit": (["--set", "beams.energy=13 TeVs"], ["TeV"]),
    "impossible cut": (["--set", "cuts.m_ee.min=14 TeV"], ["13000"]),
    "cut the other way": (["--set", "cuts.m_ee.max=10"], ["nothing could pass"]),
    "below threshold": (["--set", "process=u u~ > t t~ QED=2 QCD=0", "--set", "beams.pdf=none", "--set", "beams.energy=300", "--set", "cuts={}"], ["300"]),
    "no batches": (["--batches", "0"], ["batches"]),
    "activation": (["--set", "sampling.activation=elo"], ["elu"]),
    "hepmc": (["-o", "x.hepmc"], ["HepMC3"]),
    "ending": (["-o", "x.root"], [".lhe"]),
    "folder of output": (["-o", "nowhere/x.lhe"], ["nowhere"]),
    "threads": (["--threads", "0"], ["threads"]),
    "negative events": (["-n", "-5"], ["-5"]),
    "unknown option": (["--evnts", "5"], ["evnts"]),
}


@pytest.mark.parametrize("name", WRONG_REQUESTS)
def test_wrong_requests_exit_2_with_a_remedy_and_leave_nothing(tmp_path, name):
    arguments, words = WRONG_REQUESTS[name]
    begin = time.monotonic()
    done = run("generate", CARD, *FAST, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert time.monotonic() - begin < 20  # told within seconds
    for word in words:
        assert word in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_broken_cards(tmp_path):
    for text in ["", "process = ", "process = \"p p > e+ e-\"\n[beams\n", "\0\0", "process = 1\n"]:
        card = tmp_path / "c.toml"
        card.write_text(text)
        done = run("generate", card, cwd=tmp_path)
        assert done.returncode == 2 and "c.toml" in done.stderr, done.stderr
    assert run("generate", tmp_path / "none.toml", cwd=tmp_path).returncode == 2
    assert run("generate", tmp_path, cwd=tmp_path).returncode == 2
    assert run(cwd=tmp_path).returncode == 2


def test_cuts_that_remove_everything_are_a_failed_run(tmp_path):
    # allowed by the bounds, but a photon or Z at rest gives no lepton above half of its mass
    card_cut = ["--set", 'cuts.pt={ of = "pt(e+)", min = 60 }', "--set", "cuts.m_ee.max=100"]
    done = run("generate", CARD, *FAST, *card_cut, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "cuts" in done.stderr or "no phase space" in done.stderr
    assert not list(tmp_path.glob("*/events*"))


def test_another_card_in_the_same_folder_is_refused(finished):
    before = {f.name: f.read_bytes() for f in finished.iterdir() if f.name != ".lock"}
    done = run("generate", CARD, *FAST, "--seed", 5, "--run", finished)
    assert done.returncode == 2 and "another card" in done.stderr
    done = run("generate", CARD, *FAST, "-n", 10, "--run", finished)
    assert done.returncode == 2 and "3000 events" in done.stderr
    assert before == {f.name: f.read_bytes() for f in finished.iterdir() if f.name != ".lock"}


def test_a_folder_that_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r/thesis.txt").write_text("precious")
    assert run("generate", CARD, *FAST, "--run", tmp_path / "r").returncode == 2
    assert [f.name for f in (tmp_path / "r").iterdir()] == ["thesis.txt"]


def test_two_runs_in_one_folder(tmp_path):
    arguments = [PROGRAM, "generate", str(CARD), "--set", "integration.accuracy=0.0001", "--run", str(tmp_path / "r"), "--quiet"]
    first = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    for _ in range(200):
        if (tmp_path / "r/state.json").exists():
            break
        time.sleep(0.01)
    second = subprocess.run(arguments, capture_output=True, text=True)
    assert first.wait(120) == 0
    assert second.returncode == 1 and "another run is at work" in second.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    done = run("generate", CARD, *FAST, "--run", tmp_path / "r")
    tmp_path.chmod(0o700)
    assert done.returncode == 1 and "cannot" in done.stderr


@pytest.mark.parametrize("ending", ["lhe", "lhe.gz", "h5"])
def test_full_disk(tmp_path, ending):
    """A limit on the size of files stands in for a full disk: writes fail in the middle."""
    out = tmp_path / f"e.{ending}"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 600; exec {PROGRAM} generate {CARD} {' '.join(FAST)} -n 20000 -o {out} --run {tmp_path / 'r'} --quiet"],
        capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "failed" in done.stderr
    assert not out.exists() and not list(tmp_path.glob("*.part*"))


def test_a_billion_events_on_a_small_disk_is_refused_at_once(tmp_path):
    done = run("generate", CARD, *FAST, "-n", 10**12, "--run", tmp_path / "r")
    assert done.returncode == 1 and "GB" in done.stderr


def test_truncated_and_damaged_files(tmp_path, finished):
    for name in ["events.lhe", "events.lhe.gz", "events.h5"]:
        data = (finished / name).read_bytes()
        broken = tmp_path / name
        broken.write_bytes(data[: len(data) // 2])
        done = run("inspect", broken)
        assert done.returncode == 2 and name in done.stderr, (name, done.stderr)
    grid = pathlib.Path(__file__).parents[2] / ".venv/share/Pythia8/pdfdata/NNPDF31_lo_as_0118_0000.dat"
    folder = tmp_path / "pdfs"
    folder.mkdir()
    (folder / "Cut_0000.dat").write_bytes(grid.read_bytes()[:400_000])
    done = run("integrate", CARD, "--set", "beams.pdf=Cut", cwd=tmp_path, env={**os.environ, "THALWEG_PDF_PATH": str(folder)})
    assert done.returncode == 2 and "Cut_0000.dat:" in done.stderr


def test_damaged_state_is_named(tmp_path):
    arguments = [CARD, *FAST, "--run", tmp_path / "r", "--quiet"]
    assert run("train", *arguments).returncode == 0
    (tmp_path / "r/state.json").write_text('{"grids": [')
    done = run("generate", *arguments)
    assert done.returncode == 2 and "state.json" in done.stderr


def test_slha_card(tmp_path):
    card = tmp_path / "c.toml"
    card.write_text('process = "p p > e+ e-"\nparameters = "param.dat"\n[beams]\nenergy = "13 TeV"\n[cuts]\n'
                    'm = { of = "mass(e+, e-)", min = 15 }\n')
    (tmp_path / "param.dat").write_text("BLOCK MASS\n 23 95.0\nDECAY 23 2.5\n")
    done = run("integrate", card, *FAST, "--run", tmp_path / "r", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "mass.z = 95.0" in (tmp_path / "r/card.toml").read_text()
    (tmp_path / "param.dat").write_text("BLOCK MASS\n 23 abc\n")
    done = run("integrate", card, *FAST, "--run", tmp_path / "r2", "--quiet")
    assert done.returncode == 2 and "param.dat:2" in done.stderr


def test_event_files_hold_no_trace_of_time_or_machine(finished):
    text = gzip.decompress((finished / "events.lhe.gz").read_bytes()).decode()
    head = text[: text.index("<event>")]
    assert str(SOURCE) not in head and time.strftime("%Y-%m") not in head
