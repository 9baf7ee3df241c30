// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import type { PackageName } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { verifyReceipt } from "../transparency/index.ts";
import type { Version } from "../versions.ts";
import { openTrustedLog, type TrustDeps } from "./trusted-log.ts";

export interface PublishedRelease {
  name: PackageName;
  version: Version;
  id: Sha256;
  keyId: Sha256;
  /** As the registry's answer has it. */
  receipt: string;
  logIndex: number;
}

/**
 * What a registry answers to a publish is a promise until its receipt is proved: by the log that this publisher saw
 * before, and that installs will see.
 * @returns what a person should know
 * @throws LoraError as openTrustedLog and verifyReceipt; the release is published all the same
 */
export async function assertPublished(
  registry: RegistryClient,
  deps: TrustDeps,
  { name, version, id, keyId, receipt, logIndex }: PublishedRelease,
): Promise<string[]> {
  try {
    const log = await openTrustedLog(registry, deps);
    const expected = { t: "publish", pkg: name, version, id, keyid: keyId } as const;
    const { checkpoint } = await verifyReceipt(receipt, log.policy, expected, logIndex);
    await log.assertConsistent(checkpoint);
    await log.save();
    return log.notes;
  } catch (error) {
    if (!(error instanceof LoraError)) throw error;
    throw new LoraError(error.code, `${name} ${version} was published, but ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
      cause: error,
    });
  }
}
