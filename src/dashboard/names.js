// @ts-check
/** @import { Basis, Cell, Row } from './api-types.d.ts' */

/** @type {Pick<Basis, 'partners' | 'regions'>} */
let known = { partners: {}, regions: {} };

/** @param {Pick<Basis, 'partners' | 'regions'>} names by code */
export const useNames = (names) => {
  known = names;
};

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** Code and plain name; the code is empty where the name says all. @typedef {{ name: string, code: string }} Named */

/** @param {string | null} code @returns {Named} */
export const partnerName = (code) => {
  if (code === null) return { name: 'Unattributed', code: '' };
  if (code === 'direct') return { name: 'Direct', code: '' };
  const name = known.partners[code];
  return name === undefined || name === code ? { name: code, code: '' } : { name, code };
};

/** A row's partner, or how many it stands for. @param {Pick<Row, 'partner' | 'folded'>} row @returns {Named} */
export const rowPartnerName = ({ partner, folded }) => {
  if (!folded) return partnerName(partner);
  const { length } = folded.partners;
  return { name: length === 1 ? '1 small partner' : `${length} small partners`, code: '' };
};

/** A country in no group is its own region. @param {string | null} code @returns {Named} */
export const regionName = (code) => {
  if (code === null) return { name: 'No region known', code: '' };
  const name = known.regions[code] ?? (/^[A-Z]{2}$/.test(code) ? countries.of(code) : undefined);
  return name === undefined || name === code ? { name: code, code: '' } : { name, code };
};

/** Whose a part of a ticket is, in words. @param {Cell} cell */
export const bearerName = ({ partner, region }) => {
  if (partner === null) return region === null ? 'Unattributed' : `partner unknown, ${regionName(region).name}`;
  return region === null ? partnerName(partner).name : `${partnerName(partner).name}, ${regionName(region).name}`;
};
