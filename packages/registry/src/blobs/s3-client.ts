// SPDX-License-Identifier: Apache-2.0
import { NoSuchKey, NotFound, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { LoraError } from "@lora/client/errors";

/** Where something is left out, what the AWS SDK finds. */
export interface S3Access {
  region?: string | undefined;
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
}

/** @param endpoint of a server that is not Amazon's */
export function createS3Client(
  endpoint: string | undefined,
  { region, credentials }: S3Access = {},
): S3Client {
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    // A server that takes connections and says nothing must not hold a publish for ever.
    requestHandler: { connectionTimeout: 3000, socketTimeout: 30_000 },
    // Trailing checksums are an extension that other servers do not have, and nothing here relies on them.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Undefined for what is not there. */
export async function orMissing<Result>(request: Promise<Result>): Promise<Result | undefined> {
  return request.catch((error: unknown) => {
    if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  });
}

/** Errors of the S3 server and of the way to it as one that a client may see. */
export async function reachable<Result>(request: () => Promise<Result>): Promise<Result> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof LoraError) throw error;
    throw new LoraError("SERVICE_UNAVAILABLE", "the registry cannot reach its blob store", { cause: error });
  }
}
