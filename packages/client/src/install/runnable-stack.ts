// SPDX-License-Identifier: Apache-2.0
/** The installed stack as a runtime may apply it: checked that it is what was installed, for this lockfile and this model. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { LoraError } from "../errors.ts";
import { formatFingerprint } from "../fingerprint/index.ts";
import type { HomeDirectories } from "../home/index.ts";
import { type Project, readProject, requestedBy } from "../project/index.ts";
import { fileError, openStore } from "../store/index.ts";
import {
  adapterPath,
  type InstalledAdapter,
  isSameOrigin,
  isStackOf,
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
  const isCurrent =
    stack !== undefined &&
    isSameOrigin(stack.origin, stackOrigin(project, undefined)) &&
    (!stack.saved || project.lockfile === undefined || isStackOf(stack, project.lockfile));
  if (!isCurrent) {
    throw new LoraError("STACK_STALE", "what lora.json asks for is not what is installed", {
      hint: "run lora install",
    });
  }
  const adapters = stack.adapters.map((adapter) => ({
    ...adapter,
    path: adapterPath(project.directory, adapter),
  }));
  for (const adapter of adapters) await assertIntact(adapter, directories);
  return { project, model, adapters };
}

/**
 * A project can come with a `.lora/` of its own, which nobody verified: a file that is not the one that was installed
 * here counts only if its bytes are in this machine's store.
 */
async function assertIntact(
  adapter: InstalledAdapter & { path: string },
  directories: HomeDirectories,
): Promise<void> {
  const stamp = await stampOf(adapter.path);
  if (stamp === adapter.stamp) return;
  const isVerified = await openStore(join(directories.data, "store")).hasBlob(adapter);
  if (isVerified && stamp !== "" && (await sha256OfFile(adapter.path)) === adapter.sha256) return;
  const what = stamp === "" ? "is missing" : "is not what was installed here";
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
