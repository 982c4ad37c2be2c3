import { runAll, withLab } from "./support/lab.ts";
const S = "/tmp/w/class_out/s/";
const what = Deno.args[0];
const bar = async (page: any) => {
  // Only the notebook: the list of files is folded
  await page.keyboard.press("Control+b");
  await page.getByRole("button", { name: "No", exact: true }).click({ timeout: 8000 }).catch(() => console.log("no news"));
};
if (what === "errors") {
  await withLab("0_start_here", async (page) => {
    await page.setViewportSize({ width: 1200, height: 620 });
    await bar(page);
    const cell = page.locator(".jp-CodeCell").filter({ hasText: "readVolume(" }).first();
    const write = async (from: string, to: string) => {
      const code = await cell.evaluate((e: any) => e.querySelector(".cm-content").cmTile?.view?.state?.doc?.toString() ?? e.querySelector(".cm-content").cmView?.view?.state?.doc?.toString());
      if (!code || !code.includes(from)) throw new Error("no " + from + " in " + code);
      await cell.locator(".cm-content").click();
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(code.replace(from, to));
    };
    const error = cell.locator('[data-mime-type="application/vnd.jupyter.stderr"]');
    await write('"data.example/imagesTr/prostate_00.nii.gz")', '"data.example/imagesTr/prostate_00.nii.gz"');
    await runAll(page);
    await error.first().waitFor({ timeout: 120_000 });
    await page.waitForTimeout(1500);
    await error.first().click();
    await cell.evaluate((e: any) => e.scrollIntoView({ block: "center" }));
    await page.waitForTimeout(1500);
    await page.screenshot({ path: S + "missing_bracket.png" });
    await write('"data.example/imagesTr/prostate_00.nii.gz"', '"data.example/imagesTr/prostate_99.nii.gz")');
    await page.keyboard.press("Control+Enter");
    await error.getByText("What to do").waitFor({ timeout: 120_000 });
    await page.waitForTimeout(1000);
    await cell.evaluate((e: any) => e.scrollIntoView({ block: "center" }));
    await page.waitForTimeout(500);
    await page.screenshot({ path: S + "missing_file.png" });
  });
}
if (what === "training") {
  await withLab("4_training_loop", async (page) => {
    await page.setViewportSize({ width: 1120, height: 980 });
    await bar(page);
    await runAll(page);
    const cell = page.locator(".jp-CodeCell").filter({ hasText: "let result = await go()" });
    await cell.getByText("Epoch 1").waitFor({ timeout: 1 }).catch(() => {});
    await cell.locator(".jp-OutputArea img").first().waitFor({ timeout: 300_000 });
    await page.waitForTimeout(Number(Deno.args[1] ?? 40) * 1000);
    await cell.locator(".jp-OutputArea img").first().click();
    await cell.evaluate((e: any) => e.scrollIntoView({ block: "end" }));
    await page.waitForTimeout(2500);
    await page.screenshot({ path: S + "chapter_4.png" });
    return;
    await cell.getByRole("button", { name: "Stop" }).click();
    await cell.getByText("Stopped: nothing is lost").waitFor({ timeout: 60_000 });
    await page.waitForTimeout(1500);
    await cell.evaluate((e: any) => e.scrollIntoView({ block: "end" }));
    await page.waitForTimeout(500);
    await page.screenshot({ path: S + "stopped_training.png" });
  }, { quick: false });
}
if (what === "dark") {
  await withLab(Deno.args[1]!, async (page) => {
    await page.setViewportSize({ width: 1280, height: 1900 });
    await bar(page);
    const status = await page.evaluate(async () => {
      const token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? "";
      const r = await fetch("/lab/api/settings/@jupyterlab/apputils-extension:themes", { method: "PUT", headers: { "X-XSRFToken": token, "content-type": "application/json" }, body: JSON.stringify({ raw: '{"theme":"JupyterLab Dark"}' }) });
      return r.status;
    });
    console.log("theme", status);
    await page.reload();
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor({ timeout: 60_000 });
    await page.getByText("Deno | Idle").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "No", exact: true }).click({ timeout: 8000 }).catch(() => console.log("no news"));
    await runAll(page);
    await page.getByText("Deno | Idle").waitFor({ timeout: 240_000 });
    await page.waitForTimeout(3000);
    const box = page.locator(".jp-WindowedPanel-outer").first();
    const height = await box.evaluate((e: any) => e.scrollHeight);
    let n = 0;
    for (let y = 0; y < height; y += 1700) {
      await box.evaluate((e: any, y: number) => e.scrollTo(0, y), y);
      await page.waitForTimeout(900);
      await page.screenshot({ path: `${S}dark_${Deno.args[1]![0]}_${n++}.png` });
    }
    console.log(height, n);
  });
}
