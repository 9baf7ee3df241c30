// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fingerprintFile } from "@lora/client/install";
import { parsePackageName } from "@lora/client/names";
import type { KnownBase, PackRequest } from "@lora/client/publish";
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
      "GGUF file of the base that the adapters were trained on, with the name that people know it by in front; " +
      "may be given several times",
    helpValue: "[NAME=]FILE",
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** What the flags and the directory ask of `packPackage` and `publishPackage`. */
export async function readPackageRequest(
  directory: string,
  flags: { name?: string | undefined; "package-version"?: string | undefined; base?: string[] | undefined },
): Promise<PackRequest> {
  const version = flags["package-version"];
  return {
    directory: resolve(directory),
    name: flags.name === undefined ? undefined : parsePackageName(flags.name),
    version: version === undefined ? undefined : parseVersion(version),
    bases: await readBases(flags.base),
  };
}

/** Reads each base that `--base` names. Only fingerprints, shapes and digests ever leave the machine. */
async function readBases(options: readonly string[] = []): Promise<KnownBase[]> {
  return Promise.all(
    options.map(async (option) => {
      const equals = option.indexOf("=");
      // A file whose name has an equals sign in it is still a file.
      const named = equals > 0 && (await stat(option).catch(() => undefined)) === undefined;
      const path = resolve(named ? option.slice(equals + 1) : option);
      const fingerprint = await fingerprintFile(path);
      const name = named ? option.slice(0, equals) : (fingerprint.name ?? basename(path, ".gguf"));
      return { path, fingerprint, name, named };
    }),
  );
}
