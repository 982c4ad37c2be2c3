import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import type { TrainedModel } from "../../lib/evaluation/predict_case.ts";
import { type ForwardOptions, MedNca } from "../../lib/nca/med_nca.ts";
import { DEFAULT_MED_NCA_CONFIG } from "../../lib/nca/med_nca_config.ts";
import type { CaseSource } from "../../lib/slices/discovery/case_source.ts";
import type { ModelInputs } from "../../lib/slices/model_inputs.ts";
import { resolveSliceSettings, type SliceSettings } from "../../lib/slices/slice_settings.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { type Affine, createVolume, type Volume, writeVolume } from "../../lib/volume/mod.ts";

export { inFolder } from "../support/in_folder.ts";

/** The scores of a case that need more than two masks, where a test is not about them. */
export const NO_OTHER_DICE = { SoftDice: NaN, SliceDice: NaN };

/** A model's settings that make it fast: few steps. */
export const QUICK = { steps: [2, 1] as const };

/** What a model was trained on, as far as tests of predictions need it. */
export function inputsOf(settings: Partial<SliceSettings> = {}): ModelInputs {
  const resolved = resolveSliceSettings(settings);
  return {
    ...resolved,
    targets: parseTargets(resolved.labels, { labels: null, ignore: [] }, []),
    spacing: resolved.spacing === "median" ? "stored" : resolved.spacing,
    channels: null,
    foreground: null,
    smallest: [4, 4],
    trained: null,
  };
}

/** A quick model with its inputs. The caller disposes it. */
export function quickModel(
  settings: Partial<SliceSettings> = {},
  config: ConstructorParameters<typeof MedNca>[0] = {},
  seed = 1,
): TrainedModel {
  return { model: new MedNca({ ...QUICK, ...config }, { seed }), inputs: inputsOf(settings) };
}

/**
 * A model of k classes whose logits are those given, pixel by pixel, whatever it is shown.
 *
 * @param seen Takes the options that it is called with.
 */
export function fixedModel(
  logits: readonly number[],
  k: number,
  seen: ForwardOptions[] = [],
): MedNca {
  const forward = (images: tf.Tensor4D, options: ForwardOptions) => {
    seen.push(options);
    const [b, h, w] = images.shape;
    return tf.tensor4d(Array.from({ length: b }, () => logits).flat(), [b, h, w, k]);
  };
  return { forward, config: DEFAULT_MED_NCA_CONFIG } as unknown as MedNca;
}

/** The file of a volume as a case, with a label where that is named. */
export function volumeSource(folder: string, image: string, label: string | null): CaseSource {
  const id = image.replace(/^.*\//, "").replace(/\.nii(\.gz)?$/, "");
  return { id, kind: "volume", folder, files: [{ index: 0, images: [image], label }] };
}

/** Affines: axes as they are, turned by 180° about z, and oblique. */
export const AFFINES: Record<string, (spacing: readonly number[]) => Affine> = {
  RAS: ([x, y, z]) => [[x!, 0, 0, -20], [0, y!, 0, 5], [0, 0, z!, 7], [0, 0, 0, 1]],
  LPS: ([x, y, z]) => [[-x!, 0, 0, 20], [0, -y!, 0, 5], [0, 0, z!, -7], [0, 0, 0, 1]],
  oblique: ([x, y, z]) => {
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    return [[-c * x!, s * y!, 0, 9], [-s * x!, -c * y!, 0, 3], [0, 0, z!, 1], [0, 0, 0, 1]];
  },
};

/** A volume with a bright ball, and the ball as its label. */
export function ball(
  shape: readonly [number, number, number],
  options: {
    radius?: number;
    spacing?: readonly [number, number, number];
    affine?: Affine;
  } = {},
): { image: Volume; label: Uint8Array } {
  const [nx, ny, nz] = shape;
  const { radius = Math.min(...shape) / 3, spacing = [1, 1, 1], affine } = options;
  const label = Uint8Array.from({ length: nx * ny * nz }, (_, i) => {
    const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)];
    return Math.hypot(x - nx / 2, y - ny / 2, z - nz / 2) <= radius ? 1 : 0;
  });
  const data = Float32Array.from(label, (value, i) => 100 * value + i % 7);
  return { image: createVolume({ data, shape, spacing, ...(affine && { affine }) }), label };
}

/** Writes a data folder of volumes `case_0` and on; returns its cases. */
export async function writeData(
  folder: string,
  shapes: readonly (readonly [number, number, number])[],
  options: { radius?: number; affines?: readonly string[] } = {},
): Promise<CaseSource[]> {
  const spacing = [0.5, 0.75, 3] as const;
  return await Promise.all(shapes.map(async (shape, i) => {
    const affine = AFFINES[options.affines?.[i] ?? "RAS"]!(spacing);
    const { image, label } = ball(shape, { spacing, affine, ...options });
    const name = `case_${i}.nii.gz`;
    await writeVolume(join(folder, "images", name), { data: image.data, like: image });
    await writeVolume(join(folder, "labels", name), { data: label, like: image });
    return volumeSource(folder, `images/${name}`, `labels/${name}`);
  }));
}
