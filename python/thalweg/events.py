"""Events as arrays.

    import thalweg
    events = thalweg.load("drell_yan.run/events.h5")
    events["p"]        # (N, n, 4) float64: E, px, py, pz in GeV, incoming particles first
    events["pdg"]      # (N, n) int
    events["weight"]   # (N,) float64, pb: their mean is the cross section
    events["channel"]  # (N,) int, integration channel, -1 when unknown
    events["meta"]     # dict: process, cross_section, error

From the command line: python -m thalweg.events FILE -o FILE.npz
"""

import argparse
import json
import pathlib
import sys

import h5py
import numpy as np

from thalweg.files import complete


def load(path):
    """Arrays of an event file, .lhe, .lhe.gz or .h5 (LHEH5)."""
    path = pathlib.Path(path)
    if path.name.endswith((".h5", ".hdf5")):
        return _load_hdf5(path)
    if path.name.endswith((".lhe", ".lhe.gz")):
        return _load_lhe(path)
    raise ValueError(f"{path}: unknown ending; expected .lhe, .lhe.gz or .h5")


def _load_hdf5(path):
    with h5py.File(path) as file:
        rows = file["events"][:]
        legs = int(file["procInfo"][0, 1])
        particles = file["particles"][:].reshape(len(rows), legs, 13)
        trials = rows[:, 3].sum()
        scale = len(rows) / trials if trials > 0 else 1.0
        channel = file["thalweg/channel"][:] if "thalweg/channel" in file else np.full(len(rows), -1)
        return {
            "p": particles[:, :, [9, 6, 7, 8]],
            "pdg": particles[:, :, 0].astype(int),
            "weight": rows[:, 9] * scale,
            "channel": channel,
            "meta": {
                "cross_section": float(file["procInfo"][:, 3].sum()),
                "error": float(np.sqrt((file["procInfo"][:, 4] ** 2).sum())),
            },
        }


def _load_lhe(path):
    import pylhe

    file = pylhe.LHEFile.fromfile(str(path))
    p, pdg, weight = [], [], []
    for event in file.events:
        p.append([(q.e, q.px, q.py, q.pz) for q in event.particles])
        pdg.append([int(q.id) for q in event.particles])
        weight.append(event.eventinfo.weight)
    process = file.init.procInfo
    return {
        "p": np.array(p),
        "pdg": np.array(pdg),
        "weight": np.array(weight),
        "channel": np.full(len(weight), -1),
        "meta": {
            "cross_section": float(sum(i.xSection for i in process)),
            "error": float(np.sqrt(sum(i.error**2 for i in process))),
        },
    }


def main():
    parser = argparse.ArgumentParser(prog="thalweg.events", description="Event file to npz arrays")
    parser.add_argument("file")
    parser.add_argument("-o", "--output", required=True, help="npz file")
    arguments = parser.parse_args()
    try:
        events = load(arguments.file)
        events["meta"] = json.dumps(events["meta"])
        output = arguments.output if arguments.output.endswith(".npz") else arguments.output + ".npz"
        with complete(output) as file:
            np.savez_compressed(file, **events)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"thalweg.events: {error}")


if __name__ == "__main__":
    main()
