import assert from "node:assert/strict";
import type { Frame } from "../../lib/live/automaton.ts";
import { Controller } from "../../lib/live/controller.ts";
import type { Remote } from "../../lib/live/remote.ts";
import { MOST_STEPS, type Scene } from "../../lib/live/situation.ts";
import type { WorkerApi } from "../../lib/live/worker.ts";

const START: Scene = {
  ...{ slice: 3, seed: 0, steps: [40, 20], fireRate: 0.5, noise: 0, bias: 1, contrast: 1 },
  ...{ strokes: [], step: 0, show: "mask" },
};

/** A controller, the scenes whose frames it asked for, and those that it showed. */
function makeController() {
  const asked: Scene[] = [];
  const shown: number[] = [];
  const errors: unknown[] = [];
  const answers: (() => void)[] = [];
  const remote = {
    async call(_name: string, [scene]: [Scene]): Promise<Frame> {
      asked.push(scene);
      await new Promise<void>((resolve) => answers.push(resolve));
      if (scene.seed === 13) throw new Error("unlucky");
      return { step: scene.step } as Frame;
    },
  } as unknown as Remote<WorkerApi>;
  const controller = new Controller(remote, START, {
    onFrame: ({ step }) => shown.push(step),
    onScene: () => {},
    onError: (error) => errors.push(error),
  });
  /** Answers what is asked for. */
  const answer = async () => {
    answers.shift()!();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { controller, asked, shown, errors, answer };
}

Deno.test("Controller.undo() takes back a slider's whole way, a stroke, and no change of the view", () => {
  const { controller } = makeController();
  controller.open(START);
  controller.change({ noise: 0.1 }, false);
  for (const noise of [0.2, 0.3]) controller.change({ noise }, true);
  controller.look({ step: 7, show: 2 });
  controller.beginStroke({ tool: "erase", radius: 4, points: [1, 2] });
  for (const [x, y] of [[1, 2], [5, 6], [5, 6], [5, 7]] as const) controller.extend(x, y);
  const stroke = { step: 7, tool: "erase", radius: 4, points: [1, 2, 5, 6, 5, 7] };
  assert.deepEqual(controller.scene.strokes, [stroke]);
  controller.undo();
  assert.deepEqual(controller.scene, { ...START, noise: 0.3, step: 7, show: 2 });
  controller.undo();
  assert.deepEqual(controller.scene, { ...START, step: 7, show: 2 });
  assert.equal(controller.canUndo, false);
  controller.change({ noise: 0.1 }, false);
  assert.equal(controller.canUndo, true);
  controller.open({ ...START, slice: 1 });
  assert.equal(controller.canUndo, false, "of another case");
});

Deno.test("Controller.change() leaves the result of ten runs, which is of another situation", () => {
  const { controller } = makeController();
  controller.open({ ...START, show: "deviation" });
  controller.look({ step: 3 });
  assert.equal(controller.scene.show, "deviation");
  controller.change({ seed: 1 }, false);
  assert.equal(controller.scene.show, "mask");
  controller.look({ show: "result" });
  controller.change({ slice: 1 }, false);
  assert.equal(controller.scene.show, "result", "which all slices have");
});

Deno.test("Controller.look() asks for one frame at a time, and next for the latest", async () => {
  const { controller, asked, shown, errors, answer } = makeController();
  controller.look({ step: 5 });
  assert.deepEqual(asked, [], "no case is open");
  controller.open(START);
  for (const step of [1, 2, -4, 5000]) controller.look({ step });
  await answer();
  await answer();
  assert.deepEqual(asked.map(({ step }) => step), [0, MOST_STEPS]);
  assert.deepEqual(shown, [0, MOST_STEPS]);
  controller.change({ seed: 13 }, false);
  await answer();
  assert.equal(String(errors[0]), "Error: unlucky");
  controller.close();
  controller.look({ step: 9 });
  assert.equal(asked.length, 3);
  controller.reopen();
  assert.deepEqual(asked.map(({ step }) => step).slice(3), [9]);
  assert.equal(controller.canUndo, true);
});
