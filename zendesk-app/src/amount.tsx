import type { SidebarMoney } from '../../src/features/sidebar/contract.ts';
import { useSpeech } from './words.ts';

/** An amount reads from left to right in every language, its sign and currency in their places. */
export const Amount = ({ money }: { readonly money: SidebarMoney }) => (
  <bdi dir="ltr">{useSpeech().format.money(money)}</bdi>
);
