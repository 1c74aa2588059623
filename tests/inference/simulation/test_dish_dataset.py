"""Simulated dishes as labelled datasets, and the command line around them."""

import pathlib
import sys
from dataclasses import replace

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp

from inference.command.main import main
from inference.simulation import dish_dataset, dish_stream
from inference.simulation.dish_figure import main_readouts
from models.catalogue import niche
from models.dish import dish
from models.engine.compile import compile_network
from models.engine.resumable_file import PartsError, folder, part_file

ROOT = pathlib.Path(__file__).resolve().parents[3]
NUMERICS = dish_dataset.Numerics(1e-8, 1e-11, 100_000)
TIMES = dish_dataset.output_times(60.0, 25.0)


@pytest.fixture(scope="module")
def data() -> xr.Dataset:
    network = niche()
    nominal = np.array([p.value for p in network.parameters])
    broken = nominal.copy()
    broken[[p.name for p in network.parameters].index("k_S")] = np.nan
    sets = np.stack([nominal, broken, nominal])
    return dish_dataset.simulate(
        dish_dataset.Ensemble(network, dish(network, "x", il6=10.0), sets, TIMES, NUMERICS)
    )


def test_output_times_run_from_zero_to_the_end_inclusive():
    assert TIMES.tolist() == [0.0, 25.0, 50.0, 60.0]
    assert dish_dataset.output_times(60.0, 20.0).tolist() == [0.0, 20.0, 40.0, 60.0]


def test_the_dataset_is_labelled_with_names_and_units(data):
    assert data["concentration"].dims == ("set", "time", "species")
    assert dict(zip(data["species"].values, data["unit"].values, strict=True))["IL6"] == "ng/mL"
    assert data["time"].attrs["units"] == "min"
    assert data["concentration"].sel(set=0, time=0.0, species="IL6") == 10.0  # just after the jump
    assert "memory (unverified)" in data["parameter_status"].values


def test_a_set_that_cannot_be_solved_is_marked_and_not_a_number(data):
    assert data["ok"].values.tolist() == [True, False, True]
    assert data["reason"].values[1] != "complete"
    assert np.isnan(data["concentration"].sel(set=1)).all()
    assert np.isfinite(data["concentration"].sel(set=0)).all()


def test_concentrations_are_those_of_scipy(data):
    system = compile_network(niche())
    args = list(system.nominal)

    def level(name, value):
        args[len(system.parameters) + system.inputs.index(name)] = value

    field = jax.jit(lambda t, y, a: jnp.stack(system.field(t, tuple(y), tuple(a))))

    def run(y, span, points):
        out = solve_ivp(
            lambda t, y: np.asarray(field(t, y, np.array(args))),
            span,
            y,
            "LSODA",
            points,
            rtol=1e-10,
            atol=1e-13,
        )
        return out.y.T

    level("clamped", 1.0)
    level("frozen", 1.0)
    y = run(np.array(system.initial), (-8640.0, 0.0), [0.0])[-1]
    y[system.species.index("IL6")] = 10.0
    level("clamped", 0.0)
    level("frozen", 0.0)
    expected = run(y, (0.0, 60.0), TIMES)
    found = data["concentration"].sel(set=0).values
    # A step tolerance of 1e-8 leaves a few of them in the value.
    np.testing.assert_array_less(np.abs(found - expected).max(0), 1e-6 * np.abs(expected).max(0) + 1e-12)


def test_one_set_alone_has_dense_output_and_agrees_with_the_same_set_among_others(data):
    network = niche()
    asked = dish_dataset.Ensemble(
        network, dish(network, "x", il6=10.0), data["parameter_value"].values[:1], TIMES, NUMERICS
    )
    alone = dish_dataset.simulate(asked)
    assert alone["ok"].values.tolist() == [True]
    found, expected = alone["concentration"].values[0], data["concentration"].values[0]
    # The bound of the comparison with SciPy above: the dense output is as good as the steps.
    np.testing.assert_array_less(np.abs(found - expected).max(0), 1e-6 * np.abs(expected).max(0) + 1e-12)
    spoilt = dish_dataset.simulate(replace(asked, sets=data["parameter_value"].values[1:2]))
    assert spoilt["ok"].values.tolist() == [False]
    assert spoilt["reason"].values.tolist() == data["reason"].values[1:2].tolist()
    assert np.isnan(spoilt["concentration"]).all()


