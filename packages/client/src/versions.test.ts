// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import {
  isVersion,
  isVersionRange,
  newestVersion,
  parseVersion,
  parseVersionRange,
  satisfies,
} from "./versions.ts";

describe("versions", () => {
  it.each(["1.2.3", "0.0.0", "1.0.0-beta.1"])("accepts %s", (text) => expect(isVersion(text)).toBe(true));
  it.each(["v1.2.3", "1.2", "1.2.3+build", " 1.2.3", "01.2.3", "latest", "", `1.2.${"3".repeat(80)}`])(
    "refuses %j, for a version has one spelling",
    (text) => expect(isVersion(text)).toBe(false),
  );

  it("offers the version that was meant", () => {
    expect(() => parseVersion("v1.2")).toThrow(
      expect.objectContaining({ code: "VERSION_INVALID", hint: "write 1.2.0" }),
    );
  });

  it("takes the newest release before any prerelease", () => {
    const versions = ["1.0.0", "2.0.0-rc.1", "1.1.0"].map(parseVersion);
    expect(newestVersion(versions)).toBe("1.1.0");
    expect(newestVersion(["2.0.0-rc.1", "2.0.0-rc.2"].map(parseVersion))).toBe("2.0.0-rc.2");
    expect(newestVersion([])).toBeUndefined();
  });

  it("keeps prereleases out of ranges that do not ask for them", () => {
    expect(satisfies(parseVersion("1.1.0-beta.1"), parseVersionRange("^1.0.0"))).toBe(false);
    expect(satisfies(parseVersion("1.1.0-beta.2"), parseVersionRange("^1.1.0-beta.1"))).toBe(true);
  });

  it("refuses a range longer than anybody writes", () => {
    expect(isVersionRange(`>=1.0.0 ${"|| >=1.0.0 ".repeat(50)}`)).toBe(false);
  });
});
