"""The fixtures of the tests of training."""

from importlib import util
from pathlib import Path

_SPEC = util.spec_from_file_location(
    "training_fixtures", Path(__file__).parents[1] / "factory" / "training" / "conftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
globals().update({name: thing for name, thing in vars(_MODULE).items() if not name.startswith("__")})
