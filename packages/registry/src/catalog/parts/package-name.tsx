// SPDX-License-Identifier: Apache-2.0

/** `@demo/upper`, the part that tells packages apart stronger than the rest, with a place to break the line. */
export function PackageLabel({ name }: { name: string }) {
  const slash = name.indexOf("/");
  return (
    <span class="package-label">
      <span class="package-scope">{name.slice(0, slash + 1)}</span>
      <wbr />
      <b>{name.slice(slash + 1)}</b>
    </span>
  );
}
