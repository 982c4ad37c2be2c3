import { Dcm2niix } from "@niivue/dcm2niix";
import { InputError } from "../../support/errors.ts";
import { readDicomFiles } from "./dicom_files.ts";
import type { DicomSeries } from "./dicom_series.ts";
import { startConverter } from "./start_converter.ts";

/** Texts of a NIfTI-1 header: db_name, descrip and aux_file, intent_name. */
const TEXTS = [[14, 32], [148, 252], [328, 344]] as const;

/**
 * Converts a series in memory. The result contains nothing about the patient except the image.
 *
 * @throws {InputError} If it has problems, or does not make one volume.
 */
export async function convertSeries(series: DicomSeries): Promise<Uint8Array<ArrayBuffer>> {
  const { path, key, slices, problems } = series;
  const fail = (why: string) =>
    new InputError(`Cannot read series ${key}: ${why}`, {
      code: "bad-dicom",
      path,
      hint: "Convert it with dcm2niix, check the result, and give the .nii.gz file",
    });
  if (problems.length > 0) throw fail(problems.join("; "));
  const files = await readDicomFiles(path, new Set(slices.map(({ name }) => name)));
  // Anonymous names, in the order of the slices
  const inputs = slices.map(({ name }, i) => new File([files.get(name)!], `${i}.dcm`));
  const converter = new Dcm2niix();
  const worker = converter.worker = startConverter();
  try {
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(new Error(event.message));
    });
    const made: File[] = await converter.input(inputs).b("n").z("n").f("volume").run();
    const volumes = made.filter(({ name }) => name.endsWith(".nii"));
    if (volumes.length !== 1) throw fail(`dcm2niix converts it to ${volumes.length} volumes`);
    const bytes = new Uint8Array(await volumes[0]!.arrayBuffer());
    for (const [start, end] of TEXTS) bytes.fill(0, start, end);
    return bytes;
  } finally {
    worker.terminate();
  }
}
