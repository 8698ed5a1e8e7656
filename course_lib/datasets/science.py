"""The small real data sets that scikit-learn carries (no download)."""

from __future__ import annotations

import numpy as np

from course_lib.datasets.dataset import Dataset, Picture


def digits(*, images: bool = False) -> Dataset:
    """1,797 handwritten digits of 8 x 8 pixels, from 0 (paper) to 1 (ink).

    With `images=True` the inputs are examples x 1 x 8 x 8, otherwise examples x 64.
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    inputs = raw.images / 16.0
    return Dataset(
        "digits",
        inputs[:, None] if images else inputs.reshape(len(inputs), 64),
        raw.target.astype(np.int64),
        () if images else tuple(f"row {i // 8} column {i % 8}" for i in range(64)),
        tuple(map(str, range(10))),
        "Handwritten digits by 43 people, 8 x 8 pixels, ink from 0 to 1 (16 steps).",
    )


def iris() -> Dataset:
    """150 iris flowers: four measures in cm, three species."""
    from sklearn.datasets import load_iris

    return _classes("iris", load_iris(), "Iris flowers: sepal and petal sizes, three species.")


def wine() -> Dataset:
    """178 Italian wines: 13 chemical measures, three growers."""
    from sklearn.datasets import load_wine

    return _classes("wine", load_wine(), "Wines of one Italian region: chemistry, three growers.")


def breast_cancer() -> Dataset:
    """569 breast tumours: 30 measures of cell nuclei; class 0 malignant, 1 benign."""
    from sklearn.datasets import load_breast_cancer

    return _classes(
        "breast_cancer",
        load_breast_cancer(),
        "Wisconsin diagnostic breast cancer: measures of cell nuclei; malignant or benign.",
    )


def diabetes() -> Dataset:
    """442 patients: ten raw measures (age in years, ...), disease progression after a year."""
    from sklearn.datasets import load_diabetes

    raw = load_diabetes(scaled=False)
    return Dataset(
        "diabetes",
        raw.data.astype(np.float64),
        raw.target.astype(np.float64),
        tuple(map(str, raw.feature_names)),
        (),
        "Diabetes patients: ten measures in their own units, progression after one year.",
    )


def china() -> Picture:
    """The Summer Palace in Beijing, 427 x 640 RGB."""
    return _photograph("china", "A temple of the Summer Palace in Beijing, in colour.")


def flower() -> Picture:
    """A dahlia, 427 x 640 RGB."""
    return _photograph("flower", "A flower close up, in colour.")


def _classes(name: str, raw, description: str) -> Dataset:
    return Dataset(
        name,
        raw.data.astype(np.float64),
        raw.target.astype(np.int64),
        tuple(map(str, raw.feature_names)),
        tuple(map(str, raw.target_names)),
        description,
    )


def _photograph(name: str, description: str) -> Picture:
    from sklearn.datasets import load_sample_image

    return Picture(name, load_sample_image(f"{name}.jpg") / 255.0, description)
