import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { answerParent } from './child.ts';

interface Requests {
  readonly urls: readonly string[];
  readonly token: string;
}

/** Reads an answer to its end and keeps none of it, so that collecting half a megabyte each time is no part of what is measured. */
const readToEnd = async (url: string, token: string, agent: Agent): Promise<void> => {
  const asked = request(url, { agent, headers: { authorization: `Bearer ${token}` } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`the report answered ${response.statusCode}`);
};

answerParent({
  /** One after the other on one connection; ms of each, from the request to the answer's last byte. */
  async requests({ urls, token }: Requests): Promise<number[]> {
    const agent = new Agent({ keepAlive: true });
    const took: number[] = [];
    for (const url of urls) {
      const startMs = performance.now();
      await readToEnd(url, token, agent);
      took.push(performance.now() - startMs);
    }
    agent.destroy();
    return took;
  },
});
