import type { Product } from './compose.ts';
import { InvalidInput } from './core/errors.ts';
import { nearest } from './core/nearest.ts';
import { adapterOf } from './remote-setup.ts';

/** Throws InvalidInput for names that no setting has: a misspelt optional one would else be missed in silence. */
export const refuseUnknownNames = (product: Product, kind: string, settings: unknown): void => {
  const adapter = adapterOf(product, kind);
  if (!adapter || typeof settings !== 'object' || settings === null || Array.isArray(settings)) return;
  const known = Object.keys(adapter.settings.shape);
  const faults = Object.keys(settings)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      const asked = meant === null ? '' : `; did you mean ${meant}?`;
      return { field: name.slice(0, 100), reason: `is no setting of ${kind}${asked} Known are ${known.join(', ')}` };
    });
  if (faults.length > 0)
    throw new InvalidInput('The settings name what nobody knows here; nothing was changed', faults);
};
