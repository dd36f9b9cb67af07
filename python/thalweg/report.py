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
from thalweg.files import complete  # noqa: E402

NAMES = {11: "e-", -11: "e+", 13: "mu-", -13: "mu+", 15: "ta-", -15: "ta+", 21: "g", 22: "a", 23: "z", 24: "w+",
         -24: "w-", 25: "h", 6: "t", -6: "t~"}  # fmt: skip
COLOURS = ["#1f5f8b", "#c1553b", "#3f7f4f", "#8a6fb0", "#b8892f", "#4a4a4a", "#2aa0a4", "#a03f6c"]


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


def mass(p):
    return np.sqrt(np.maximum(p[:, 0] ** 2 - (p[:, 1:] ** 2).sum(axis=1), 0))


def rapidity(p):
    return np.arctanh(np.clip(p[:, 3] / p[:, 0], -1 + 1e-15, 1 - 1e-15))


def transverse(p):
    return np.hypot(p[:, 1], p[:, 2])


def curves(axis, values, weights, bins, label):
    """The same observable of several particles."""
    for (name, x), colour in zip(values.items(), COLOURS):
        counts, edges = np.histogram(x, bins=bins, weights=weights)
        axis.stairs(counts / np.diff(edges), edges, color=colour, label=name)
    axis.set_xlabel(label)
    axis.legend(fontsize=7, frameon=False, ncol=2)


def names_of(pdg):
    """One name for each final particle; a number where it is not the same in all events."""
    names = []
    for k in range(pdg.shape[1]):
        kinds = set(pdg[:, k].tolist())
        name = NAMES.get(kinds.pop(), "") if len(kinds) == 1 else ""
        names.append(f"{name or 'particle'} ({k + 1})")
    return names


def draw_two(axes, final, name, weight):
    pt = transverse(final[:, 0])
    eta = np.arcsinh(final[:, 0, 3] / pt)
    histogram(axes[0, 1], pt, weight, np.linspace(0, np.quantile(pt, 0.995), 50), f"$p_T$({name}) [GeV]")
    histogram(axes[1, 1], eta, weight, np.linspace(-8, 8, 40), f"$\\eta$({name})")


def draw_many(axes, final, names, weight):
    pt = {n: transverse(final[:, k]) for k, n in enumerate(names)}
    eta = {n: np.arcsinh(final[:, k, 3] / np.maximum(pt[n], 1e-300)) for k, n in enumerate(names)}
    pairs = {f"{names[i]}, {names[j]}": mass(final[:, i] + final[:, j])
             for i in range(len(names)) for j in range(i)}  # fmt: skip
    top = max(np.quantile(x, 0.98) for x in pt.values())
    curves(axes[0, 1], pt, weight, np.linspace(0, top, 60), "$p_T$ [GeV]")
    curves(axes[1, 1], eta, weight, np.linspace(-8, 8, 40), "$\\eta$")
    low = max(min(np.quantile(x, 0.001) for x in pairs.values()), 1e-3)
    high = max(np.quantile(x, 0.999) for x in pairs.values())
    curves(axes[0, 2], dict(list(pairs.items())[: len(COLOURS)]), weight, np.geomspace(low, high, 60), "mass of pairs [GeV]")
    axes[0, 2].set_xscale("log")
    axes[0, 2].set_yscale("log")
    order = np.sort(np.array(list(pt.values())), axis=0)[::-1]
    ordered = {f"largest {k + 1}": order[k] for k in range(len(names))}
    curves(axes[1, 2], ordered, weight, np.linspace(0, np.quantile(order[0], 0.98), 60), "$p_T$, by size [GeV]")
    axes[0, 1].set_yscale("log")
    axes[1, 2].set_yscale("log")


def draw(run):
    result = json.loads((run / "result.json").read_text())
    if not result.get("files"):
        sys.exit(f"thalweg.report: {run} holds no events; make some with thalweg generate")
    # named from the folder in which the run was started
    file = next((f for f in (pathlib.Path(result["files"][0]), run / pathlib.Path(result["files"][0]).name) if f.exists()), None)
    if file is None:
        sys.exit(f"thalweg.report: the events of {run}, {result['files'][0]}, are not there")
    events = load(file)
    n = len(events["weight"])
    if n == 0:
        sys.exit(f"thalweg.report: {run} holds no events; make some with thalweg generate")
    weight = events["weight"] / n
    p = events["p"]
    incoming = 1 if np.allclose(p[:, 0], p[:, 1:].sum(axis=1), rtol=1e-6, atol=1e-6) else 2
    final, names = p[:, incoming:], names_of(events["pdg"][:, incoming:])
    whole = final.sum(axis=1)
    m, y = mass(whole), rapidity(whole)
    many = final.shape[1] > 2
    figure, axes = plt.subplots(2, 3 if many else 2, figsize=(15 if many else 10, 7))
    # at fixed energy mass and rapidity are one number: a range around it
    edges = np.geomspace(max(m.min(), 1e-3) * 0.99, m.max() * 1.01, 60)
    histogram(axes[0, 0], m, weight, edges, "mass of the final state [GeV]", log=True)
    widest = max(np.abs(y).max(), 1.0)
    histogram(axes[1, 0], y, weight, np.linspace(-widest, widest, 40), "rapidity of the final state")
    if many:
        draw_many(axes, final, names, weight)
    else:
        draw_two(axes, final, names[0].split(" (")[0], weight)
    unit = result["cross_section"]["unit"]
    for axis in axes.flat:
        axis.set_ylabel(f"d$\\sigma$ [{unit}{'/GeV' if 'GeV' in axis.get_xlabel() else ''}]")
    sigma, w = result["cross_section"], result["weights"]
    figure.suptitle(
        f"{result['process']}   $\\sigma$ = {sigma['value']:.6g} $\\pm$ {sigma['error']:.2g} {sigma['unit']}   "
        f"{n} events, efficiency {100 * w['efficiency_budget']:.1f} %"
    )
    figure.tight_layout()
    with complete(run / "report.png") as file:
        figure.savefig(file, dpi=110, format="png")
    print(run / "report.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m thalweg.report RUN")
    draw(pathlib.Path(sys.argv[1]))
