"""What counts as being at rest."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np

from inference.study.solved.steady_states import at_rest
from models.engine.one_dish import Trajectory


def test_a_dish_rests_if_nothing_changed_in_the_second_half_of_its_way():
    """Dishes that stay, that grow in proportion to time, and that were not to come to rest."""
    levels = np.array([[[2.0, 0.0], [2.0, 1e-12]], [[5e6, 1.0], [1e7, 1.0]], [[1.0, 1.0], [9.0, 9.0]]])
    ones = jnp.ones(3, int)
    dishes = Trajectory(jnp.asarray(levels), ones == 1, ones, ones)
    study = SimpleNamespace(waits=np.array([[0, 0, 1], [1, 0, 1]]))
    assert at_rest(study, dishes).tolist() == [True, False, True]
