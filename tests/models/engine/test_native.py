"""The native kernel against NumPy, against the engine on XLA, and without a compiler, a cache or a disk."""

from __future__ import annotations

import errno
import os
import pathlib
import subprocess
import sys
import threading
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from models.declare import Parameter, Pathway, Reaction, Species, assumed, nothing
from models.engine import derivative
from models.engine.compile import System, compile_network
from models.engine.lanes import every_species, simulate_lanes
from models.engine.native import choice, compiler, processor
from models.engine.native.assignments import Assignments, NotNativeError
from models.engine.native.kernel import source
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule
from models.engine.solver.tableau import RODAS5P
from models.engine.work_queue import COMPLETE, NOT_FINITE, STEP_TOO_SMALL, TOO_MANY_STEPS
from models.network import assemble
from models.ratelaws import hill

why = assumed("a toy")
ANSWER = 'extern "C" int answer() {{ return {}; }}\n'
WIDEST = processor.vector_width()


class Blast(Pathway):
    """Grows by its own square, against a saturating loss: with enough of it there is an end of time."""

    k = Parameter("k", 0.1, "1/nM/min", "growth", why)
    d = Parameter("d", 30.0, "nM/min", "loss", why)
    h = Parameter("h", 2.0, "1", "steepness", why)
    K = Parameter("K", 1.0, "nM", "half", why)
    a = Species("a", 1.0, "nM", "first")
    b = Species("b", 0.0, "nM", "second")
    grow = Reaction(nothing, a, k * a.symbol**2, "growth")
    turn = Reaction(a, b, d * hill(a, K, h), "conversion")
    lose = Reaction(b, nothing, k * K * b, "loss")


@pytest.fixture(scope="module")
def system() -> System:
    return compile_network(assemble("blast", Blast))


def lanes(system: System, parameters: np.ndarray, **more: Any) -> Trajectory:
    """Two periods, the second with a jump; outputs before, at and after it."""
    n, species = len(parameters), len(system.species)
    schedule = Schedule(
        jnp.asarray([[0.0, 1.5, np.inf]] * n),
        jnp.zeros((n, 3, 0)),
        jnp.asarray(np.full((n, 3, species), 0.9)),
        jnp.asarray(np.full((n, 3, species), 0.2)),
    )
    times = jnp.asarray([[0.0, 0.3, 1.5, 4.0]] * n)
    settings: dict[str, Any] = {"rtol": 1e-7, "atol": 1e-9, "max_steps": 10_000} | more
    return simulate_lanes(system, jnp.asarray(parameters), schedule, times, **settings)


def sets(count: int) -> np.ndarray:
    """Some that settle, and some that blow up, run out of steps or cannot be started."""
    rng = np.random.default_rng(5)
    found = np.array([0.1, 30.0, 2.0, 1.0]) * np.exp(0.5 * rng.standard_normal((count, 4)))
    if count > 12:
        found[3], found[7, 1], found[11, 0], found[12, 1] = (9.0, 0.1, 2.0, 1.0), np.nan, np.inf, 1e5
    return found


def test_a_kernel_is_here_where_its_compiler_is(system: System) -> None:
    assert choice.chosen(system, RODAS5P, every_species) is not None
    assert choice.engine().startswith(f"native, {WIDEST} lanes, ")


def test_values_flags_reasons_and_steps_are_those_of_xla(system: System) -> None:
    native, xla = lanes(system, sets(21)), lanes(system, sets(21), lanes=64)
    np.testing.assert_array_equal(native.reason, xla.reason)
    np.testing.assert_array_equal(native.ok, xla.ok)
    assert {COMPLETE, NOT_FINITE, STEP_TOO_SMALL} <= set(np.asarray(native.reason).tolist())
    solved = np.asarray(native.ok)
    np.testing.assert_array_equal(np.asarray(native.steps)[solved], np.asarray(xla.steps)[solved])
    # rounding alone is between them: the same steps, each to 1e-10
    np.testing.assert_allclose(native.values, xla.values, rtol=1e-9, atol=1e-12)
    few = lanes(system, sets(21), max_steps=20)
    np.testing.assert_array_equal(few.reason, lanes(system, sets(21), max_steps=20, lanes=64).reason)
    assert TOO_MANY_STEPS in np.asarray(few.reason)


