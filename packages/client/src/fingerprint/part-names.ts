// SPDX-License-Identifier: Apache-2.0
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;

/**
 * The files of a split base by the name of any of them: `model-00001-of-00003.gguf` and its sisters are one model.
 * @param name a path, or the path of a URL
 */
export function partNames(name: string): string[] {
  const [, stem, , count] = PART.exec(name) ?? [];
  if (count === undefined) return [name];
  return Array.from(
    { length: Number(count) },
    (_, i) => `${stem}-${String(i + 1).padStart(5, "0")}-of-${count}.gguf`,
  );
}
