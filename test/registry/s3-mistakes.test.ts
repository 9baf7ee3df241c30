// SPDX-License-Identifier: Apache-2.0
/** What an operator is told who got something about a real S3 wrong. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { openS3BlobStore } from "../../packages/registry/dist/index.js";
import { serviceUrl } from "../support/services.ts";

const endpoint = serviceUrl("S3_ENDPOINT") ?? "";
const secret = "a-secret-that-nobody-has";
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(endpoint === "")("opening a bucket", () => {
  it.each([
    ["an unknown key", { AWS_ACCESS_KEY_ID: "nobody" }, {}, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"],
    [
      "a wrong secret",
      { AWS_SECRET_ACCESS_KEY: secret },
      {},
      "SignatureDoesNotMatch",
      "AWS_SECRET_ACCESS_KEY",
    ],
    ["a name that is none", {}, { bucket: "In_valid" }, "InvalidBucketName", "S3_BUCKET"],
    ["a region that is none", { AWS_REGION: "eu-nowhere-9" }, {}, "InvalidLocationConstraint", "AWS_REGION"],
    ["a port where nobody is", {}, { endpoint: "http://127.0.0.1:9" }, "ECONNREFUSED", "S3_ENDPOINT"],
    ["a host that is none", {}, { endpoint: "http://s3.invalid" }, "ENOTFOUND", "S3_ENDPOINT"],
    ["TLS where there is none", {}, { endpoint: endpoint.replace("http:", "https:") }, "EPROTO", "http://"],
  ])("says what is wrong with %s, and never the secret", async (_what, env, options, code, hint) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const opened = openS3BlobStore({ bucket: "lora-never-made", endpoint, ...options });
    const error = await opened.then(
      () => undefined,
      (thrown: Error & { hint?: string }) => thrown,
    );
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", hint: expect.stringContaining(hint) });
    expect(error?.message).toMatch(new RegExp(`^the registry cannot use the bucket .+: .+ \\(${code}\\)$`));
    expect(`${error?.message} ${error?.hint}`).not.toContain(secret);
  });
});
