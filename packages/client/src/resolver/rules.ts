// SPDX-License-Identifier: Apache-2.0
/** A request made ready for many look-ups: bounds merged with their owners, sets instead of lists. */
import type { Fingerprint } from "../fingerprint/index.ts";
import type { PackageName } from "../names.ts";
import { scopeOf } from "../names.ts";
import type { Version } from "../versions.ts";
import type { ResolveRequest, StackLimits } from "./request.ts";

/** The tighter of the project's and the runtime's bound. */
export interface Limit {
  kind: keyof StackLimits;
  value: number;
  /** The runtime's name; undefined: the project's lora.json. */
  runtime: string | undefined;
}

export interface Rules {
  readonly base: { readonly fingerprint: Fingerprint; readonly name: string };
  readonly limits: { readonly [Kind in keyof StackLimits]: Limit };
  readonly targets: ReadonlySet<string> | undefined;
  readonly runtimeName: string | undefined;
  /** Versions published after this moment (epoch milliseconds) are too young; undefined: none is. */
  readonly publishedBefore: number | undefined;
  readonly minReleaseAge: number;
  readonly now: Date;
  isScopeAllowed(name: PackageName): boolean;
  /** The scopes that may appear; undefined: all. */
  readonly scopes: readonly string[] | undefined;
  lockedVersion(name: PackageName): Version | undefined;
  override(name: PackageName): string | undefined;
}

export function rulesOf(request: ResolveRequest): Rules {
  const { base, limits = {}, runtime, policy = {}, locked = {}, overrides = {} } = request;
  const now = request.now ?? new Date();
  const minReleaseAge = policy.minReleaseAge ?? 0;
  const scopes = policy.scopes === undefined ? undefined : new Set<string>(policy.scopes);
  const bounds: { [Kind in keyof StackLimits]: Limit } = {};
  for (const kind of ["maxRank", "maxAdapters", "maxRankSum", "maxBytes"] as const) {
    const own = limits[kind] ?? Number.POSITIVE_INFINITY;
    const imposed = runtime?.[kind] ?? Number.POSITIVE_INFINITY;
    if (own === imposed && own === Number.POSITIVE_INFINITY) continue;
    bounds[kind] = {
      kind,
      value: Math.min(own, imposed),
      runtime: imposed < own ? runtime?.name : undefined,
    };
  }
  return {
    base: { name: base.name, fingerprint: base.fingerprint },
    limits: bounds,
    targets: runtime?.targets === undefined ? undefined : new Set(runtime.targets),
    runtimeName: runtime?.name,
    publishedBefore: minReleaseAge > 0 ? now.getTime() - minReleaseAge : undefined,
    minReleaseAge,
    now,
    isScopeAllowed: (name) => scopes === undefined || scopes.has(scopeOf(name)),
    scopes: scopes === undefined ? undefined : [...scopes].sort(),
    lockedVersion: (name) => (Object.hasOwn(locked, name) ? locked[name] : undefined),
    override: (name) => (Object.hasOwn(overrides, name) ? overrides[name] : undefined),
  };
}
