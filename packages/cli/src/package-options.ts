// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { type BaseSourceDeps, readBases } from "@lora/client/base-source";
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
};

/** What the flags and the directory ask of `packPackage` and `publishPackage`. */
export async function readPackageRequest(
  directory: string,
  flags: { name?: string | undefined; "package-version"?: string | undefined; base?: string[] | undefined },
  deps: BaseSourceDeps,
): Promise<PackRequest> {
  const version = flags["package-version"];
  return {
    directory: resolve(directory),
    name: flags.name === undefined ? undefined : parsePackageName(flags.name),
    version: version === undefined ? undefined : parseVersion(version),
    bases: await readBases(flags.base, deps),
  };
}
