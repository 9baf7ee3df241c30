// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import { createRegistryClient } from "@lora/client/registry-client";
import type { Version } from "@lora/client/versions";
import type { RegistryData } from "../open-data.ts";
import { backUp } from "../operations/back-up.ts";
import { formatTarget } from "../operations/bucket-target.ts";
import { collectGarbage } from "../operations/collect-garbage.ts";
import { exportMirror } from "../operations/export-mirror.ts";
import type { Mirror, MirroredFile } from "../operations/mirror.ts";
import { openMirrorDirectory } from "../operations/mirror-directory.ts";
import { restore } from "../operations/restore.ts";
import { takeDown } from "../operations/take-down.ts";
import type { RegistryOptions } from "../options.ts";
import { originOf, withData, withLog, withStartedData } from "./operator.ts";
import type { MirrorTarget } from "./parse-mirror-target.ts";
import type { Operation, OperationCommand } from "./parse-operation.ts";
import type { RemoteRegistry } from "./parse-remote.ts";

type Takedown = Extract<Operation, { do: "takedown" }>;

/** Returns what the operator is told. @throws LoraError */
export async function runOperation(command: OperationCommand): Promise<string> {
  const { what, options } = command;
  if (what.do === "takedown" && what.remote !== undefined) return takeDownRemotely(what, what.remote);
  try {
    const open = what.do === "restore" ? withData : withStartedData;
    return await open(options, (data) => operate(data, command));
  } catch (error) {
    if (what.do !== "takedown" || !(error instanceof LoraError) || error.code !== "DATA_LOCKED") throw error;
    throw new LoraError(error.code, error.message, {
      hint: "have that registry do it: repeat this with --registry URL, and an operator's token in LORA_TOKEN",
      ...(error.details === undefined ? {} : { details: error.details }),
      cause: error,
    });
  }
}

async function takeDownRemotely(
  { name, version, reason }: Takedown,
  { url, token }: RemoteRegistry,
): Promise<string> {
  const registry = createRegistryClient({ url: url.href.replace(/\/+$/, ""), token });
  const { logIndex } = await registry.takeDown(name, version, reason).catch((error: unknown) => {
    if (!(error instanceof LoraError) || error.code !== "UNAUTHENTICATED") throw error;
    throw new LoraError(error.code, error.message, {
      hint: "set LORA_TOKEN to an operator's token",
      cause: error,
    });
  });
  return takenDown(name, version, logIndex);
}

function takenDown(name: PackageName, version: Version, logIndex: number): string {
  return `${name} ${version} is taken down, by entry ${logIndex} of the log.\n`;
}

async function operate(data: RegistryData, { what, options }: OperationCommand): Promise<string> {
  if (what.do === "restore") {
    const { isRollbackAccepted } = what;
    const directory = resolve(what.directory);
    const { origin, createdAt } = await restore(data, {
      directory,
      isRollbackAccepted,
      logKey: options.logKey,
    });
    return `${origin} is as it was at ${createdAt}.\n`;
  }
  const origin = await originOf(data);
  if (what.do === "takedown") {
    const { name, version, reason } = what;
    return withLog(data, options, async ({ logWriter }) => {
      const deps = { db: data.database.db, logWriter };
      return takenDown(name, version, (await takeDown(deps, name, version, reason)).logIndex);
    });
  }
  if (what.do === "gc") {
    const before = new Date(Date.now() - what.graceMs);
    const { blobs, bytes, uploads } = await collectGarbage(data, before, what.isDryRun);
    const done = what.isDryRun ? "Would remove" : "Removed";
    return `${done} ${blobs} blobs (${bytes} bytes) that no version refers to, and ${uploads} uploads that nobody published.\n`;
  }
  if (what.do === "backup") {
    const { blobs, tables } = await backUp(data, origin, resolve(what.directory));
    const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
    return `${what.directory} has everything of ${origin}: ${rows} rows and ${blobs.length} blobs. Keep it secret.\n`;
  }
  const { target } = what;
  return withLog(data, options, async (opened) => {
    const { written, kept, removed } = await exportMirror({ ...data, ...opened, origin }, (info) =>
      openMirror(target, info, options),
    );
    const place = target.directory ?? formatTarget(target);
    return `${place} is a mirror of ${origin}: ${written} files written, ${kept} left as they were, ${removed} removed.\n`;
  });
}

async function openMirror(
  target: MirrorTarget,
  info: MirroredFile,
  { s3 }: RegistryOptions,
): Promise<Mirror> {
  if (target.directory !== undefined) return openMirrorDirectory(resolve(target.directory), info);
  const isBesideBlobs =
    s3?.endpoint === target.endpoint && target.credentials === undefined && target.region === undefined;
  // Loaded when it is used: it takes as long as all the rest.
  const { openMirrorBucket } = await import("../operations/mirror-bucket.ts");
  return openMirrorBucket(target, info, isBesideBlobs ? s3?.bucket : undefined);
}
