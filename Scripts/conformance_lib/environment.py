"""A throw-away virtual environment with TensorFlow. Plain Python only: numpy is not there yet."""

from environment_lib.virtual import Environment

from .paths import VENV

TENSORFLOW = "2.21.0"
ENVIRONMENT = Environment(
    folder=VENV,
    requirements=[f"tensorflow-cpu=={TENSORFLOW}", "numpy", "mpmath"],
    purpose=f"TensorFlow {TENSORFLOW} (once, about 1.5 GB)",
    mark="ENUFLOW_CONFORMANCE_INSIDE",
)

is_inside = ENVIRONMENT.is_inside
run_inside = ENVIRONMENT.run_inside
