import { connect } from '../../src/connect.ts';
import type { HelpdeskKind, SandboxOptions } from '../../src/sandbox/index.ts';
import { type Child, startChild } from './child.ts';
import { importAll, withInstallation } from './installation.ts';
import { freePort, type Installation, temporaryFolder } from './server-process.ts';
import type { Vendors } from './vendors.ts';

/** Surveys go out long after the bench: mails are no part of what it measures. */
const surveyDelayMinutes = 24 * 60;

export interface Connected {
  readonly installation: Installation;
  readonly vendors: Child;
  readonly token: string;
  end(): Promise<void>;
}

/** A fresh installation, connected in mode `act` to simulated vendors in a process of their own, its orders read. */
export const setUp = async ({
  how,
  redisUrl,
  ...start
}: {
  customers: number;
  /** Which of Zendesk's two kinds of webhooks tells the product; none unless given. */
  how?: 'events' | 'trigger';
  helpdesks?: readonly HelpdeskKind[];
  /** The simulators have none unless given. */
  limits?: SandboxOptions['limits'];
  redisUrl?: string | undefined;
}): Promise<Connected> => {
  const folder = await temporaryFolder();
  const vendors = startChild('./vendors.ts');
  const installation: Installation = { dataDir: folder.path, port: await freePort(), redisUrl };
  try {
    const { helpdesks, bigcommerce, inputs } = await vendors.ask<Vendors>('start', start);
    const token = await withInstallation(installation, async (product) => {
      await importAll(product, {
        partners: inputs.partners,
        regions: inputs.regions,
        'mapping-rules': inputs.mappingRules,
        fx: inputs.fx,
      });
      const common = { remoteSetup: false, actor: 'bench' };
      for (const { kind, settings } of helpdesks) {
        const wanted = { kind, settings: { ...settings, surveyDelayMinutes }, mode: 'act' as const };
        const { result: desk } = await connect(product, { ...wanted, ...common });
        if (how === undefined) continue;
        const secret = await vendors.ask<Record<string, unknown>>('connect', {
          kind,
          webhookUrl: desk.webhookUrl,
          how,
        });
        await product.directory.connections.keepMade(desk.id, { objects: [], settings: secret });
      }
      const { result: store } = await connect(product, { kind: 'bigcommerce', settings: bigcommerce, ...common });
      await importAll(product, { agents: inputs.agents, rates: inputs.rates });
      const since = new Date(inputs.rates.match(/\d{4}-\d\d-\d\d/)?.[0] ?? 0);
      await product.orders.syncStore(await product.directory.connections.get(String(store.id)), { since });
      return (await product.access.createToken({ name: 'bench', scopes: 'read' })).token;
    });
    return {
      installation,
      vendors,
      token,
      async end() {
        await vendors.end();
        await folder.remove();
      },
    };
  } catch (error) {
    await vendors.end();
    await folder.remove();
    throw error;
  }
};
