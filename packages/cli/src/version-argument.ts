// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { type PackageName, parsePackageSpec } from "@lora/client/names";
import { parseVersion, type Version } from "@lora/client/versions";

/** `@demo/upper@1.0.0`: one release, never a range. @throws LoraError NAME_INVALID, VERSION_INVALID, USAGE */
export function parseRelease(text: string): { name: PackageName; version: Version } {
  const { name, range } = parsePackageSpec(text);
  if (range === undefined) {
    throw new LoraError("USAGE", `${name} is a package: say which version of it`, {
      hint: `write ${name}@VERSION; lora info ${name} lists them`,
    });
  }
  return { name, version: parseVersion(range) };
}
