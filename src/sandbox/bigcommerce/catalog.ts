import { productId } from './json.ts';
import type { Category, LineInput, Product } from './model.ts';

/** The catalogue of one store: what was ever bought there. */
export interface Catalog {
  readonly products: ReadonlyMap<number, Product>;
  readonly categories: readonly Category[];
  /** Takes in the product of a line as it was last sold. */
  hold(line: LineInput): void;
}

/** The vendor numbers categories from some way above 1. */
const firstCategoryId = 18;

export const createCatalog = (): Catalog => {
  const products = new Map<number, Product>();
  const categories: Category[] = [];
  const categoryId = (name: string): number => {
    const held = categories.find((one) => one.name === name);
    if (held) return held.id;
    const id = firstCategoryId + categories.length;
    categories.push({ id, name });
    return id;
  };
  return {
    products,
    categories,
    hold({ sku, name, categories: own = [], customFields = [] }) {
      const id = productId(sku);
      products.set(id, {
        id,
        name,
        sku,
        categories: own.map(categoryId),
        custom_fields: customFields.map((field, index) => ({ id: id * 10 + index, ...field })),
      });
    },
  };
};
