// SPDX-License-Identifier: Apache-2.0
export { Age } from "./age.tsx";
export { BaseGlyph, ShortPrint } from "./base-glyph.tsx";
export { DownloadsChart } from "./downloads-chart.tsx";
export { Command } from "./install-command.tsx";
export { PackageList } from "./package-list.tsx";
export { PackageLabel } from "./package-name.tsx";
export { TableScroll } from "./table-scroll.tsx";
