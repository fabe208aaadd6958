import { defineConfig } from 'prisma/config';

const url = process.env.DATABASE_URL;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  // Only migrate asks for it; generate runs without.
  ...(url ? { datasource: { url } } : {}),
  migrations: { path: 'prisma/migrations' },
});
