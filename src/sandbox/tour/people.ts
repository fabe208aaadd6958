import { secondMs } from '../../core/time.ts';
import type { BigcommerceSandbox } from '../bigcommerce/index.ts';
import type { OrderInput, OrderRecord } from '../bigcommerce/model.ts';
import { createRandom } from '../random.ts';
import {
  type CountryCode,
  countries,
  helpdeskBrands,
  helpdeskGroup,
  type PartnerCode,
} from '../scenario/marketplace.ts';
import { planOrder } from '../scenario/orders.ts';
import type { ZendeskSandbox } from '../zendesk/index.ts';
import { fieldIds } from '../zendesk/index.ts';
import { type Status, type Ticket, viaOf } from '../zendesk/model.ts';

/** The vendors that a tour plays on. */
export interface TourStage {
  readonly seed: string | number;
  readonly zendesk: ZendeskSandbox;
  readonly shop: BigcommerceSandbox['shop'];
  /** Of the agents, in the order of the scenario. */
  readonly agentIds: readonly number[];
}

/** A customer of the shop, by a name that makes the address. */
export interface Shopper {
  readonly name: string;
  readonly email: string;
  readonly country: CountryCode;
  readonly userId: number;
}

export interface Work {
  readonly agent: number;
  readonly atMs: number;
  readonly seconds: number;
  readonly says?: string;
  readonly note?: string;
  readonly status?: Status;
  /** What is chosen in a field of the form. */
  readonly sets?: { readonly field: number; readonly code: string };
}

/** What customers and agents do, in the words of a story; everything happens at the vendors, by their own doors. */
export const createPeople = ({ seed, zendesk, shop, agentIds }: TourStage) => {
  const { desk } = zendesk;
  const random = createRandom(seed, 'tour');
  let shoppers = 0;
  /** How a field says a code: the option of a drop-down that ends in it, or the code itself. */
  const chosenIn = ({ field, code }: NonNullable<Work['sets']>) => {
    const option = desk.fields
      .find(({ id }) => id === field)
      ?.options?.find((value) => value === code || value.endsWith(`_${code}`));
    return { field, value: option ?? code, isOption: option !== undefined };
  };

  return {
    shopper(name: string, country: CountryCode): Shopper {
      shoppers += 1;
      const email = `${name.toLowerCase().replaceAll(/[^a-z]+/g, '.')}.${shoppers}@example.com`;
      const { locale } = countries[country];
      const { id } = desk.addUser({ name, email, role: 'end-user', locale, organizationId: null });
      return { name, email, country, userId: id };
    },

    order(
      { name, email, country }: Shopper,
      { partner, atMs, ...more }: { readonly partner: PartnerCode; readonly atMs: number } & Partial<OrderInput>,
    ): OrderRecord {
      const [firstName = '', ...lastNames] = name.split(' ');
      const customer = { no: shoppers, email, country, registered: false };
      const { input } = planOrder(random, { id: shop.orders.size + 1, atMs, partner, customer });
      return shop.place({
        ...input,
        // Who sold it is the story's to say, never chance's.
        lines: input.lines.map((line) => ({ ...line, brand: '' })),
        statusId: 2,
        firstName,
        lastName: lastNames.join(' '),
        ...more,
      });
    },

    write(
      { name, email, userId }: Shopper,
      {
        subject,
        body,
        atMs,
        orderNumber,
        ...more
      }: {
        readonly subject: string;
        readonly body: string;
        readonly atMs: number;
        /** In the mapped field, as a form of the shop fills it. */
        readonly orderNumber?: number;
        readonly formId?: number;
        readonly tags?: readonly string[];
      },
    ): Ticket {
      return desk.create({
        atMs,
        subject,
        body,
        requesterId: userId,
        via: viaOf('email', null, { address: email, name }),
        brandId: helpdeskBrands.main,
        fields: orderNumber === undefined ? new Map() : new Map([[fieldIds.orderNumber, String(orderNumber)]]),
        ruled: { title: 'Sort new tickets', values: { priority: 'normal', groupId: helpdeskGroup } },
        ...more,
      });
    },

    /** An agent works so many seconds on a ticket, by the timer of the Time Tracking app. */
    work(ticketId: number, { agent, atMs, seconds, says, note, status, sets }: Work): void {
      const authorId = agentIds[agent] ?? agentIds[0] ?? 0;
      const total = Number(desk.ticket(ticketId).fields.get(fieldIds.totalTime) ?? 0) + seconds;
      const body = says ?? note;
      const chosen = sets && chosenIn(sets);
      desk.update(ticketId, {
        atMs: atMs + secondMs,
        authorId,
        values: {
          assigneeId: authorId,
          status: status ?? 'open',
          // An option of a drop-down is a tag as well.
          ...(chosen?.isOption && { tags: [...desk.ticket(ticketId).tags, chosen.value] }),
          fields: new Map([
            [fieldIds.totalTime, String(total)],
            [fieldIds.lastTime, String(seconds)],
            ...(chosen ? [[chosen.field, chosen.value] as const] : []),
          ]),
        },
        ...(body !== undefined && { comment: { body, public: says !== undefined } }),
      });
    },
  };
};

export type People = ReturnType<typeof createPeople>;
