/** What customers say beside the matter, long enough to tell the language; the survey does not speak the last one. */
export const sentences = {
  en: 'I have been waiting for more than two weeks and would like to know when the parcel will finally be delivered.',
  de: 'Ich warte nun schon seit mehr als zwei Wochen und möchte endlich wissen, wann das Paket geliefert wird.',
  es: 'Llevo esperando más de dos semanas y me gustaría saber cuándo van a entregar por fin el paquete.',
  sv: 'Jag har väntat i mer än två veckor och skulle vilja veta när paketet äntligen kommer att levereras.',
  ar: 'أنا أنتظر منذ أكثر من أسبوعين وأود أن أعرف متى سيتم تسليم الطرد أخيرا إلى منزلي.',
  nl: 'Ik wacht nu al meer dan twee weken en zou graag willen weten wanneer het pakket eindelijk wordt bezorgd.',
} as const;
export type Written = keyof typeof sentences;

/** The language of a text that one of the sentences is in; the words beside it are too few to tell. */
export const writtenIn = (text: string): Written | null =>
  (Object.keys(sentences) as Written[]).find((language) => text.includes(sentences[language])) ?? null;
