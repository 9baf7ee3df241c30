// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { knownBaseOf, type PackRequest, planPackage, readDraftAdapters } from "../publish/index.ts";
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
  await using plan = await planPackage(request);
  const { draft, converted } = plan.outcome;
  const examples = draft.examples ?? [];
  if (examples.length === 0)
    throw new LoraError("USAGE", `${draft.name} has no examples to test`, {
      hint: 'add "examples" to lora.json: [{"prompt": "…", "expect": {"contains": "…"}}]',
    });
  const runtime = await findRuntime({ env });
  const reports: DraftReport[] = [];
  for (const { entry } of await readDraftAdapters(plan.locate, draft)) {
    const base =
      converted.find(({ file }) => file === entry.file)?.base ?? knownBaseOf(entry, request.bases ?? []);
    if (base?.origin.kind !== "file")
      throw new LoraError("USAGE", `the base of ${entry.file} is needed to test it`, {
        hint: "name its file: lora publish --test --base FILE",
      });
    const path = plan.locate(entry.file);
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
