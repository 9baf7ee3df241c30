// SPDX-License-Identifier: Apache-2.0
/** The commands with which an operator looks after a registry's data. */
import { MAX_NOTE_LENGTH, yankRequestSchema } from "@lora/client/documents";
import { type PackageName, parsePackageName } from "@lora/client/names";
import { parseVersion, type Version } from "@lora/client/versions";
import type { RegistryOptions } from "../options.ts";
import { type MirrorTarget, parseMirrorTarget } from "./parse-mirror-target.ts";
import { parseRemote, type RemoteRegistry } from "./parse-remote.ts";
import { parseFlags, usage } from "./usage.ts";

export const OPERATIONS_HELP = `  lora-registry takedown @SCOPE/NAME@VERSION --reason TEXT [--data DIR | --registry URL]
                   stop serving a version, for good, and say so in the log; whoever asks for it is told the reason;
                   --registry: of one that is being served, with an operator's token in LORA_TOKEN or
                   LORA_REGISTRY_ADMIN_TOKEN
  lora-registry gc [--grace HOURSh] [--dry-run] [--data DIR]
                   remove blobs that no version refers to and uploads that nobody published, older than the grace
                   period (default 24h)
  lora-registry export DIR [--data DIR]
  lora-registry export s3://BUCKET/PREFIX [--endpoint URL] [--region REGION] [--data DIR]
                   write all that is public as files, or bring them up to date: a mirror to install from, by any
                   web server, file://, or whatever serves the bucket; that is at S3_ENDPOINT with the credentials
                   of the blobs, unless --endpoint, --region, LORA_MIRROR_ACCESS_KEY_ID and
                   LORA_MIRROR_SECRET_ACCESS_KEY say otherwise
  lora-registry backup DIR [--data DIR]
                   write everything as it is now, secrets too, to a new directory
  lora-registry restore DIR [--accept-rollback] [--data DIR]
                   into a registry that has nothing; --accept-rollback where nothing remembers how far its log went
`;

export type Operation =
  | {
      do: "takedown";
      name: PackageName;
      version: Version;
      reason: string;
      /** By its API; undefined for the data itself. */
      remote: RemoteRegistry | undefined;
    }
  | { do: "gc"; graceMs: number; isDryRun: boolean }
  | { do: "export"; target: MirrorTarget }
  | { do: "backup"; directory: string }
  | { do: "restore"; directory: string; isRollbackAccepted: boolean };

export interface OperationCommand {
  kind: "operation";
  what: Operation;
  options: RegistryOptions;
}

const HOUR_MS = 60 * 60 * 1000;

const OPERATIONS = ["takedown", "gc", "export", "backup", "restore"];

export function isOperation(word: string | undefined): boolean {
  return word !== undefined && OPERATIONS.includes(word);
}

/**
 * @param args with the command's name in front
 * @param readOptions where the data lies
 * @throws LoraError USAGE, UNAUTHENTICATED, NAME_INVALID, VERSION_INVALID
 */
export function parseOperation(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  readOptions: (values: { data?: string | undefined }) => RegistryOptions,
): OperationCommand {
  const [verb = "", ...rest] = args;
  const { values, positionals } = parse(rest);
  const { data, ...flags } = values;
  if (data !== undefined && flags.registry !== undefined) throw usage("--registry and --data are two places");
  const options = readOptions({ data });
  return { kind: "operation", what: parseWhat(verb, positionals, flags, env, options), options };
}

function parseWhat(
  verb: string,
  positionals: readonly string[],
  flags: Omit<ReturnType<typeof parse>["values"], "data">,
  env: NodeJS.ProcessEnv,
  options: RegistryOptions,
): Operation {
  const [operand, ...more] = positionals;
  if (more.length > 0) throw usage(`${verb} does not take ${JSON.stringify(more.join(" "))}`);
  const allowOnly = (...names: string[]) => {
    const other = Object.keys(flags).find((name) => !names.includes(name));
    if (other !== undefined) throw usage(`${verb} has no option --${other}`);
  };
  if (verb === "takedown") {
    allowOnly("reason", "registry");
    const release = { ...parseRelease(operand), reason: parseReason(flags.reason) };
    const remote = flags.registry === undefined ? undefined : parseRemote(flags.registry, env);
    return { do: "takedown", ...release, remote };
  }
  if (verb === "gc") {
    allowOnly("grace", "dry-run");
    if (operand !== undefined) throw usage(`gc does not take ${JSON.stringify(operand)}`);
    const hours = /^(\d{1,5})h$/.exec(flags.grace ?? "24h")?.[1];
    if (hours === undefined) throw usage("--grace is a number of hours, such as 24h");
    return { do: "gc", graceMs: Number(hours) * HOUR_MS, isDryRun: flags["dry-run"] ?? false };
  }
  if (!operand) throw usage(`${verb} takes a directory${verb === "export" ? ", or s3://bucket/prefix" : ""}`);
  if (verb === "restore") {
    allowOnly("accept-rollback");
    return { do: "restore", directory: operand, isRollbackAccepted: flags["accept-rollback"] ?? false };
  }
  if (verb === "export") {
    allowOnly("endpoint", "region");
    const { endpoint, region } = flags;
    return { do: "export", target: parseMirrorTarget(operand, { endpoint, region }, env, options) };
  }
  allowOnly();
  return { do: "backup", directory: operand };
}

function parseRelease(text = ""): { name: PackageName; version: Version } {
  const at = text.lastIndexOf("@");
  if (at < 1) throw usage("takedown takes one version of a package, such as @scope/name@1.0.0");
  return { name: parsePackageName(text.slice(0, at)), version: parseVersion(text.slice(at + 1)) };
}

/** It is shown in terminals and on pages, as that of a yank is. */
function parseReason(reason = ""): string {
  if (yankRequestSchema.safeParse({ reason }).success) return reason;
  throw usage(`--reason is needed: a line of at most ${MAX_NOTE_LENGTH} characters`);
}

function parse(args: readonly string[]) {
  return parseFlags({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      reason: { type: "string" },
      grace: { type: "string" },
      "dry-run": { type: "boolean" },
      "accept-rollback": { type: "boolean" },
      endpoint: { type: "string" },
      region: { type: "string" },
      registry: { type: "string" },
    },
  });
}
