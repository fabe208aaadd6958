import type { Harness } from '../conformance.ts';
import { signatureOf } from './deliveries.ts';
import { startDesk } from './desk.ts';
import { memory } from './index.ts';

export const harness: Harness = {
  adapter: memory,
  lacks: ['discover', 'workFeeds'],
  fixtures: new URL('./fixtures/', import.meta.url),
  sentAt: new Date('2026-03-02T09:05:00Z'),
  settings: { name: 'Desk', account: 'loom', apiKey: 'key' },
  withSecrets: (secrets) => ({ webhookSecrets: secrets }),
  apiUserId: 'us',
  sign: signatureOf,
  sidebar: (secret, externalId) => ({ headers: { 'x-secret': secret }, query: { ticket: externalId } }),
  quota: {
    windowMs: 60_000,
    headers: ({ limit, left }) => ({ 'x-limit': String(limit), 'x-left': String(left) }),
  },
  indispensable: ['tickets', 'changes', 'id', 'at', 'created_at', 'updated_at'],
  enums: ['status', 'channel', 'role', 'message'],
  startDesk,
};
