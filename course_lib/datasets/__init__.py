"""Data sets by name: `load("digits")` gives typed arrays, `available()` lists what there is."""

from __future__ import annotations

from course_lib.datasets.catalogue import available, load
from course_lib.datasets.dataset import Accuracies, Dataset, Graph, Picture, Properties, Text
from course_lib.datasets.download import DownloadError
from course_lib.datasets.folder import data_folder

__all__ = [
    "Accuracies",
    "Dataset",
    "DownloadError",
    "Graph",
    "Picture",
    "Properties",
    "Text",
    "available",
    "data_folder",
    "load",
]
