// SPDX-License-Identifier: Apache-2.0
/**
 * What a user names an adapter on a hub by:
 *
 *     reference = "hf:" owner "/" repo [ "@" revision ]      hf:acme/sql-lora, hf:acme/sql-lora@v1.2, …@refs/pr/3
 *     owner     = 1 to 96 of A-Z a-z 0-9 . _ -, beginning with a letter or digit; without ".." and "--"
 *     repo      = as owner
 *     revision  = a branch, a tag or a commit: 1 to 200 of A-Z a-z 0-9 . _ - /, beginning with a letter or digit;
 *                 without "..", "//" and a slash in the end
 */
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";

export interface HubReference {
  /** `owner/repo`: safe as two segments of a URL's path. */
  readonly repository: string;
  /** Safe in a URL's path; undefined for the default branch. */
  readonly revision: string | undefined;
}

const PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,95})$/;
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

/** @throws LoraError USAGE */
export function parseHubReference(text: string): HubReference {
  const [, repository = "", revision] = /^hf:([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  const parts = repository.split("/");
  const isRepository = parts.length === 2 && parts.every((part) => PART.test(part) && !/\.\.|--/.test(part));
  const isRevision = revision === undefined || (REVISION.test(revision) && !/\.\.|\/\/|\/$/.test(revision));
  if (isRepository && isRevision) return { repository, revision };
  throw new LoraError("USAGE", `${quote(text)} is not the name of a repository on a hub`, {
    hint: "write hf:OWNER/REPO, or hf:OWNER/REPO@REVISION",
  });
}

export function formatHubReference({ repository, revision }: HubReference): string {
  return revision === undefined ? `hf:${repository}` : `hf:${repository}@${revision}`;
}
