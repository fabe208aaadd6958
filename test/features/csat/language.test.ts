import { describe, expect, it } from 'vitest';
import { chooseLanguage, detectLanguage } from '../../../src/features/csat/index.ts';
import { languageOfVisitor } from '../../../src/features/csat/language.ts';

const nothing = { textLanguage: null, requesterLocale: null, orderLocale: null, country: null };

describe('detectLanguage', () => {
  it.each([
    ['sv', 'Hej, jag undrar var min beställning är? Den skulle ha kommit i förra veckan.'],
    ['en', 'Where is my order #10293? The tracking has not moved for days.'],
    ['de', 'Guten Tag, meine Bestellung ist beschädigt angekommen. Bitte um Ersatz.'],
    ['fr', 'Bonjour, je souhaite retourner ma commande, merci.'],
    ['es', 'Hola, quiero devolver mi pedido porque llegó roto'],
    ['ar', 'مرحبا، لم يصلني الطلب حتى الآن وأريد معرفة موعد التسليم'],
    // Neighbours that must not pass for a language of the survey.
    ['da', 'Hej, min lampe er gået i stykker da den kom med posten i går'],
    ['fa', 'سفارش من هنوز نرسیده است لطفا بررسی کنید'],
    ['pt', 'Olá, gostaria de devolver a minha encomenda porque chegou partida'],
    ['nl', 'Hallo, waar is mijn bestelling? Ik wacht al twee weken'],
  ])('%s', (language, text) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it.each([
    '',
    'Order 10293',
    'ok thanks',
    'Retour',
    '12345 67890 #1001',
    'https://shop.example/en/orders/where-is-my-parcel',
  ])('does not guess from "%s"', (text) => {
    expect(detectLanguage(text)).toBeNull();
  });

  it('leaves quoted lines, links and addresses out', () => {
    const text =
      'Wann kommt meine Bestellung an? Vielen Dank\n> On Monday our support team wrote to you about the order you placed';
    expect(detectLanguage(text)).toBe('de');
  });

  it('reads only the beginning of a very long text', () => {
    expect(detectLanguage('Wann kommt meine Bestellung endlich bei mir an? '.repeat(5000))).toBe('de');
  });
});

describe('chooseLanguage', () => {
  it.each([
    ['text', 'de', { ...nothing, textLanguage: 'de', requesterLocale: 'en-US', orderLocale: 'fr', country: 'SE' }],
    ['profile', 'sv', { ...nothing, requesterLocale: 'sv-SE', orderLocale: 'fr', country: 'DE' }],
    ['profile', 'de', { ...nothing, requesterLocale: 'de_AT' }],
    ['profile', 'es', { ...nothing, requesterLocale: 'es-419' }],
    ['profile', 'en', { ...nothing, requesterLocale: 'en-x-mobile' }],
    // A source in a language that the survey does not speak gives way to the next.
    ['profile', 'fr', { ...nothing, textLanguage: 'nl', requesterLocale: 'fr-FR' }],
    ['order', 'ar', { ...nothing, requesterLocale: 'nl', orderLocale: 'ar-EG', country: 'DE' }],
    ['order', 'de', { ...nothing, requesterLocale: 'not a locale!', orderLocale: 'de' }],
    ['country', 'sv', { ...nothing, country: 'SE' }],
    ['country', 'es', { ...nothing, country: 'mx' }],
    ['country', 'ar', { ...nothing, country: 'MA' }],
    ['country', 'de', { ...nothing, country: 'CH' }],
    ['country', 'en', { ...nothing, country: 'CA' }],
    ['country', 'fr', { ...nothing, country: 'LU' }],
    ['default', 'en', { ...nothing, country: 'BE' }],
    ['default', 'en', { ...nothing, orderLocale: 'it-CH', country: 'CH' }],
    ['default', 'en', { ...nothing, country: 'FI' }],
    ['default', 'en', { ...nothing, country: 'Sweden' }],
    ['default', 'en', nothing],
  ] as const)('by %s: %s', (reason, language, sources) => {
    expect(chooseLanguage(sources)).toEqual({ language, reason });
  });
});

describe('languageOfVisitor', () => {
  it.each([
    ['de-CH, fr;q=0.9', 'de'],
    ['nl, en;q=0.5, sv;q=0.8', 'sv'],
    ['es;q=0, fr;q=0.1', 'fr'],
    ['*', 'en'],
    [undefined, 'en'],
    [';;;,,q=', 'en'],
  ] as const)('%s: %s', (header, language) => {
    expect(languageOfVisitor(header)).toBe(language);
  });
});
