/**
 * The data sets that can be downloaded, with addresses and checksums.
 *
 * @module
 */

/** The archive of a data set. */
export interface DataSetSource {
  /** The name of the folder in the archive. */
  folder: string;
  /** Its URL. */
  url: string;
  /** Its MD5 sum, in hexadecimal digits. */
  md5: string;
  /** The largest size allowed for the archive, and for its contents, in bytes. */
  most: number;
  /** A description for the user. */
  description: string;
  /** Flags of `train` that suit it. */
  train: string;
}

const MIB = 2 ** 20;

/**
 * Two tasks of the Medical Segmentation Decathlon, from its mirror on AWS. Addresses and checksums
 * are those of MONAI's `DecathlonDataset` (`monai/apps/datasets.py`).
 */
export const DATA_SETS = {
  hippocampus: {
    folder: "Task04_Hippocampus",
    url: "https://msd-for-monai.s3-us-west-2.amazonaws.com/Task04_Hippocampus.tar",
    md5: "9d24dba78a72977dbd1d2e110310f31b",
    most: 100 * MIB, // about 27 MiB
    description: "hippocampus in MR, 260 labelled volumes, Vanderbilt University Medical Center",
    train: "--preset hippocampus",
  },
  prostate: {
    folder: "Task05_Prostate",
    url: "https://msd-for-monai.s3-us-west-2.amazonaws.com/Task05_Prostate.tar",
    md5: "35138f08b1efaef89d7424d2bcc928db",
    most: 500 * MIB, // about 229 MiB
    description: "prostate in MR (T2, ADC), 32 labelled volumes, Radboud University Medical Center",
    train: "--preset tutorial",
  },
} as const satisfies Record<string, DataSetSource>;

/** The licence of all of them. */
export const LICENCE = "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0)";

/** What to cite. */
export const CITATION =
  "M. Antonelli et al., The Medical Segmentation Decathlon, Nature Communications 13, 2022";
