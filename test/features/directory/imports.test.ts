import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInput } from '../../../src/core/errors.ts';
import {
  agentsAmong,
  createDirectory,
  type Directory,
  importAgents,
  listRoles,
  partnerBook,
  regionBook,
  roleOn,
  rolesOfAgents,
  teamOn,
  teamsOfAgents,
} from '../../../src/features/directory/index.ts';
import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

const desk = { kind: 'desk', settings: z.object({ name: z.string() }), secretKeys: [] } as unknown as HelpdeskAdapter;
let db: Database;
let directory: Directory;

beforeEach(async () => {
  db ??= await testDatabase();
  for (const table of ['connection', 'partner', 'region', 'audit_log', 'setting'])
    await db.query(`delete from ${table}`);
  directory = createDirectory({
    db,
    vault: createVault('k'.repeat(32)),
    clock: standingClock(),
    helpdesks: new Map([['desk', desk]]),
    stores: new Map(),
  });
});

const write = { dryRun: false };
const faultsOf = async (importing: Promise<unknown>): Promise<string[]> => {
  const error = await importing.catch((thrown: unknown) => thrown);
  if (!(error instanceof InvalidInput)) throw error ?? new Error('nothing was refused');
  return error.faults.map(({ field, reason }) => `${field}: ${reason}`);
};
const audited = async () =>
  (await db.query<{ action: string }>('select action from audit_log order by id')).map(({ action }) => action);

describe('partners', () => {
  it('resolves codes and aliases whatever their case and blanks, and knows Direct', async () => {
    const report = await directory.importPartners(
      'code,name,aliases\nNORD,Nord AB,Nord  Home| nord-home |nord\nsud,Sud,\n',
      write,
    );
    expect(report).toMatchObject({
      what: 'partners',
      rows: 2,
      added: 2,
      changed: 0,
      preview: [{ code: 'nord', name: 'Nord AB', aliases: 'Nord Home|nord-home' }, { code: 'sud' }],
    });
    const book = await directory.partners();
    expect(
      ['nord', ' NORD ', 'nord   home', 'Nord-Home', 'SUD', 'Direct', 'ost', ''].map((raw) => book.resolve(raw)),
    ).toEqual(['nord', 'nord', 'nord', 'nord', 'sud', 'direct', null, null]);
    expect([book.known('nord'), book.known('direct'), book.known('nord-home')]).toEqual([true, true, false]);
    expect(book.list().map(({ code }) => code)).toEqual(['direct', 'nord', 'sud']);
  });

  it('adds and changes, removes none, and logs only what changed', async () => {
    await directory.importPartners('code,name\nnord,Nord\nsud,Sud', write);
    expect(await directory.importPartners('code,name\nnord,Nord\nsud,Sud', write)).toMatchObject({
      unchanged: 2,
      added: 0,
      changed: 0,
    });
    expect(await directory.importPartners('code,name,aliases\nsud,South,s\nost,Ost,', write)).toMatchObject({
      rows: 2,
      added: 1,
      changed: 1,
      unchanged: 0,
      removed: 0,
    });
    expect((await directory.partners()).list().map(({ code, name }) => `${code} ${name}`)).toEqual([
      'direct Direct',
      'nord Nord',
      'ost Ost',
      'sud South',
    ]);
    expect(await audited()).toEqual(['import partners', 'import partners']);
  });

  it('writes nothing on a dry run', async () => {
    expect(await directory.importPartners('code,name\nnord,Nord', { dryRun: true })).toMatchObject({
      added: 1,
      dryRun: true,
    });
    expect((await directory.partners()).known('nord')).toBe(false);
    expect(await audited()).toEqual([]);
  });

  it('refuses the codes that mean something else in reports', async () => {
    expect(await faultsOf(directory.importPartners('code,name\nNone,N\ntotal,T\nnone_such,S', write))).toEqual([
      'row 2, column code: "none" has its own meaning in reports; choose another',
      'row 3, column code: "total" has its own meaning in reports; choose another',
    ]);
    expect(
      await faultsOf(directory.importRegions('region,name,countries\nNone,N,DE\nNONES,S,SE\nTotal,T,FR', write)),
    ).toEqual([
      'row 2, column region: "None" has its own meaning in reports; choose another',
      'row 4, column region: "Total" has its own meaning in reports; choose another',
    ]);
  });

  it('names every fault at once, and imports nothing', async () => {
    await directory.importPartners('code,name,aliases\nwest,West,w', write);
    const text = 'code,name,aliases\nno rd,Nord,\nsud,,\n';
    expect(await faultsOf(directory.importPartners(text, write))).toEqual([
      'row 2, column code: use 1 to 60 of the characters a to z, 0 to 9 and _',
      'row 3, column name: is empty; a value is needed',
    ]);
    const clashes =
      'code,name,aliases\nnord,Nord,N|shared\nsud,Sud,SHARED|W|direct|nord\nnord,Nord again,\ndirect,Shop,\nw,W,';
    expect(await faultsOf(directory.importPartners(clashes, write))).toEqual([
      'row 4, column code: "nord" stands twice in the file',
      'row 5, column code: "direct" is built in; leave the row out',
      'row 6, column code: "w" is already an alias of west',
      'row 3, column aliases: "SHARED" already means nord',
      'row 3, column aliases: "W" already means west',
      'row 3, column aliases: "direct" already means direct',
      'row 3, column aliases: "nord" already means nord',
    ]);
    expect((await directory.partners()).list()).toHaveLength(2);
  });

  it('lets an alias move to another partner when the file says so of both', async () => {
    await directory.importPartners('code,name,aliases\nnord,Nord,shop\nsud,Sud,', write);
    await directory.importPartners('code,name,aliases\nnord,Nord,\nsud,Sud,shop', write);
    expect((await directory.partners()).resolve('shop')).toBe('sud');
  });
});

