// SPDX-License-Identifier: Apache-2.0
/** What an operator got wrong about S3, told by the error that opening a bucket ended with. */
import { LoraError } from "@lora/client/errors";

const KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of this S3";
const ENDPOINT = "set S3_ENDPOINT to the address where S3 listens, such as http://127.0.0.1:9000";
const REGION = "set AWS_REGION to the region of the bucket, and S3_ENDPOINT to one that serves it";
const RIGHTS =
  "let the access key list, read, write and delete in the bucket, and make the bucket beforehand";

/** By S3's code, Node's, or the SDK's name of an error: what is wrong, and what to do. */
const MISTAKES: Record<string, readonly [reason: string, hint: string]> = {
  InvalidAccessKeyId: ["it knows no such access key", KEYS],
  SignatureDoesNotMatch: ["the secret is not that of the access key", KEYS],
  CredentialsProviderError: ["there is no access key to sign with", KEYS],
  InvalidToken: ["the session token is not valid", KEYS],
  ExpiredToken: ["the session token has expired", KEYS],
  AccessDenied: ["the access key may not use the bucket, or not make it", RIGHTS],
  AllAccessDisabled: ["the access key may not use the bucket", RIGHTS],
  InvalidBucketName: [
    "that is no name for a bucket",
    "set S3_BUCKET to 3 to 63 lower-case letters, digits and hyphens",
  ],
  BucketAlreadyExists: ["the name is taken by somebody else", "set S3_BUCKET to a name of your own"],
  NoSuchBucket: ["there is no such bucket", "make the bucket, or set S3_BUCKET to one that is there"],
  AuthorizationHeaderMalformed: ["the region is wrong", REGION],
  IllegalLocationConstraintException: ["the region is wrong", REGION],
  InvalidLocationConstraint: ["it has no such region", REGION],
  InvalidRegion: ["it has no such region", REGION],
  PermanentRedirect: ["the bucket is in another region", REGION],
  RequestTimeTooSkewed: ["this machine's clock is wrong", "set the clock of this machine right"],
  ECONNREFUSED: ["nothing listens at the endpoint", ENDPOINT],
  ENOTFOUND: ["the endpoint's host has no address", ENDPOINT],
  EPROTO: ["the endpoint does not speak TLS", "write S3_ENDPOINT with http:// where it has no TLS"],
  ERR_INVALID_URL: ["the endpoint is no URL", ENDPOINT],
};

/** The server's own text is left out: it may repeat what was signed. */
export function bucketError(bucket: string, error: unknown): LoraError {
  const code = codeOf(error);
  const [reason, hint] = (code === undefined ? undefined : MISTAKES[code]) ?? [];
  const named = code === undefined ? "" : ` (${code})`;
  const message = `the registry cannot use the bucket ${JSON.stringify(bucket)} of its blob store`;
  return new LoraError(
    "SERVICE_UNAVAILABLE",
    `${message}${reason === undefined ? "" : `: ${reason}`}${named}`,
    {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    },
  );
}

/** S3 says no code in answer to HEAD. */
export function hasReason(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && code in MISTAKES;
}

function codeOf(error: unknown): string | undefined {
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown };
  // The SDK has no name for these two.
  if (/^Region (?:is missing|not accepted)/.test(String(message))) return "InvalidRegion";
  for (const each of [code, name])
    if (typeof each === "string" && /^[A-Za-z_]{3,64}$/.test(each) && !/^(?:Error|Unknown\w*)$/.test(each))
      return each;
  return undefined;
}
