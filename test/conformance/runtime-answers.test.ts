// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { forEachRuntime, loadTinySay, say } from "../support/llama.ts";
import {
  ANSWERS,
  type BaseVersion,
  promptOf,
  QUANTIZATIONS,
  WORDS,
  WRONG_BASE_ANSWERS,
} from "../support/tiny-say.ts";

const VERSIONS: readonly BaseVersion[] = ["v1", "v2"];

await forEachRuntime((runtime) => {
  const answersOf = async (options: Parameters<typeof loadTinySay>[1]) => {
    await using model = await loadTinySay(runtime, options);
    const rows: [readonly string[], string[]][] = [];
    for (const [abilities] of ANSWERS) {
      const scales = Object.fromEntries(abilities.map((ability) => [ability, 1]));
      const answers: string[] = [];
      for (const words of WORDS) answers.push(await say(model, promptOf(words), scales));
      rows.push([abilities, answers]);
    }
    return rows;
  };

  describe.each(VERSIONS)("tiny-say %s with its own abilities", (base) => {
    it.each(QUANTIZATIONS)("answers as the fixture's table on %s", async (quantization) => {
      expect(await answersOf({ base, quantization })).toEqual(ANSWERS);
    });
  });

  describe.each(VERSIONS)("tiny-say %s with the abilities of the other version", (base) => {
    const abilitiesOf = base === "v1" ? "v2" : "v1";

    it("loads without a word, and answers as the fixture's table", async () => {
      expect(await answersOf({ base, quantization: "q8_0", abilitiesOf })).toEqual(WRONG_BASE_ANSWERS[base]);
    });
  });
});
