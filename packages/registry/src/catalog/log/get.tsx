import { notFound } from "../../http/errors.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
export const getLog =
  (_: CatalogDeps): PageRoute =>
  async () => {
    throw notFound("x");
  };
