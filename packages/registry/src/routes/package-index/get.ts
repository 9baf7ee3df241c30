// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { parsePackageName } from "@lora/client/names";
import { eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, SHORT_LIVED } from "../../http/document.ts";
import { stemOfJson } from "../../http/json-file.ts";

/** `/index/@scope/name.json` */
export function getPackageIndex({ db }: Deps) {
  const { packages } = tables;
  return async (c: RequestContext) => {
    const { scope = "", file = "" } = c.req.param();
    const name = parsePackageName(`${scope}/${stemOfJson(file)}`);
    const [row] = await db
      .select({ body: packages.indexText, etag: packages.indexEtag })
      .from(packages)
      .where(eq(packages.name, name));
    if (row === undefined) throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
    return answerDocument(c, { ...row, cacheControl: SHORT_LIVED });
  };
}