def test_the_dataset_survives_its_file(data, tmp_path):
    dish_dataset.save(data, tmp_path / "x.nc")
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as back:
        xr.testing.assert_equal(back["concentration"].load(), data["concentration"])
        assert back.attrs["fingerprint"] == niche().fingerprint


def test_a_stream_that_was_stopped_goes_on_and_ends_with_the_same_dataset(data, tmp_path, monkeypatch):
    """In pieces of two sets; the mark on the first piece is found again where nothing was done twice."""
    monkeypatch.setattr(dish_dataset, "PIECE", 2)
    network, file = niche(), tmp_path / "x.nc"
    asked = dish_dataset.Ensemble(
        network, dish(network, "x", il6=10.0), data["parameter_value"].values, TIMES, NUMERICS
    )
    assert asked.pieces == 2
    assert not dish_stream.stream(asked, file, share=(0, 2))  # another process has the second piece to do
    assert not file.exists()
    with h5py.File(part_file(file, 0), "r+") as f:
        f["values"][0, 0, 0, 0] = 77.0
    with pytest.raises(PartsError, match="belongs to another run"):
        dish_stream.stream(replace(asked, numerics=replace(NUMERICS, rtol=1e-7)), file)
    assert dish_stream.stream(asked, file)
    with xr.open_dataset(file, engine="h5netcdf") as found:
        assert found["concentration"].values[0, 0, 0] == 77.0
        found["concentration"].load()[0, 0, 0] = data["concentration"][0, 0, 0]
        # Another number of lanes in a batch: other vector instructions, no other steps.
        xr.testing.assert_allclose(found.drop_attrs(), data.drop_attrs(), rtol=1e-9)
        assert set(found.attrs) == set(data.attrs)
    assert not folder(file).exists()


def test_the_figure_has_a_panel_for_each_readout_and_leaves_failed_sets_out(data):
    figure = main_readouts(data, "a title")
    assert len(figure.axes) == 9
    assert "2 sets" in figure.get_suptitle()


@pytest.fixture
def command(monkeypatch, capsys):
    def call(*options: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["gp130", "simulate", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    "options, said",
    [
        (("--set", "k_s=2"), "did you mean 'k_S'"),
        (("--preset", "mm2"), "did you mean 'mm1s'"),
        (("--drug", "bortezomb=4"), "did you mean 'bortezomib'"),
        (("--input", "TNFa=3"), "did you mean 'TNF'"),
        (("--il6", "much"), "not a number"),
        (("--nothing",), "is no option of simulate"),
        (("--out", "/dev/null/x.nc"), "no file can be written there"),
    ],
)
def test_a_wrong_option_is_one_line_exit_code_two_and_no_file(options, said, tmp_path, command):
    out = tmp_path / "never" / "x.nc"
    code, text = command(*(() if "--out" in options else ("--out", str(out))), *options)
    assert code == 2
    assert len(text.strip().splitlines()) == 1
    assert said in text
    assert not out.parent.exists()


def test_the_command_writes_a_labelled_file_and_a_figure(tmp_path, command):
    out = tmp_path / "deep" / "x.nc"
    code, text = command(
        "--preset",
        "u266",
        "--il6",
        "10",
        "--input",
        "BMSC=0.1",
        "--drug",
        "bortezomib=4@30",
        "--drug",
        "ruxolitinib=500@-30",
        "--pre",
        "E2=10",
        "--hypothesis",
        "H1",
        "--set",
        "k_S=2.5",
        "--hours",
        "1",
        "--every",
        "20",
        "--ensemble",
        "3",
        "--spread",
        "prior",
        "--out",
        str(out),
    )
    assert code == 0, text
    with xr.open_dataset(out, engine="h5netcdf") as data:
        assert dict(data.sizes) == {"set": 3, "time": 4, "species": 40, "parameter": 269}
        assert data["time"].values.tolist() == [0.0, 20.0, 40.0, 60.0]
        assert (data["parameter_value"].sel(parameter="k_S") == 2.5).all()
        assert (data["parameter_value"].sel(parameter="e_deg") == 0.8).all()
        assert (data["concentration"].sel(time=0.0, species="IL6") == 10.0).all()
        assert len(set(data["parameter_value"].sel(parameter="g_auto").values)) == 3
    assert out.with_suffix(".png").stat().st_size > 10_000
