import { connect } from '../../src/connect.ts';
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
  customers,
  how,
  redisUrl,
}: {
  customers: number;
  /** Which of Zendesk's two kinds of webhooks tells the product. */
  how: 'events' | 'trigger';
  redisUrl?: string | undefined;
}): Promise<Connected> => {
  const folder = await temporaryFolder();
  const vendors = startChild('./vendors.ts');
  const installation: Installation = { dataDir: folder.path, port: await freePort(), redisUrl };
  try {
    const { zendesk, bigcommerce, inputs } = await vendors.ask<Vendors>('start', { customers });
    const token = await withInstallation(installation, async (product) => {
      await importAll(product, {
        partners: inputs.partners,
        regions: inputs.regions,
        'mapping-rules': inputs.mappingRules,
        fx: inputs.fx,
      });
      const common = { remoteSetup: false, actor: 'bench' };
      const { result: desk } = await connect(product, {
        kind: 'zendesk',
        settings: { ...zendesk, surveyDelayMinutes },
        mode: 'act',
        ...common,
      });
      const secret = await vendors.ask<string>('connect', { webhookUrl: desk.webhookUrl, how });
      await product.directory.connections.keepMade(desk.id, { objects: [], settings: { webhookSecrets: [secret] } });
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
