// SPDX-License-Identifier: Apache-2.0
export { Icon, type IconName, Mark } from "./icons.tsx";
export { Layout, type LayoutProps, type PageHead, type Site } from "./layout.tsx";
