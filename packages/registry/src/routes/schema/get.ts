// SPDX-License-Identifier: Apache-2.0
import { packageDraftSchema, projectManifestSchema, releaseManifestSchema } from "@lora/client/manifest";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf } from "../../http/document.ts";

/** `/schema/lora.json`: JSON Schema of lora.json, for editors. */
export function getManifestSchema({ origin }: Deps) {
  const body = JSON.stringify({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `${origin}/schema/lora.json`,
    title:
      "lora.json: a project has a model, a package has a version, a published release names its registry",
    type: "object",
    if: { required: ["model"] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own key
    then: { $ref: "#/$defs/project" },
    else: {
      if: { required: ["registry"] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own key
      then: { $ref: "#/$defs/release" },
      else: { $ref: "#/$defs/package" },
    },
    $defs: {
      project: definitionOf(projectManifestSchema),
      package: definitionOf(packageDraftSchema),
      release: definitionOf(releaseManifestSchema),
    },
  });
  const document = {
    body,
    etag: etagOf(body),
    cacheControl: "public, max-age=3600",
    type: "application/schema+json",
  };
  return (c: RequestContext) => answerDocument(c, document);
}

/** What zod cannot say in JSON Schema: unknown keys are refused unless they begin with `x-`. */
function definitionOf(schema: z.ZodType) {
  const { $schema: _dialect, ...definition } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return { ...definition, additionalProperties: false, patternProperties: { "^x-": {} } };
}
