import { isAbsolute, join } from "@std/path";
import { writeFileAtomic } from "../../support/files.ts";
import { readRegularFile } from "../../support/read_file.ts";
import { sha256 } from "../../support/sha256.ts";

/** The largest size of compiled kernels, in bytes. */
const MOST_BYTES = 2 ** 24;

/** Bytes of SHA-256. */
const DIGEST = 32;

/**
 * The program's cache folder: in `XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches` on macOS,
 * `LOCALAPPDATA` on Windows.
 *
 * @returns `undefined` if the environment does not define it.
 */
export function cacheFolder(
  os: typeof Deno.build.os,
  env: (name: string) => string | undefined,
): string | undefined {
  const inside = (...path: string[]) => {
    const home = env("HOME");
    return home && join(home, ...path);
  };
  // By its specification, a relative XDG_CACHE_HOME must be ignored.
  const xdg = () => [env("XDG_CACHE_HOME")].find((path) => path && isAbsolute(path));
  const folder = os === "windows"
    ? env("LOCALAPPDATA")
    : os === "darwin"
    ? inside("Library", "Caches")
    : xdg() ?? inside(".cache");
  return folder && join(folder, "med-nca");
}

/**
 * The result of `make`, from the cache if possible. A damaged file, or one made from another
 * source, is made again. If the folder cannot be used, `make` runs every time.
 *
 * @param source Everything that it is made from.
 */
export async function cached(
  name: string,
  source: string,
  make: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = cacheFolder(Deno.build.os, readVariable);
  if (folder === undefined || !mayUse(folder)) return await make();
  const path = join(folder, name);
  const purpose = { what: "kernels", code: "bad-backend", most: MOST_BYTES } as const;
  const stored = await readRegularFile(path, purpose).catch(() => new Uint8Array());
  const content = stored.slice(DIGEST);
  if (stored.subarray(0, DIGEST).toHex() === await sha256(source, content)) return content;
  const made = await make();
  const file = new Uint8Array([...Uint8Array.fromHex(await sha256(source, made)), ...made]);
  await writeFileAtomic(path, file).catch(() => {});
  return made;
}

// Otherwise Deno would prompt the user for a permission.
function readVariable(variable: string): string | undefined {
  return granted({ name: "env", variable }) ? Deno.env.get(variable) : undefined;
}

function mayUse(path: string): boolean {
  return granted({ name: "read", path }) && granted({ name: "write", path });
}

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
