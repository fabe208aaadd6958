import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { answers } from '../../platform/http/answers.ts';
import { type Access, identityOf, requireScope } from '../access/index.ts';
import {
  accountSettings,
  accountSettingsChange,
  accountSettingsSchema,
  changeAccountSettings,
} from '../directory/index.ts';

/** /api/v1/settings: what people set for the whole account. */
export const settingsRoutes =
  (deps: { readonly db: Database; readonly clock: Clock; readonly access: Access }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, clock, access } = deps;

    app.get(
      '/api/v1/settings',
      {
        onRequest: requireScope(access, 'read'),
        schema: {
          summary: 'Settings of the account',
          tags: ['operation'],
          ...answers('All of them', accountSettingsSchema),
        },
      },
      async () => accountSettings(db),
    );

    app.patch(
      '/api/v1/settings',
      {
        onRequest: requireScope(access, 'write'),
        schema: {
          summary: 'Change settings of the account; those left out stay',
          tags: ['operation'],
          body: accountSettingsChange,
          ...answers('All of them, as they now are', accountSettingsSchema),
        },
      },
      async (request) => {
        const made = { actor: identityOf(request).name, now: clock.now() };
        return db.transaction((tx) => changeAccountSettings(tx, request.body, made));
      },
    );
  };
