// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { Policy } from "@lora/client/transparency";
import type { Logger } from "pino";
import { type Command, HELP, parseCommandLine } from "./command-line.ts";
import type { RunningRegistry } from "./start.ts";
import { VERSION } from "./version.ts";

/** The process: what `bin/lora-registry.js` runs. Its exit status is one of sysexits.h. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const command = parseCommandLine(args, process.env);
    if (command.kind === "help") process.stdout.write(HELP);
    else if (command.kind === "version") process.stdout.write(`${VERSION}\n`);
    else if (command.kind === "base-same") await declareSame(command);
    else if (command.kind === "key-reset") await resetKey(command);
    else if (command.kind === "user") await manageUsers(command);
    else if (command.kind === "operation") await operate(command);
    else if (command.kind === "migrate") await migrate(command);
    else if (command.kind === "webhook") await manageWebhooks(command);
    else if (command.kind === "witness") await witness(command);
    else await serve(command);
  } catch (error) {
    process.exitCode = await reportError(error);
  }
}

async function declareSame(command: Extract<Command, { kind: "base-same" }>): Promise<void> {
  const { runBaseSame } = await import("./commands/base-same.ts");
  process.stdout.write(await runBaseSame(command));
}

async function resetKey(command: Extract<Command, { kind: "key-reset" }>): Promise<void> {
  const { runKeyReset } = await import("./commands/key-reset.ts");
  process.stdout.write(await runKeyReset(command));
}

async function manageUsers(command: Extract<Command, { kind: "user" }>): Promise<void> {
  const { runUser } = await import("./commands/user.ts");
  process.stdout.write(await runUser(command));
}

async function operate(command: Extract<Command, { kind: "operation" }>): Promise<void> {
  const { runOperation } = await import("./commands/operation.ts");
  process.stdout.write(await runOperation(command));
}

async function migrate(command: Extract<Command, { kind: "migrate" }>): Promise<void> {
  const { runMigrate } = await import("./commands/migrate.ts");
  const { text, exitStatus } = await runMigrate(command);
  process.stdout.write(text);
  process.exitCode = exitStatus;
}

async function manageWebhooks(command: Extract<Command, { kind: "webhook" }>): Promise<void> {
  const { runWebhook } = await import("./commands/webhook.ts");
  process.stdout.write(await runWebhook(command));
}

async function witness(command: Extract<Command, { kind: "witness" }>): Promise<void> {
  const [{ createLog }, { startWitness }, { announceWitness }] = await Promise.all([
    import("./process-log/index.ts"),
    import("./witness/start-witness.ts"),
    import("./commands/witness.ts"),
  ]);
  const log = createLog(command.logLevel);
  const stopped = stopSignal(log);
  const running = await startWitness({ ...command.options, log });
  process.stdout.write(announceWitness(running, command));
  await stopped;
  await running.close();
}

async function serve({
  options,
  logLevel,
  witnessesFile,
}: Extract<Command, { kind: "serve" }>): Promise<void> {
  // Loaded here, so that --help and a wrong option need not wait for a database.
  const [{ createLog }, { startRegistry }] = await Promise.all([
    import("./process-log/index.ts"),
    import("./start.ts"),
  ]);
  const log = createLog(logLevel);
  // Asked for before anything is opened: a signal that comes while it starts ends it as cleanly.
  const stopped = stopSignal(log);
  const witnesses = witnessesFile === undefined ? {} : { witnesses: await readWitnesses(witnessesFile) };
  const registry = await startRegistry({ ...options, ...witnesses, log });
  process.stdout.write(announcement(registry, options.databaseUrl === undefined));
  await stopped;
  await registry.close();
  log.info("stopped");
}

async function readWitnesses(file: string): Promise<Policy> {
  const [{ readFile }, { parsePolicy }] = await Promise.all([
    import("node:fs/promises"),
    import("@lora/client/transparency"),
  ]);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new LoraError("FILE_NOT_FOUND", `LORA_WITNESSES: ${file} cannot be read`, { cause });
  });
  return parsePolicy(bytes);
}

/** The first signal counts: a terminal and npm both send one for the same Ctrl-C, and stopping is bounded in time. */
function stopSignal(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      log.info({ signal }, "stopping: requests under way are answered first");
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

function announcement(
  { url, origin, dataDirectory, adminToken }: RunningRegistry,
  isEmbedded: boolean,
): string {
  const lines = [`lora-registry ${VERSION} listens at ${url}`];
  if (origin !== url) lines.push(`It calls itself ${origin}`);
  if (isEmbedded) {
    lines.push(
      `Everything is kept in ${dataDirectory}`,
      "The embedded database writes without fsync: it survives a crash of the process, not a power cut. Back it up, or set DATABASE_URL.",
    );
  }
  if (adminToken !== undefined) {
    lines.push(
      "",
      `Admin token, shown this once: ${adminToken}`,
      `  LORA_REGISTRY=${url} lora login --token ${adminToken}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

async function reportError(error: unknown): Promise<number> {
  if (error instanceof LoraError) {
    process.stderr.write(`error: ${error.message} (${error.code})\n`);
    if (error.hint !== undefined) process.stderr.write(`\nhint: ${error.hint}\n`);
    return error.kind.exitStatus;
  }
  const { formatError } = await import("./process-log/index.ts");
  process.stderr.write(`error: a bug in lora-registry\n${formatError(error)}\n`);
  return 70;
}
