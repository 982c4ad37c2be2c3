"""The other side of predict_test.ts: oblique volumes, and how predictions lie over them.

    with_nibabel.py write FOLDER                       four cases in FOLDER/images and FOLDER/labels
    with_nibabel.py compare IMAGES LABELS PREDICTIONS  what nibabel and NumPy say of them, as JSON
"""

import json
import os
import sys

import nibabel
import numpy

# What a header says of the space, not of the values
SPACE = [
    "pixdim", "xyzt_units", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d",
    "qoffset_x", "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z", "descrip",
]  # fmt: skip


def oblique(random, spacing):
    """Turned about all three axes, with one axis mirrored."""
    q, r = numpy.linalg.qr(random.normal(size=(3, 3)))
    affine = numpy.eye(4)
    affine[:3, :3] = q * spacing
    affine[:3, 3] = random.uniform(-100, 100, 3)
    return affine


def write(folder):
    for name in ["images", "labels"]:
        os.makedirs(os.path.join(folder, name))
    for number in range(4):
        random = numpy.random.default_rng(number)
        # No size is a multiple of 4, so that every slice is padded whatever the axis
        shape = (17 + number % 2, 13, 15)
        grid = numpy.indices(shape).reshape(3, -1).T - random.uniform(6, 8, 3)
        label = (numpy.linalg.norm(grid, axis=1) < 4).reshape(shape).astype("u1")
        values = label + 0.3 * random.uniform(size=shape)
        affine = oblique(random, numpy.array([0.6, 1.1, 2.7]))
        image = nibabel.Nifti1Image((values * 1000).astype("i2"), affine)
        image.header.set_xyzt_units("mm", "sec")
        image.header["descrip"] = "oblique"
        image.set_qform(affine, 1)
        image.set_sform(affine, 2)
        name = f"case_{number}.nii.gz"
        nibabel.save(image, os.path.join(folder, "images", name))
        nibabel.save(nibabel.Nifti1Image(label, affine), os.path.join(folder, "labels", name))


def compare(images, labels, predictions):
    result = {}
    for name in sorted(os.listdir(images)):
        image = nibabel.load(os.path.join(images, name))
        mask = nibabel.load(os.path.join(predictions, name))
        probability = nibabel.load(
            os.path.join(predictions, name.replace(".nii", "_probability.nii"))
        )
        truth = numpy.asarray(nibabel.load(os.path.join(labels, name)).dataobj) > 0
        found = numpy.asarray(mask.dataobj)
        likely = numpy.asarray(probability.dataobj)
        result[name.split(".")[0]] = {
            "shapes": [list(file.shape) for file in (image, mask, probability)],
            "sameAffine": bool(
                (image.affine == mask.affine).all() and (image.affine == probability.affine).all()
            ),
            "oblique": bool((numpy.abs(image.affine[:3, :3]) > 0.01).all()),
            "otherSpace": [
                f"{field} of {kind}"
                for kind, file in (("mask", mask), ("probability", probability))
                for field in SPACE
                if image.header[field].tobytes() != file.header[field].tobytes()
            ],
            "types": [str(mask.get_data_dtype()), str(probability.get_data_dtype())],
            "values": numpy.unique(found).tolist(),
            "sameMask": bool(((likely > 0.5) == (found > 0)).all()),
            "dice": float(2 * (truth & (found > 0)).sum() / (truth.sum() + found.sum())),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
