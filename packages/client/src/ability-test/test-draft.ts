// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { LoraError } from "../errors.ts";
import { type PackRequest, packPackage } from "../publish/index.ts";
import { knownBaseOf, readDraftAdapters } from "../publish/pack.ts";
import { findRuntime } from "../runtime/index.ts";
import { type AbilityReport, testAbility } from "./test-ability.ts";

export interface DraftReport extends AbilityReport {
  /** Of the adapter. */
  file: string;
  base: string;
}

/**
 * A package before it is published: each of its adapters alone, on the base that it was trained on.
 * @throws LoraError USAGE where there is nothing to test with, ABILITY_FAILED where an adapter does not do what the
 *   examples say
 */
export async function testDraft(request: PackRequest, env: NodeJS.ProcessEnv): Promise<DraftReport[]> {
  const { draft } = await packPackage({ ...request, dryRun: true });
  const examples = draft.examples ?? [];
  if (examples.length === 0)
    throw new LoraError("USAGE", `${draft.name} has no examples to test`, {
      hint: 'add "examples" to lora.json: [{"prompt": "…", "expect": {"contains": "…"}}]',
    });
  const runtime = await findRuntime({ env });
  const reports: DraftReport[] = [];
  for (const { entry } of await readDraftAdapters(request.directory, draft)) {
    const base = knownBaseOf(entry, request.bases ?? []);
    if (base?.origin.kind !== "file")
      throw new LoraError("USAGE", `the base of ${entry.file} is needed to test it`, {
        hint: "name its file: lora publish --test --base FILE",
      });
    const path = join(request.directory, entry.file);
    await using model = await runtime.load({
      modelPath: base.origin.path,
      adapters: [{ name: draft.name, path, scale: 0 }],
    });
    const { name, version } = draft;
    const report = await testAbility(model, {
      name,
      version,
      examples,
      scales: { [name]: draft.scale ?? 1 },
    });
    reports.push({ ...report, file: entry.file, base: base.name });
  }
  const bad = reports.find(({ verdict }) => verdict !== "works");
  if (bad !== undefined) {
    const example = bad.examples.find(({ verdict }) => verdict !== "works") ?? bad.examples[0];
    const what = bad.verdict === "no-effect" ? "has no effect on" : "does not do what its examples say on";
    throw new LoraError("ABILITY_FAILED", `${bad.file} ${what} ${bad.base}`, {
      details: { prompt: example?.prompt, expect: example?.expect, answer: example?.answer },
    });
  }
  return reports;
}
