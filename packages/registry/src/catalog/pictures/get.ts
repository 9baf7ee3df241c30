import { notFound } from "../../http/errors.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
export const getPicture =
  (_: CatalogDeps): PageRoute =>
  async () => {
    throw notFound("x");
  };