def test_an_item_gets_the_same_bits_alone_in_a_batch_mapped_and_in_any_order(system: System) -> None:
    rows = sets(21)
    whole = np.asarray(lanes(system, rows).values)
    np.testing.assert_array_equal(np.asarray(lanes(system, rows[::-1]).values)[::-1], whole)
    for i in (0, 3, 20):
        np.testing.assert_array_equal(np.asarray(lanes(system, rows[i : i + 1]).values)[0], whole[i])
    mapped = jax.jit(jax.vmap(lambda x: lanes(system, x[None]).values[0]))(jnp.asarray(rows))
    np.testing.assert_array_equal(mapped, whole)


@pytest.mark.parametrize("width", [1, 4, 8])
def test_every_width_of_vectors_does_the_same(system: System, width: int, monkeypatch: Any) -> None:
    if width > WIDEST:
        pytest.skip(f"this processor has vectors of {WIDEST}")
    expected = np.asarray(lanes(system, sets(21)).values)
    monkeypatch.setattr(processor, "vector_width", lambda known=None: width)

    def observe(t: Any, y: Any, args: Any) -> Any:
        return every_species(t, y, args)  # another function, and so another kernel

    np.testing.assert_allclose(
        lanes(system, sets(21), observe=observe).values, expected, rtol=1e-9, atol=1e-12
    )


def loss(system: System, weights: Any, **more: Any) -> Any:
    """Of parameters: a sum of squares of observables that depend on time, state and parameters."""

    def total(parameters: Any) -> Any:
        return jnp.sum((weights * lanes(system, parameters, observe=bent, **more).values) ** 2)

    return total


def bent(t: Any, y: Any, args: Any) -> Any:
    """Observables with derivatives of their own by time, state and parameters."""
    return y[0] * args[0], jnp.exp(-t) + jnp.log(1.0 + y[1]), y[0] * y[1]


def test_a_gradient_is_that_of_xla_and_of_finite_differences(system: System) -> None:
    rows = jnp.asarray(np.delete(sets(33), [3, 7, 11, 12], 0))  # more than the lanes of any vector
    weights = jnp.asarray(np.random.default_rng(2).uniform(0.5, 1.5, (len(rows), 4, 3)))
    native, xla = loss(system, weights, rtol=1e-8), loss(system, weights, rtol=1e-8, lanes=64)
    value, slope = jax.jit(jax.value_and_grad(native))(rows)
    assert value == native(rows), "the same bits with and without a derivative"
    expected = jax.jit(jax.grad(xla))(rows)
    np.testing.assert_allclose(slope, expected, rtol=1e-8, atol=1e-8 * float(jnp.abs(expected).max()))
    way = jnp.asarray(np.random.default_rng(3).standard_normal(rows.shape)) * rows
    moved = (native(rows + 1e-5 * way) - native(rows - 1e-5 * way)) / 2e-5
    # the values are those of steps of 1e-8, whose sizes differ a little on either side
    np.testing.assert_allclose(jnp.sum(slope * way), moved, rtol=1e-4)


def test_the_kernel_is_the_same_over_a_mesh_of_devices_and_whatever_xla_would_record(
    system: System, monkeypatch: Any
) -> None:
    """JAX traces scalars in another way within a `shard_map`, where every sampler asks for its gradients."""
    rows, weights = jnp.asarray(sets(3)), jnp.ones((3, 4, 3))
    made: list[tuple[Any, Any]] = []
    find = choice.chosen
    monkeypatch.setattr(derivative, "chosen", lambda *of: made.append((of[3], find(*of))) or made[-1][1])

    def seen(t: Any, y: Any, args: Any) -> Any:
        return bent(t, y, args)  # another function, whose kernel is first made within the mesh

    def total(parameters: Any) -> Any:
        return jnp.sum((weights * lanes(system, parameters, observe=seen, capacity=3).values) ** 2)

    mesh = jax.make_mesh((1,), ("chain",), axis_types=(jax.sharding.AxisType.Auto,))
    whole = jax.sharding.PartitionSpec()
    spread = jax.shard_map(jax.grad(total), mesh=mesh, in_specs=whole, out_specs=whole, check_vma=False)
    slope = jax.jit(spread)(rows)
    assert any(by is not None for by, _ in made)
    assert all(kernel is not None for _, kernel in made)
    np.testing.assert_allclose(slope, jax.grad(loss(system, weights))(rows), rtol=1e-12)


