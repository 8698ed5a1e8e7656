"""The one training loop, `fit`, and its schedules, optimisers, checkpoints and diagnostics."""

from course_lib.training.checklist import checklist
from course_lib.training.checkpoint import Checkpoint, CheckpointError
from course_lib.training.distribution import average_gradients, launch
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.fit import evaluate, fit
from course_lib.training.history import History
from course_lib.training.meter import Diverged
from course_lib.training.range_test import range_test
from course_lib.training.snapshot import Snapshots

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Diverged",
    "EarlyStopping",
    "History",
    "Snapshots",
    "average_gradients",
    "checklist",
    "evaluate",
    "fit",
    "launch",
    "range_test",
]
