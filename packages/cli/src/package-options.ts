// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import {
  type BaseSourceDeps,
  findBaseByFingerprint,
  findBaseByName,
  type KnownBase,
  readBases,
} from "@lora/client/base-source";
import { LoraError } from "@lora/client/errors";
import { isFingerprint } from "@lora/client/fingerprint";
import { parsePackageName } from "@lora/client/names";
import type { PackRequest } from "@lora/client/publish";
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
      "the base that the adapters were trained on: its GGUF file, or the file's URL, with the name that people know " +
      "it by in front if you like; may be given several times",
    helpValue: "[NAME=]FILE|URL",
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
