import { expect, test } from 'vitest';
import { builtAppFolder } from '../src/app-folder.ts';

test('a build that nobody waits for any more is ended', async () => {
  const over = new AbortController();
  const asked = builtAppFolder({ signal: over.signal });
  over.abort();
  await expect(asked).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'AbortError' } });
});
