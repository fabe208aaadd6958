import { actor, command, missing, withProduct } from './command.ts';
import { InvalidInput } from './core/errors.ts';
import { note, print } from './terminal.ts';

/** user and token. */
export const addAccessCommands = (): void => {
  command(
    'user <action>',
    'sign-in: a one-time link for a person; list: who there is; revoke: end sessions, links and scopes of a person',
  )
    .option('--name <name>', 'whose; admin unless given, revoke needs it')
    .option(
      '--scopes <scopes>',
      'of read, write, rates, with commas between: read,rates; unless given, a new person gets all and another keeps theirs',
    )
    .action(async (action: string, { name, scopes, json }) => {
      const answer = await withProduct(async ({ access, config }) => {
        if (action === 'list') return { users: await access.users() };
        if (action !== 'sign-in' && action !== 'revoke')
          throw new InvalidInput('user sign-in, user list or user revoke', [{ field: 'action', reason: 'unknown' }]);
        if (action === 'revoke') {
          if (name === undefined) throw missing('--name', 'Say whose sessions end: --name');
          await access.revokeUser(name, { actor });
          return { revoked: name };
        }
        const asked = { name: name ?? 'admin', actor, ...(scopes !== undefined && { scopes }) };
        const { token, expiresAt } = await access.createSignIn(asked);
        return { link: `${config.publicUrl}/sign-in/${token}`, expiresAt };
      });
      print(answer, { json });
    });

  command('token <action>', 'create, list or revoke API tokens')
    .option('--name <name>', 'what it is for')
    .option('--scopes <scopes>', 'of read, write, rates, with commas between: read,rates', 'read')
    .action(async (action: string, { name, scopes, json }) => {
      const answer = await withProduct(async ({ access }) => {
        if (action === 'list') return { tokens: await access.tokens() };
        if (action !== 'create' && action !== 'revoke')
          throw new InvalidInput('token create, token list or token revoke', [{ field: 'action', reason: 'unknown' }]);
        if (name === undefined) throw missing('--name', 'A token needs a name: --name');
        if (action === 'create') return { token: (await access.createToken({ name, scopes, actor })).token };
        await access.revokeToken(name, { actor });
        return { revoked: name };
      });
      print(answer, { json });
      if (action === 'create' && !json)
        note('It is shown this once. Send it with every request as the header "Authorization: Bearer TOKEN".');
    });
};
