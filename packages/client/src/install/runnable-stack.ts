// SPDX-License-Identifier: Apache-2.0
/** The installed stack as a runtime may apply it: checked that it is what was installed, for this lockfile and this model. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { LoraError } from "../errors.ts";
import { formatFingerprint } from "../fingerprint/index.ts";
import type { HomeDirectories } from "../home/index.ts";
import { type Project, readProject, requestedBy } from "../project/index.ts";
import { fileError } from "../store/index.ts";
import {
  adapterPath,
  type InstalledAdapter,
  isSameOrigin,
  readInstalledStack,
  stackOrigin,
  stampOf,
} from "./installed-stack.ts";
import { type Model, readModel } from "./model.ts";

export interface RunnableStack {
  project: Project;
  model: Model;
  /** In order of application, with absolute paths. */
  adapters: (InstalledAdapter & { path: string })[];
}

/** @throws LoraError STACK_STALE, BASE_MISMATCH, INSTALL_CORRUPT, and what reading the project throws */
export async function readRunnableStack(
  directory: string,
  directories: HomeDirectories,
): Promise<RunnableStack> {
  const project = await readProject(directory);
  const model = await readModel(project.modelPath, directories.cache);
  const requested = requestedBy(project.manifest);
  const asked = { ...requested.optionalDependencies, ...requested.dependencies };
  const stack = await readInstalledStack(project.directory);
  if (stack === undefined && project.lockfile === undefined && Object.keys(asked).length === 0) {
    return { project, model, adapters: [] };
  }
  if (stack !== undefined && stack.base !== model.fingerprint) {
    throw new LoraError(
      "BASE_MISMATCH",
      `the installed abilities are for ${project.lockfile?.base.name ?? "another base"} (${formatFingerprint(stack.base)}…), ` +
        `but ${project.manifest.model} is ${model.name} (${formatFingerprint(model.fingerprint)}…)`,
      {
        hint: "resolve them for the new model: lora install",
        details: { wanted: model.fingerprint, has: stack.base },
      },
    );
  }
  if (stack === undefined || !isSameOrigin(stack.origin, stackOrigin(project, undefined))) {
    throw new LoraError("STACK_STALE", "what lora.json asks for is not what is installed", {
      hint: "run lora install",
    });
  }
  const adapters = stack.adapters.map((adapter) => ({
    ...adapter,
    path: adapterPath(project.directory, adapter),
  }));
  for (const adapter of adapters) await assertIntact(adapter);
  return { project, model, adapters };
}

async function assertIntact(adapter: InstalledAdapter & { path: string }): Promise<void> {
  const stamp = await stampOf(adapter.path);
  if (stamp === adapter.stamp) return;
  if (stamp !== "" && (await sha256OfFile(adapter.path)) === adapter.sha256) return;
  const what = stamp === "" ? "is missing" : "is no longer what was installed";
  throw new LoraError(
    "INSTALL_CORRUPT",
    `the file of ${adapter.name} ${adapter.version} ${what}: ${adapter.path}`,
    {
      hint: "put it back: lora install",
      details: { path: adapter.path, expected: adapter.sha256 },
    },
  );
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (cause) {
    throw fileError(cause, "read", path);
  }
  return hash.digest("hex");
}
