// SPDX-License-Identifier: Apache-2.0
/** What a resolution is asked for. Everything comes from a project's lora.json, its lockfile, its model and its runtime. */
import type { Fingerprint } from "../fingerprint/index.ts";
import type { Dependency } from "../manifest/index.ts";
import type { PackageName, ScopeName } from "../names.ts";
import type { Version } from "../versions.ts";

/** Bounds on what may be stacked on the model; an undefined one does not bound. */
export interface StackLimits {
  /** Highest rank of a single adapter. */
  maxRank?: number | undefined;
  /** Adapters in the whole stack; bundles have none. */
  maxAdapters?: number | undefined;
  /** Sum of the ranks in the whole stack. */
  maxRankSum?: number | undefined;
  /** Sum of the sizes of the adapter files in the whole stack, in bytes. */
  maxBytes?: number | undefined;
}

export interface RuntimeLimits extends StackLimits {
  /** For explanations: "llama-server". */
  name: string;
  /** Kinds of tensors that adapters may change, such as `attn_q`; undefined: all. */
  targets?: readonly string[] | undefined;
}

export interface ResolveRequest {
  /** Of the project's model. The name is what a person calls it; only the fingerprint decides. */
  base: { fingerprint: Fingerprint; name: string };
  dependencies: Readonly<Record<PackageName, Dependency>>;
  /** Taken if any solution has them: for them other packages move within their ranges, but none is given up. */
  optionalDependencies?: Readonly<Record<PackageName, Dependency>> | undefined;
  /** Ranges or dist-tags that stand in for whatever the project or a package asks of the named package. */
  overrides?: Readonly<Record<PackageName, string>> | undefined;
  /** The project's own bounds; explanations and hints speak of `limits` in lora.json. */
  limits?: StackLimits | undefined;
  /** What the runtime bounds on top of that. */
  runtime?: RuntimeLimits | undefined;
  policy?:
    | {
        /** In milliseconds. Versions published later than this before `now` are passed over, locked ones too. */
        minReleaseAge?: number | undefined;
        /** Only packages of these scopes may appear at all, directly or indirectly. */
        scopes?: readonly ScopeName[] | undefined;
      }
    | undefined;
  /** The clock of `minReleaseAge`; undefined: the system's. */
  now?: Date | undefined;
  /** Versions to keep as long as that is possible, and the only way to a yanked one. Leave out what is to be updated. */
  locked?: Readonly<Record<PackageName, Version>> | undefined;
}

export interface ResolveOptions {
  /** False skips the search for a step that would help, which resolves again for each idea. Default true. */
  hints?: boolean;
  /** Effort after which the search gives up; default `MAX_EFFORT`. */
  maxEffort?: number;
}

/**
 * The graph comes from outside and may be hostile, and whether it has a solution is as hard a question as there is.
 * Counted in incompatibilities looked at, so that a graph is solved or given up on every machine alike. A thousand
 * packages without conflicts take 10,000, a chain of 50 packages with 200 versions each, all dead ends, 6 million.
 */
export const MAX_EFFORT = 30_000_000;
