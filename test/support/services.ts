// SPDX-License-Identifier: Apache-2.0

/** Real services that `scripts/services/` starts; each prints the variable that says where it is. */
export type Service = "DATABASE_URL" | "S3_ENDPOINT";

/**
 * Where a service is, or undefined: the suite that needs it is then skipped. Under `LORA_REQUIRE_SERVICES=1`, where
 * everything has to run, its absence is an error instead.
 */
export function serviceUrl(service: Service): string | undefined {
  const url = process.env[service] || undefined;
  if (url === undefined && process.env.LORA_REQUIRE_SERVICES === "1") {
    throw new Error(`${service} is not set, and LORA_REQUIRE_SERVICES=1 asks for it`);
  }
  return url;
}
