import { join } from "@std/path";
import { type UnzipFileInfo, unzipSync } from "fflate";
import { InputError } from "../../support/errors.ts";
import { isInMemory, memoryFiles } from "../../support/memory_files.ts";
import { openRegularFile, readRegularFile } from "../../support/read_file.ts";
import { isDicom } from "./dicom_header.ts";

const PURPOSE = { what: "DICOM", code: "bad-dicom" } as const;

/** A series of this size still fits into memory three times. */
const MOST_BYTES = 2 ** 30;

/** How deep folders are searched. */
const DEEPEST = 8;

/**
 * Reads the DICOM files in a folder and the folders in it, in a zip archive, or one file.
 *
 * @param wanted Their names. Default: all.
 * @returns The bytes of each by name, sorted; empty if there are none.
 * @throws {InputError} If they cannot be read, or are more than a gigabyte.
 */
export async function readDicomFiles(
  path: string,
  wanted?: ReadonlySet<string>,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const isFile = isInMemory(path) ? memoryFiles.has(path) : (await Deno.stat(path)).isFile;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let sum = 0;
  const add = (name: string, bytes: Uint8Array<ArrayBuffer>) => {
    if (isDicom(bytes)) files.set(name, bytes);
  };
  const count = (bytes: number) => {
    if ((sum += bytes) > MOST_BYTES) {
      throw new InputError(`Cannot read DICOM: there are more than ${MOST_BYTES} bytes of it`, {
        code: "bad-dicom",
        path,
        hint: "Give the folder of one series",
      });
    }
  };
  if (isFile && /\.zip$/i.test(path)) {
    const bytes = await readRegularFile(path, { ...PURPOSE, most: MOST_BYTES });
    const filter = ({ name, originalSize }: UnzipFileInfo) => {
      if (name.endsWith("/") || (wanted && !wanted.has(name))) return false;
      count(originalSize);
      return true;
    };
    for (const [name, content] of unzipped(bytes, filter, path)) add(name, content);
  } else if (isFile) {
    const bytes = await readRegularFile(path, { ...PURPOSE, most: MOST_BYTES });
    add("", bytes);
  } else {
    for (const name of wanted ?? await namesIn(path)) {
      const file = join(path, name);
      if (!await startsLikeDicom(file)) continue;
      const bytes = await readRegularFile(file, { ...PURPOSE, most: MOST_BYTES });
      count(bytes.length);
      add(name, bytes);
    }
  }
  return new Map([...files].sort(([a], [b]) => a < b ? -1 : 1));
}

function unzipped(
  bytes: Uint8Array,
  filter: (file: UnzipFileInfo) => boolean,
  path: string,
): [string, Uint8Array<ArrayBuffer>][] {
  try {
    return Object.entries(unzipSync(bytes, { filter })) as [string, Uint8Array<ArrayBuffer>][];
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError("Cannot read DICOM: the zip archive is incomplete", {
      code: "bad-dicom",
      path,
      cause,
    });
  }
}

async function namesIn(folder: string, below = "", depth = 0): Promise<string[]> {
  if (isInMemory(folder)) {
    const paths = [...memoryFiles.keys()].filter((path) => path.startsWith(`${folder}/`));
    return paths.map((path) => path.slice(folder.length + 1)).sort();
  }
  const names: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(join(folder, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isFile) names.push(path);
    else if (isDirectory && depth < DEEPEST) names.push(...await namesIn(folder, path, depth + 1));
  }
  return names.sort();
}

async function startsLikeDicom(path: string): Promise<boolean> {
  using opened = await openRegularFile(path, PURPOSE);
  const start = new Uint8Array(133);
  let filled = 0;
  while (filled < start.length) {
    const read = await opened.file.read(start.subarray(filled));
    if (read === null) return false;
    filled += read;
  }
  return isDicom(start);
}
