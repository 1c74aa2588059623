"""SBML out and in."""

from models.sbml_export import to_sbml
from models.sbml_import import FEATURES, KnownEvent, SbmlModel, from_sbml, read_sbml
from models.sbml_math import SbmlError

__all__ = ["FEATURES", "KnownEvent", "SbmlError", "SbmlModel", "from_sbml", "read_sbml", "to_sbml"]
