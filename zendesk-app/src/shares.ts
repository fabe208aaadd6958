import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Half } from './correction.ts';

export interface HalfShare {
  readonly code: string | null;
  readonly name: string | null;
  /** Part of the ticket, 0 to 1. */
  readonly share: number;
}

const wholePpm = 1_000_000;

/** Who bears the ticket by partner or by region alone, the largest first. */
export const sharesBy = (half: Half, attribution: SidebarTicket['attribution']): readonly HalfShare[] => {
  const parts = new Map<string | null, { name: string | null; ppm: number }>();
  for (const share of attribution?.shares ?? []) {
    const code = share[half]?.code ?? null;
    parts.set(code, { name: share[half]?.name ?? null, ppm: (parts.get(code)?.ppm ?? 0) + share.ppm });
  }
  return [...parts]
    .map(([code, { name, ppm }]) => ({ code, name, share: ppm / wholePpm }))
    .sort((a, b) => b.share - a.share);
};

/** True where nobody bears a half of it. */
export const isNobodys = (half: Half, { shares }: NonNullable<SidebarTicket['attribution']>): boolean =>
  shares.every((share) => share[half] === null);

/** True where an agent said that no partner bears it ("not about an order"), and not merely nothing was found. */
export const isSaidNobodys = ({ ticket, attribution }: SidebarTicket): boolean =>
  ticket.state === 'unattributed' && attribution?.how.partner === 'person';
