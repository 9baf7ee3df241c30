// SPDX-License-Identifier: Apache-2.0
/**
 * How long `lora` takes to start: `lora --version` beside `node -e 0`, and an install that has nothing to do, locked and
 * cached, beside `lora --version`. Whole processes, in turn, medians.
 *
 *     node bench/startup.ts
 *
 * Exits with 1 where a goal is missed.
 */
import { join } from "node:path";
import {
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
  publishBundle,
} from "../test/support/publishing.ts";
import { alternate, report, runProgram } from "./support/alternate.ts";

const ROUNDS = 31;
const executable = join(import.meta.dirname, "..", "packages", "cli", "bin", "lora.js");

await using workplace = await createWorkplace();
const { sandbox, registry } = workplace;
await publishAbility(sandbox, { name: "@demo/upper", ability: "upper" });
await publishAbility(sandbox, { name: "@demo/shout", ability: "shout" });
await publishBundle(sandbox, "@demo/loud", { "@demo/upper": "^1", "@demo/shout": "^1" });
await createProject(sandbox, "project");
await mustRun(sandbox, ["install", "@demo/loud"], "project");
// Nothing but the programs that are measured is to run.
await registry.stop();

const node = (args: string[]) => {
  runProgram(process.execPath, args, { cwd: sandbox.path("project"), env: sandbox.env });
};
const times = alternate(
  [
    { name: "node", run: () => node(["-e", "0"]) },
    { name: "version", run: () => node([executable, "--version"]) },
    { name: "install", run: () => node([executable, "install"]) },
  ],
  ROUNDS,
  3,
);
const ms = (name: string) => times.get(name) ?? Number.NaN;
console.log(`medians of ${ROUNDS} runs of each, in turn`);
report("startup", [
  { what: "lora --version", ms: ms("version"), peer: "node -e 0", peerMs: ms("node"), goal: 2.5 },
  {
    what: "lora install, nothing to do",
    ms: ms("install"),
    peer: "lora --version",
    peerMs: ms("version"),
    goal: 2,
  },
]);