describe('regions', () => {
  it('groups countries; a country in no group is its own region', async () => {
    expect(
      await directory.importRegions('region,name,countries\nDACH,Germany and neighbours,de|AT|CH\n', write),
    ).toMatchObject({ added: 1, preview: [{ region: 'DACH', countries: 'AT|CH|DE' }] });
    const book = await directory.regions();
    expect(['DE', 'at', 'SE', null, ''].map((country) => book.regionOf(country))).toEqual([
      'DACH',
      'DACH',
      'SE',
      null,
      null,
    ]);
    expect(['dach', 'DE', 'se', 'XX', 'Sweden'].map((raw) => book.resolve(raw))).toEqual([
      'DACH',
      'DACH',
      'SE',
      null,
      null,
    ]);
    expect(['DACH', 'SE', 'DE', 'XX'].map((code) => book.known(code))).toEqual([true, true, false, false]);
  });

  it('replaces the groups as a whole', async () => {
    await directory.importRegions('region,name,countries\nDACH,D,DE|AT\nNORDIC,N,SE|NO', write);
    const text = 'region,name,countries\nDACH,D,DE\nEAST,E,AT|PL';
    const preview = await directory.importRegions(text, { dryRun: true });
    expect(preview).toMatchObject({ added: 1, changed: 1, removed: 1 });
    expect(preview.warnings).toEqual([expect.stringContaining('1 of the 2 regions that hold now is not in it')]);
    expect((await directory.regions()).regionOf('SE')).toBe('NORDIC');
    await directory.importRegions(text, write);
    const book = await directory.regions();
    expect(['DE', 'AT', 'SE'].map((country) => book.regionOf(country))).toEqual(['DACH', 'EAST', 'SE']);
    expect(await audited()).toEqual(['import regions', 'import regions']);
  });

  it('names every fault at once', async () => {
    const text = 'region,name,countries\nA,A,DE|XX\nB,B,DE\na,A,FR\nSE,Wrong,NO\nD-A,D,AT';
    expect(await faultsOf(directory.importRegions(text, write))).toEqual([
      'row 6, column region: use 1 to 60 of the characters A to Z, a to z, 0 to 9 and _',
    ]);
    expect(await faultsOf(directory.importRegions(text.replace('D-A,D,AT', ''), write))).toEqual([
      'row 2, column countries: "XX" is no ISO 3166 alpha-2 code',
      'row 3, column countries: DE is already in region A',
      'row 4, column region: "a" stands twice in the file',
      'row 5, column region: "SE" is the code of a country that the region does not hold',
    ]);
  });
});

