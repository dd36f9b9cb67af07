"""Pictures of a diagnosis: python -m thalweg.diagnosis RUN writes RUN/diagnosis_<channel>.png."""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from thalweg.files import complete  # noqa: E402

MAP, REFERENCE = "#1f5f8b", "#b5651d"


def ratios(axis, cubes):
    values = np.array(cubes["ratios"])
    if len(values):
        axis.hist(values, bins=np.geomspace(1, max(2, values.max() * 1.05), 50), color=MAP)
    axis.set(xscale="log", yscale="log", xlabel="R = largest / second eigenvalue", ylabel="cubes",
             title=f"{cubes['tested']} of {cubes['seen']} cubes, largest R {cubes['largest_ratio']:.1f}")  # fmt: skip


def bimodality(axis, cubes):
    watched = cubes["watched"]
    axis.scatter([c["ratio"] for c in watched], [c["bimodality"] for c in watched], s=8, color=MAP)
    axis.axhline(5 / 9, color="grey", lw=0.8, label="flat, 5/9")
    axis.axhline(1, color=REFERENCE, lw=0.8, label="two points, 1")
    axis.set(xlabel="R", ylabel="bimodality of the distances", title=f"{len(watched)} cubes with large R", ylim=(0, 1.05))
    axis.legend(fontsize=8)


def weights(axis, channel):
    histogram = channel["weight_histogram"]
    counts = np.array(histogram["counts"])
    edges = np.logspace(histogram["log10_from"], histogram["log10_to"], len(counts) + 1)
    axis.stairs(counts, edges, color=MAP, fill=True)
    axis.set(xscale="log", yscale="log", xlabel="|w| / ⟨w⟩", ylabel="points",
             title=f"efficiency {100 * channel['efficiency']:.1f} % of {channel['points']:.3g}")  # fmt: skip


def coordinate(axis, number, c):
    """The shape by the map over that of the reference."""
    mine, other = np.array(c["sum"]), np.array(c["reference_sum"])
    errors = np.sqrt(np.array(c["square"])) / mine.sum(), np.sqrt(np.array(c["reference_square"])) / other.sum()
    mine, other = mine / mine.sum(), other / other.sum()
    seen = (mine > 0) & (other > 0)
    edges = np.linspace(0, 1, len(mine) + 1)
    middle, ratio = (edges[1:] + edges[:-1])[seen] / 2, mine[seen] / other[seen]
    error = ratio * np.hypot(errors[0][seen] / mine[seen], errors[1][seen] / other[seen])
    axis.errorbar(middle, ratio, error, fmt=".", ms=3, lw=0.8, color=MAP)
    axis.axhline(1, color="grey", lw=0.8)
    reach = min(0.5, max(0.02, 1.3 * np.quantile(np.abs(ratio - 1) + error, 0.9) if len(ratio) else 0.02))
    axis.set(xlabel=f"coordinate {number + 1}", ylabel="map / reference", ylim=(1 - reach, 1 + reach),
             title=f"χ²/dof {c['chi2']:.0f}/{c['dof']}, p = {c['p']:.2g}")  # fmt: skip


def draw(run):
    diagnosis = json.loads((run / "diagnosis.json").read_text())
    for number, channel in enumerate(diagnosis["channels"]):
        rows = (len(channel["coordinates"]) + 2) // 3
        figure, axes = plt.subplots(1 + rows, 3, figsize=(12, 3.2 * (1 + rows)), squeeze=False)
        weights(axes[0, 0], channel)
        if "cubes" in channel:
            ratios(axes[0, 1], channel["cubes"])
            bimodality(axes[0, 2], channel["cubes"])
        for axis, (i, c) in zip(axes[1:].flat, enumerate(channel["coordinates"])):
            coordinate(axis, i, c)
        for axis in axes.flat:
            axis.set_visible(axis.has_data())
        verdict = "usable" if channel["usable"] else "NOT USABLE: " + "; ".join(channel["objections"])
        covered = channel["coverage"]
        figure.suptitle(f"{diagnosis['process']}, {diagnosis['sampler']}, channel {channel['channel']}: coverage "
                        f"{covered['value']:.4f} ± {covered['error']:.4f}\n{verdict}", fontsize=10)  # fmt: skip
        figure.tight_layout()
        name = run / f"diagnosis_{number}.png"
        with complete(name) as file:
            figure.savefig(file, dpi=100, format="png")
        plt.close(figure)
        print(name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m thalweg.diagnosis RUN")
    draw(pathlib.Path(sys.argv[1]))
