import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAcknowledgements } from './acknowledgements.ts';
import { measureBackfill } from './backfill.ts';
import { measureCalls } from './calls.ts';
import { measureLives } from './lives.ts';
import { type Measure, table } from './measures.ts';
import { measureReattribution } from './reattribution.ts';
import { measureMovesAlone, measureReports } from './reports.ts';
import { measureSidebar } from './sidebar.ts';
import { measureSidebarApp } from './sidebar-app.ts';
import { measureStarts } from './starts.ts';
import { measureTickets } from './tickets.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  // The history that the backfill reads; 200000 takes a quarter of an hour.
  options: {
    tickets: { type: 'string', default: '20000' },
    // Sizes of the ledgers that reports are read from; 10000000 beside them takes 20 minutes and 9 GB.
    postings: { type: 'string', default: '100000,1000000' },
    // Where these ledgers are kept: filled if they are not there, used again if they are.
    folder: { type: 'string' },
    // Tickets that the sidebar is asked for; of 1000000 the ledger is that of 10000000 postings.
    looked: { type: 'string', default: '100000' },
  },
});

const parts = {
  acks: measureAcknowledgements,
  tickets: measureTickets,
  // Both wait most of the time.
  calls: async () => (await Promise.all([measureCalls(), measureLives()])).flat(),
  backfill: () => measureBackfill({ tickets: Number(values.tickets) }),
  starts: measureStarts,
  reattribution: measureReattribution,
  // A part of the reports, to be asked for by its name.
  moves: measureMovesAlone,
  reports: () => measureReports({ postings: values.postings.split(',').map(Number), folder: values.folder }),
  sidebar: () => measureSidebar({ tickets: Number(values.looked), folder: values.folder }),
  'sidebar-app': measureSidebarApp,
} as const;

const isPart = (name: string): name is keyof typeof parts => Object.hasOwn(parts, name);

const odd = positionals.filter((name) => !isPart(name));
if (odd.length > 0) {
  process.stderr.write(`No such part: ${odd.join(', ')}. Parts: ${Object.keys(parts).join(', ')}.\n`);
  process.exit(2);
}
const chosen =
  positionals.length > 0
    ? positionals.filter(isPart)
    : (Object.keys(parts) as (keyof typeof parts)[]).filter((name) => name !== 'moves');

const startMs = performance.now();
const measures: Measure[] = [];
for (const name of chosen) {
  process.stderr.write(`${name} ...\n`);
  measures.push(...(await parts[name]()));
}
process.stdout.write(
  `\nNode ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}); everything on 127.0.0.1, embedded PostgreSQL with fsync.\n\n`,
);
process.stdout.write(`${table(measures)}\n\n${Math.round((performance.now() - startMs) / 1000)} s\n`);
process.exit();
