// SPDX-License-Identifier: Apache-2.0
import { applyEdits, type JSONPath, modify } from "jsonc-parser";
import { type PackageDraft, parsePackageDraft } from "../manifest/index.ts";

/** One value that pack wrote into lora.json. */
export interface FilledValue {
  /** As a person would write it: `adapters[0].rank`. */
  path: string;
  value: unknown;
}

/** A package's lora.json that is filled in value by value, with everything else as its author wrote it. */
export interface ManifestEditor {
  readonly text: string;
  readonly draft: PackageDraft;
  readonly filled: readonly FilledValue[];
  fill(path: JSONPath, value: unknown): void;
  remove(path: JSONPath): void;
}

/**
 * @param source what the file is called, for messages
 * @throws LoraError JSON_INVALID, MANIFEST_INVALID, also from a `fill` with a value that the schema refuses
 */
export function openManifestEditor(original: string, source: string): ManifestEditor {
  let text = original;
  let draft = parsePackageDraft(text, source);
  const filled: FilledValue[] = [];
  const change = (path: JSONPath, value: unknown) => {
    text = applyEdits(
      text,
      modify(text, path, value, { formattingOptions: { insertSpaces: true, tabSize: 2, eol: "\n" } }),
    );
    draft = parsePackageDraft(text, source);
  };
  return {
    get text() {
      return text;
    },
    get draft() {
      return draft;
    },
    filled,
    fill(path, value) {
      change(path, value);
      filled.push({ path: formatJsonPath(path), value });
    },
    remove: (path) => change(path, undefined),
  };
}

function formatJsonPath(path: JSONPath): string {
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join("");
}
