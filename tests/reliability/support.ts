/** Whether this process may mount a small disk, to be filled. */
export async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const folder = await Deno.makeTempDir();
  try {
    await using _disk = await mountDisk(folder, 64);
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(folder);
  }
}

/** Mounts a disk of some kilobytes in memory; it goes when it is disposed. */
export async function mountDisk(folder: string, kilobytes: number): Promise<AsyncDisposable> {
  await run("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]);
  return { [Symbol.asyncDispose]: () => run("umount", ["--lazy", folder]) };
}

/** Makes a mounted disk read-only. */
export async function makeReadOnly(folder: string): Promise<void> {
  await run("mount", ["-o", "remount,ro", folder]);
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
