// SPDX-License-Identifier: Apache-2.0
import { parseVerifierKey } from "@lora/client/transparency";
import type { RunningWitness, WitnessOptions } from "../witness/start-witness.ts";
import { parseFlags, usage } from "./usage.ts";

export const DEFAULT_WITNESS_PORT = 8720;
export const DEFAULT_WITNESS_DIRECTORY = "lora-witness-data";
const DEFAULT_FOLLOW_SECONDS = 60;

export interface WitnessCommand {
  kind: "witness";
  options: Omit<WitnessOptions, "log">;
  logLevel: string;
}

/** @param args what stands behind `witness` @throws LoraError USAGE, LOG_KEY_INVALID */
export function parseWitness(args: readonly string[]): WitnessCommand {
  const values = parse(args);
  const { "log-key": logKey, origin } = values;
  if (logKey === undefined || origin === undefined) {
    throw usage(
      "a witness needs --log-key and --origin",
      "both are in /registry.json of the registry to watch",
    );
  }
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin))
    throw usage("--origin is an http or https address");
  const key = parseVerifierKey(logKey);
  if (key.kind !== "ed25519") throw usage("--log-key is no key of a log");
  const port = numberOf(values.port, "--port", 0, 65_535) ?? DEFAULT_WITNESS_PORT;
  const every = numberOf(values.every, "--every", 1, 86_400) ?? DEFAULT_FOLLOW_SECONDS;
  return {
    kind: "witness",
    logLevel: values["log-level"] ?? "info",
    options: {
      logKey: key,
      origin,
      ...(values.name === undefined ? {} : { name: values.name }),
      host: values.host ?? "127.0.0.1",
      port,
      dataDirectory: values.data ?? DEFAULT_WITNESS_DIRECTORY,
      followEveryMs: every * 1000,
    },
  };
}

export function announceWitness({ url, key }: RunningWitness, { options }: WitnessCommand): string {
  const [name = "witness"] = key.split("/");
  return [
    `lora-registry witness listens at ${url}`,
    `It watches ${options.logKey.name} at ${options.origin}`,
    "",
    "For the registry's LORA_WITNESSES, and for policies of those who install from it:",
    `  witness ${name} ${key} ${url}`,
    "",
  ].join("\n");
}

function parse(args: readonly string[]) {
  return parseFlags({
    args: [...args],
    options: {
      "log-key": { type: "string" },
      origin: { type: "string" },
      name: { type: "string" },
      host: { type: "string" },
      port: { type: "string" },
      data: { type: "string" },
      every: { type: "string" },
      "log-level": { type: "string" },
    },
  }).values;
}

function numberOf(text: string | undefined, option: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw usage(`${option} is a number from ${min} to ${max}`);
}
