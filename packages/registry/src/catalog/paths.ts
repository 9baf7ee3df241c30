// SPDX-License-Identifier: Apache-2.0
/** The addresses of the catalog's pages. None of them is one of the read paths that installs use. */
export const homePath = "/";
export const searchPath = "/search";
export const modelsPath = "/models";
export const myModelPath = "/my-model";
export const logPath = "/log";
export const badgesPath = "/badges";

/** A version begins with a digit, so it is none of the words below. */
export function packagePath(name: string, version?: string): string {
  return version === undefined ? `/${name}` : `/${name}/${encodeURIComponent(version)}`;
}

export function versionsPath(name: string): string {
  return `/${name}/versions`;
}

export function graphPath(name: string): string {
  return `/${name}/dependencies`;
}

export function comparePath(name: string, from: string, to: string): string {
  return `/${name}/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`;
}

export function scopePath(scope: string): string {
  return `/${scope}`;
}

export function modelPath(fingerprint: string): string {
  return `/models/${fingerprint}`;
}

export function badgePath(name: string): string {
  return `/badges/${name}.svg`;
}

/** @param subject `all`, a scope or a package */
export function feedPath(subject: string): string {
  return `/feeds/${subject}.atom`;
}

export function picturePath(name: string): string {
  return `/pictures/${name}.png`;
}

/** The search with these values; what is undefined or empty is left out, so that one question has one address. */
export function searchUrl(query: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(key, String(value));
  }
  const text = parameters.toString();
  return text === "" ? searchPath : `${searchPath}?${text}`;
}
