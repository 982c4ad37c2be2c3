/** The largest resident size of this process so far, in MB; off Linux, the size now. */
export async function peakMegabytes(): Promise<number> {
  if (Deno.build.os !== "linux") return Deno.memoryUsage().rss / 2 ** 20;
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}
