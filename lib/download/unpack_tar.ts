import { dirname, join } from "@std/path";
import { createTarDecoder, type ParsedTarEntry, type TarHeader } from "modern-tar";
import { InputError } from "../support/errors.ts";

/** Limits for an archive. */
export interface UnpackLimits {
  /** Bytes of all files together. */
  bytes: number;
  /** Files and folders. Default: 10,000. */
  entries?: number;
}

/** Names that are valid on every system. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/**
 * Unpacks a tar archive into a new folder. Skips macOS's own files (`._*`, `.DS_Store`). If any
 * entry is not a plain file or folder with a plain relative name (a link, a device, a path with
 * ".."), the whole archive is refused. Nothing is written outside the folder, or twice. Modes,
 * owners and times are ignored.
 *
 * @param folder Created; if unpacking fails, it may hold some of the files.
 * @throws {InputError} If the archive is damaged, or refused; it names the entry.
 * @throws The signal's reason, if it was aborted.
 */
export async function unpackTar(
  archive: string,
  folder: string,
  { bytes, entries: most = 10_000 }: UnpackLimits,
  signal?: AbortSignal,
): Promise<void> {
  await Deno.mkdir(folder);
  const refuse = (what: string, cause?: unknown) =>
    new InputError(`Cannot unpack: ${what}`, { code: "bad-archive", path: archive, cause });
  let left = bytes;
  let count = 0;
  const file = await Deno.open(archive);
  const entries = file.readable.pipeThrough(createTarDecoder({ strict: true }));
  try {
    for await (const entry of entries) {
      signal?.throwIfAborted();
      if (++count > most) throw refuse(`it has more than ${most} entries`);
      const { header } = entry;
      const parts = safeParts(header);
      if (parts === undefined) {
        throw refuse(`an entry is not a plain file or folder: ${header.type} ${header.name}`);
      }
      left -= header.size;
      if (!(header.size >= 0 && left >= 0)) throw refuse(`its files have more than ${bytes} bytes`);
      await unpackEntry(entry, parts, folder);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InputError) throw error;
    if (error instanceof Deno.errors.AlreadyExists) throw refuse("it has a file twice", error);
    throw refuse((error as Error).message, error);
  }
}

/** The parts of an entry's path: none if it is skipped, undefined if it is refused. */
function safeParts({ name, type }: TarHeader): string[] | undefined {
  const parts = name.replace(/^(\.\/)+/, "").replace(/\/$/, "").split("/");
  if (type !== "file" && type !== "directory") return undefined;
  if (type === "directory" && (name === "." || name === "./")) return [];
  if (parts.some((part) => part === ".." || part === "." || /[\\:\0]/.test(part))) return undefined;
  const last = parts.at(-1)!;
  const left = last.startsWith("._") || last === ".DS_Store";
  const folders = left ? parts.slice(0, -1) : parts;
  if (!folders.every((part) => NAME.test(part) && part.length <= 255)) return undefined;
  return left ? [] : parts;
}

async function unpackEntry(
  { header, body }: ParsedTarEntry,
  parts: readonly string[],
  folder: string,
): Promise<void> {
  const path = join(folder, ...parts);
  if (header.type === "directory" || parts.length === 0) {
    await body.cancel();
    return await Deno.mkdir(path, { recursive: true });
  }
  await Deno.mkdir(dirname(path), { recursive: true });
  const file = await Deno.open(path, { write: true, createNew: true });
  await body.pipeTo(file.writable);
}
