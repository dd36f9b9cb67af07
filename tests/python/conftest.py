import os
import pathlib
import subprocess

import pytest

PROGRAM = os.environ.get("THALWEG_PROGRAM", "build/release/bin/thalweg")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CARD = SOURCE / "cards" / "drell_yan.toml"
FAST = ["--set", "integration.accuracy=0.003", "--set", "sampling.adaptation_points=4000"]


def run(*arguments, **options):
    """The program with its standard streams as text; stdin is empty."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **options
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run with all formats, made once."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    formats = 'output.format=["lhe.gz", "lhe", "hdf5"]'
    done = run("generate", CARD, *FAST, "--set", formats, "-n", 3000, "--run", folder, "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    return folder
