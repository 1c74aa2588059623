"""Makes `oracle_values.json`: right-hand sides and trajectories of the published reference implementation of
the model.

The reference is a NumPy function `rhs(t, y, u, p, frozen, clamp)` with the dictionaries P0 (parameters) and
U0 (inputs), which is not part of this repository. Run once, from the repository's root:

    python tests/models/make_oracle_values.py PATH/TO/oracle.py

Trajectories are the reference's right-hand side under SciPy's LSODA at rtol 1e-11, pre-culture of six days
included; each is checked here against DOP853 at rtol 1e-11. Inputs of the cases are rounded before use, so
that the file holds what was computed with.
"""

import importlib.util
import json
import pathlib
import sys

import numpy as np
from scipy.integrate import solve_ivp

PRESETS = {  # name: parameters, IL-6 of the pre-culture, clamped
    "mm1s": ({}, 0.0, True),
    "u266": ({"g_auto": 15.0, "b_const": 0.012}, 0.0, False),
    "ina6": ({"b_mM": 0.10, "w_mMS": 2.4, "b_X": 0.1, "b_B": 0.32}, 2.5, True),
    "t1114": ({"wM": 0.25, "wX": 0.15, "w2": 0.60}, 0.0, True),
    "hepatocyte": ({"k_aL": 0.23, "K_L": 200.0}, 0.0, True),
    "osteoblast": ({"b_const": 0.0, "w_NA": 0.0, "w_NS": 0.0, "b_m6": 0.1}, 0.0, True),
}
USUAL = {
    "sIL6R": 50.0,
    "TNF": 10.0,
    "BMA": 0.1,
    "BMSC": 0.1,
    "contact": 1.0,
    "E2": 1.0,
    "rux": 300.0,
    "silt": 6.7,
    "toci": 67.0,
    "tram": 3.0,
    "akti": 200.0,
    "pi3ki": 100.0,
    "ikki": 1000.0,
    "btz": 4.0,
    "ven": 300.0,
    "s63": 30.0,
    "a133": 50.0,
    "dex": 100.0,
    "chemo": 100.0,
    "p38i": 100.0,
    "vpsi": 100.0,
    "fulv": 100.0,
    "tam": 100.0,
}
SHARES = ("f_NB", "f_p38", "gr_tx", "rho_I", "rho_M", "rho_Y", "sig_M", "e_CH", "e_bone")  # stay within 0..1
PRECULTURE = 8640.0


def rounded(x: float) -> float:
    return float(f"{x:.6g}")


def drawn_inputs(rng: np.random.Generator, count: int) -> dict[str, float]:
    names = rng.choice(sorted(USUAL), count, replace=False)
    return {
        n: 1.0 if n == "contact" else rounded(USUAL[n] * np.exp(0.7 * rng.standard_normal())) for n in names
    }


def rhs_case(oracle, rng: np.random.Generator, rest: np.ndarray) -> dict:
    y = np.array([rounded(v) for v in np.abs(rest + 0.05 * rng.random(38)) * np.exp(rng.standard_normal(38))])
    for name in ("pS", "pAkt", "pMEK", "pERK", "pp38", "CASP", "ST", "ERt"):
        y[oracle.IX[name]] = rounded(rng.random())
    p = {
        k: rounded(v * np.exp(0.4 * rng.standard_normal())) if v else rounded(0.5 * rng.random())
        for k, v in oracle.P0.items()
    }
    p |= {k: min(p[k], 1.0) for k in SHARES}
    u = drawn_inputs(rng, int(rng.integers(0, 20))) | {"GF": rounded(rng.random())}
    t = rounded(1000 * rng.standard_normal())
    frozen, clamped = bool(rng.random() < 0.3), bool(rng.random() < 0.3)
    rates = oracle.rhs(t, y, oracle.U0 | u, p, frozen, clamped)
    return {
        "t": t,
        "y": y.tolist(),
        "parameters": p,
        "inputs": u,
        "frozen": frozen,
        "clamped": clamped,
        "rates": list(map(float, rates)),
    }


def solved(oracle, y, span, u, p, frozen, clamp, method, points):
    s = solve_ivp(
        oracle.rhs,
        span,
        y,
        args=(oracle.U0 | u, p, frozen, clamp),
        method=method,
        rtol=1e-11,
        atol=1e-13,
        t_eval=points,
    )
    assert s.success, s.message
    return s.y.T


def trajectory(oracle, case: dict, method: str) -> np.ndarray:
    """Pre-culture, wash and stimulus, inputs changed at `switch`; the states at `times`."""
    parameters, il6, clamped = PRESETS[case["preset"]]
    p = oracle.P0 | parameters | case["parameters"]
    y = oracle.y_init()
    y[oracle.IX["IL6"]] = il6
    # A negative clock keeps ruxolitinib, absent here, from decaying before the stimulus.
    y = solved(oracle, y, (-PRECULTURE, 0.0), case["pre"], p, True, clamped, method, [0.0])[-1]
    y[oracle.IX["IL6"]], y[oracle.IX["VEGF"]], y[oracle.IX["Z"]] = case["il6"], 0.0, 100.0
    times, switch = np.array(case["times"]), case["switch"]
    first = solved(oracle, y, (0.0, switch), case["inputs"], p, False, False, method, times[times <= switch])
    second = solved(
        oracle,
        first[-1],
        (switch, times[-1]),
        case["inputs"] | case["later"],
        p,
        False,
        False,
        method,
        times[times >= switch],
    )
    return np.vstack([first, second[1:]])


def main(path: str) -> None:
    spec = importlib.util.spec_from_file_location("oracle", path)
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    rng = np.random.default_rng(788)
    rest = oracle.preeq(dict(oracle.P0))
    cases = [rhs_case(oracle, rng, rest) for _ in range(16)]
    times = [0.0, 10.0, 30.0, 90.0, 240.0, 720.0, 1440.0, 2880.0]
    runs = [
        {
            "preset": name,
            "parameters": {},
            "pre": {},
            "il6": 10.0,
            "inputs": {},
            "switch": 240.0,
            "later": {},
            "times": times,
        }
        for name in PRESETS
    ]
    for _ in range(20):
        pre = {"E2": 10.0} if rng.random() < 0.3 else {}
        changed = rng.choice(
            sorted(k for k, v in oracle.P0.items() if v and not k.startswith("h_")), 8, replace=False
        )
        runs.append(
            {
                "preset": str(rng.choice(sorted(PRESETS))),
                "parameters": {
                    str(k): rounded(oracle.P0[k] * np.exp(0.3 * rng.standard_normal())) for k in changed
                }
                | {str(rng.choice(["e_deg", "e_syn", "e_tx", "e_imp", "e_stat", "e_coup"])): 0.5},
                "pre": pre,
                "il6": rounded(10 * np.exp(rng.standard_normal())),
                "inputs": drawn_inputs(rng, 4) | pre,
                "switch": 240.0,
                "later": drawn_inputs(rng, 2),
                "times": times,
            }
        )
    worst = 0.0
    for run in runs:
        y = trajectory(oracle, run, "LSODA")
        check = trajectory(oracle, run, "DOP853")
        worst = max(worst, float((np.abs(y - check) / np.maximum(np.abs(y).max(0), 1e-9)).max()))
        run["states"] = [[float(f"{v:.11g}") for v in row] for row in y]
    print(f"LSODA and DOP853 differ by at most {worst:.1e} of a species' maximum")
    out = pathlib.Path(__file__).with_name("oracle_values.json")
    out.write_text(json.dumps({"species": oracle.STATES, "rates": cases, "trajectories": runs}))


if __name__ == "__main__":
    main(sys.argv[1])
