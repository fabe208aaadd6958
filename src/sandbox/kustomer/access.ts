type Verbs = Readonly<Record<string, string>>;

const crud: Verbs = { GET: 'read', POST: 'create', PUT: 'update', DELETE: 'delete' };

/** Which kind of permission a path needs, first match first; tags of a conversation are an update of it. */
const rules: readonly (readonly [path: RegExp, kind: string, verbs: Verbs])[] = [
  [/^\/v1\/customers\/(?:archive\/)?search/, 'search', { POST: 'create' }],
  [/^\/v1\/conversations\/[^/]+\/notes/, 'note', crud],
  [/^\/v1\/conversations\/[^/]+\/messages/, 'message', crud],
  [/^\/v1\/conversations\/[^/]+\/tags/, 'conversation', { POST: 'update', DELETE: 'update' }],
  [/^\/v[12]\/conversations/, 'conversation', crud],
  [/^\/v1\/customers/, 'customer', crud],
  [/^\/v1\/users/, 'user', crud],
  [/^\/v1\/teams/, 'team', crud],
  [/^\/v1\/tags/, 'tag', crud],
  [/^\/v1\/brands/, 'brand', crud],
  [/^\/v1\/routing\/queues/, 'queue', crud],
  [/^\/v1\/metadata/, 'metadata', crud],
  [/^\/v1\/satisfaction/, 'satisfaction', crud],
  [/^\/v1\/audit-logs/, 'audit_logs', crud],
  [/^\/v1\/outbound-webhooks/, 'outbound_webhook', crud],
];

/** The role that a request needs, as the vendor's pages name it; null where any key may ask. */
export const roleFor = (method: string, url: string): string | null => {
  const [, kind, verbs] = rules.find(([path]) => path.test(url)) ?? [];
  const verb = verbs?.[method];
  return kind !== undefined && verb !== undefined ? `org.permission.${kind}.${verb}` : null;
};

export const allRoles: readonly string[] = [
  ...new Set(rules.flatMap(([, kind, verbs]) => Object.values(verbs).map((verb) => `org.permission.${kind}.${verb}`))),
];
