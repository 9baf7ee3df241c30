// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import {
  type PackageDraft,
  type ProjectManifest,
  packageDraftSchema,
  projectManifestSchema,
  type ReleaseManifest,
  releaseManifestSchema,
} from "./schema.ts";

/** The manifest of a project: the directory whose `model` abilities are installed onto. */
export function parseProjectManifest(text: string | Uint8Array, source = "lora.json"): ProjectManifest {
  const value = parseStrictJson(text, source);
  if (!hasKey(value, "model") && hasKey(value, "version")) {
    throw new LoraError(
      "MANIFEST_INVALID",
      `${source} describes a package, not a project: it has no "model"`,
      {
        hint: "run lora init --model FILE in the directory of your project",
      },
    );
  }
  return parseWith(projectManifestSchema, value, { code: "MANIFEST_INVALID", source });
}

/** An author's lora.json before `lora pack` filled in what the files say. */
export function parsePackageDraft(text: string | Uint8Array, source = "lora.json"): PackageDraft {
  const value = parseStrictJson(text, source);
  if (hasKey(value, "model")) {
    throw new LoraError("MANIFEST_INVALID", `${source} describes a project, not a package: it has a "model"`);
  }
  return parseWith(packageDraftSchema, value, { code: "MANIFEST_INVALID", source });
}

/** The lora.json of a published release. The bytes come from a registry: parse only what was verified. */
export function parseReleaseManifest(text: string | Uint8Array, source = "lora.json"): ReleaseManifest {
  return parseWith(releaseManifestSchema, parseStrictJson(text, source), {
    code: "MANIFEST_INVALID",
    source,
  });
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
