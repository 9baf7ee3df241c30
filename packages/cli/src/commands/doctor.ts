// SPDX-License-Identifier: Apache-2.0

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { formatFingerprint } from "@lora/client/fingerprint";
import { readToken } from "@lora/client/home";
import { readRunnableStack } from "@lora/client/install";
import { describeRuntimes } from "@lora/client/runtime";
import { writeFileDurably } from "@lora/client/store";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { formatTable } from "../output/table.ts";
import { count } from "../output/units.ts";

interface Check {
  name: string;
  /** `none`: not there, and nobody needs it. */
  state: "ok" | "none" | "failed";
  detail: string;
  hint?: string | undefined;
}

export default class Doctor extends LoraCommand {
  static override summary = "Check what lora needs: runtime, store, registry, the project's model and stack.";
  static override description = "Exits with 1 when something that is needed does not work.";
  static override examples = ["<%= config.bin %> doctor"];
  static override flags = { ...projectFlag, ...registryFlag };

  async run() {
    const { flags } = await this.parse(Doctor);
    const checks: Check[] = [
      { name: "node", state: "ok", detail: process.version },
      ...(await this.checkRuntimes()),
      await this.check("store", () => this.checkStore()),
      await this.check("registry", () => this.checkRegistry(flags.registry)),
      await this.check("project", () => this.checkProject(flags.dir)),
    ];
    const marks = {
      ok: paint("green", "ok", process.stdout),
      none: "-",
      failed: paint("red", "failed", process.stdout),
    };
    this.log(formatTable(checks.map(({ name, state, detail }) => [name, marks[state], detail])));
    for (const { name, hint } of checks)
      if (hint !== undefined) this.log(`\n${paint("cyan", "hint", process.stdout)} (${name}): ${hint}`);
    if (checks.some(({ state }) => state === "failed")) process.exitCode = 1;
    return { checks };
  }

  private async check(name: string, work: () => Promise<Omit<Check, "name">>): Promise<Check> {
    try {
      return { name, ...(await work()) };
    } catch (error) {
      if (!(error instanceof LoraError)) throw error;
      return { name, state: "failed", detail: error.message, hint: error.hint };
    }
  }

  private async checkRuntimes(): Promise<Check[]> {
    const runtimes = await describeRuntimes({ env: process.env });
    const works = runtimes.some(({ found }) => found);
    return runtimes.map((runtime) =>
      runtime.found
        ? {
            name: runtime.kind,
            state: "ok",
            detail: `${runtime.version}, ${runtime.location}${runtime.chosen ? " (used by lora run)" : ""}`,
          }
        : { name: runtime.kind, state: works ? "none" : "failed", detail: runtime.reason },
    );
  }

  private async checkStore(): Promise<Omit<Check, "name">> {
    const { directory } = await this.openStore();
    const probe = join(directory, "doctor");
    await writeFileDurably(probe, "");
    await rm(probe);
    return { state: "ok", detail: directory };
  }

  private async checkRegistry(address: string | undefined): Promise<Omit<Check, "name">> {
    const registry = await this.openRegistry(address);
    const { origin } = await registry.info();
    const token = await readToken(this.directories().config, registry.url, process.env);
    const name = origin === registry.url ? registry.url : `${registry.url}, which calls itself ${origin}`;
    if (token === undefined) return { state: "ok", detail: `${name}, not logged in` };
    const who = await registry.whoami();
    return { state: "ok", detail: `${name}, logged in with ${JSON.stringify(who.token.name)}` };
  }

  private async checkProject(directory: string): Promise<Omit<Check, "name">> {
    try {
      const { model, adapters } = await readRunnableStack(directory, this.directories());
      const stack = count(adapters.length, "ability", "abilities");
      return {
        state: "ok",
        detail: `${model.path}: ${model.name} (${formatFingerprint(model.fingerprint)}…), ${stack}`,
      };
    } catch (error) {
      if (error instanceof LoraError && error.code === "PROJECT_NOT_FOUND")
        return { state: "none", detail: "not in a project" };
      throw error;
    }
  }
}
