import { join } from "@std/path";
import { writeJsonAtomic } from "../support/files.ts";
import { writeVolume } from "../volume/mod.ts";
import { exampleCase, type ExampleCaseOptions } from "./example_case.ts";

/** The seed of the data set in `data.example`. */
export const EXAMPLE_SEED = 2024;

/** Number of cases with labels; those without follow. */
const LABELLED = 12;
const UNLABELLED = 2;
/** One case as in the Decathlon's prostates, with two channels; one tilted. */
const SPECIAL: Record<number, ExampleCaseOptions> = {
  4: { diffusion: true },
  7: { oblique: true },
};

/** Options of {@linkcode makeExample}. */
export interface MakeExampleOptions {
  /** The folder; its files are overwritten. */
  out: string;
  /** Decides the patients. Default: {@linkcode EXAMPLE_SEED}. */
  seed?: number;
  /** Called after each case. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * Makes the synthetic prostate data set in the layout of the Medical Segmentation Decathlon:
 * `dataset.json`, `imagesTr`, `labelsTr`, and `imagesTs` without labels. The same seed gives the
 * same bytes on every machine.
 */
export async function makeExample(options: MakeExampleOptions): Promise<void> {
  const { out, seed = EXAMPLE_SEED, onProgress } = options;
  const total = LABELLED + UNLABELLED;
  const training: { image: string; label: string }[] = [];
  const test: string[] = [];
  for (let number = 0; number < total; number++) {
    const name = `prostate_${String(number).padStart(2, "0")}.nii.gz`;
    const { image, labels } = exampleCase(seed, number, SPECIAL[number]);
    const labelled = number < LABELLED;
    const file = `imagesT${labelled ? "r" : "s"}/${name}`;
    await writeVolume(join(out, file), {
      data: Uint8Array.from(image.data),
      like: image,
      description: "synthetic",
    });
    if (labelled) {
      await writeVolume(join(out, "labelsTr", name), {
        data: labels,
        like: image,
        description: "synthetic",
      });
      training.push({ image: `./${file}`, label: `./labelsTr/${name}` });
    } else {
      test.push(`./${file}`);
    }
    onProgress?.({ done: number + 1, total });
  }
  await writeJsonAtomic(join(out, "dataset.json"), {
    name: "Synthetic prostate",
    description: "Synthetic pelves with a prostate gland of two zones, drawn by a program",
    reference: "None: no patient was scanned",
    licence: "CC0 1.0",
    release: "1.0",
    tensorImageSize: "3D",
    modality: { "0": "T2", "1": "ADC" },
    labels: { "0": "background", "1": "PZ", "2": "TZ" },
    numTraining: training.length,
    numTest: test.length,
    training,
    test,
  });
}
