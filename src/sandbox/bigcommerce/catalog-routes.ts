import type { FastifyInstance } from 'fastify';
import type { Catalog } from './catalog.ts';
import { listIn, pageV3, type Query } from './pages.ts';

/** The V3 catalogue: products with the fields that are asked for, and the categories of the one tree. */
export const addCatalogRoutes = (app: FastifyInstance, catalog: Catalog): void => {
  app.get<{ Querystring: Query }>('/v3/catalog/products', ({ query }, reply) => {
    const ids = listIn(query, 'id:in');
    const fields = listIn(query, 'include_fields');
    const included = listIn(query, 'include');
    const shown = [...catalog.products.values()]
      .filter(({ id }) => !ids || ids.has(String(id)))
      .map(({ custom_fields, ...product }) => ({
        ...(Object.fromEntries(
          Object.entries(product).filter(([name]) => name === 'id' || !fields || fields.has(name)),
        ) as { readonly id: number }),
        ...(included?.has('custom_fields') && { custom_fields }),
      }));
    return reply.send(pageV3(shown, query));
  });
  app.get<{ Querystring: Query }>('/v3/catalog/trees/categories', ({ query }, reply) => {
    const ids = listIn(query, 'category_id:in');
    const { data, meta } = pageV3(
      catalog.categories.filter(({ id }) => !ids || ids.has(String(id))),
      query,
    );
    const rows = data.map(({ id, name }) => ({ category_id: id, tree_id: 1, parent_id: 0, name, is_visible: true }));
    return reply.send({ data: rows, meta });
  });
};
