/** What a work entry says of itself, as the lists of them read it. */
export interface WorkEntryRow {
  agent_id: string | null;
  clock: string;
  kind: string;
  channel: string | null;
  worked_at: Date;
  raw_seconds: number;
  costed_seconds: number;
  capped_seconds: number;
  untaken_seconds: number;
  state: string;
  decision: string | null;
  unpriced: string | null;
}

/** By which rate and exchange rate a posting was priced. */
export interface PricedRow {
  currency: string;
  native_currency: string;
  hourly_micros: bigint;
  rate_scope: string;
  rate_key: string;
  rate_valid_from: string;
  fx_numerator: string;
  fx_denominator: string;
  fx_date: string | null;
}
