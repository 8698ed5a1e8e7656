"""QTI 3.0 packages: a zip of items and the manifest that names them; same seed, same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from html import escape

from course_lib.exam import markup
from course_lib.exam.exercise import ExerciseType
from course_lib.exam.qti import item
from course_lib.exam.variants import different

MANIFEST = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"


def package(
    types: Sequence[ExerciseType], variants: int = 10, seed: int = 1
) -> tuple[bytes, dict[str, int]]:
    """A zip of items with its manifest, and how many variants each type gave."""
    files: dict[str, bytes] = {}
    resources, counts = [], {}
    for kind in types:
        exercises = different(kind, variants, seed)
        counts[kind.name] = len(exercises)
        for exercise in exercises:
            source, images = markup.pictures(item(exercise), "../images/")
            path = f"items/{exercise.id}.xml"
            files[path] = source.encode("utf-8")
            files.update({f"images/{name}": data for name, data in images.items()})
            names = "".join(
                f'<file href="{escape(n)}"/>'
                for n in [path, *(f"images/{name}" for name in images)]
            )
            resources.append(
                f'<resource identifier="{escape(exercise.id)}" type="imsqti_item_xmlv3p0" '
                f'href="{escape(path)}">{names}</resource>'
            )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest xmlns="{MANIFEST}" identifier="course-exam">\n'
        "<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>\n"
        "<organizations/>\n<resources>\n"
        + "\n".join(resources)
        + "\n</resources>\n</manifest>\n"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in {"imsmanifest.xml": manifest.encode("utf-8"), **files}.items():
            entry = zipfile.ZipInfo(
                path, (1980, 1, 1, 0, 0, 0)
            )  # no time of day: same seed, same bytes
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return target.getvalue(), counts
