import { Anchor } from '@zendeskgarden/react-buttons';
import { useSpeech } from './words.ts';

/** An order's number, leading to its page in the store's control panel where that is known. */
export const OrderLink = ({ order }: { readonly order: { readonly number: string; readonly url: string | null } }) => {
  const { words, fill } = useSpeech();
  const number = `#${order.number}`;
  if (order.url === null || !/^https?:\/\//.test(order.url)) return <bdi>{number}</bdi>;
  return (
    <Anchor href={order.url} isExternal aria-label={fill(words.whose.openOrder, { number })}>
      <bdi>{number}</bdi>
    </Anchor>
  );
};
