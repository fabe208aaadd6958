import type { Channel } from '../port.ts';

/** Channels of conversations and messages (https://developer.kustomer.com/api/core-resources/get-messages). */
const channelByName: ReadonlyMap<string, Channel> = new Map<string, Channel>([
  ['email', 'email'],
  ['form', 'form'],
  ['chat', 'chat'],
  ['sms', 'messaging'],
  ['mms', 'messaging'],
  ['whatsapp', 'messaging'],
  ['smooch', 'messaging'],
  ['line', 'messaging'],
  ['apple-business-chat', 'messaging'],
  ['facebook', 'social'],
  ['facebook-comment', 'social'],
  ['twitter', 'social'],
  ['twitter-dm', 'social'],
  ['twitter-tweet', 'social'],
  ['instagram', 'social'],
  ['instagram-comment', 'social'],
  ['voice', 'phone'],
  ['api', 'api'],
]);

/** The channel of a message; null where it is none that we know, and the conversation's holds. */
export const messageChannel = (name: string | null): Channel | null =>
  channelByName.get(name?.trim().toLowerCase() ?? '') ?? null;

/** The channel of a conversation, the first that it used; one that we do not know came through some program and counts as `api`. */
export const ticketChannel = (names: readonly string[]): Channel => messageChannel(names[0] ?? null) ?? 'api';
