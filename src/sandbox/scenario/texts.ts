import type { Random } from '../random.ts';
import type { Language, Reason } from './marketplace.ts';

interface Phrases {
  readonly hello: string;
  readonly thanks: string;
  readonly reply: string;
  readonly solved: string;
  readonly note: string;
  readonly again: string;
  /** With "{n}" for the order's number. */
  readonly order: readonly string[];
  readonly about: Readonly<Record<Reason, { readonly subject: string; readonly body: string }>>;
}

const phrases: Readonly<Record<Language, Phrases>> = {
  en: {
    hello: 'Hello,',
    thanks: 'Thank you',
    reply: 'Thank you for writing. We are looking into it and need one more detail from you.',
    solved: 'This is settled now. Please write again if anything is missing.',
    note: 'Asked the warehouse, answer expected today.',
    again: 'I am sorry, but this is still not settled.',
    order: ['order #{n}', 'order number {n}', 'my order no. {n}', '#{n}'],
    about: {
      shipping: { subject: 'Where is my parcel?', body: 'My parcel has not arrived yet.' },
      return: { subject: 'Return', body: 'I would like to send it back, how do I do that?' },
      damage: { subject: 'Arrived broken', body: 'It arrived with a crack.' },
      product: { subject: 'Question about the size', body: 'Can you tell me the exact size?' },
      payment: { subject: 'Charged twice', body: 'It seems I was charged twice.' },
      other: { subject: 'A question', body: 'Could you please call me back?' },
    },
  },
  de: {
    hello: 'Guten Tag,',
    thanks: 'Vielen Dank',
    reply: 'Danke für Ihre Nachricht. Wir prüfen das und brauchen noch eine Angabe von Ihnen.',
    solved: 'Das ist jetzt erledigt. Melden Sie sich gern, falls noch etwas fehlt.',
    note: 'Beim Lager nachgefragt.',
    again: 'Leider ist das noch immer nicht erledigt.',
    order: ['Bestellung #{n}', 'Bestellnummer {n}', 'Bestellung Nr. {n}', '#{n}'],
    about: {
      shipping: { subject: 'Wo bleibt mein Paket?', body: 'Mein Paket ist noch nicht angekommen.' },
      return: { subject: 'Rücksendung', body: 'Ich möchte es zurückschicken, wie geht das?' },
      damage: { subject: 'Beschädigt angekommen', body: 'Es kam mit einem Riss an.' },
      product: { subject: 'Frage zur Größe', body: 'Wie groß ist es genau?' },
      payment: { subject: 'Doppelt abgebucht', body: 'Der Betrag wurde wohl doppelt abgebucht.' },
      other: { subject: 'Eine Frage', body: 'Können Sie mich bitte zurückrufen?' },
    },
  },
  fr: {
    hello: 'Bonjour,',
    thanks: 'Merci',
    reply: 'Merci pour votre message. Nous vérifions et il nous manque une précision.',
    solved: "C'est réglé. N'hésitez pas à nous écrire s'il manque quelque chose.",
    note: "Question posée à l'entrepôt.",
    again: "Malheureusement ce n'est toujours pas réglé.",
    order: ['commande #{n}', 'commande n° {n}', 'numéro de commande {n}', '#{n}'],
    about: {
      shipping: { subject: 'Où est mon colis ?', body: "Mon colis n'est pas encore arrivé." },
      return: { subject: 'Retour', body: 'Je voudrais le renvoyer, comment faire ?' },
      damage: { subject: 'Arrivé cassé', body: 'Il est arrivé fendu.' },
      product: { subject: 'Question sur la taille', body: 'Quelle est la taille exacte ?' },
      payment: { subject: 'Débité deux fois', body: "Il semble que j'aie été débité deux fois." },
      other: { subject: 'Une question', body: 'Pouvez-vous me rappeler ?' },
    },
  },
  es: {
    hello: 'Hola:',
    thanks: 'Gracias',
    reply: 'Gracias por escribirnos. Lo estamos revisando y necesitamos un dato más.',
    solved: 'Ya está resuelto. Escríbanos si falta algo.',
    note: 'Preguntado al almacén.',
    again: 'Lo siento, pero todavía no está resuelto.',
    order: ['pedido #{n}', 'número de pedido {n}', 'pedido n.º {n}', '#{n}'],
    about: {
      shipping: { subject: '¿Dónde está mi paquete?', body: 'Mi paquete todavía no ha llegado.' },
      return: { subject: 'Devolución', body: 'Quiero devolverlo, ¿cómo lo hago?' },
      damage: { subject: 'Llegó roto', body: 'Llegó con una grieta.' },
      product: { subject: 'Pregunta sobre el tamaño', body: '¿Cuál es el tamaño exacto?' },
      payment: { subject: 'Cobrado dos veces', body: 'Parece que me lo han cobrado dos veces.' },
      other: { subject: 'Una pregunta', body: '¿Me pueden llamar, por favor?' },
    },
  },
  sv: {
    hello: 'Hej!',
    thanks: 'Tack',
    reply: 'Tack för ditt meddelande. Vi undersöker saken och behöver en uppgift till.',
    solved: 'Det är ordnat nu. Hör av dig om något saknas.',
    note: 'Frågat lagret.',
    again: 'Tyvärr är det fortfarande inte ordnat.',
    order: ['beställning #{n}', 'ordernummer {n}', 'beställning nr {n}', '#{n}'],
    about: {
      shipping: { subject: 'Var är mitt paket?', body: 'Mitt paket har inte kommit än.' },
      return: { subject: 'Retur', body: 'Jag vill skicka tillbaka varan, hur gör jag?' },
      damage: { subject: 'Trasig vid leverans', body: 'Den hade en spricka när den kom.' },
      product: { subject: 'Fråga om storleken', body: 'Hur stor är den exakt?' },
      payment: { subject: 'Dragen två gånger', body: 'Det verkar som att beloppet drogs två gånger.' },
      other: { subject: 'En fråga', body: 'Kan ni ringa mig?' },
    },
  },
  ar: {
    hello: 'مرحبا،',
    thanks: 'شكرا',
    reply: 'شكرا على رسالتك. نحن نتحقق من الأمر ونحتاج إلى معلومة أخرى منك.',
    solved: 'تم حل الأمر الآن. اكتب لنا إذا كان هناك شيء ناقص.',
    note: 'سألنا المستودع.',
    again: 'للأسف لم يتم حل الأمر بعد.',
    order: ['طلب #{n}', 'رقم الطلب {n}', '#{n}'],
    about: {
      shipping: { subject: 'أين الطرد؟', body: 'لم يصل الطرد بعد.' },
      return: { subject: 'إرجاع', body: 'أريد إرجاع المنتج، كيف أفعل ذلك؟' },
      damage: { subject: 'وصل مكسورا', body: 'وصل المنتج وفيه كسر.' },
      product: { subject: 'سؤال عن المقاس', body: 'ما هو المقاس بالضبط؟' },
      payment: { subject: 'خصم المبلغ مرتين', body: 'يبدو أن المبلغ خصم مرتين.' },
      other: { subject: 'سؤال', body: 'هل يمكنكم الاتصال بي؟' },
    },
  },
};

/** What a customer writes; `number` is named where it is given, by one of the language's usual phrases. */
export const letter = (
  random: Random,
  {
    language,
    reason,
    number,
  }: { readonly language: Language; readonly reason: Reason; readonly number: string | null },
): { subject: string; body: string } => {
  const { hello, thanks, order, about } = phrases[language];
  const { subject, body } = about[reason];
  if (number === null) return { subject, body: `${hello}\n\n${body}\n\n${thanks}` };
  const named = random.pick(order).replace('{n}', number);
  return random.chance(0.3)
    ? { subject: `${subject} (${named})`, body: `${hello}\n\n${body}\n\n${thanks}` }
    : { subject, body: `${hello}\n\n${named}. ${body}\n\n${thanks}` };
};

/** Set phrases of agents and customers in the course of a ticket. */
export const phraseOf = (language: Language, which: 'reply' | 'solved' | 'note' | 'again' | 'thanks'): string =>
  phrases[language][which];
