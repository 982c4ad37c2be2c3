"""The scores of a summary.json again, from its files, by nibabel, NumPy and scipy.

    with_scipy.py FOLDER    prints {case: {score: value}} as JSON
"""

import json
import sys

import nibabel
import numpy
from scipy import ndimage


def scores(prediction, reference, spacing):
    p, r = prediction.sum(dtype=float), reference.sum(dtype=float)
    both = (prediction & reference).sum(dtype=float)
    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (prediction, reference)]
    to = [ndimage.distance_transform_edt(~edge, sampling=spacing) for edge in edges]
    there, back = to[1][edges[0]], to[0][edges[1]]
    return {
        "Dice": 2 * both / (p + r),
        "IoU": both / (p + r - both),
        "Precision": both / p,
        "Recall": both / r,
        "HD95": max(numpy.percentile(there, 95), numpy.percentile(back, 95)),
        "ASSD": numpy.concatenate([there, back]).mean(),
        "VolumeDifference": (p - r) * numpy.prod(spacing) / 1000,
        "RelativeVolumeDifference": (p - r) / r,
    }


def again(folder):
    summary = json.load(open(f"{folder}/summary.json"))
    result = {}
    for case in summary["metric_per_case"]:
        prediction = nibabel.load(case["prediction_file"])
        reference = nibabel.load(case["reference_file"])
        assert prediction.shape == reference.shape
        assert numpy.allclose(prediction.affine, reference.affine), case["case"]
        result[case["case"]] = scores(
            prediction.get_fdata() > 0,
            reference.get_fdata() > 0,
            nibabel.affines.voxel_sizes(reference.affine),
        )
    return result


if __name__ == "__main__":
    print(json.dumps(again(sys.argv[1])))
