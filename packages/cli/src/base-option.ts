// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fingerprintFile } from "@lora/client/install";
import type { KnownBase } from "@lora/client/publish";
import { Flags } from "@oclif/core";

export const baseFlag = {
  base: Flags.string({
    description:
      "GGUF file of the base that the adapters were trained on, with the name that people know it by in front; " +
      "may be given several times",
    helpValue: "[NAME=]FILE",
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** Reads each base that `--base` names. Only fingerprints, shapes and digests ever leave the machine. */
export async function readBases(options: readonly string[] = []): Promise<KnownBase[]> {
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
