import type { FastifyInstance } from 'fastify';
import { isRecord } from '../http.ts';
import type { Desk } from './desk.ts';
import { refuseField } from './envelope.ts';
import { linkTo } from './json.ts';
import type { Attribute } from './model.ts';

const typeOf = (name: string): string =>
  /Num$/.test(name) ? 'number' : /Bool$/.test(name) ? 'boolean' : /At$/.test(name) ? 'date' : 'string';

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** What agents see where nobody gave a name: "Total Orders" for totalOrdersNum. */
const titleOf = (name: string): string =>
  name
    .replace(/(?:Str|Txt|Tree|Id|Url|Num|Bool|At)$/, '')
    .replaceAll(/([A-Z])/g, ' $1')
    .replace(/^./, (first) => first.toUpperCase());

/**
 * Custom attributes: the metadata of the conversation klass. Writing it adds and changes what it names and leaves the rest;
 * there is no way to delete one.
 */
export const addAttributeRoutes = (app: FastifyInstance, desk: Desk): void => {
  const { orgId } = desk;
  const metadata = () => ({
    data: {
      type: 'metadata',
      id: `${orgId}.conversation`,
      attributes: {
        name: 'conversation',
        properties: Object.fromEntries(
          [...desk.attributes].map(([name, attribute]) => [name, { type: typeOf(name), ...attribute }]),
        ),
      },
      relationships: { org: linkTo('org', orgId) },
    },
  });

  app.get('/v1/metadata/conversation', (_, reply) => reply.send(metadata()));
  app.put<{ Body: unknown }>('/v1/metadata/conversation', ({ body }, reply) => {
    const properties = isRecord(body) ? body.properties : undefined;
    if (!isRecord(properties)) return refuseField(reply, '/properties', 'properties: is required');
    const read = new Map<string, Attribute>();
    for (const [name, value] of Object.entries(properties)) {
      const pointer = `/properties/${name}`;
      if (!/^[a-z]\w*(?:Str|Txt|Tree|Id|Url|Num|Bool|At)$/.test(name))
        return refuseField(reply, pointer, `${name}: ends in no suffix of a type`);
      if (!isRecord(value)) return refuseField(reply, pointer, `${name}: is an object`);
      const held = desk.attributes.get(name);
      const { displayName = held?.displayName ?? titleOf(name), enumeration = held?.enumeration } = value;
      if (typeof displayName !== 'string') return refuseField(reply, pointer, `${name}: displayName is text`);
      if (enumeration !== undefined && !isNames(enumeration))
        return refuseField(reply, pointer, `${name}: enumeration is a list of values`);
      read.set(name, { displayName, ...(enumeration && { enumeration }) });
    }
    for (const [name, attribute] of read) desk.attributes.set(name, attribute);
    return reply.send(metadata());
  });
};
