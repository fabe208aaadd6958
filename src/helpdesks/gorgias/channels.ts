import type { Channel } from '../port.ts';

/** Gorgias' channels (https://developers.gorgias.com/reference/tickets); apps add others of their own. */
const names: Readonly<Record<Channel, string>> = {
  email: 'email',
  form: 'contact_form contact-form help-center help_center offline_capture self_service',
  chat: 'chat gorgias_chat gorgias-chat custom-chat',
  messaging:
    'facebook-messenger instagram-direct-message twitter-direct-message whatsapp whatsapp-message sms telegram line',
  social:
    'facebook facebook-mention facebook-recommendations instagram instagram-ad-comment instagram-comment instagram-mention twitter yotpo yotpo-review tiktok-shop',
  phone: 'phone aircall twilio',
  api: 'api',
};

const channelByName: ReadonlyMap<string, Channel> = new Map(
  (Object.keys(names) as Channel[]).flatMap((channel) =>
    names[channel].split(' ').map((name) => [name, channel] as const),
  ),
);

const known = (name: string | null): Channel | undefined => channelByName.get(name?.trim().toLowerCase() ?? '');

/** The channel of a ticket; one that we do not know came through some program and counts as `api`. */
export const ticketChannel = (name: string | null): Channel => known(name) ?? 'api';

/** The channel of a message; null where it tells none that we know (`internal-note` is none), and the ticket's holds. */
export const messageChannel = (name: string | null): Channel | null => known(name) ?? null;
