// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from "node:path";
import {
  type BaseSourceDeps,
  findBaseByFingerprint,
  findBaseByName,
  type KnownBase,
  readBases,
} from "@lora/client/base-source";
import { LoraError } from "@lora/client/errors";
import { isFingerprint } from "@lora/client/fingerprint";
import { parsePackageDraft } from "@lora/client/manifest";
import { parsePackageName, type ScopeName, scopeOf } from "@lora/client/names";
import { MANIFEST_NAME } from "@lora/client/project";
import type { PackRequest } from "@lora/client/publish";
import { readDocument } from "@lora/client/store";
import { parseVersion } from "@lora/client/versions";
import { Flags } from "@oclif/core";

export const packageFlags = {
  name: Flags.string({
    description: "name of the package, where there is no lora.json yet",
    helpValue: "@SCOPE/NAME",
  }),
  "package-version": Flags.string({
    description: "version of a new package (default: 0.1.0)",
    helpValue: "VERSION",
  }),
  base: Flags.string({
    description:
      "the base that the adapters were trained on: its GGUF file, its directory as the hub has it, a URL of either, or a " +
      "name or fingerprint that the registry knows; with the name that people know it by in front if you like; may be " +
      "given several times",
    helpValue: "[NAME=]FILE|DIR|URL|NAME",
    multiple: true,
    multipleNonGreedy: true,
  }),
  type: Flags.option({
    description:
      "of adapters that are converted from PEFT (default: F16, or what they were converted to before)",
    options: ["F16", "F32", "BF16", "Q8_0"] as const,
  })(),
};

export interface PackageFlags {
  name?: string | undefined;
  "package-version"?: string | undefined;
  base?: string[] | undefined;
  type?: PackRequest["type"];
}

/** What the flags and the directory ask of `packPackage` and `publishPackage`. */
export async function readPackageRequest(
  directory: string,
  flags: PackageFlags,
  deps: BaseSourceDeps,
): Promise<PackRequest> {
  const version = flags["package-version"];
  return {
    directory: resolve(directory),
    name: flags.name === undefined ? undefined : parsePackageName(flags.name),
    version: version === undefined ? undefined : parseVersion(version),
    bases: await readBases(flags.base, deps),
    findBase: (baseName) => findBase(baseName, deps),
    type: flags.type,
  };
}

/**
 * A base that PEFT's config or lora.json names, as a registry knows it; never a file of that name here.
 * @param name a name, or a fingerprint
 */
async function findBase(name: string, { registry }: BaseSourceDeps): Promise<KnownBase | undefined> {
  const client = await registry();
  const found = isFingerprint(name) ? findBaseByFingerprint(client, name) : findBaseByName(client, name);
  return found.catch((error: unknown) => {
    if (error instanceof LoraError && error.code === "BASE_UNKNOWN") return undefined;
    throw error;
  });
}

/** Of the package in a directory: whose registry is asked for bases. Undefined where it has no name yet, or a wrong one. */
export async function packageScope(
  directory: string,
  name: string | undefined,
): Promise<ScopeName | undefined> {
  if (name !== undefined) return scopeOf(parsePackageName(name));
  const path = join(resolve(directory), MANIFEST_NAME);
  try {
    const text = await readDocument(path);
    return text === undefined ? undefined : scopeOf(parsePackageDraft(text, path).name);
  } catch {
    // What is wrong with it is said by whoever reads it next.
    return undefined;
  }
}
