import { joinEmbeddedPostgres } from '../../../src/platform/database/embedded.ts';

// A process of its own at a private server: prints the address, and leaves when its input ends.
const server = await joinEmbeddedPostgres({ dataDir: process.argv[2] ?? '', volatile: true });
console.log(server.url);
process.stdin.resume().once('end', () => void server.leave());
