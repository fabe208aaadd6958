/** What is not known of the vendor for sure: each way to read it, so that a client can be tried with both. */
export interface Readings {
  /** Whether `types[]=a` means `types=a`. The repeated key alone is known to work. */
  readonly bracketKeys: boolean;
  /** Whether `relationships=custom_fields` holds for the list of tickets as it does for one. */
  readonly fieldsInList: boolean;
  /** What PUT /tickets/{id}/custom-fields/{field} takes: `{"value": x}` or x alone. */
  readonly oneFieldBody: 'object' | 'scalar';
  /** What is delivered by an integration without a form. */
  readonly bareBody: 'empty' | 'envelope';
  /** Whether a snoozed ticket is closed until it wakes. */
  readonly snoozeCloses: boolean;
  /** Dimensions that the scope ticket-handle-time takes; some clients were refused `ticketId`. */
  readonly statsDimensions: readonly string[];
  /** Which of a ticket's times the period of a statistic is about, where the query does not say. */
  readonly statsPeriod: 'closedDatetime' | 'createdDatetime';
  /** Whether numbers in statistics are JSON numbers or text. */
  readonly statsNumbers: 'number' | 'text';
  /** How long after the work its seconds are in the statistics. */
  readonly statsDelayMs: number;
}

export const usualReadings: Readings = {
  bracketKeys: true,
  fieldsInList: false,
  oneFieldBody: 'object',
  bareBody: 'empty',
  snoozeCloses: false,
  statsDimensions: ['ticketId', 'agentId', 'channel', 'integrationId', 'handleTime', 'storeId'],
  statsPeriod: 'closedDatetime',
  statsNumbers: 'number',
  statsDelayMs: 0,
};

/** The dimensions that remained where `ticketId` was refused. */
export const fewDimensions: Readings['statsDimensions'] = ['agentId', 'channel', 'integrationId', 'storeId'];
