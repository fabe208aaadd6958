import { useSpeech } from './words.ts';

/** Costs stand at rates that give no pay away (RULES.md section 10), and so differ from reports at true ones. */
export const Pooled = () => {
  const { words } = useSpeech();
  return <span title={words.ticket.pooledWhy}>{words.ticket.pooled}</span>;
};
