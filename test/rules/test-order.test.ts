import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { createVitest } from 'vitest/node';

test('files that simulate days of the product start first, then those that look at its preview, then those that run its program, then all others', async () => {
  const vitest = await createVitest('test', { watch: false });
  try {
    const files = await vitest.globTestSpecifications();
    const sequencer = new vitest.config.sequence.sequencer(vitest);
    const groups = (await sequencer.sort(files)).map(({ moduleId }) => {
      const [, ...folders] = relative(vitest.config.root, moduleId).split('/').slice(0, -1);
      const [folder = 'program'] = folders;
      return ['program', 'simulation', 'preview'].includes(folder) ? folder : 'other';
    });
    expect(groups.length).toBeGreaterThan(250);
    expect(groups.filter((group, index) => group !== groups[index - 1])).toEqual([
      'simulation',
      'preview',
      'program',
      'other',
    ]);
  } finally {
    await vitest.close();
  }
});
