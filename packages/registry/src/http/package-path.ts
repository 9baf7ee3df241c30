// SPDX-License-Identifier: Apache-2.0
import { type PackageName, parsePackageName } from "@lora/client/names";
import { parseVersion, type Version } from "@lora/client/versions";
import type { RequestContext } from "./context.ts";

/** `/…/:scope/:name/…` @throws LoraError NAME_INVALID */
export function packageOfPath(c: RequestContext): PackageName {
  const { scope = "", name = "" } = c.req.param() as Record<string, string>;
  return parsePackageName(`${scope}/${name}`);
}

/** `/…/:version/…` @throws LoraError VERSION_INVALID */
export function versionOfPath(c: RequestContext): Version {
  return parseVersion(c.req.param("version") ?? "");
}
