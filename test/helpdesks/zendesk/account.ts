import type { Remote, RemoteWish } from '../../../src/helpdesks/port.ts';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import { wallClock } from '../../../src/platform/clock.ts';
import { createZendeskSandbox, type ZendeskSandboxOptions } from '../../../src/sandbox/zendesk/index.ts';
import { atEndOfFile } from '../../support/cleanup.ts';

export const endpoint = 'https://desk.example/webhooks/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk';

export const wish: RemoteWish = { webhookUrl: endpoint };

export const withFields: RemoteWish = {
  webhookUrl: endpoint,
  fields: {
    partners: [
      { code: 'nord', name: 'Nord' },
      { code: 'direct', name: 'Direct' },
    ],
    regions: [{ code: 'SE', name: 'Sweden' }],
  },
};

/** An account of its own, and its client with these settings. */
export const account = async (options: Partial<ZendeskSandboxOptions> = {}) => {
  const sandbox = await createZendeskSandbox({ clock: wallClock, seed: 'remote', limits: 'off', ...options });
  atEndOfFile(() => sandbox.close());
  const clientWith = (more: object = {}) => {
    const { name, subdomain, email, apiToken, baseUrl } = sandbox.settings;
    const settings = zendesk.settings.parse({ name, subdomain, email, apiToken, baseUrl, ...more });
    return connectZendesk(settings, { clock: wallClock, allowPrivate: true, apiUserId: null });
  };
  const remoteWith = (more: object = {}): Remote => {
    const { remote } = clientWith(more);
    if (!remote) throw new Error('Zendesk has a remote');
    return remote;
  };
  return { sandbox, clientWith, remoteWith };
};
