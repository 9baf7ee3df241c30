// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { isSha256, type Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { listSigningKeys } from "@lora/client/home";
import { parseScopeName, quote, type ScopeName } from "@lora/client/names";
import { type Expected, lookAtScope, type ScopeEvent } from "@lora/client/trust";
import { Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { paint } from "../../output/paint.ts";
import { count } from "../../output/units.ts";
import { parseRelease } from "../../version-argument.ts";

export default class LogMonitor extends LoraCommand {
  static override summary =
    "Follow what a registry's log says of a scope; end with 1 when it was not expected.";
  static override description =
    "Prints each act for the scope and its packages. A publish by a key that is not among --key, a release that is not among " +
    "--expect, a key that is not yours, a version that is published twice, or an entry that does not continue its chain is " +
    "unexpected. Without --key this machine's keys of the scope are expected; where there are none either, everything is. " +
    "It goes on where the last look ended.";
  static override examples = [
    "<%= config.bin %> log monitor --scope @acme",
    {
      description: "In a publisher's CI: fail if anybody else published",
      command: "<%= config.bin %> log monitor --scope @acme --once --from 0 --key $KEY_ID",
    },
    {
      description: "Only these releases",
      command:
        "<%= config.bin %> log monitor --scope @acme --once --from 0 --expect @acme/sql@1.0.0 --expect @acme/sql@1.1.0",
    },
  ];
  static override flags = {
    scope: Flags.string({ description: "the scope to watch", required: true, helpValue: "@SCOPE" }),
    once: Flags.boolean({ description: "look once and end" }),
    from: Flags.integer({ description: "begin with this entry of the log", min: 0, helpValue: "INDEX" }),
    key: Flags.string({
      description: "id of a key that may sign; may be given several times",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "KEYID",
    }),
    expect: Flags.string({
      description: "a release that may be published; may be given several times",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME@VERSION",
    }),
    interval: Flags.integer({
      description: "seconds between two looks",
      min: 1,
      default: 60,
      helpValue: "SECONDS",
    }),
    ...registryFlag,
  };

  async run() {
    const { flags } = await this.parse(LogMonitor);
    const scope = parseScopeName(flags.scope);
    const expected = {
      keys: await this.expectedKeys(scope, flags.key),
      releases: flags.expect && new Set(flags.expect.map(expectedRelease)),
    };
    if (expected.keys === undefined && expected.releases === undefined)
      this.logToStderr(`${paint("yellow", "note")}: any key may sign: name yours with --key to be warned`);
    const registry = await this.registryFor(scope, flags);
    const deps = { directories: this.directories(), env: process.env };
    let from = flags.from;
    for (;;) {
      const { events, size, notes } = await this.look(() =>
        lookAtScope(registry, deps, scope, expected, from),
      );
      from = undefined;
      for (const note of notes) this.logToStderr(`${paint("yellow", "note")}: ${note}`);
      for (const event of events) this.tell(event, flags.once);
      const unexpected = events.filter((event) => event.unexpected !== undefined);
      if (unexpected.length > 0) process.exitCode = 1;
      if (flags.once || unexpected.length > 0) {
        this.log(
          `${count(events.length, "act")} of ${scope}, ${unexpected.length} unexpected, in a log of ${size} entries`,
        );
        return { scope, size, events, unexpected: unexpected.length };
      }
      await sleep(flags.interval * 1000);
    }
  }

  private async expectedKeys(scope: ScopeName, given: string[] | undefined): Promise<Expected["keys"]> {
    if (given !== undefined) return new Set(given.map(parseKeyId));
    const own = (await listSigningKeys(this.directories().config)).filter((key) => key.scope === scope);
    return own.length === 0 ? undefined : new Set(own.map(({ keyId }) => keyId));
  }

  /** A registry that is away for a while is asked again; one that lies is not. */
  private async look<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { flags } = await this.parse(LogMonitor);
        const isAway = error instanceof LoraError && error.code === "REGISTRY_UNREACHABLE";
        if (flags.once || !isAway) throw error;
        this.logToStderr(`${paint("yellow", "note")}: ${error.message}`);
        await sleep(flags.interval * 1000);
      }
    }
  }

  private tell(event: ScopeEvent, once: boolean): void {
    const { index, entry, unexpected } = event;
    // A watch has no end to print a document at: one a line.
    if (this.jsonEnabled() && !once) process.stdout.write(`${JSON.stringify(event)}\n`);
    const { t, v: _v, seq: _seq, prev: _prev, ...facts } = entry;
    const what = Object.entries(facts).map(([field, value]) => `${field} ${shown(value)}`);
    const alarm =
      unexpected === undefined ? "" : `  ${paint("red", "UNEXPECTED", process.stdout)}: ${unexpected}`;
    this.log(`${index}  ${t}  ${what.join("  ")}${alarm}`);
  }
}

function shown(value: unknown): string {
  return typeof value === "string" && isSha256(value) ? value.slice(0, 12) : String(value);
}

function parseKeyId(text: string): Sha256 {
  if (isSha256(text)) return text;
  throw new LoraError("USAGE", `${quote(text)} is not a key id`, { hint: "give all 64 digits: lora key ls" });
}

function expectedRelease(text: string): string {
  const { name, version } = parseRelease(text);
  return `${name}@${version}`;
}
