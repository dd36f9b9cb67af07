"""Second opinion on densities and gradients of the maps: the same formulas in torch, where it is installed."""

import json
import pathlib
import subprocess

import numpy as np
import pytest

from conftest import PROGRAM

torch = pytest.importorskip("torch")
HELPERS = pathlib.Path(PROGRAM).parent


def activate(flow, x):
    functions = {
        "leaky_relu": lambda: torch.nn.functional.leaky_relu(x, flow["leaky_slope"]),
        "elu": lambda: torch.nn.functional.elu(x),
        "silu": lambda: torch.nn.functional.silu(x),
    }
    return functions[flow["activation"]]()


def network(flow, block, p, x):
    """flow: activation and its slope; block: layers."""
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
    flow = json.loads(subprocess.run([HELPERS / "flow_gradient", activation], capture_output=True, text=True, check=True).stdout)
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
    # The same floats, in sums of 64 points: 1.1e-4 of the largest was seen, in one of 6144 entries.
    scale = p.grad.abs().max().item()
    np.testing.assert_allclose(flow["gradient"], p.grad.numpy(), atol=2e-4 * scale)


def soft_clip(p, z):
    softplus = torch.nn.functional.softplus
    return (softplus(p * z) - softplus(p * (z - 1))) / p


@pytest.mark.parametrize("inputs", ["cube", "stretched"])
@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "silu"])
def test_jacobian_and_gradient_of_the_fully_connected_map(activation, inputs):
    """The determinant by automatic differentiation, and its gradient by differentiating that."""
    helper = [HELPERS / "ann_gradient", activation, inputs]
    ann = json.loads(subprocess.run(helper, capture_output=True, text=True, check=True).stdout)
    p = torch.tensor(ann["parameters"], dtype=torch.float64, requires_grad=True)
    rows = lambda name: torch.tensor(ann[name], dtype=torch.float64).reshape(-1, 64).T

    def image(x):
        u, clip = x, ann["clip"]
        if inputs == "stretched":
            u = x + (torch.log(-torch.expm1(-clip * x)) - torch.log(-torch.expm1(-clip * (1 - x)))) / clip
        return soft_clip(clip, network(ann, ann, p, 2 * u - 1))

    x = rows("x")
    y = image(x)
    jacobian = torch.stack([torch.autograd.functional.jacobian(image, one, create_graph=True) for one in x])
    log_jacobian = torch.linalg.slogdet(jacobian).logabsdet
    by_log = torch.tensor(ann["by_log_jacobian"], dtype=torch.float64)
    (by_log @ log_jacobian + (rows("by_image") * y).sum()).backward()
    np.testing.assert_allclose(y.detach().numpy().T.ravel(), ann["y"], atol=2e-6)
    # Floats carry 1e-7 of entries that the determinant takes the differences of.
    np.testing.assert_allclose(log_jacobian.detach().numpy(), ann["log_jacobian"], atol=2e-3)
    scale = p.grad.abs().max().item()
    np.testing.assert_allclose(ann["gradient"], p.grad.numpy(), atol=2e-4 * scale)
