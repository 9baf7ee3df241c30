// SPDX-License-Identifier: Apache-2.0
/** Which base a PEFT adapter was trained on. Its config names it, as whoever trained it called it. */
import type { KnownBase } from "../base-source/index.ts";
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";

/** What may be shown and looked up as a name: `owner/name` or `name`, never a path of another machine. */
const HUB_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$/;

export interface BaseChoice {
  readonly base: KnownBase;
  /** For lora.json: what the user calls it, else its name on a hub, else what its file says. */
  readonly name: string;
}

export interface WantedBase {
  /** For messages: the adapter's directory or repository. */
  readonly of: string;
  /** `base_model_name_or_path`: anything. */
  readonly name: string | undefined;
  /** Name of the adapter's directory, which an author may have named after the base. */
  readonly label?: string | undefined;
}

/**
 * Of the bases that the user named, the one with the config's name, the directory's, or the only one; else what a
 * registry knows under the config's name. Whether the adapter fits it is for the conversion to say.
 * @param findBase looks a name up in a registry; undefined where it knows none
 * @throws LoraError BASE_UNKNOWN, and what `findBase` throws
 */
export async function chooseBase(
  wanted: WantedBase,
  bases: readonly KnownBase[],
  findBase?: (name: string) => Promise<KnownBase | undefined>,
): Promise<BaseChoice> {
  const hubName = wanted.name !== undefined && HUB_NAME.test(wanted.name) ? wanted.name : undefined;
  const base =
    only(bases.filter((one) => isCalled(one, wanted.name))) ??
    only(bases.filter((one) => isCalled(one, wanted.label))) ??
    only(bases);
  if (base !== undefined) return { base, name: base.named ? base.name : (hubName ?? base.name) };
  if (bases.length > 0 || hubName === undefined) throw unknown(wanted, bases, hubName);
  const found = await askRegistry(hubName, findBase);
  if (found === "silent") throw unknown(wanted, bases, hubName, "and the registry does not answer");
  if (found === undefined) throw unknown(wanted, bases, hubName);
  return { base: found, name: found.name };
}

/** What a registry knows by a name or fingerprint; `silent` where there is none, or it may not be asked. */
export async function askRegistry(
  name: string,
  findBase: ((name: string) => Promise<KnownBase | undefined>) | undefined,
): Promise<KnownBase | undefined | "silent"> {
  try {
    return await findBase?.(name);
  } catch (error) {
    if (error instanceof LoraError && /^(REGISTRY_UNREACHABLE|OFFLINE)$/.test(error.code)) return "silent";
    throw error;
  }
}

const only = <Item>(items: readonly Item[]) => (items.length === 1 ? items[0] : undefined);

/** In any case; where one of the two is no `owner/name`, their last parts are compared. */
function isCalled({ name, record }: KnownBase, wanted: string | undefined): boolean {
  if (wanted === undefined) return false;
  const whole = normal(wanted);
  return [name, ...record.names].map(normal).some((own) => {
    if (own === whole) return true;
    return !(isOwned(own) && isOwned(whole)) && lastPart(own) === lastPart(whole);
  });
}

const normal = (name: string) => name.toLowerCase().replace(/[/\\]+$/, "");
const isOwned = (name: string) => name.includes("/") && HUB_NAME.test(name);
const lastPart = (name: string) => name.slice(name.search(/[^/\\]*$/));

function unknown(
  { of, name, label }: WantedBase,
  bases: readonly KnownBase[],
  hubName: string | undefined,
  why?: string,
): LoraError {
  const details = { adapter: of, base: name ?? null, given: bases.map((base) => base.name) };
  const shown = name === undefined || name === "" ? "a base that its config does not name" : quote(name);
  const known =
    why ??
    (bases.length === 0
      ? hubName === undefined
        ? "which is no name that a registry could know"
        : "which the registry does not know"
      : `and which of ${bases.map((base) => quote(base.name)).join(", ")} that is, nothing says`);
  const mark = label ?? hubName;
  return new LoraError("BASE_UNKNOWN", `${of} was trained on ${shown}, ${known}`, {
    hint:
      bases.length === 0
        ? "name the base's file or directory: --base FILE"
        : mark === undefined
          ? "name that one alone: --base FILE"
          : `say which it is: --base '${mark}=FILE'`,
    details,
  });
}
