import { notFound } from "../../http/errors.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
export const compareForm = (): PageRoute => async () => {
  throw notFound("x");
};
export const getCompare =
  (_: CatalogDeps): PageRoute =>
  async () => {
    throw notFound("x");
  };