def test_derivatives_forwards_backwards_mapped_and_in_many_directions_agree(system: System) -> None:
    rows = jnp.asarray(sets(3))
    weights = jnp.ones((3, 4, 3))
    total = loss(system, weights)
    slope = jax.grad(total)(rows)
    way = jnp.asarray(np.random.default_rng(4).standard_normal(rows.shape))
    # forwards XLA takes the steps: the same to rounding
    np.testing.assert_allclose(jax.jvp(total, (rows,), (way,))[1], jnp.sum(slope * way), rtol=1e-8)
    one = loss(system, weights[:1])
    mapped = jax.jit(jax.vmap(jax.grad(lambda row: one(row[None]))))(rows)
    np.testing.assert_allclose(mapped, slope, rtol=1e-12)

    def first(parameters: Any) -> Any:
        return lanes(system, parameters, observe=bent).values[:, 1].ravel()

    many = jax.jit(jax.jacrev(first))(rows)
    np.testing.assert_allclose(many, jax.jit(jax.jacfwd(first))(rows), rtol=1e-7, atol=1e-12)


def test_an_item_that_cannot_be_solved_has_no_slope_and_spoils_no_other(system: System) -> None:
    rows = sets(21)
    failed = np.asarray(~lanes(system, rows).ok)
    assert failed.any()
    slope = np.asarray(jax.grad(loss(system, jnp.ones((21, 4, 3))))(jnp.asarray(rows)))
    assert np.isfinite(slope).all()
    assert (slope[failed] == 0).all()
    assert (slope[~failed] != 0).any(1).all()


def test_a_derivative_by_wanted_parameters_alone_leaves_the_others_at_zero(system: System) -> None:
    rows, weights = jnp.asarray(sets(3)), jnp.ones((3, 4, 3))
    every, some = (jax.grad(loss(system, weights, wanted=w))(rows) for w in (None, ["d"]))
    np.testing.assert_allclose(some[:, 1], every[:, 1], rtol=1e-12)
    assert not np.asarray(some)[:, [0, 2, 3]].any()


POINTS = np.array(
    [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 2.5, 3.5, 1e-300, 1e300, 709.7, 709.9, -708.5, -744.0, -746.0, np.pi]
)


def test_functions_of_vectors_are_those_of_numpy(system: System) -> None:
    def observe(t: Any, y: Any, args: Any) -> Any:
        x, z = args[0], args[1]
        return (
            *(
                jnp.exp(x),
                jnp.log(x),
                jnp.sqrt(jnp.abs(x)),
                jnp.floor(x),
                jnp.ceil(x),
                jnp.round(x),
                jnp.sign(x),
            ),
            *(
                jnp.mod(x, 2.0),
                jnp.maximum(x, z),
                jnp.minimum(z, x),
                jnp.where((x > 0) & ~(z > 1), x, z),
                x**3,
            ),
            *(1.0 / x, jnp.heaviside(x, 0.5), jnp.isfinite(1.0 / x).astype(float), jax.nn.sigmoid(x), x**-2),
            jnp.log(jnp.exp(x) * jnp.nan),
        )

    rows = np.stack([POINTS, *np.broadcast_to([[0.5], [2.0], [1.0]], (3, len(POINTS)))], 1)
    n, ones = len(rows), jnp.ones((len(rows), 1, 2))
    at_once = Schedule(jnp.zeros((n, 1)), jnp.zeros((n, 1, 0)), ones, ones)
    seen = simulate_lanes(
        system, jnp.asarray(rows), at_once, jnp.zeros((n, 1)), rtol=1e-6, atol=1e-6, observe=observe
    )
    found = np.asarray(seen.values)[:, 0]
    x, z = POINTS, 0.5
    with np.errstate(all="ignore"):
        truth = [
            *(np.exp(x), np.log(x), np.sqrt(np.abs(x)), np.floor(x), np.ceil(x), np.round(x), np.sign(x)),
            *(np.mod(x, 2.0), np.maximum(x, z), np.minimum(z, x), np.where(x > 0, x, z), x**3),
            *(1 / x, np.heaviside(x, 0.5), np.isfinite(1 / x).astype(float), 1 / (1 + np.exp(-x)), x**-2.0),
            np.full(len(x), np.nan),
        ]
    # some roundings of the last digit; numbers below the smallest normal one are 0 in XLA's threads
    np.testing.assert_allclose(found, np.stack(truth, 1), rtol=4e-15, atol=1e-307)


def test_what_the_kernel_does_not_do_goes_through_xla_and_one_line_says_so(
    system: System, caplog: Any
) -> None:
    def observe(t: Any, y: Any, args: Any) -> Any:
        return (jnp.sin(args[0]),)

    found, again = (lanes(system, sets(2), observe=observe).values[:, 0, 0] for _ in range(2))
    np.testing.assert_array_equal(found, again)
    np.testing.assert_allclose(found, np.sin(sets(2)[:, 0]), rtol=1e-14)
    (line,) = [r.getMessage() for r in caplog.records if "native kernel" in r.getMessage()]
    assert "sin" in line


