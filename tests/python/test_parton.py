"""Cross check of the interpolation with the Python package parton.

parton uses a global bicubic spline, LHAPDF and we local cubics whose slopes are means of difference quotients
(checked to 1e-10 in tests/parton/pdf_test.cpp). Both go through the knots; between them they differ by 1e-5
typically and by up to 2.3e-4 where the curvature of a grid changes from knot to knot (d quark, x = 0.005,
Q = 10 GeV). The older default set is less smooth, its sea at large x most of all, so only its valence quarks are
compared. A wrong row, flavour or interval would show as a difference of per cents."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest


def test_interpolation_agrees_with_parton(tmp_path):
    folder = os.environ.get("THALWEG_PDF_PATH", "").split(":")[0]
    name, flavours, median, most, worst = "NNPDF40_lo_as_01180", [2, -2, 1, -1, 21], 2e-5, 1.5e-4, 5e-4
    if not (pathlib.Path(folder) / name).is_dir():
        # parton needs a set with its .info file: make one from the default grid
        data = pathlib.Path(sys.prefix) / "share/Pythia8/pdfdata/NNPDF31_lo_as_0118_0000.dat"
        name, flavours, median, most, worst = "NNPDF31_lo_as_0118", [2, 1], 4e-5, 3e-4, 1e-3
        (tmp_path / name).mkdir()
        (tmp_path / name / data.name).write_bytes(data.read_bytes())
        (tmp_path / name / f"{name}.info").write_text(
            "SetDesc: test\nFlavors: [-5, -4, -3, -2, -1, 21, 1, 2, 3, 4, 5]\nNumMembers: 1\nOrderQCD: 0\nQMin: 1.65\nQMax: 1e5\n"
            "XMin: 1e-9\nXMax: 1\nFormat: lhagrid1\n"
        )
        folder = str(tmp_path)
    import parton

    pdf = parton.mkPDF(name, 0, pdfdir=folder)
    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(np.log(1e-4), np.log(0.5), 300))
    q2 = np.exp(rng.uniform(np.log(100.0), np.log(1e6), 300))
    lookup = pathlib.Path(os.environ.get("THALWEG_PROGRAM", "build/release/bin/thalweg")).with_name("pdf_lookup")
    request = json.dumps({"set": name, "x": list(x), "q2": list(q2), "flavours": flavours})
    done = subprocess.run([lookup], input=request, capture_output=True, text=True, check=True,
                          env={**os.environ, "THALWEG_PDF_PATH": folder})
    ours = np.array(json.loads(done.stdout))
    for row, flavour in zip(ours, flavours):
        theirs = np.squeeze(pdf.xfxQ2(flavour, x, q2, grid=False))
        difference = np.abs(row - theirs) / np.abs(theirs)
        assert np.median(difference) < median, flavour
        assert np.quantile(difference, 0.95) < most, flavour
        assert np.max(difference) < worst, flavour
