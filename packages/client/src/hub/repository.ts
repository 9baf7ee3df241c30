// SPDX-License-Identifier: Apache-2.0
/** A repository of a hub at one commit: what its card says, and which files are at its top. */
import { z } from "zod";
import { isSha256, type Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import type { HubAccess } from "./access.ts";
import { type HubFetch, protocol } from "./hub-fetch.ts";
import { formatHubReference, type HubReference } from "./reference.ts";

export interface HubFile {
  /** Any text but with a slash in it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the content, where it is kept apart from git; else git's own digest of it. */
  readonly digest: { readonly sha256: Sha256 } | { readonly gitSha1: string };
}

export interface HubRepository {
  /** `owner/repo`. */
  readonly name: string;
  /** The commit: 40 hex digits. */
  readonly revision: string;
  /** As the hub writes it: `apache-2.0`. Any text, as all that comes from the card. */
  readonly license: string | undefined;
  /** What the card says that it was trained on. */
  readonly baseName: string | undefined;
  readonly files: readonly HubFile[];
}

const MAX_FILES = 10_000;

const infoSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/), cardData: z.unknown() });
const entrySchema = z.object({
  type: z.string(),
  path: z.string().max(4096),
  size: z.int().min(0).optional(),
  oid: z.string().optional(),
  lfs: z.object({ oid: z.string(), size: z.int().min(0) }).nullish(),
});

/**
 * Asks what the revision is, then for everything by its commit.
 * @throws LoraError HUB_NOT_FOUND, HUB_FORBIDDEN, HUB_PROTOCOL, HUB_UNREACHABLE
 */
export async function openRepository(
  reference: HubReference,
  { endpoint }: Pick<HubAccess, "endpoint">,
  fetch: HubFetch,
): Promise<HubRepository> {
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const name = reference.repository;
  const hub = { hubUrl: endpoint, fetch: fetch as typeof globalThis.fetch };
  try {
    const info = infoSchema.parse(
      await modelInfo({
        ...hub,
        name,
        additionalFields: ["sha", "cardData"],
        ...(reference.revision === undefined ? {} : { revision: reference.revision }),
      }),
    );
    const files: HubFile[] = [];
    for await (const entry of listFiles({ ...hub, repo: name, revision: info.sha })) {
      const file = parseEntry(entry);
      if (file !== undefined) files.push(file);
      if (files.length > MAX_FILES) throw protocol(endpoint, `lists more than ${MAX_FILES} files of ${name}`);
    }
    return { name, revision: info.sha, ...parseCard(info.cardData), files };
  } catch (cause) {
    throw hubError(cause, reference, endpoint);
  }
}

function parseEntry(entry: unknown): HubFile | undefined {
  const { type, path, size, oid, lfs } = entrySchema.parse(entry);
  if (type !== "file" || path.includes("/") || size === undefined) return undefined;
  if (lfs)
    return isSha256(lfs.oid) ? { name: path, sizeBytes: lfs.size, digest: { sha256: lfs.oid } } : undefined;
  if (oid === undefined || !/^[0-9a-f]{40}$/.test(oid)) return undefined;
  return { name: path, sizeBytes: size, digest: { gitSha1: oid } };
}

/** The YAML in front of README.md, which the hub has parsed. */
function parseCard(card: unknown): Pick<HubRepository, "license" | "baseName"> {
  const of = (key: string) => {
    const value =
      typeof card === "object" && card !== null && Object.hasOwn(card, key)
        ? Reflect.get(card, key)
        : undefined;
    const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
    return typeof one === "string" && one !== "" ? one : undefined;
  };
  const license = of("license");
  return { license: license === "other" ? of("license_name") : license, baseName: of("base_model") };
}

/** What the hub said, or what its library made of it, as an error that names the repository and the way out. */
export function hubError(cause: unknown, reference: HubReference, endpoint: string): LoraError {
  if (cause instanceof LoraError) return cause;
  const shown = formatHubReference(reference);
  const status =
    typeof cause === "object" && cause !== null && "statusCode" in cause ? cause.statusCode : undefined;
  const details = { repository: shown, endpoint, status };
  // A hub does not tell somebody without a token whether a repository exists.
  if (status === 401)
    return new LoraError(
      "HUB_FORBIDDEN",
      `${endpoint} does not show ${shown}: it is private, gated, or not there`,
      {
        hint: "set HF_TOKEN to a token of an account that may read it",
        details,
        cause,
      },
    );
  if (status === 403)
    return new LoraError("HUB_FORBIDDEN", `${endpoint} does not let this account read ${shown}`, {
      hint: `ask for access at ${endpoint}/${reference.repository}`,
      details,
      cause,
    });
  if (status === 404)
    return new LoraError("HUB_NOT_FOUND", `${endpoint} has no ${shown}`, { details, cause });
  if (typeof status === "number" && (status >= 500 || status === 429))
    return new LoraError("HUB_UNREACHABLE", `${endpoint} answers ${status}`, { details, cause });
  const what = typeof status === "number" ? `answers ${status}` : "does not answer as its API says";
  return new LoraError("HUB_PROTOCOL", `${endpoint} ${what} for ${shown}`, { details, cause });
}
