// SPDX-License-Identifier: Apache-2.0
/**
 * What the log adds to a cold install of 20 adapters of 16 MB: checkpoint, receipts, their consistency and the rules of
 * keys, against the same install that believes all of that. Both verify signatures, hashes and formats, as processes in
 * turn; of each pair the ratio is taken.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createWorkplace, mustRun } from "../../test/support/publishing.ts";
import { writeBase, writeRandomAdapter } from "../support/adapters.ts";
import { runProgram } from "../support/alternate.ts";

const PACKAGES = 20;
const PAIRS = 15;
const TARGET_RATIO = 1.05;
const script = join(import.meta.dirname, "install-once.ts");

export async function measureInstall(): Promise<void> {
  await using workplace = await createWorkplace();
  const { sandbox, registry } = workplace;
  const model = sandbox.path("model.gguf");
  writeBase(model);
  const dependencies: Record<string, string> = {};
  for (let i = 0; i < PACKAGES; i += 1) {
    const directory = sandbox.path("packages", String(i));
    mkdirSync(directory, { recursive: true });
    writeRandomAdapter(join(directory, "adapter.gguf"));
    const name = `@demo/ability-${i}`;
    const manifest = { name, version: "1.0.0", adapters: [{ file: "adapter.gguf" }] };
    writeFileSync(join(directory, "lora.json"), JSON.stringify(manifest));
    await mustRun(sandbox, ["publish", directory, "--base", `bench=${model}`]);
    dependencies[name] = "^1.0.0";
  }
  const project = sandbox.path("project");
  mkdirSync(project);
  writeFileSync(join(project, "lora.json"), JSON.stringify({ model, dependencies }));
  const pem = sandbox.path("key.pem");
  writeFileSync(pem, `${(await mustRun(sandbox, ["key", "export", "@demo"])).stdout.trim()}\n`);

  const home = sandbox.path("cold-home");
  const install = (mode: "checked" | "believed"): { ms: number; cpuMs: number } => {
    rmSync(home, { recursive: true, force: true });
    const started = performance.now();
    const told = runProgram(process.execPath, [script, mode, project, home, registry.url, pem]);
    const { cpuMs } = JSON.parse(told) as { cpuMs: number };
    return { ms: performance.now() - started, cpuMs };
  };
  install("checked");
  install("believed");
  const pairs = Array.from({ length: PAIRS }, (_, i) => {
    // Whoever comes second finds warmer caches.
    const [first, second] =
      i % 2 === 0 ? (["checked", "believed"] as const) : (["believed", "checked"] as const);
    return { [first]: install(first), [second]: install(second) } as Record<
      typeof first,
      ReturnType<typeof install>
    >;
  });
  const quantile = (values: number[], q: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;
  const row = (what: "ms" | "cpuMs") => {
    const ratios = pairs.map(({ checked, believed }) => checked[what] / believed[what]);
    return {
      what: what === "ms" ? "wall time" : "computing time",
      "checked ms": Math.round(
        quantile(
          pairs.map(({ checked }) => checked[what]),
          0.5,
        ),
      ),
      "believed ms": Math.round(
        quantile(
          pairs.map(({ believed }) => believed[what]),
          0.5,
        ),
      ),
      ratio: Number(quantile(ratios, 0.5).toFixed(3)),
      quartiles: `${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}`,
      "at most": TARGET_RATIO,
    };
  };
  const rows = [row("ms"), row("cpuMs")];
  console.log(`cold install of ${PACKAGES} adapters of 16 MB, ${PAIRS} pairs`);
  console.table(rows);
  if ((rows[0]?.ratio ?? Number.NaN) > TARGET_RATIO) process.exitCode = 1;
}
