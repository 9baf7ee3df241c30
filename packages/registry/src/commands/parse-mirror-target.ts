// SPDX-License-Identifier: Apache-2.0
/**
 * Where an export goes:
 *
 *     /srv/mirror                     a directory
 *     s3://bucket                     a bucket of its own
 *     s3://bucket/some/prefix         a part of one
 */
import { LoraError } from "@lora/client/errors";
import type { BucketTarget } from "../operations/bucket-target.ts";
import type { RegistryOptions } from "../options.ts";
import { usage } from "./usage.ts";

export type MirrorTarget = { directory: string } | (BucketTarget & { directory?: never });

/** What may be said of a bucket. */
export interface BucketFlags {
  endpoint?: string | undefined;
  region?: string | undefined;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Without an endpoint, and without credentials of its own (LORA_MIRROR_…), the mirror is where the registry's blobs are.
 * @throws LoraError USAGE
 */
export function parseMirrorTarget(
  text: string,
  flags: BucketFlags,
  env: NodeJS.ProcessEnv,
  { s3 }: RegistryOptions,
): MirrorTarget {
  if (!text.startsWith("s3://")) {
    const given = Object.entries(flags).find(([, value]) => value !== undefined)?.[0];
    if (given !== undefined)
      throw usage(`--${given} is for a mirror in a bucket, such as s3://bucket/prefix`);
    return { directory: text };
  }
  const [bucket = "", ...segments] = text.slice("s3://".length).replace(/\/+$/, "").split("/");
  const isPlain = (segment: string) => /^[\w.-]+$/.test(segment) && segment !== "." && segment !== "..";
  if (!BUCKET.test(bucket) || !segments.every(isPlain))
    throw usage(`${text} is not of the form s3://bucket/prefix`);
  const { endpoint = s3?.endpoint } = flags;
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ""))
    throw usage("--endpoint is an http or https address");
  if (s3?.bucket === bucket && s3.endpoint === endpoint) {
    throw new LoraError("USAGE", `${bucket} is where the registry keeps its blobs, private ones too`, {
      hint: "name another bucket for the mirror",
    });
  }
  // Other servers mostly have no regions, and a signature names one all the same.
  const isElsewhere = endpoint !== undefined && !env.AWS_REGION;
  const region = flags.region ?? (isElsewhere ? "us-east-1" : undefined);
  return { bucket, prefix: segments.join("/"), endpoint, region, credentials: readCredentials(env) };
}

function readCredentials(env: NodeJS.ProcessEnv): BucketTarget["credentials"] {
  const accessKeyId = env.LORA_MIRROR_ACCESS_KEY_ID;
  const secretAccessKey = env.LORA_MIRROR_SECRET_ACCESS_KEY;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  if (!accessKeyId && !secretAccessKey) return undefined;
  throw usage("LORA_MIRROR_ACCESS_KEY_ID and LORA_MIRROR_SECRET_ACCESS_KEY are set together or not at all");
}
