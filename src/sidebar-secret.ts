import { randomBytes } from 'node:crypto';
import type { Product } from './compose.ts';
import type { Connection } from './features/directory/index.ts';
import { isPrivateUrl } from './platform/http/address.ts';

/** What an admin enters in the settings of the sidebar app at the helpdesk. */
export interface SidebarSecret {
  readonly address: string;
  /** Told this once; it is stored encrypted and never shown again. */
  readonly secret: string;
}

/** What an admin does with it, in their order; the secret itself is in none of these lines. */
export const sidebarSteps = ({ address }: Pick<SidebarSecret, 'address'>): readonly string[] => {
  const isReachable = URL.parse(address)?.protocol === 'https:' && !isPrivateUrl(address);
  const packing = `npm run app:package -- --service ${isReachable ? address : 'https://desk.example.com'}`;
  return [
    'The secret is shown this once. The one before it holds until this command is run again: enter the new one first, or agents are locked out.',
    ...(isReachable
      ? [`Next: ${packing}`]
      : [
          `Zendesk needs an https address that its servers can reach, and PUBLIC_URL is ${address}.`,
          `Next: set PUBLIC_URL to one, start anew, then ${packing} with that address; the secret holds.`,
        ]),
    'Then upload the package: Admin Center > Apps and integrations > Apps > Zendesk Support apps > Upload private app, and enter address and secret there.',
    'Where the app is installed already, enter the secret in its settings on the same page.',
  ];
};

const secretBytes = 32;
/** The one before is taken until the next is made: the app goes on while an admin changes over. */
const secretsKept = 2;

/** Whether the next secret ends one that the app may still hold. */
export const endsSecret = ({ helpdesks }: Product, { kind, settings }: Connection): boolean =>
  (helpdesks.get(kind)?.sidebarApp?.secrets(settings).length ?? 0) >= secretsKept;

/** Makes a secret by which the helpdesk's proxy signs what its sidebar app asks; null where the helpdesk has no such app. */
export const makeSidebarSecret = async (
  { config, directory, helpdesks }: Product,
  { id, kind }: Pick<Connection, 'id' | 'kind'>,
  actor: string,
): Promise<SidebarSecret | null> => {
  const app = helpdesks.get(kind)?.sidebarApp;
  if (!app) return null;
  const { settings } = await directory.connections.get(String(id));
  const secret = randomBytes(secretBytes).toString('base64url');
  const kept = [secret, ...app.secrets(settings)].slice(0, secretsKept);
  await directory.connections.changeSettings(id, { [app.secretSetting]: kept }, actor);
  return { address: config.publicUrl, secret };
};

/** The connection's sidebar app is answered nothing more, also where it is connected again. */
export const forgetSidebarSecrets = async (
  { directory, helpdesks }: Product,
  { id, kind, settings }: Connection,
  actor: string,
): Promise<void> => {
  const app = helpdesks.get(kind)?.sidebarApp;
  if (app && app.secrets(settings).length > 0)
    await directory.connections.changeSettings(id, { [app.secretSetting]: [] }, actor);
};
