// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter } from "@lora/client/documents";
import { isVersion, parseVersion, type Version } from "@lora/client/versions";
import { notFound } from "../../http/errors.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { type PackageVersion, readPackageVersion } from "../data/package.ts";
import { readerOf } from "../data/reader.ts";
import { readWeightChange, type WeightChange } from "../data/weight-change.ts";
import { comparePath } from "../paths.ts";
import { ComparePage } from "./page.tsx";

/** Adapters of one base in both versions. */
export interface AdapterPair {
  from: IndexAdapter;
  to: IndexAdapter;
  /** Undefined where they are too large to be compared here. */
  change: WeightChange | undefined;
}

/** More would make one visitor wait for too many computations. */
const MAX_PAIRS = 4;

/** `/@scope/name/compare?from=1.0.0&to=1.1.0`: what the form without scripts sends. */
export function compareForm(): PageRoute {
  return async (c) => {
    const [from, to] = [parseVersion(c.req.query("from") ?? ""), parseVersion(c.req.query("to") ?? "")];
    return c.redirect(comparePath(packageOfPath(c), from, to), 302);
  };
}

/** `/@scope/name/compare/1.0.0...1.1.0` */
export function getCompare(deps: CatalogDeps): PageRoute {
  const { db, blobs, site } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const name = packageOfPath(c);
    const [from = "", to = ""] = (c.req.param("range") ?? "").split("...");
    if (!isVersion(from) || !isVersion(to)) throw notFound("two versions are compared as 1.0.0...1.1.0");
    const [before, after] = [
      await readPackageVersion(db, blobs, name, from as Version, reader),
      await readPackageVersion(db, blobs, name, to as Version, reader),
    ];
    const pairs: AdapterPair[] = [];
    for (const pair of pairAdapters(before, after).slice(0, MAX_PAIRS)) {
      pairs.push({ ...pair, change: await readWeightChange(db, blobs, pair.from, pair.to) });
    }
    return answerPage(
      c,
      <ComparePage site={site} before={before} after={after} pairs={pairs} />,
      reader.answer,
    );
  };
}

function pairAdapters(before: PackageVersion, after: PackageVersion): Omit<AdapterPair, "change">[] {
  return before.entry.adapters.flatMap((from) => {
    const same = after.entry.adapters.filter(({ base }) => base.fingerprint === from.base.fingerprint);
    const to = same.find(({ rank }) => rank === from.rank) ?? same[0];
    return to === undefined ? [] : [{ from, to }];
  });
}
