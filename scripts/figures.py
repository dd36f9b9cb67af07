"""What the scripts that make tables share: runs of a card, rows of Markdown."""

import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]


def run(program, command, card, *options, look=None):
    """The result document of a run in a folder of its own, with `seen`: what `look` finds in that folder."""
    with tempfile.TemporaryDirectory() as parent:
        folder = pathlib.Path(parent) / "r"
        done = subprocess.run([program, command, ROOT / f"cards/{card}.toml", *map(str, options), "--run", folder, "--json",
                               "--quiet"], capture_output=True, text=True)
        if done.returncode not in (0, 4):
            sys.exit(f"{card}: exit code {done.returncode} {done.stderr}")
        return json.loads(done.stdout) | ({"seen": look(folder)} if look else {})


def line(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def head(*cells):
    line(*cells)
    line(*["---"] * len(cells))
