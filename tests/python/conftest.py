import json
import os
import pathlib
import subprocess
import zlib

import pytest

PROGRAM = os.environ.get("THALWEG_PROGRAM", "build/release/bin/thalweg")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
CARD = SOURCE / "cards" / "drell_yan.toml"
FAST = ["--set", "integration.accuracy=0.003", "--set", "sampling.adaptation_points=4000"]


def run(*arguments, **options):
    """The program with its standard streams as text; stdin is empty."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1200, **options
    )


def edit_document(path, change):
    """A document of a run folder with other values and a right checksum. `change` gets it and may return another."""
    text = path.read_text()
    document = json.loads(text)
    document = change(document) or document
    head, rest = [], dict(document)
    for key in ("format", "file", "card"):
        head.append(f"{json.dumps(key)}: {json.dumps(rest.pop(key))}")
    rest.pop("checksum")
    body = json.dumps(rest)[1:] + "\n"
    path.write_text("{" + ", ".join(head) + f', "checksum": "{zlib.crc32(body.encode()):08x}",\n' + body)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A finished run with all formats, made once."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    formats = 'output.format=["lhe.gz", "lhe", "hdf5"]'
    done = run("generate", CARD, *FAST, "--set", formats, "-n", 3000, "--run", folder, "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    return folder
