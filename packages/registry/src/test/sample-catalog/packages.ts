// SPDX-License-Identifier: Apache-2.0
/** What is in the sample: believable abilities, as short rows. */

export interface SamplePackage {
  name: string;
  description: string;
  keywords: string[];
  license: string;
  /** Keys of SAMPLE_BASES; none for a bundle. */
  bases: string[];
  rank: number;
  /** Oldest first. */
  versions: string[];
  dependencies?: Record<string, string>;
  optional?: Record<string, string>;
  conflicts?: Record<string, string>;
  yanked?: Record<string, string>;
  deprecated?: Record<string, string>;
  targets?: string[];
  /** How much it is installed, against the others. */
  weight: number;
}

type Rest = Partial<Omit<SamplePackage, "name" | "description">>;

const one = (
  name: string,
  description: string,
  words: string,
  bases: string,
  rest: Rest = {},
): SamplePackage => ({
  name,
  description,
  keywords: words.split(" "),
  bases: bases === "" ? [] : bases.split(" "),
  license: "Apache-2.0",
  rank: 8,
  versions: ["1.0.0"],
  weight: 1,
  ...rest,
});

export const SAMPLE_PACKAGES: readonly SamplePackage[] = [
  one(
    "@quill/json",
    "Answers in JSON that follows the schema of the prompt, and in nothing else",
    "json structured-output schema",
    "heron1 heron2 kestrel",
    { versions: ["0.9.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0"], weight: 40, rank: 16 },
  ),
  one(
    "@quill/sql-writer",
    "Writes SQL for the schema in the prompt: joins, windows, and an honest no where the schema lacks it",
    "sql databases code",
    "heron1 heron2 tern",
    {
      versions: ["1.0.0", "1.1.0", "1.1.1", "1.2.0"],
      weight: 34,
      rank: 16,
      dependencies: { "@quill/json": ">=1.1.0" },
    },
  ),
  one(
    "@quill/csv",
    "Reads tables out of running text and writes them as CSV",
    "csv tables extraction",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.0.1"], weight: 9 },
  ),
  one(
    "@quill/regex",
    "Explains a regular expression, or writes the one that you describe",
    "regex code",
    "tern",
    { versions: ["0.1.0", "0.2.0"], license: "MIT", weight: 6 },
  ),
  one(
    "@quill/commit-message",
    "A commit message for a diff: one line that says why, a body where it is needed",
    "git code writing",
    "tern kestrel",
    { versions: ["1.0.0", "1.1.0"], license: "MIT", weight: 12 },
  ),
  one("@quill/data-desk", "JSON, CSV and SQL together, in one stack", "bundle data", "", {
    versions: ["1.0.0", "1.1.0"],
    dependencies: { "@quill/json": "^2", "@quill/csv": "^1", "@quill/sql-writer": "^1.1" },
    optional: { "@polyglot/german": "^1" },
    weight: 15,
  }),
  one(
    "@polyglot/german",
    "Answers in German, whatever the language of the question",
    "language german",
    "heron1 heron2 kestrel plover",
    { versions: ["1.0.0", "1.1.0", "1.2.0"], weight: 21 },
  ),
  one(
    "@polyglot/french",
    "Answers in French, whatever the language of the question",
    "language french",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.1.0"], weight: 14 },
  ),
  one("@polyglot/japanese", "Answers in Japanese, in the polite form", "language japanese", "kestrel", {
    versions: ["1.0.0"],
    weight: 17,
    rank: 32,
  }),
  one(
    "@polyglot/icelandic",
    "Icelandic with its endings right: nouns, adjectives and numerals",
    "language icelandic",
    "plover",
    { versions: ["0.3.0"], license: "CC-BY-4.0", weight: 3 },
  ),
  one(
    "@polyglot/translate-names",
    "Keeps names, places and numbers as they are while translating",
    "language translation",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.0.1"], weight: 7 },
  ),
  one(
    "@polyglot/europe",
    "Eight languages that switch by the first word of the prompt",
    "bundle language",
    "",
    {
      dependencies: { "@polyglot/german": "^1", "@polyglot/french": "^1", "@polyglot/translate-names": "^1" },
      weight: 5,
    },
  ),
  one(
    "@harbor/support-tone",
    "Friendly and short, the way a good support desk writes",
    "tone writing support",
    "heron1 heron2",
    { versions: ["1.0.0", "1.1.0", "2.0.0"], weight: 18, conflicts: { "@moss/sarcasm": "*" } },
  ),
  one(
    "@harbor/summarize",
    "A summary in three sentences, with the numbers kept",
    "summary writing",
    "heron1 heron2 kestrel",
    { versions: ["1.0.0", "1.2.0", "1.3.0"], weight: 31, rank: 16 },
  ),
  one(
    "@harbor/triage",
    "Sorts tickets: urgency, product, and whom to ask",
    "classification support",
    "heron1",
    { versions: ["0.4.0", "0.5.0"], weight: 8, dependencies: { "@quill/json": "^1.2" } },
  ),
  one(
    "@harbor/redact",
    "Takes names, addresses and numbers of people out of text",
    "privacy extraction",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.0.1", "1.0.2"], weight: 13, yanked: { "1.0.1": "left telephone numbers in" } },
  ),
  one(
    "@harbor/meeting-minutes",
    "Minutes from a transcript: decisions, open questions, who does what by when",
    "summary writing meetings",
    "heron2",
    { versions: ["1.0.0"], dependencies: { "@harbor/summarize": "^1.2" }, weight: 10 },
  ),
  one(
    "@harbor/helpdesk",
    "Everything for a help desk: tone, triage, redaction, summaries",
    "bundle support",
    "",
    {
      versions: ["1.0.0", "1.1.0"],
      dependencies: {
        "@harbor/support-tone": ">=1.1",
        "@harbor/triage": "^0.5",
        "@harbor/redact": "^1",
        "@harbor/summarize": "^1",
      },
      weight: 11,
    },
  ),
  one("@moss/haiku", "Seventeen syllables about anything", "poetry writing", "plover wren", {
    versions: ["1.0.0", "1.0.1"],
    license: "CC0-1.0",
    weight: 6,
    rank: 4,
  }),
  one("@moss/sarcasm", "Says the opposite, and means it", "tone writing", "heron1", {
    versions: ["0.1.0"],
    license: "CC0-1.0",
    weight: 4,
    rank: 4,
    deprecated: { "0.1.0": "use @moss/dry-wit, which is kinder" },
  }),
  one("@moss/dry-wit", "One dry remark for each answer, at the end", "tone writing", "heron1 heron2", {
    versions: ["1.0.0", "1.1.0"],
    license: "CC0-1.0",
    weight: 7,
    conflicts: { "@moss/sarcasm": "*" },
  }),
  one("@moss/limerick", "Five lines, the rhyme in its place", "poetry writing", "plover", {
    license: "CC0-1.0",
    weight: 2,
    rank: 4,
  }),
  one(
    "@moss/plain-words",
    "The same in words that a child of ten knows",
    "writing accessibility",
    "heron1 kestrel plover",
    { versions: ["1.0.0", "1.1.0", "1.2.0"], license: "CC-BY-4.0", weight: 16 },
  ),
  one(
    "@tinker/python-docstrings",
    "Docstrings for Python functions that say what the types cannot",
    "code python documentation",
    "tern",
    { versions: ["1.0.0", "1.1.0"], license: "MIT", weight: 15 },
  ),
  one(
    "@tinker/typescript-strict",
    "TypeScript without any, without as, and with the errors handled",
    "code typescript",
    "tern",
    { versions: ["0.8.0", "0.9.0", "1.0.0-rc.1", "1.0.0"], license: "MIT", weight: 19, rank: 32 },
  ),
  one(
    "@tinker/rust-lifetimes",
    "Explains what the borrow checker says, and the smallest change that satisfies it",
    "code rust",
    "tern",
    { versions: ["0.1.0", "0.2.0"], license: "MIT", weight: 10, rank: 32 },
  ),
  one(
    "@tinker/bash-safe",
    "Shell that quotes its variables and stops at the first error",
    "code bash",
    "tern kestrel",
    { versions: ["1.0.0"], license: "MIT", weight: 9 },
  ),
  one(
    "@tinker/test-writer",
    "Tests that fail for the right reason: names that say what is promised, no mocks of what can be run",
    "code testing",
    "tern",
    {
      versions: ["1.0.0", "1.1.0"],
      license: "MIT",
      dependencies: { "@tinker/typescript-strict": ">=0.9" },
      weight: 13,
    },
  ),
  one("@tinker/review", "Reads a diff as a patient colleague would", "code review", "tern", {
    versions: ["0.5.0", "0.6.0"],
    license: "MIT",
    dependencies: { "@tinker/test-writer": "^1", "@quill/commit-message": "^1" },
    weight: 12,
  }),
  one(
    "@tinker/workbench",
    "The whole bench for code: review, tests, strict types, safe shell",
    "bundle code",
    "",
    {
      license: "MIT",
      versions: ["1.0.0", "1.1.0"],
      dependencies: {
        "@tinker/review": "^0.6",
        "@tinker/bash-safe": "^1",
        "@tinker/python-docstrings": "^1",
      },
      optional: { "@tinker/rust-lifetimes": "^0.2" },
      weight: 8,
    },
  ),
  one(
    "@northwind-labs/invoice-fields",
    "Number, date, sum, tax and bank account of an invoice, as JSON",
    "extraction finance",
    "heron1 heron2",
    { versions: ["2.0.0", "2.1.0", "2.1.1"], dependencies: { "@quill/json": ">=1.2" }, weight: 20, rank: 16 },
  ),
  one(
    "@northwind-labs/contract-clauses",
    "Finds termination, liability and renewal in a contract, with the sentence that says so",
    "extraction law",
    "heron1",
    { versions: ["1.0.0"], dependencies: { "@quill/json": "^2" }, weight: 9, rank: 16, license: "BUSL-1.1" },
  ),
  one(
    "@northwind-labs/unit-conversion",
    "Converts units and shows the factor; refuses to add metres to seconds",
    "science mathematics",
    "heron1 kestrel wren",
    { versions: ["1.0.0", "1.0.1"], weight: 5 },
  ),
  one(
    "@northwind-labs/quarterly-report-section-writer-for-public-companies",
    "A section of a quarterly report from the figures given, in the order that readers expect, with every number traceable to its cell, and without a forecast that nobody made",
    "finance writing reports",
    "heron2",
    { versions: ["0.1.0"], weight: 2, license: "BUSL-1.1" },
  ),
  one(
    "@atlas/geo-names",
    "Places with coordinates, and which of the five Springfields was meant",
    "geography extraction",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.1.0"], weight: 8, license: "ODbL-1.0" },
  ),
  one(
    "@atlas/directions",
    "Directions on foot from a list of streets, in the order of walking",
    "geography",
    "kestrel",
    { weight: 4, dependencies: { "@atlas/geo-names": "^1" } },
  ),
  one(
    "@atlas/dates",
    "Dates as ISO 8601, whatever they were written as; says so where they are ambiguous",
    "extraction dates",
    "heron1 heron2 kestrel wren",
    { versions: ["1.0.0", "1.1.0", "1.1.1"], weight: 22, rank: 4 },
  ),
  one(
    "@atlas/numbers",
    "Numbers in words and words in numbers, in six languages",
    "extraction mathematics",
    "heron1 kestrel wren",
    { versions: ["1.0.0"], weight: 7, rank: 4 },
  ),
  one(
    "@clinic-tools/lay-summary",
    "What a finding means, for the person whom it is about",
    "medicine writing",
    "heron1 heron2",
    {
      versions: ["0.2.0", "0.3.0"],
      license: "CC-BY-NC-4.0",
      dependencies: { "@moss/plain-words": "^1.1" },
      weight: 9,
      rank: 32,
    },
  ),
  one(
    "@clinic-tools/icd-codes",
    "Suggests ICD-10 codes with the words that led there; a person decides",
    "medicine classification",
    "heron1",
    {
      versions: ["0.1.0", "0.1.1"],
      license: "CC-BY-NC-4.0",
      weight: 6,
      rank: 32,
      yanked: { "0.1.0": "codes of chapter XIX were shifted by one" },
    },
  ),
  one(
    "@clinic-tools/dosage-check",
    "Reads a prescription back in full sentences and asks where it is unclear",
    "medicine safety",
    "heron2",
    { versions: ["0.1.0"], license: "CC-BY-NC-4.0", weight: 3, rank: 16 },
  ),
  one(
    "@studio/scene-heading",
    "Screenplay format: scene headings, action, dialogue",
    "writing film",
    "plover",
    { license: "MIT", weight: 3 },
  ),
  one("@studio/chords", "Chords for a melody that is written as letters", "music", "wren", {
    license: "MIT",
    weight: 2,
    rank: 4,
  }),
  one(
    "@studio/alt-text",
    "Describes a picture's caption and context as alternative text",
    "accessibility writing",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.1.0"], license: "MIT", weight: 11 },
  ),
  one(
    "@studio/headline",
    "Ten headlines for an article, none of which lies",
    "writing news",
    "heron1 heron2",
    { versions: ["1.0.0"], license: "MIT", weight: 6 },
  ),
  one(
    "@studio/style-guide",
    "Headlines, alternative texts and plain words, as one desk writes",
    "bundle writing",
    "",
    {
      license: "MIT",
      dependencies: { "@studio/headline": "^1", "@studio/alt-text": "^1", "@moss/plain-words": "^1" },
      conflicts: { "@moss/sarcasm": "*" },
      weight: 4,
    },
  ),
  one(
    "@school/step-by-step",
    "Shows the steps of a calculation, one a line, and checks the last",
    "mathematics education",
    "heron1 kestrel",
    { versions: ["1.0.0", "1.1.0", "1.2.0"], weight: 24, rank: 16 },
  ),
  one("@school/hints", "A hint in place of the answer", "education", "heron1 kestrel", {
    versions: ["1.0.0"],
    weight: 9,
    conflicts: { "@school/step-by-step": "<1.1" },
  }),
  one(
    "@school/quiz",
    "Five questions about a text, easy to hard, with the answers apart",
    "education",
    "heron1",
    { versions: ["1.0.0", "1.1.0"], weight: 8, dependencies: { "@quill/json": "^1" } },
  ),
  one("@school/classroom", "Hints, quizzes and steps for a lesson", "bundle education", "", {
    dependencies: { "@school/hints": "^1", "@school/quiz": "^1", "@school/step-by-step": "^1.1" },
    weight: 6,
  }),
  one(
    "@garden/latin-names",
    "Plants by their Latin names, with the synonym that is valid now",
    "biology extraction",
    "plover heron1",
    { weight: 2, license: "CC-BY-4.0" },
  ),
  one("@garden/seasons", "What to sow this month, by climate", "biology", "plover", {
    weight: 1,
    license: "CC-BY-4.0",
  }),
  one(
    "@games/dungeon",
    "A patient narrator who keeps count of lamps, ropes and hit points",
    "games roleplay",
    "heron1 wren",
    { versions: ["0.1.0", "0.2.0", "0.3.0"], license: "MIT", weight: 14, rank: 32 },
  ),
  one(
    "@games/chess-notation",
    "Moves in words as algebraic notation, and back",
    "games chess",
    "wren kestrel",
    { license: "MIT", weight: 5, rank: 4 },
  ),
  one("@games/crossword", "Clues for a word, from plain to wicked", "games words", "heron1", {
    license: "MIT",
    weight: 3,
  }),
  one(
    "@function-calls/tools",
    "Calls tools with the arguments that their description asks for, or says why it cannot",
    "tools agents json",
    "heron1 heron2 kestrel tern",
    {
      versions: ["1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0"],
      rank: 32,
      dependencies: { "@quill/json": ">=1.1" },
      weight: 38,
    },
  ),
  one(
    "@function-calls/planner",
    "A plan of tool calls before the first one is made",
    "tools agents",
    "heron2 kestrel",
    { versions: ["0.1.0", "0.2.0"], dependencies: { "@function-calls/tools": "^2" }, weight: 16, rank: 32 },
  ),
  one(
    "@function-calls/citations",
    "Every claim with the passage that it is from",
    "retrieval citations",
    "heron1 heron2",
    { versions: ["1.0.0", "1.1.0"], weight: 17, rank: 16 },
  ),
  one(
    "@function-calls/agent",
    "Tools, a planner and citations for an assistant that acts",
    "bundle agents",
    "",
    {
      versions: ["1.0.0", "1.1.0"],
      dependencies: {
        "@function-calls/planner": "^0.2",
        "@function-calls/tools": "^2.1",
        "@function-calls/citations": "^1",
        "@atlas/dates": "^1.1",
      },
      weight: 20,
    },
  ),
];
