import type { Shop } from './bigcommerce/shop.ts';
import type { Action } from './scenario/actions.ts';

/** Plays one helpdesk's part of a plan, as its agents and customers. */
export interface Actor {
  /** The helpdesk's user ids of the agents, in the order of the scenario. */
  readonly agentIds: readonly (number | string)[];
  /** Does one planned thing at the vendor. */
  act(action: Action): void;
}

/** Does what a plan has for the store; false where the action is none of the store's. */
export const actAtShop = (shop: Shop, action: Action): boolean => {
  switch (action.kind) {
    case 'order': {
      const { id } = shop.place(action.order.input);
      if (id !== action.order.id) throw new RangeError(`order ${action.order.id} of the plan became ${id}`);
      return true;
    }
    case 'order status':
      if (shop.orders.get(action.orderId)?.statusId === 11) shop.setStatus(action.orderId, action.statusId);
      return true;
    case 'refund':
      shop.refund(action.orderId, action.refund);
      return true;
    default:
      return false;
  }
};
