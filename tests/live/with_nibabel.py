"""The other side of session_test.ts: volumes of several orientations, and where a pen drew in them.

    with_nibabel.py write FOLDER                     ras.nii.gz, lps.nii.gz and oblique.nii.gz
    with_nibabel.py compare IMAGE BEFORE AFTER       what nibabel says of two masks, as JSON
"""

import json
import os
import sys

import nibabel
import numpy


def turned(degrees, axis):
    a = numpy.radians(degrees)
    matrix = numpy.eye(3)
    first, second = [i for i in range(3) if i != axis]
    matrix[first, first] = matrix[second, second] = numpy.cos(a)
    matrix[first, second], matrix[second, first] = -numpy.sin(a), numpy.sin(a)
    return matrix


def write(folder):
    axes = {
        "ras": numpy.eye(3),
        "lps": numpy.diag([-1, -1, 1]),
        "oblique": turned(17, 0) @ turned(-12, 2) @ numpy.diag([-1, 1, -1]),
    }
    values = numpy.random.default_rng(0).uniform(size=(22, 26, 5)).astype("f4")
    for name, matrix in axes.items():
        affine = numpy.eye(4)
        affine[:3, :3] = matrix * [0.7, 0.9, 3]
        affine[:3, 3] = [11, -7, 40]
        nibabel.save(nibabel.Nifti1Image(values, affine), os.path.join(folder, f"{name}.nii.gz"))


def compare(paths):
    image, before, after = (nibabel.load(path) for path in paths)
    canonical = [
        numpy.asarray(nibabel.as_closest_canonical(mask).dataobj) for mask in (before, after)
    ]
    changed = numpy.argwhere(canonical[0] != canonical[1])
    print(json.dumps({
        "sameAffine": bool((image.affine == after.affine).all()),
        "sameShape": image.shape == after.shape,
        "changed": changed.tolist(),
        "values": sorted({int(canonical[1][tuple(place)]) for place in changed}),
    }))


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    compare(sys.argv[2:])
