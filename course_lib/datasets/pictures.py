"""Pictures that scikit-image carries in its wheel (no download)."""

from __future__ import annotations

import numpy as np

from course_lib.datasets.dataset import Dataset, Picture

# scikit-image's name and what is seen. Only what its wheel holds: human_mitosis, for example,
# would be fetched from the network.
SEEN = {
    "astronaut": ("astronaut", "Eileen Collins in her space suit, in colour."),
    "brick": ("brick", "A brick wall, a regular texture."),
    "camera": ("camera", "A man with a camera on a tripod, before a lawn and buildings."),
    "cat": ("chelsea", "The head of the cat Chelsea, in colour."),
    "cell": ("cell", "One living cell in saline, bright on a banded background."),
    "coffee": ("coffee", "A cup of coffee with a spoon on a wooden table, in colour."),
    "coins": ("coins", "24 Greek coins from Pompeii on an uneven background."),
    "grass": ("grass", "A lawn, an irregular texture."),
    "gravel": ("gravel", "Gravel, an irregular texture."),
    "moon": ("moon", "Craters of the moon, low in contrast."),
    "page": ("page", "A printed page, unevenly lit."),
    "retina": ("retina", "The back of a human eye with its blood vessels, in colour."),
    "tissue": ("immunohistochemistry", "Stained tissue: blue cell nuclei around brown glands."),
}


def picture(name: str) -> Picture:
    """Read one bundled picture, grey (rows x columns) or RGB, from 0 to 1."""
    from skimage import data

    original, seen = SEEN[name]
    return Picture(name, getattr(data, original)() / 255.0, seen)


def faces(*, images: bool = False) -> Dataset:
    """100 faces (class 1) and 100 pieces of background (class 0), 25 x 25 pixels from 0 to 1.

    With `images=True` the inputs are examples x 1 x 25 x 25, otherwise examples x 625.
    """
    from skimage.data import lfw_subset

    patches = np.asarray(lfw_subset(), dtype=np.float64)
    if patches.max() > 1:  # uint8 or float, depending on scikit-image's version
        patches = patches / 255.0
    return Dataset(
        "faces",
        patches[:, None] if images else patches.reshape(len(patches), -1),
        np.repeat(np.array([1, 0], dtype=np.int64), 100),
        (),
        ("background", "face"),
        "Faces and pieces of background from news photographs, grey, 25 x 25 pixels.",
    )


def textures(*, size: int = 32, images: bool = False) -> Dataset:
    """Square patches, side by side, of the brick, grass and gravel pictures (512 x 512 each).

    `size` (in pixels) divides 512; 32 gives 3 x 256 patches. With `images=True` the inputs are
    examples x 1 x size x size. Patches of one picture share their light: test on another region
    (patches of a class come row by row), not on neighbours, where that matters.

    Raises: ValueError for a size that does not divide 512.
    """
    if size < 1 or 512 % size:
        raise ValueError(f"size divides 512 (8, 16, 32, 64, 128, ...), not {size!r}")
    names = ("brick", "grass", "gravel")
    count = 512 // size
    patches = np.concatenate(
        [
            picture(name)
            .pixels.reshape(count, size, count, size)
            .swapaxes(1, 2)
            .reshape(-1, size, size)
            for name in names
        ]
    )
    return Dataset(
        "textures",
        patches[:, None] if images else patches.reshape(len(patches), -1),
        np.repeat(np.arange(3), count**2),
        (),
        names,
        f"Patches of {size} x {size} pixels of three textures, grey.",
    )
