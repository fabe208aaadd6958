import Fastify from 'fastify';
import { answerParent } from './child.ts';

answerParent({
  /** The least a webhook route in Fastify can do: read the body and answer. */
  async listen(): Promise<string> {
    const app = Fastify({ logger: false });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.post('/webhooks/:key', async (_request, reply) => reply.code(202).send({ status: 'new' }));
    return `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/bench`;
  },
});
