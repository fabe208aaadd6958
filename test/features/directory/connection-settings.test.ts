import { expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { parseSettings } from '../../../src/features/directory/connection-settings.ts';
import { helpdesks } from '../../../src/helpdesks/registry.ts';
import { storeAdapters } from '../../../src/stores/registry.ts';

const reasonsFor = (kind: string, name: string): string[] => {
  const adapter = helpdesks.get(kind) ?? storeAdapters.get(kind);
  if (!adapter) throw new Error(`there is no ${kind}`);
  try {
    parseSettings(adapter, { name });
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.faults.flatMap(({ field, reason }) => (field === 'name' ? [reason] : []));
  }
  return expect.unreachable('settings with a name alone should be refused');
};

test.each([...helpdesks.keys(), ...storeAdapters.keys()])(
  'bug: a %s connection named "2" would have taken the rates of connection 2',
  (kind) => {
    for (const name of ['2', ' 2 ', '007'])
      expect(reasonsFor(kind, name)).toEqual([
        'may not be digits alone, for rates and commands take those for the id of a connection; add a letter',
      ]);
    expect(reasonsFor(kind, 'desk 2')).toEqual([]);
  },
);
