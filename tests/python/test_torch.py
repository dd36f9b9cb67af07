"""Second opinion on density and gradient of the coupling flow: the same formulas in torch, where it is installed."""

import json
import pathlib
import subprocess

import numpy as np
import pytest

from conftest import PROGRAM

torch = pytest.importorskip("torch")
HELPER = pathlib.Path(PROGRAM).parent / "flow_gradient"


def activate(flow, x):
    functions = {
        "leaky_relu": lambda: torch.nn.functional.leaky_relu(x, flow["leaky_slope"]),
        "elu": lambda: torch.nn.functional.elu(x),
        "silu": lambda: torch.nn.functional.silu(x),
    }
    return functions[flow["activation"]]()


def network(flow, block, p, x):
    for i, layer in enumerate(block["layers"]):
        rows = p[layer["weights"] : layer["weights"] + layer["out"] * layer["stride"]]
        weights = rows.reshape(layer["out"], layer["stride"])[:, : layer["in"]]
        x = x @ weights.T + p[layer["bias"] : layer["bias"] + layer["out"]]
        if i + 1 < len(block["layers"]):
            x = activate(flow, x)
    return x


def spline(flow, theta, x):
    """Image and log-derivative of the rational-quadratic splines (arXiv:1906.04032, 4 and 5)."""
    bins, floor = flow["bins"], flow["bin_floor"]
    room = 1 - bins * floor
    w = floor + room * torch.softmax(theta[:, :bins], 1)
    h = floor + room * torch.softmax(theta[:, bins : 2 * bins], 1)
    derivative = flow["derivative_floor"]
    d = derivative + (1 - derivative) * torch.nn.functional.softplus(theta[:, 2 * bins :]) / np.log(2)
    zero = torch.zeros(len(x), 1, dtype=x.dtype)
    left, low = torch.cat([zero, w.cumsum(1)], 1), torch.cat([zero, h.cumsum(1)], 1)
    k = (torch.searchsorted(left[:, 1:-1].detach().contiguous(), x[:, None].detach(), right=True)).clamp(0, bins - 1)
    pick = lambda rows, at: rows.gather(1, at)[:, 0]
    xk, yk, wk, hk = pick(left, k), pick(low, k), pick(w, k), pick(h, k)
    d0, d1, s = pick(d, k), pick(d, k + 1), hk / wk
    xi = (x - xk) / wk
    m = xi * (1 - xi)
    den = s + (d0 + d1 - 2 * s) * m
    y = yk + hk * (s * xi**2 + d0 * m) / den
    slope = s**2 * (d1 * xi**2 + 2 * s * m + d0 * (1 - xi) ** 2) / den**2
    return y, slope.log()


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "silu"])
def test_density_and_gradient(activation):
    flow = json.loads(subprocess.run([HELPER, activation], capture_output=True, text=True, check=True).stdout)
    p = torch.tensor(flow["parameters"], dtype=torch.float64, requires_grad=True)
    x = torch.tensor(flow["x"], dtype=torch.float64).reshape(-1, 64)
    columns, log_density = list(x), torch.zeros(64, dtype=torch.float64)
    outputs = 3 * flow["bins"] + 1
    for block in flow["blocks"]:
        inputs = torch.stack([2 * columns[i] - 1 for i in block["conditioning"]], 1)
        theta = network(flow, block, p, inputs)
        for i, feature in enumerate(block["transformed"]):
            columns[feature], log_slope = spline(flow, theta[:, i * outputs : (i + 1) * outputs], columns[feature])
            log_density = log_density + log_slope
    (torch.tensor(flow["factor"], dtype=torch.float64) * log_density).sum().backward()
    # Networks in float here, in double there: 1e-7 of activations of size 10, through ten splines.
    np.testing.assert_allclose(torch.stack(columns).detach().numpy().ravel(), flow["latent"], atol=2e-5)
    np.testing.assert_allclose(log_density.detach().numpy(), flow["log_density"], atol=5e-4)
    scale = p.grad.abs().max().item()
    np.testing.assert_allclose(flow["gradient"], p.grad.numpy(), atol=1e-4 * scale)
