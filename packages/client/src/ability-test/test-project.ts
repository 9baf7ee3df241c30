// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { readServedStack, scalesOf } from "../gateway/served-stack.ts";
import type { HomeDirectories } from "../home/index.ts";
import { readModel } from "../install/index.ts";
import { fetchAndVerifyRelease } from "../install/verify-release.ts";
import type { PackageName } from "../names.ts";
import { readProject } from "../project/index.ts";
import { findRuntime } from "../runtime/index.ts";
import type { Store } from "../store/index.ts";
import { type AbilityReport, type AbilityUnderTest, type Example, testAbility } from "./test-ability.ts";

export interface TestProjectOptions {
  directory: string;
  directories: HomeDirectories;
  store: Store;
  env: NodeJS.ProcessEnv;
  /** Of installed packages; all of them unless given. */
  names?: readonly PackageName[];
  onReport?: (report: AbilityReport) => void;
}

/**
 * Each installed package on the project's own model, with what it depends on, at the project's scales. The examples are
 * those that its author signed, from the store.
 * @throws LoraError NOT_INSTALLED, RUNTIME_NOT_FOUND, RUNTIME_FAILED, and as `readRunnableStack`
 */
export async function testProject(options: TestProjectOptions): Promise<AbilityReport[]> {
  const stack = await readServedStack(options.directory, options.directories);
  const project = await readProject(stack.directory);
  const names = options.names ?? [...stack.abilities.keys()];
  for (const name of names) {
    if (!stack.abilities.has(name))
      throw new LoraError("NOT_INSTALLED", `${name} is not installed in this project`, {
        hint: "see what is: lora list",
      });
  }
  const tested: AbilityUnderTest[] = [];
  for (const name of names) {
    const chosen = scalesOf(stack, name);
    tested.push({
      name,
      version: project.lockfile?.packages[name]?.version ?? "",
      examples: await readExamples(options, name),
      scales: Object.fromEntries(stack.adapters.map(({ sha256 }) => [sha256, chosen.get(sha256) ?? 0])),
    });
  }
  const { kind } = project.manifest.runtime ?? {};
  const runtime = await findRuntime({ env: options.env, preferred: kind, projectDirectory: stack.directory });
  const files = new Map(stack.adapters.map(({ sha256, path }) => [sha256, path]));
  await using model = await runtime.load({
    modelPath: stack.model.path,
    adapters: [...files].map(([name, path]) => ({ name, path, scale: 0 })),
    extraArgs: stack.runtimeArgs,
  });
  const reports: AbilityReport[] = [];
  for (const ability of tested) {
    const report = await testAbility(model, ability);
    options.onReport?.(report);
    reports.push(report);
  }
  return reports;
}

async function readExamples(
  { store, directory, directories }: TestProjectOptions,
  name: PackageName,
): Promise<readonly Example[]> {
  const project = await readProject(directory);
  const locked = project.lockfile?.packages[name];
  if (locked === undefined) return [];
  const { adapter: _, ...release } = locked;
  const registry = async () => {
    throw new LoraError("OFFLINE", `the release of ${name} is not in the store any more`, {
      hint: "run lora install",
    });
  };
  const model = await readModel(project.modelPath, directories.cache);
  const { manifest } = await fetchAndVerifyRelease({ store, registry }, name, release, model, undefined);
  return manifest.examples ?? [];
}
