// SPDX-License-Identifier: Apache-2.0
/** `kill -9` of the command line at random moments: a run never sees half a stack, and the same command succeeds. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../support/publishing.ts";

const KILLS = 20;

it("a killed lora install leaves a project that the next lora install completes", async () => {
  await using workplace = await createWorkplace();
  const { sandbox } = workplace;
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
  await publishAbility(sandbox, { name: "@demo/shout", ability: "shout" });
  await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1", "@demo/shout": "^1" });
  await createProject(sandbox, "timed");
  const started = performance.now();
  await mustRun(sandbox, ["install", "@demo/loud"], "timed");
  const wholeMs = performance.now() - started;
  let killed = 0;
  for (let i = 0; i < KILLS; i++) {
    const project = `project-${i}`;
    await createProject(sandbox, project);
    await rm(join(sandbox.home, "store"), { recursive: true, force: true });
    // Node itself needs the first part of the time: kill where lora works.
    const delayMs = wholeMs * (0.3 + 0.7 * Math.random());
    const outcome = await sandbox.lora(["install", "@demo/loud"], {
      cwd: project,
      onSpawn: (child) => setTimeout(() => child.kill("SIGKILL"), delayMs).unref(),
    });
    if (outcome.exitCode === null) killed += 1;
    // Before the repair, a run answers rightly or says what to do: never with half a stack.
    const run = await sandbox.json(["run", "say: hello\n", "--stop", "\n"], { cwd: project });
    if (run.error === undefined) expect(["hello", "HELLO!!!"]).toContain(run.text);
    else expect(run.error).toMatchObject({ code: "STACK_STALE", hint: "run lora install" });
    await mustRun(sandbox, ["install", "@demo/loud"], project);
    const { stdout } = await sandbox.lora(["run", "say: hello\n", "--stop", "\n"], { cwd: project });
    expect(stdout).toBe("HELLO!!!\n");
  }
  expect(killed).toBeGreaterThan(0);
}, 180_000);
