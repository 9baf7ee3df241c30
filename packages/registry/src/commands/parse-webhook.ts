// SPDX-License-Identifier: Apache-2.0
import { parseScopeName, type ScopeName } from "@lora/client/names";
import type { RegistryOptions } from "../options.ts";
import { WEBHOOK_EVENTS, type WebhookEvent } from "../webhooks/event.ts";
import { parseRemote, type RemoteRegistry } from "./parse-remote.ts";
import { parseFlags, usage } from "./usage.ts";

export const WEBHOOK_HELP = `  lora-registry webhook add URL [--event EVENT]… [--scope @SCOPE]
                   send signed events to URL: ${WEBHOOK_EVENTS.join(", ")} (default: all), of one scope or
                   of all; the secret is shown once
  lora-registry webhook ls
  lora-registry webhook rm ID
  lora-registry webhook test ID
                   send one event that stands for nothing, and say what came of it
                   each takes --json, and --data DIR or, for a registry that is being served, --registry URL with
                   an operator's token in LORA_TOKEN or LORA_REGISTRY_ADMIN_TOKEN
`;

export type WebhookAct =
  | { do: "add"; url: string; events?: WebhookEvent[]; scope?: ScopeName }
  | { do: "ls" }
  | { do: "rm" | "test"; id: number };

export interface WebhookCommand {
  kind: "webhook";
  what: WebhookAct;
  isJson: boolean;
  /** By its API; undefined for the data itself. */
  remote: RemoteRegistry | undefined;
  options: RegistryOptions;
}

/**
 * @param args what stands behind `webhook`
 * @param readOptions where the data lies
 * @throws LoraError USAGE, NAME_INVALID
 */
export function parseWebhook(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  readOptions: (values: { data?: string | undefined }) => RegistryOptions,
): WebhookCommand {
  const { values, positionals } = parse(args);
  const { data, json: isJson = false, registry, ...flags } = values;
  const what = parseAct(positionals, flags);
  const remote = registry === undefined ? undefined : parseRemote(registry, env);
  if (remote !== undefined && data !== undefined) throw usage("--registry and --data are two places");
  return { kind: "webhook", what, isJson, remote, options: readOptions({ data }) };
}

function parseAct(
  [verb, operand, ...more]: readonly string[],
  flags: { event?: string[] | undefined; scope?: string | undefined },
): WebhookAct {
  const isAlone = flags.event === undefined && flags.scope === undefined;
  if (verb === "add" && operand !== undefined && more.length === 0) {
    return {
      do: "add",
      url: operand,
      ...(flags.event === undefined ? {} : { events: flags.event.map(parseEvent) }),
      ...(flags.scope === undefined ? {} : { scope: parseScopeName(flags.scope) }),
    };
  }
  if (verb === "ls" && operand === undefined && isAlone) return { do: "ls" };
  if ((verb === "rm" || verb === "test") && operand !== undefined && more.length === 0 && isAlone) {
    if (!/^[1-9]\d{0,14}$/.test(operand)) throw usage(`${JSON.stringify(operand)} is no webhook's number`);
    return { do: verb, id: Number(operand) };
  }
  throw usage("webhook is used as: webhook add URL, webhook ls, webhook rm ID, webhook test ID");
}

function parseEvent(text: string): WebhookEvent {
  const event = WEBHOOK_EVENTS.find((known) => known === text);
  if (event === undefined) throw usage(`--event is one of ${WEBHOOK_EVENTS.join(", ")}`);
  return event;
}

function parse(args: readonly string[]) {
  return parseFlags({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      registry: { type: "string" },
      event: { type: "string", multiple: true },
      scope: { type: "string" },
      json: { type: "boolean" },
    },
  });
}
