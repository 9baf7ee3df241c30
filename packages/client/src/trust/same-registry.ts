// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { type PackageName, quote, scopeOf } from "../names.ts";
import type { LockedPackage } from "../project/index.ts";
import type { TrustedLog } from "./trusted-log.ts";

/** The log of one registry proves nothing about what was locked from another. @throws LoraError RELEASE_MISMATCH */
export function assertSameRegistry(
  name: PackageName,
  { version, registry }: LockedPackage,
  { url, origin }: Pick<TrustedLog, "url" | "origin">,
): void {
  if (origin === registry) return;
  throw new LoraError(
    "RELEASE_MISMATCH",
    `${name} ${version} is locked from ${quote(registry)}, and what is asked about it is ${url}, the registry ${quote(origin)}`,
    {
      hint: `ask the registry that it was locked from: lora config set ${scopeOf(name)}:registry URL`,
      details: { name, version, locked: registry, asked: origin },
    },
  );
}
