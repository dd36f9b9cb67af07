"""Pictures of a finished run: python -m thalweg.report RUN writes RUN/report.png."""

import json
import pathlib
import sys

import matplotlib
import matplotlib.ticker

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from thalweg.events import load  # noqa: E402

NAMES = {11: "e-", -11: "e+", 13: "mu-", -13: "mu+", 15: "ta-", -15: "ta+", 22: "a", 23: "z"}


def histogram(axis, values, weights, bins, label, log=False):
    """Differential cross section with statistical errors from the sum of squared weights."""
    counts, edges = np.histogram(values, bins=bins, weights=weights)
    squares, _ = np.histogram(values, bins=bins, weights=weights**2)
    width = np.diff(edges)
    axis.stairs(counts / width, edges, color="#1f5f8b")
    middle = np.sqrt(edges[1:] * edges[:-1]) if log else (edges[1:] + edges[:-1]) / 2
    axis.errorbar(middle, counts / width, np.sqrt(squares) / width, fmt="none", ecolor="#1f5f8b", lw=0.8)
    axis.set_xlabel(label)
    if log:
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.xaxis.set_major_formatter(matplotlib.ticker.ScalarFormatter())
        axis.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axis.set_xticks([t for t in (20, 50, 100, 200, 500, 1000, 2000, 5000) if edges[0] <= t <= edges[-1]])


def kinematics(p):
    """Mass of the final state, p_T of its first particle, rapidity of the whole, eta of the first."""
    total = p[:, 2:].sum(axis=1)
    mass = np.sqrt(np.maximum(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1), 0))
    first = p[:, 2]
    pt = np.hypot(first[:, 1], first[:, 2])
    rapidity = 0.5 * np.log((total[:, 0] + total[:, 3]) / (total[:, 0] - total[:, 3]))
    eta = np.arcsinh(first[:, 3] / pt)
    return mass, pt, rapidity, eta


def draw(run):
    result = json.loads((run / "result.json").read_text())
    if not result.get("files"):
        sys.exit(f"thalweg.report: {run} holds no events; make some with thalweg generate")
    events = load(result["files"][0])
    n = len(events["weight"])
    if n == 0 or events["p"].shape[1] != 4:
        sys.exit(f"thalweg.report: {run}: pictures are there for events of two into two particles")
    weight = events["weight"] / n
    mass, pt, rapidity, eta = kinematics(events["p"])
    name = NAMES.get(int(events["pdg"][0, 2]), "first particle")
    figure, axes = plt.subplots(2, 2, figsize=(10, 7))
    # at fixed energy mass and rapidity are one number: a range around it
    edges = np.geomspace(max(mass.min(), 1e-3) * 0.99, mass.max() * 1.01, 60)
    widest = max(np.abs(rapidity).max(), 1.0)
    histogram(axes[0, 0], mass, weight, edges, "mass of the final state [GeV]", log=True)
    histogram(axes[0, 1], pt, weight, np.linspace(0, np.quantile(pt, 0.995), 50), f"$p_T$({name}) [GeV]")
    histogram(axes[1, 0], rapidity, weight, np.linspace(-widest, widest, 40), "rapidity of the final state")
    histogram(axes[1, 1], eta, weight, np.linspace(-8, 8, 40), f"$\\eta$({name})")
    for axis, unit in zip(axes.flat, ["pb/GeV", "pb/GeV", "pb", "pb"]):
        axis.set_ylabel(f"d$\\sigma$ [{unit}]")
    sigma, w = result["cross_section"], result["weights"]
    figure.suptitle(
        f"{result['process']}   $\\sigma$ = {sigma['value']:.6g} $\\pm$ {sigma['error']:.2g} {sigma['unit']}   "
        f"{n} events, efficiency {100 * w['efficiency_budget']:.1f} %"
    )
    figure.tight_layout()
    figure.savefig(run / "report.png", dpi=110)
    print(run / "report.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m thalweg.report RUN")
    draw(pathlib.Path(sys.argv[1]))
