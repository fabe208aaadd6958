/** Order numbers have no blank: behind one stands the store whose orders alone it names. */
const ofOneStore = /^(\S+) (\d{1,9})$/;

/** An order number as tickets keep it that names orders of one store alone; without a store it stands for itself. */
export const numberOfStore = (number: string, connectionId: number | null): string =>
  connectionId === null ? number : `${number} ${connectionId}`;

/** What a ticket keeps: the number, and whose it is; null: of any store. */
export const readNumber = (kept: string): { readonly number: string; readonly connectionId: number | null } => {
  const [, number, connectionId] = ofOneStore.exec(kept) ?? [];
  return number === undefined ? { number: kept, connectionId: null } : { number, connectionId: Number(connectionId) };
};

/** Whether an order is one that the number names, by its own or by that of a marketplace; case plays no part. */
export const bearsNumber = (
  order: { readonly connectionId: number; readonly number: string; readonly externalNumber: string | null },
  kept: string,
): boolean => {
  const { number, connectionId } = readNumber(kept);
  const wanted = number.toLowerCase();
  return (
    (connectionId === null || connectionId === order.connectionId) &&
    [order.number, order.externalNumber].some((own) => own?.toLowerCase() === wanted)
  );
};
