import type { Channel } from '../port.ts';

/**
 * Zendesk names a channel by type or by number, and the webhooks' names differ from the REST API's
 * (https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types).
 */
const names: Readonly<Record<Channel, string>> = {
  email: 'email mail 4',
  form: 'web web_form 0 web_widget 48 mobile 56 mobile_sdk 49 help_center helpcenter 50 dropbox 17',
  chat: 'chat 29 chat_offline_message',
  messaging:
    'messaging native_messaging sunshine_conversations_api whatsapp line wechat telegram viber kakaotalk sms 57 apple_business_chat google_business_messages google_rcs mailgun messagebird_sms twilio_sms slack_connect any_channel 55',
  social:
    'facebook facebook_post 38 facebook_message 41 fb_messenger facebook_messenger twitter 30 twitter_dm twitter_direct_message 26 twitter_favorite twitter_like 23 x_corp_twitter_dm instagram instagram_dm',
  phone:
    'voice phone voicemail 33 phone_call_inbound 34 phone_call_outbound 35 api_voicemail 44 api_phone_call_inbound 45 api_phone_call_outbound 46',
  api: 'api web_service 5',
};

const channelByName: ReadonlyMap<string, Channel> = new Map(
  (Object.keys(names) as Channel[]).flatMap((channel) =>
    names[channel].split(' ').map((name) => [name, channel] as const),
  ),
);

/** Where agents write whatever the customer reads: it tells nothing of the message's channel. */
const agentInterfaces: ReadonlySet<string> = new Set(['web', 'web_form', '0', 'mobile', '56']);

/** The channel of a ticket; one that we do not know came through some program and counts as `api`. */
export const ticketChannel = (via: string | null): Channel => channelByName.get(via ?? '') ?? 'api';

/** The channel of an agent's message; null where Zendesk does not tell, and the ticket's holds. */
export const messageChannel = (via: string | null): Channel | null =>
  via === null || agentInterfaces.has(via) ? null : (channelByName.get(via) ?? null);
