import { join } from "@std/path";
import { InputError } from "../support/errors.ts";
import { exists, writeError } from "../support/files.ts";
import { hashFile } from "../support/hash.ts";
import type { DataSetSource } from "./data_sets.ts";
import { fetchFile, type FetchFileOptions } from "./fetch_file.ts";
import { unpackTar } from "./unpack_tar.ts";

/** What {@linkcode downloadDataSet} takes. */
export interface DownloadOptions
  extends Pick<FetchFileOptions, "signal" | "onProgress" | "onRetry" | "retries" | "patience"> {
  /** An entry of `DATA_SETS`. */
  source: DataSetSource;
  /** The folder for data sets; created if missing. */
  out: string;
  /** Called with each next step. */
  onStep?: (step: "download" | "check" | "unpack") => void;
}

/** The result of {@linkcode downloadDataSet}. */
export interface DownloadResult {
  /** The data set. */
  folder: string;
  /** Whether it was there already, so that nothing was done. */
  there: boolean;
}

/**
 * Downloads a data set: fetches its archive, checks the MD5 sum, and unpacks it into a temporary
 * folder that is renamed at the end. An interrupted download continues where it stopped. An
 * existing archive `<out>/<folder>.tar` is used and kept.
 *
 * @throws {InputError} If it cannot be downloaded, has a wrong checksum, or is not safe to unpack.
 * @throws The signal's reason, if it was aborted.
 */
export async function downloadDataSet(options: DownloadOptions): Promise<DownloadResult> {
  const { source, out, signal, onStep } = options;
  const folder = join(out, source.folder);
  if (await exists(folder)) return { folder, there: true };
  await Deno.mkdir(out, { recursive: true }).catch((error) => {
    throw writeError(error, out);
  });
  const given = `${folder}.tar`;
  if (await exists(given)) {
    onStep?.("check");
    const sum = await hashFile(given, "md5");
    if (sum !== source.md5) throw wrongSum(source, sum, given);
    await unpack(given, folder, options);
    return { folder, there: false };
  }
  const archive = await fetchArchive(`${folder}.tar.part`, options);
  signal?.throwIfAborted();
  await unpack(archive, folder, options);
  await Deno.remove(archive);
  return { folder, there: false };
}

/**
 * Downloads and checks; if a continued download has a wrong checksum, downloads all of it once
 * more.
 */
async function fetchArchive(part: string, options: DownloadOptions): Promise<string> {
  const { source, onStep } = options;
  for (let resumed = await exists(part);; resumed = false) {
    onStep?.("download");
    await fetchFile(source.url, part, { ...options, most: source.most });
    onStep?.("check");
    const sum = await hashFile(part, "md5");
    if (sum === source.md5) return part;
    await Deno.remove(part);
    if (!resumed) throw wrongSum(source, sum, source.url);
  }
}

async function unpack(
  archive: string,
  folder: string,
  { source, signal, onStep }: DownloadOptions,
) {
  onStep?.("unpack");
  const temporary = `${folder}.unpacking`;
  const clear = () => Deno.remove(temporary, { recursive: true }).catch(() => {});
  await clear();
  try {
    await unpackTar(archive, temporary, { bytes: source.most }, signal);
    const inside = join(temporary, source.folder);
    for (const name of ["dataset.json", "imagesTr", "labelsTr"]) {
      if (await exists(join(inside, name))) continue;
      throw new InputError(`Cannot use the archive: ${source.folder}/${name} is not in it`, {
        code: "bad-archive",
        path: archive,
      });
    }
    await Deno.rename(inside, folder);
  } finally {
    await clear();
  }
}

function wrongSum({ md5 }: DataSetSource, sum: string, path: string): InputError {
  return new InputError(`Cannot use the archive: its MD5 sum is ${sum}, expected ${md5}`, {
    code: "bad-archive",
    path,
    hint: "It is damaged, or not the published file: download it again",
  });
}
