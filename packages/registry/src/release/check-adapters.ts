// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { type BaseRecord, parseBaseRecord } from "@lora/client/fingerprint";
import { type Adapter, assertAdapterFitsBase, readAdapter } from "@lora/client/gguf";
import { differingFact, type ReleaseAdapter, type ReleaseManifest } from "@lora/client/manifest";
import { eq } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import type { OpenFiles } from "./open-files.ts";

/**
 * Every adapter file is one that a runtime may load, is what lora.json says, and fits its base.
 * @throws LoraError GGUF_INVALID, GGUF_LIMIT, ADAPTER_INVALID, ADAPTER_MISMATCH, BASE_UNKNOWN, BASE_UNFIT
 */
export async function checkAdapters(
  db: Queryable,
  manifest: ReleaseManifest,
  files: OpenFiles,
): Promise<void> {
  for (const declared of manifest.adapters ?? []) {
    const blob = files.get(declared.file);
    if (blob === undefined) throw new Error(`${declared.file} is not open`);
    const adapter = await readAdapter({ ...blob.source, name: declared.file });
    assertDeclared(adapter, declared);
    assertAdapterFitsBase(adapter, await readBase(db, declared));
  }
}

function assertDeclared(adapter: Adapter, declared: ReleaseAdapter): void {
  const differing = differingFact(declared, adapter);
  if (differing === undefined) return;
  const { fact, said, found } = differing;
  throw new LoraError(
    "ADAPTER_MISMATCH",
    `${declared.file} has ${fact} ${found}, but lora.json says ${said}`,
    {
      hint: "run lora pack: it writes what the files say",
      details: { file: declared.file, fact, said, found },
    },
  );
}

async function readBase(db: Queryable, { file, base }: ReleaseAdapter): Promise<BaseRecord> {
  const { bases } = tables;
  const [row] = await db
    .select({ text: bases.recordText })
    .from(bases)
    .where(eq(bases.fingerprint, base.fingerprint));
  if (row === undefined) {
    throw new LoraError("BASE_UNKNOWN", `the registry does not know ${base.name}, the base of ${file}`, {
      hint: "lora publish --base FILE tells the registry of it: its shapes, never its weights",
      details: { file, base },
    });
  }
  return parseBaseRecord(row.text, `the record of ${base.fingerprint}`);
}
