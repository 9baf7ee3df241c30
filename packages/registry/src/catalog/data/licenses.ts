// SPDX-License-Identifier: Apache-2.0

/** The usual ones, as SPDX spells them. */
const SPELLINGS = new Map(
  [
    "0BSD AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-2.0 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 BUSL-1.1",
    "CC-BY-4.0 CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-4.0 CC0-1.0 ECL-2.0 EPL-2.0 EUPL-1.2",
    "GPL-2.0-only GPL-3.0-only GPL-3.0-or-later ISC LGPL-3.0-only LGPL-3.0-or-later MIT MIT-0 MPL-2.0 MS-PL ODbL-1.0",
    "OFL-1.1 OpenRAIL Unlicense WTFPL Zlib",
  ]
    .flatMap((line) => line.split(" "))
    .map((name) => [name.toLowerCase(), name]),
);

/** Search keeps licences in lower case; whatever is not known stays so. */
export function spellLicense(lower: string): string {
  return SPELLINGS.get(lower) ?? lower;
}
