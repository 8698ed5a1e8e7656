"""The one training loop, `fit`, and what surrounds it: schedules, optimisers, checkpoints, diagnostics."""

from course_lib.training.checkpoint import Checkpoint, CheckpointError
from course_lib.training.distribution import average_gradients, launch
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.fit import evaluate, fit
from course_lib.training.history import History
from course_lib.training.meter import Diverged

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Diverged",
    "EarlyStopping",
    "History",
    "average_gradients",
    "evaluate",
    "fit",
    "launch",
]