describe('agents', () => {
  const bringAgents = (text: string) =>
    db.transaction((tx) => importAgents(tx, text, { ...write, now: standingClock().now() }));

  it('keeps names from the helpdesk and roles from the file, each without touching the other', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings: { name: 'main' } });
    await directory.saveAgents(id, [
      { externalId: '7', name: 'Ada' },
      { externalId: '8', name: null },
      { externalId: '7', name: 'Ada L' },
    ]);
    expect(await bringAgents(`connection,external_id,role\nmain,7,senior\n${id},9,junior\n${id},8,\n`)).toMatchObject({
      rows: 3,
      added: 1,
      changed: 1,
      unchanged: 1,
    });
    await directory.saveAgents(id, [
      { externalId: '7', name: null },
      { externalId: '9', name: 'Bo' },
    ]);
    await directory.saveAgents(id, []);
    expect(await db.query('select external_id, name, role from agent order by external_id')).toEqual([
      { external_id: '7', name: 'Ada L', role: 'senior' },
      { external_id: '8', name: null, role: null },
      { external_id: '9', name: 'Bo', role: 'junior' },
    ]);
    await bringAgents('connection,external_id,role\nmain,7,');
    expect(await db.query("select role from agent where external_id = '7'")).toEqual([{ role: null }]);
  });

  it('takes teams along with their first day, and knows what is new of them', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings: { name: 'main' } });
    const file = 'connection,external_id,role,team,team_from\n';
    const rows = 'main,7,senior,night,2026-01-01\nmain,8,,,\n';
    expect(await bringAgents(file + rows)).toMatchObject({
      added: 2,
      preview: [{ external_id: '7', team: 'night', team_from: '2026-01-01' }, { external_id: '8' }],
    });
    expect(await bringAgents(file + rows)).toMatchObject({ unchanged: 2 });
    expect(await bringAgents(`${file}main,7,senior,day,2026-02-01\n`)).toMatchObject({ changed: 1 });
    const spells = (await teamsOfAgents(db, { connectionIds: [id], agentIds: ['7', '8'] })).get(`${id}:7`) ?? [];
    expect(['2025-12-31', '2026-01-31', '2026-02-01'].map((day) => teamOn(spells, day))).toEqual([
      null,
      'night',
      'day',
    ]);
    expect(await faultsOf(bringAgents(`${file}main,7,,night,\nmain,9,,night,May\n`))).toEqual([
      'row 2, column team_from: is empty; write the first day in the team',
      'row 3, column team_from: is not a day; write it as YYYY-MM-DD',
    ]);
  });

  it('bug: another role held of all the past; with a first day the former one holds before it', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings: { name: 'main' } });
    const rolesOf = async (agent: string, days: readonly string[]) => {
      const spells = await rolesOfAgents(db, { connectionIds: [id], agentIds: [agent] });
      return days.map((day) => roleOn(spells.get(`${id}:${agent}`) ?? [], day));
    };
    const days = ['2026-01-01', '2026-02-28', '2026-03-01', '2026-04-01'];
    const file = 'connection,external_id,role,role_from\n';
    expect(await bringAgents('connection,external_id,role\nmain,7,junior\n')).toMatchObject({ from: '1970-01-01' });
    expect(await bringAgents(`${file}main,7,senior,2026-03-01\nmain,8,junior,2026-03-01\n`)).toMatchObject({
      rows: 2,
      added: 2,
      from: '2026-03-01',
      preview: [{ role: 'senior', role_from: '2026-03-01' }, {}],
    });
    expect(await rolesOf('7', days)).toEqual(['junior', 'junior', 'senior', 'senior']);
    expect(await rolesOf('8', days)).toEqual([null, null, 'junior', 'junior']);
    expect(await bringAgents(`${file}main,7,,2026-04-01\nmain,8,junior,2026-03-01\n`)).toMatchObject({
      added: 1,
      unchanged: 1,
      removed: 0,
      from: '2026-04-01',
    });
    expect(await rolesOf('7', days)).toEqual(['junior', 'junior', 'senior', null]);
    const held = (await listRoles(db)).map(
      ({ connection, externalId, role, validFrom }) => `${connection},${externalId},${role},${validFrom ?? ''}\n`,
    );
    expect(held).toEqual([
      'main,7,junior,\n',
      'main,7,senior,2026-03-01\n',
      'main,7,,2026-04-01\n',
      'main,8,,\n',
      'main,8,junior,2026-03-01\n',
    ]);
    expect(await bringAgents(file + held.join(''))).toMatchObject({ rows: 5, unchanged: 5, removed: 0, from: null });
    // Without a first day it is what the agent is as of always, beside what stands in the file too.
    const always = `${file}main,7,junior,\nmain,7,senior,2026-03-01\n`;
    expect(await bringAgents(always)).toMatchObject({
      unchanged: 2,
      removed: 1,
      from: '2026-04-01',
      warnings: [expect.stringContaining('1 of their roles with a first day goes')],
    });
    expect(await bringAgents('connection,external_id,role\nmain,7,junior\n')).toMatchObject({
      removed: 1,
      from: '2026-03-01',
    });
    expect(await rolesOf('7', days)).toEqual(['junior', 'junior', 'junior', 'junior']);
    expect(await rolesOf('8', days)).toEqual([null, null, 'junior', 'junior']);
  });

  it('names days of roles and teams that are none, or stand twice', async () => {
    await directory.connections.create({ kind: 'desk', settings: { name: 'main' } });
    const rows = 'main,7,a,2026-03-01,x,2026-01-01\nmain,7,b,2026-03-01,,\nmain,7,,May,x,2026-01-01\n';
    expect(await faultsOf(bringAgents(`connection,external_id,role,role_from,team,team_from\n${rows}`))).toEqual([
      'row 3, column external_id: agent 7 of main stands twice in the file with the first day 2026-03-01',
      'row 4, column role_from: is not a day; write it as YYYY-MM-DD',
      'row 4, column team_from: agent 7 of main has a team of this day in a row before',
    ]);
  });

  it('knows who of some users was ever an agent of the connection', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings: { name: 'main' } });
    const other = await directory.connections.create({ kind: 'desk', settings: { name: 'other' } });
    await directory.saveAgents(id, [{ externalId: '7', name: 'Ada' }]);
    await directory.saveAgents(other.id, [{ externalId: '8', name: 'Bo' }]);
    expect(await agentsAmong(db, id, ['7', '8', '9'])).toEqual(new Set(['7']));
    expect(await agentsAmong(db, id, [])).toEqual(new Set());
  });

  it('names unknown connections and agents that stand twice', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings: { name: 'main' } });
    expect(await faultsOf(bringAgents(`connection,external_id,role\nother,7,a\nmain,7,a\n${id},7,b`))).toEqual([
      `row 2, column connection: "other" is no connection; known are main (${id})`,
      'row 4, column external_id: agent 7 of main stands twice in the file',
    ]);
  });
});

describe('reporting basis', () => {
  it('keeps what the first start said, and refuses another with the command that re-bases', async () => {
    const basis = { currency: 'USD', timeZone: 'Europe/Stockholm' };
    expect(await directory.reportingBasis(basis)).toEqual(basis);
    expect(await directory.reportingBasis(basis)).toEqual(basis);
    await expect(directory.reportingBasis({ ...basis, currency: 'EUR' })).rejects.toThrow(
      /kept in USD.*deskledger migrate --rebase/,
    );
    await expect(directory.reportingBasis({ ...basis, timeZone: 'UTC' })).rejects.toThrow(
      /Europe\/Stockholm.*migrate --rebase/,
    );
  });
});

describe('books without a database', () => {
  it('hold Direct and single countries', () => {
    expect(partnerBook([]).resolve('DIRECT')).toBe('direct');
    expect(regionBook([]).regionOf('se')).toBe('SE');
  });
});
