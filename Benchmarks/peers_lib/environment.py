"""The environment that has the peers. Plain Python only."""

from environment_lib.virtual import Environment

from .paths import VENV

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")}
ENVIRONMENT = Environment(
    folder=VENV,
    requirements=["tensorflow-cpu==2.21.0", "numpy", "onnxruntime", "onnx", "torch==2.13.0"],
    purpose="TensorFlow, PyTorch and ONNX Runtime (once, 3 GB or more)",
    mark="ENUFLOW_PEERS_INSIDE",
    variables=ONE_THREAD,
)
