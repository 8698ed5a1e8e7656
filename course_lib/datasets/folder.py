"""Where the course's own small data files lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def data_folder() -> Path:
    """Return the folder that holds `README.md` and the CSV files that ship with the course.

    A checkout keeps them beside the package, a wheel inside it.

    Raises: FileNotFoundError when neither is there (a broken installation).
    """
    places = (PACKAGE / "data", PACKAGE.parent / "data")
    for place in places:
        # The name "data" is common (site-packages/data may be anybody's): ask for one of our files.
        if (place / "demsar-2006.csv").is_file():
            return place
    raise FileNotFoundError(
        "The course's data files were not found in any of: "
        + ", ".join(str(place) for place in places)
        + ". Install the course again, or run it from its checkout."
    )
