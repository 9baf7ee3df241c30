// SPDX-License-Identifier: Apache-2.0
import type { AbilityReport, Verdict } from "@lora/client/ability-test";
import { parsePackageName, quote } from "@lora/client/names";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { openProgressLine } from "../output/progress-line.ts";
import { formatTable } from "../output/table.ts";
import { count } from "../output/units.ts";

export default class Test extends LoraCommand {
  static override summary = "Run the abilities' own examples on the project's model: do they work here?";
  static override description =
    "Each ability is asked with and without, at the project's scale. It works if every answer is what its examples expect; " +
    "it has no effect if the model answers as without it. Told besides: how much of the distribution of the next token it " +
    "moves. Exits with 1 if one fails or has no effect.";
  static override examples = ["<%= config.bin %> test", "<%= config.bin %> test @demo/upper --json"];
  static override strict = false;
  static override usage = "test [NAME…] [--dir DIR] [--json]";
  static override flags = { ...projectFlag };

  async run() {
    const { argv, flags } = await this.parse(Test);
    const { testProject } = await import("@lora/client/ability-test");
    const names = (argv as string[]).map(parsePackageName);
    const line = openProgressLine();
    line.say("loading the model…");
    const reports = await testProject({
      directory: flags.dir,
      directories: this.directories(),
      store: await this.openStore(),
      env: process.env,
      ...(names.length === 0 ? {} : { names }),
      onReport: ({ name }) => line.say(`tested ${name}`),
    }).finally(line.end);
    if (reports.length === 0) this.log("No abilities yet. Add one: lora install @scope/name");
    else this.log(formatTable(reports.map(row)));
    for (const report of reports) for (const text of failures(report)) this.log(text);
    if (reports.some(({ verdict }) => verdict === "fails" || verdict === "no-effect")) process.exitCode = 1;
    return { abilities: reports };
  }
}

const VERDICTS: Readonly<
  Record<Verdict, readonly [colour: "green" | "red" | "yellow" | "dim", words: string]>
> = {
  works: ["green", "works"],
  "no-effect": ["yellow", "no effect"],
  fails: ["red", "fails"],
  untested: ["dim", "has no examples"],
};

function row({ name, version, verdict, examples, moved, klNats }: AbilityReport): string[] {
  const [colour, words] = VERDICTS[verdict];
  const met = examples.filter((example) => example.meets).length;
  return [
    name,
    version,
    paint(colour, words, process.stdout),
    ...(examples.length === 0
      ? []
      : [
          `${met} of ${count(examples.length, "example")}`,
          `moves ${Math.round(100 * moved)} % of the next token (KL ${klNats.toFixed(2)})`,
        ]),
  ];
}

function failures({ name, examples, verdict }: AbilityReport): string[] {
  if (verdict === "works") return [];
  return examples
    .filter((example) => !example.meets || example.verdict === "no-effect")
    .map(({ prompt, expect, answer, baseAnswer }) => {
      const wanted = [
        ...(expect.equals === undefined ? [] : [`to be ${quote(expect.equals)}`]),
        ...(expect.contains === undefined ? [] : [`to contain ${quote(expect.contains)}`]),
      ].join(" and ");
      const without = answer === baseAnswer ? ", as without it" : `, without it ${quote(baseAnswer)}`;
      return `\n${name}: ${quote(prompt)}\n  expected ${wanted || "anything"}\n  answered ${quote(answer)}${without}`;
    });
}
