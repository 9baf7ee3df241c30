// SPDX-License-Identifier: Apache-2.0
import { type OpenAdapter, openGguf } from "@lora/client/adapter-file";
import {
  FIGHT_ALIKE,
  FIGHT_LIFT,
  overlapStack,
  type PairOverlap,
  SAME_COSINE,
  type StackMember,
} from "@lora/client/compare";
import { LoraError } from "@lora/client/errors";
import { type RunnableStack, readRunnableStack } from "@lora/client/install";
import { type PackageName, parsePackageName } from "@lora/client/names";
import { closureOf } from "@lora/client/project";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { formatOverlap, formatTensors, warningOf } from "../output/overlap-report.ts";
import { paint } from "../output/paint.ts";
import { openProgressLine } from "../output/progress-line.ts";

export default class Overlap extends LoraCommand {
  static override summary =
    "Show how much the project's abilities write to the same directions, and which will fight.";
  static override description =
    "Every pair of the stack is compared by its weights alone; nothing is run. The map of a pair has a column for each " +
    "layer and a row for each kind of tensor. With one NAME, that ability is compared with all others, with several " +
    "these with one another. A bundle stands for all that it brings.";
  static override examples = [
    "<%= config.bin %> overlap",
    { description: "Will the new one get along?", command: "<%= config.bin %> overlap @demo/rot13" },
  ];
  static override strict = false;
  static override usage = "overlap [NAME…] [--tensors] [--dir DIR] [--json]";
  static override flags = {
    tensors: Flags.boolean({ description: "show the principal angles of each tensor that both change" }),
    ...projectFlag,
  };

  async run() {
    const { argv, flags } = await this.parse(Overlap);
    const names = (argv as string[]).map(parsePackageName);
    const stack = await readRunnableStack(flags.dir, this.directories());
    const chosen = chooseMembers(stack, names);
    const pairs = (await this.compare(stack, chosen)).filter(chosen.isAsked);
    this.log(formatOverlap(pairs));
    if (flags.tensors) this.log(`\n${formatTensors(pairs)}`);
    for (const pair of pairs) {
      const warning = warningOf(pair);
      if (warning !== undefined) this.logToStderr(`${paint("yellow", "warning")}: ${warning}`);
    }
    return {
      thresholds: { alike: FIGHT_ALIKE, lift: FIGHT_LIFT, cosine: SAME_COSINE },
      pairs,
    };
  }

  private async compare({ adapters }: RunnableStack, { members }: Chosen): Promise<PairOverlap[]> {
    const line = openProgressLine();
    const opened: OpenAdapter[] = [];
    try {
      const stack: StackMember[] = [];
      for (const { name, scale, path } of adapters) {
        if (!members.has(name) || scale === 0) continue;
        const adapter = await openGguf(path, name, { name: undefined, fingerprint: undefined });
        opened.push(adapter);
        stack.push({ name, scale, deltas: adapter.deltas });
      }
      line.say(`comparing ${stack.length} abilities…`);
      return await overlapStack(stack);
    } finally {
      line.end();
      for (const adapter of opened) await adapter[Symbol.asyncDispose]();
    }
  }
}

interface Chosen {
  /** Whose weights are read. */
  members: ReadonlySet<string>;
  isAsked: (pair: PairOverlap) => boolean;
}

/** @throws LoraError NOT_INSTALLED */
function chooseMembers({ project, adapters }: RunnableStack, names: readonly PackageName[]): Chosen {
  const all = new Set<string>(adapters.map(({ name }) => name));
  if (names.length === 0) return { members: all, isAsked: () => true };
  const packages = project.lockfile?.packages;
  const asked = new Set<string>();
  for (const name of names) {
    const brought = closureOf(packages, name).filter((one) => all.has(one));
    if (brought.length === 0)
      throw new LoraError("NOT_INSTALLED", `${name} is not installed in this project`, {
        hint: "see what is: lora list",
      });
    // An ability is itself alone; a bundle has nothing of its own.
    for (const one of all.has(name) ? [name] : brought) asked.add(one);
  }
  return names.length === 1 && asked.size === 1
    ? { members: all, isAsked: ({ first, second }) => asked.has(first) || asked.has(second) }
    : { members: asked, isAsked: () => true };
}
