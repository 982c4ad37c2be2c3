import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { packTar, type TarEntry, type TarHeader } from "modern-tar";
import type { DataSetSource } from "../../lib/download/data_sets.ts";

export { inFolder } from "../support/in_folder.ts";

/** An entry of an archive: a file with its text, or anything by its header. */
export function entry(name: string, text = "", header: Partial<TarHeader> = {}): TarEntry {
  const size = new TextEncoder().encode(text).length;
  return { header: { name, size, ...header }, body: text };
}

/** A data set as the Decathlon packs it on a Mac, some kilobytes large. */
export function dataSetArchive(extra: readonly TarEntry[] = []): Promise<Uint8Array<ArrayBuffer>> {
  return packTar([
    entry("./._Task99_Test", "macOS"),
    entry("./Task99_Test/", "", { type: "directory" }),
    entry("./Task99_Test/dataset.json", "{}"),
    entry("./Task99_Test/._dataset.json", "macOS"),
    entry("./Task99_Test/imagesTr/", "", { type: "directory" }),
    ...[1, 2, 3].flatMap((i) => [
      entry(`./Task99_Test/imagesTr/._case_${i}.nii.gz`, "macOS"),
      entry(`./Task99_Test/imagesTr/case_${i}.nii.gz`, `image ${i} `.repeat(2000)),
      entry(`./Task99_Test/labelsTr/case_${i}.nii.gz`, `label ${i} `.repeat(200)),
    ]),
    ...extra,
  ]);
}

/** The source of an archive. */
export function sourceOf(archive: Uint8Array, url: string): DataSetSource {
  return {
    folder: "Task99_Test",
    url,
    md5: createHash("md5").update(archive).digest("hex"),
    most: 200_000,
    description: "a test",
    train: "",
  };
}

/** How a server treats a request. */
export interface Manners {
  /** Closes the connection after so many bytes of a body, while this is above 0. */
  breaks?: number;
  /** Bytes until it breaks. */
  after?: number;
  /** Sends the whole file whatever the range. */
  ignoresRange?: boolean;
  /** Answers a range from so many bytes after its start. */
  shifts?: number;
  /** Says how long a file is. */
  length?: boolean;
  /** Answers with these statuses first. */
  statuses?: number[];
  /** Sends pieces of so many bytes, a few milliseconds apart. */
  pieces?: number;
}

/** A server on this machine that has one file, and the ranges that it was asked for. */
export async function serve(
  file: Uint8Array<ArrayBuffer>,
  manners: Manners,
  use: (server: { url: string; ranges: string[] }) => Promise<void>,
): Promise<void> {
  const ranges: string[] = [];
  const { after = 10_000, ignoresRange = false, shifts = 0, length = true } = manners;
  let { breaks = 0 } = manners;
  const statuses = [...manners.statuses ?? []];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    ranges.push(range ?? "all");
    const status = statuses.shift();
    if (status !== undefined) return response.writeHead(status).end("no");
    const start = ignoresRange || range === undefined ? 0 : Number(/\d+/.exec(range)) + shifts;
    if (start >= file.length) {
      return response.writeHead(416, { "Content-Range": `bytes */${file.length}` }).end();
    }
    const rest = file.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      ...length && { "Content-Length": rest.length },
      ...start > 0 && { "Content-Range": `bytes ${start}-${file.length - 1}/${file.length}` },
    });
    if (manners.pieces !== undefined) return void sendSlowly(response, rest, manners.pieces);
    if (breaks-- <= 0) return response.end(rest);
    // The bytes are let out first, then the connection is gone.
    response.write(rest.subarray(0, after), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await use({ url: `http://127.0.0.1:${port}/Task99_Test.tar`, ranges });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function sendSlowly(
  response: ServerResponse,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    response.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  response.end();
}

/** All files below a folder, with their text. */
export async function filesIn(folder: string, under = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${under}`)) {
    const path = `${under}${name}`;
    if (isDirectory) Object.assign(files, await filesIn(folder, `${path}/`));
    else files[path] = await Deno.readTextFile(`${folder}/${path}`);
  }
  return files;
}
