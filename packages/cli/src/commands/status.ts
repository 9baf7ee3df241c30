// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import {
  type Announcement,
  findGateways,
  type GatewayStatus,
  gatewayStatusSchema,
} from "@lora/client/gateway";
import { readProject } from "@lora/client/project";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { formatTable } from "../output/table.ts";
import { count } from "../output/units.ts";

const ANSWER_WITHIN_MS = 3000;

export default class Status extends LoraCommand {
  static override summary = "Show what lora serve applies for this project, and since when.";
  static override description = "Exits with 1 when no gateway runs.";
  static override examples = ["<%= config.bin %> status", "<%= config.bin %> status --json"];
  static override flags = { ...projectFlag };

  async run() {
    const { flags } = await this.parse(Status);
    const { directory } = await readProject(flags.dir);
    const gateways: (GatewayStatus & { url: string })[] = [];
    for (const announcement of await findGateways(directory)) {
      const status = await ask(announcement);
      if (status !== undefined) gateways.push({ ...status, url: announcement.url });
    }
    if (gateways.length === 0) {
      this.log("Nothing is served here. Start it: lora serve");
      process.exitCode = 1;
    }
    for (const gateway of gateways) this.log(describe(gateway));
    return { gateways };
  }
}

/** Undefined for one that has ended, whose number may be another process's now. */
async function ask({ url, pid }: Announcement): Promise<GatewayStatus | undefined> {
  const key = process.env.LORA_SERVE_API_KEY;
  try {
    const answer = await fetch(`${url}/lora/status`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: key ? { authorization: `Bearer ${key}` } : {},
    });
    if (answer.status === 401)
      throw new LoraError("UNAUTHENTICATED", `the gateway at ${url} asks for a key`, {
        hint: "set LORA_SERVE_API_KEY to the one that it was started with",
      });
    const status = gatewayStatusSchema.safeParse(await answer.json());
    return status.success && status.data.pid === pid ? status.data : undefined;
  } catch (error) {
    if (error instanceof LoraError) throw error;
    return undefined;
  }
}

function describe(status: GatewayStatus & { url: string }): string {
  const { server, fusedRank, refused } = status;
  const crashed = status.crashes === 0 ? "" : `, ended by itself ${count(status.crashes, "time")}`;
  const rows = [
    ["gateway", `${status.url}/v1, process ${status.pid}, since ${local(status.startedAt)}`],
    ["model", `${status.model.name} (${status.model.fingerprint.slice(0, 17)}…)`],
    [
      "llama-server",
      server === undefined
        ? `starting${crashed}`
        : `${status.llamaServer}, process ${server.pid}, since ${local(server.since)}, ` +
          `${count(server.activeRequests, "request")} now${crashed}`,
    ],
    [
      "applied",
      `${count(status.stack.length, "ability", "abilities")} since ${local(status.appliedSince)}` +
        (fusedRank === undefined ? "" : `, as one adapter of rank ${fusedRank}`),
    ],
    ...status.stack.map(({ name, version, scale }) => ["", `${name} ${version}, scale ${scale}`]),
    ...(refused === undefined ? [] : [["not applied", refused.message]]),
  ];
  return formatTable(rows);
}

function local(time: string): string {
  return new Date(time).toLocaleString("sv-SE");
}