def test_the_environment_turns_it_off(system: System, monkeypatch: Any) -> None:
    monkeypatch.setenv("GP130_NATIVE", "0")
    assert choice.chosen(system, RODAS5P, every_species) is None
    assert choice.engine() == "xla"


def test_a_number_that_is_not_of_64_bits_is_not_for_the_kernel() -> None:
    with pytest.raises(NotNativeError, match="float32"):
        Assignments().trace(lambda x: x.astype(jnp.float32) * 2, "x")


def test_equal_operations_are_one_and_idle_ones_none() -> None:
    lines = Assignments()
    lines.trace(lambda x, y: ((x + y) * (y + x), x * 1.0 + 0.0), "x", "y")
    assert [line.operation for line in lines.lines] == ["add", "mul"]


@pytest.fixture
def cache(tmp_path: pathlib.Path, monkeypatch: Any) -> pathlib.Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "gp130" / "native"


def build(text: str) -> int:
    """The answer of a library, as another process would get it: nothing is remembered."""
    return compiler.library.__wrapped__(text)[1].answer()


def forbidden(*_: Any, **__: Any) -> Any:
    raise AssertionError("is made anew")


def test_a_library_is_made_once_and_a_damaged_one_anew(cache: pathlib.Path, monkeypatch: Any) -> None:
    text = ANSWER.format(1)
    assert build(text) == 1
    (file,) = cache.glob("*.so")
    with monkeypatch.context() as patch:
        patch.setattr(compiler, "_compiled", forbidden)
        assert build(text) == 1
        file.write_bytes(file.read_bytes()[:-100])
        with pytest.raises(AssertionError, match="made anew"):
            build(text)
    assert build(text) == 1
    assert not [p for p in cache.iterdir() if p.suffix not in (".so", ".sha256")], "nothing is left over"


def test_nothing_is_loaded_from_where_others_can_write(cache: pathlib.Path) -> None:
    text = ANSWER.format(2)
    assert build(text) == 2
    other = compiler.library.__wrapped__(ANSWER.format(666))[0]
    mine = compiler.key_of(text)
    for suffix in (".so", ".sha256"):  # whole, and somebody else's
        (cache / f"{mine}{suffix}").write_bytes((cache / f"{other}{suffix}").read_bytes())
    assert build(text) == 666, "a folder of one's own is trusted"
    cache.chmod(0o777)
    assert build(text) == 2
    cache.chmod(0o700)
    (cache / f"{mine}.so").chmod(0o666)
    assert build(text) == 2


def test_a_home_that_takes_nothing_and_a_full_disk_cost_the_cache_alone(
    tmp_path: pathlib.Path, cache: pathlib.Path, monkeypatch: Any
) -> None:
    write = pathlib.Path.write_bytes

    def full(path: pathlib.Path, data: bytes) -> int:
        if path.suffix == ".part":
            write(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "write_bytes", full)
        assert build(ANSWER.format(3)) == 3
    assert not list(cache.iterdir())
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a file"))
    assert build(ANSWER.format(4)) == 4


def test_a_disk_without_any_room_is_told(cache: pathlib.Path, monkeypatch: Any) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(compiler.tempfile, "TemporaryDirectory", full)
    with pytest.raises(NotNativeError, match="No space left"):
        build(ANSWER.format(5))


def test_what_the_compiler_says_is_told_in_one_line(cache: pathlib.Path, monkeypatch: Any) -> None:
    with pytest.raises(NotNativeError, match="compiler ended with 1"):
        build("this is no program")
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotNativeError, match="ziglang: is not installed"):
        build(ANSWER.format(6))


def test_two_that_make_the_same_library_at_once_both_have_it(cache: pathlib.Path) -> None:
    text, found = ANSWER.format(7), []
    both = [threading.Thread(target=lambda: found.append(build(text))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert found == [7, 7]
    assert build(text) == 7


def test_the_text_of_a_kernel_is_the_same_in_every_process(system: System) -> None:
    """Else no process would find what another made."""
    text = source(system, RODAS5P, every_species, 8)[0]
    code = (
        "import runpy, sys; m = runpy.run_path(sys.argv[1]); "
        "s = m['compile_network'](m['assemble']('blast', m['Blast'])); "
        "sys.stdout.write(m['source'](s, m['RODAS5P'], m['every_species'], 8)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, __file__],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert done.stdout == text
