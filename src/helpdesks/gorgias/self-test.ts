import { randomUUID } from 'node:crypto';
import { secretHeader } from './deliveries.ts';
import { type GorgiasSettings, secretsOf } from './settings.ts';

/** A delivery as our HTTP integration would send it, of something that is no ticket; null while there is no secret. */
export const selfTest = (
  settings: GorgiasSettings,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null => {
  const [secret] = secretsOf(settings);
  return secret === undefined
    ? null
    : {
        headers: { 'content-type': 'application/json', [secretHeader]: secret },
        // Without an id of its own an event is known by its bytes: each is another.
        body: JSON.stringify({ type: 'deskledger-test', object_type: 'Test', nonce: randomUUID() }),
      };
};
