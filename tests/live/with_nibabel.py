"""The other side of session_test.ts and page_test.ts: volumes, and what nibabel says of masks of them.

    with_nibabel.py write FOLDER                     ras.nii.gz, lps.nii.gz and oblique.nii.gz
    with_nibabel.py tube FOLDER                      tube.nii.gz, which looks like a hippocampus
    with_nibabel.py count MASK                       the voxels of each value in each coronal slice, as JSON
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


def tube(folder):
    x, y, z = numpy.mgrid[:36, :48, :40]
    along = (y - 8) / 34
    distance = numpy.hypot((x - 16 - 4 * along) / 1.4, z - 17 - 6 * along)
    ends = (along >= 0) & (along <= 1)
    values = numpy.full(x.shape, 800)
    values[ends & (distance < 6.5 + 3 * along)] = 300
    values[ends & (distance < 4 + 3 * along)] = 600
    values = values + numpy.random.default_rng(0).integers(-25, 26, x.shape)
    image = nibabel.Nifti1Image(values.astype("i2"), numpy.eye(4))
    nibabel.save(image, os.path.join(folder, "tube.nii.gz"))


def count(path):
    mask = numpy.asarray(nibabel.load(path).dataobj)
    print(json.dumps({
        int(value): (mask == value).sum(axis=(0, 2)).tolist()
        for value in numpy.unique(mask[mask != 0])
    }))


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


mode, *paths = sys.argv[1:]
if mode == "compare":
    compare(paths)
else:
    {"write": write, "tube": tube, "count": count}[mode](*paths)
