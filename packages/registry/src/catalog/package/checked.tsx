// SPDX-License-Identifier: Apache-2.0
import type { Logged } from "../data/logged.ts";
import type { PackageVersion } from "../data/package.ts";
import { countOf, formatSize } from "../format.ts";
import { Icon } from "../layout/index.ts";
import { TableScroll } from "../parts/index.ts";

/** What the registry did before it took the version. An install does it again, on the bytes that it got. */
export function CheckedDetails({ of, logged }: { of: PackageVersion; logged: Logged | undefined }) {
  const { name, version, entry, files, index } = of;
  const adapters = entry.adapters.length;
  return (
    <section aria-labelledby="checked">
      <h2 id="checked" class="section-label">
        Checked
      </h2>
      <ul class="check-list">
        <Check>
          The author's signature over all {countOf(files.length, "file")}, by the key{" "}
          <code>{entry.keyId.slice(0, 16)}…</code> of {name.slice(0, name.indexOf("/"))}
        </Check>
        <Check>Every byte against the sha256 that was signed for it</Check>
        <Check>
          That the signed <code>lora.json</code> is for {name} {version}, on this registry
        </Check>
        {adapters > 0 && (
          <>
            <Check>
              {countOf(adapters, "adapter file")} by a strict validator: nothing but paired LoRA tensors
            </Check>
            <Check>
              Rank, alpha and targets, read from the tensors and compared with what lora.json says
            </Check>
            <Check>Every tensor's shape against the base model's</Check>
          </>
        )}
        {logged !== undefined && (
          <Check>
            Entry {logged.index} of the <a href="/log">transparency log</a>, with a{" "}
            {of.isPrivate ? "receipt" : <a href={`/versions/${name}/${version}/receipt`}>receipt</a>} that
            proves it
          </Check>
        )}
      </ul>
      <details class="files">
        <summary>Files and digests</summary>
        <TableScroll label="Files and digests">
          <table class="data-table">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col">sha256</th>
              </tr>
            </thead>
            <tbody>
              {files.map((file) => (
                <tr>
                  <th scope="row">
                    {of.isPrivate ? (
                      file.name
                    ) : (
                      <a href={`/blobs/sha256/${file.sha256}`} download={file.name}>
                        {file.name}
                      </a>
                    )}
                  </th>
                  <td class="number">{formatSize(file.sizeBytes)}</td>
                  <td>
                    <code class="digest">{file.sha256}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
        <p class="faint">
          Release id <code class="digest">{index.versions[version]?.id}</code>
          {!of.isPrivate && (
            <>
              , <a href={`/versions/${name}/${version}/signature.json`}>signature bundle</a>
            </>
          )}
        </p>
      </details>
      <p class="faint">
        Nobody can tell yet whether weights are harmless. Who published them is certain, what they do is not.
      </p>
    </section>
  );
}

function Check({ children }: { children?: unknown }) {
  return (
    <li>
      <Icon name="check" />
      <span>{children as string}</span>
    </li>
  );
}
