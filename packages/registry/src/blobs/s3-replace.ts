// SPDX-License-Identifier: Apache-2.0
import {
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

/**
 * Puts an object where nobody else has in the meantime.
 * @param tag ETag of what it replaces, as S3 gave it; undefined for nothing
 * @returns false where something else is there now, which stays
 * @throws errors of the SDK
 */
export async function replaceObject(
  client: S3Client,
  put: PutObjectCommandInput,
  tag: string | undefined,
): Promise<boolean> {
  if (tag === undefined) return send(client, put, { IfNoneMatch: "*" });
  // Ceph compares with a tag that has no quotes.
  return (
    (await send(client, put, { IfMatch: tag })) ||
    (await send(client, put, { IfMatch: tag.replaceAll('"', "") }))
  );
}

async function send(
  client: S3Client,
  put: PutObjectCommandInput,
  condition: { IfMatch: string } | { IfNoneMatch: "*" },
): Promise<boolean> {
  try {
    await client.send(new PutObjectCommand({ ...put, ...condition }));
    return true;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    // 404: to be replaced, and gone.
    if (status === 409 || status === 412 || status === 404) return false;
    // A server without conditional writes.
    if (status !== 501) throw error;
    await client.send(new PutObjectCommand(put));
    return true;
  }
}
