import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { importBenefits, importOtherCosts } from '../../../src/features/partnerships/index.ts';
import type { World } from './world.ts';

/** Two partners and the regions of the world's tickets. */
const known = {
  partners: partnerBook([
    { code: 'nord', name: 'Nord', aliases: [] },
    { code: 'sud', name: 'Sud', aliases: [] },
  ]),
  regions: regionBook([
    { code: 'nordics', name: 'Nordics', countries: ['SE'] },
    { code: 'iberia', name: 'Iberia', countries: ['ES'] },
  ]),
  stores: [],
};

const optionsOf = ({ clock }: World) => ({ dryRun: false, now: clock.now(), actor: 'mia', known });

/** What partnerships bring, as lines of a CSV of which the first names the columns. */
export const giveBenefits = (world: World, ...lines: readonly string[]) =>
  importBenefits(world.db, lines.join('\n'), optionsOf(world));

/** What they cost beside support, likewise. */
export const giveOtherCosts = (world: World, ...lines: readonly string[]) =>
  importOtherCosts(world.db, lines.join('\n'), optionsOf(world));
