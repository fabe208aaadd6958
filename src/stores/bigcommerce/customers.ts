import { type BigcommerceApi, isHidden, type Query } from './api.ts';
import { idLists, pagesV3, read } from './paging.ts';
import { type Customer, customer } from './schema.ts';

const customersPath = '/v3/customers';

/** Customer accounts of one store. Where the token may not read them there are none; `readable` tells. */
export const createCustomers = (api: BigcommerceApi) => {
  const find = async (query: Query): Promise<Customer[]> => {
    const found: Customer[] = [];
    try {
      for await (const rows of pagesV3(api, customersPath, query))
        found.push(...rows.map((row) => read(customer, row, 'a customer')));
    } catch (error) {
      if (!isHidden(error)) throw error;
    }
    return found;
  };

  /** Accounts by customer id. */
  const accountsOf = async (ids: readonly string[]): Promise<Map<string, Customer>> => {
    const found = new Map<string, Customer>();
    for (const list of idLists(ids))
      for (const account of await find({ 'id:in': list })) found.set(account.id, account);
    return found;
  };

  return {
    async readable(): Promise<boolean> {
      try {
        await api.get(customersPath, { limit: 1 });
        return true;
      } catch (error) {
        if (isHidden(error)) return false;
        throw error;
      }
    },

    accountsOf,

    /** The addresses of accounts, by customer id. */
    async addressesOf(ids: readonly string[]): Promise<Map<string, string>> {
      const accounts = await accountsOf(ids);
      return new Map([...accounts].flatMap(([id, { email }]) => (email === null ? [] : [[id, email] as const])));
    },

    async has(address: string): Promise<boolean> {
      const same = address.trim().toLowerCase();
      return (await find({ 'email:in': address })).some(({ email }) => email?.toLowerCase() === same);
    },
  };
};
