// SPDX-License-Identifier: Apache-2.0
import type { SamplePackage } from "./packages.ts";

/** As an author would write one: what it does, how it was trained, where it fails. */
export function sampleReadme({ name, description, keywords, rank, bases }: SamplePackage): string {
  const bare = name.slice(name.indexOf("/") + 1);
  const topic = keywords[0] ?? "text";
  return `# ${bare}

${description}.

## Use

\`\`\`sh
lora install ${name}
lora run "your prompt" --stop "\\n"
\`\`\`

${bases.length > 0 ? `It was trained at rank ${rank} for ${bases.length === 1 ? "one base" : `${bases.length} bases`}; \`lora\` takes the adapter that fits your model.` : "It has no adapter of its own: its parts are trained, tested and versioned one by one."}

## What to expect

| scale | what it does |
|---|---|
| 0.5 | leans towards ${topic}, keeps the model's own voice |
| 1.0 | what it was trained for |
| 1.5 | more of it than most people want |

- Works best where the prompt says what is wanted in the **first** sentence.
- Stacks well with abilities that change *tone*; less well with others about ${topic}.

## Limits

> It learned from a few thousand examples. Where your text is unlike them, it will be unlike what you hope.

1. Long prompts (more than 4,000 tokens) were not trained.
2. It does not know what happened after it was trained.
3. Check what matters: \`lora test ${name}\` runs its examples on your model.

Questions and examples that fail are welcome at [the repository](https://example.com/${name.slice(1)}).
`;
}
