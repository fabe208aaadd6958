import { expect } from 'vitest';
import { api, hex } from './support.ts';

export interface Row {
  id: string;
  updatedAt: string;
  createdAt: string;
  rev: number;
  status?: string;
  deleted?: boolean;
}
export const second = (number: number): string => new Date(Date.UTC(2026, 1, 1) + number * 1000).toISOString();
export const row = (number: number, updatedAt = second(number), more: Partial<Row> = {}): Row => ({
  id: hex('c0', number),
  updatedAt,
  createdAt: updatedAt,
  rev: 1,
  ...more,
});
export const changeJson = ({ id, ...attributes }: Row) => ({
  type: 'conversation',
  id,
  attributes: { status: 'open', ...attributes },
});

export const live = '/v1/customers/search';
export const archive = '/v1/customers/archive/search';

export interface Asked {
  readonly place: string;
  readonly page: number;
  readonly and: readonly Record<string, { gte?: string; lte?: string; lt?: string }>[];
}

/** Searches as Kustomer does, over rows that may change between two calls; at most `cap` per page whatever is asked. */
export const kustomerWith = (
  rows: Row[],
  more: {
    cap?: number;
    tellsTotal?: boolean;
    place?: string;
    between?: (rows: Row[], call: number) => void;
    answer?: (asked: Asked) => [number, object] | undefined;
  } = {},
) => {
  const asked: Asked[] = [];
  api()
    .persist()
    .post((uri) => uri.startsWith(more.place ?? live))
    .reply(async (request: Request) => {
      const url = new URL(request.url);
      const body: Asked = JSON.parse(await request.text());
      const page = Number(url.searchParams.get('page'));
      const pageSize = Math.min(Number(url.searchParams.get('pageSize')), more.cap ?? 500);
      const one = { place: url.pathname, page, and: body.and };
      asked.push(one);
      const given = more.answer?.(one);
      if (given) return given;
      const criteria = body.and.flatMap((criterion) => Object.entries(criterion));
      const [attribute] = criteria[0] ?? [];
      expect(criteria.every(([, operators]) => Object.keys(operators).length === 1)).toBe(true);
      const bounds = Object.assign({}, ...criteria.map(([, operators]) => operators)) as Asked['and'][number][string];
      const key = attribute === 'conversation_created_at' ? 'createdAt' : 'updatedAt';
      const hits = rows
        .filter(
          (hit) => hit[key] >= (bounds.gte ?? '') && hit[key] <= (bounds.lte ?? 'z') && hit[key] < (bounds.lt ?? 'z'),
        )
        .toSorted((a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : a.id < b.id ? -1 : 1));
      const data = hits.slice((page - 1) * pageSize, page * pageSize).map(changeJson);
      more.between?.(rows, asked.length);
      return [200, { data, meta: { page, pageSize, ...(more.tellsTotal === false ? {} : { total: hits.length }) } }];
    });
  return asked;
};
