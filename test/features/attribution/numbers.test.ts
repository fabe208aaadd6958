import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldNumbers, findNamedLines, findOrderNumbers } from '../../../src/features/attribution/numbers.ts';
import { safePattern } from '../../../src/platform/safe-pattern.ts';

const patterns = (connectionId: number | null, ...sources: string[]) =>
  sources.flatMap((source) => {
    const pattern = safePattern(source);
    return pattern ? [{ pattern, connectionId }] : [];
  });

describe('findOrderNumbers', () => {
  it.each([
    // "#"
    ['#1001', ['1001']],
    ['Re: #123456789 where is it', ['123456789']],
    ['see # 1001', ['1001']],
    ['＃１００１', ['1001']],
    // English
    ['order 1001', ['1001']],
    ['Order #1001', ['1001']],
    ['order#1001', ['1001']],
    ['my orders: 1001', ['1001']],
    ['Order no. 1001', ['1001']],
    ['order number: 1001', ['1001']],
    ['ORDER NUMBER IS 1001', ['1001']],
    ['order-number 1001', ['1001']],
    ['order (1001)', ['1001']],
    ['purchase 1001', ['1001']],
    ['purchase order no 1001', ['1001']],
    ['Order number\n1001', ['1001']],
    // German
    ['Bestellung 1001', ['1001']],
    ['meine Bestellungen Nr. 1001', ['1001']],
    ['Bestellnummer: 1001', ['1001']],
    ['Bestell-Nr. 1001', ['1001']],
    ['Bestellnr.1001', ['1001']],
    ['Onlinebestellung 1001', ['1001']],
    ['Bestellungsnummer 1001', ['1001']],
    ['Auftrag 1001', ['1001']],
    ['Auftragsnummer lautet 1001', ['1001']],
    ['Aufträge 1001', ['1001']],
    ['Auftrags-Nr.: 1001', ['1001']],
    ['Einkauf Nr 1001', ['1001']],
    // French
    ['commande 1001', ['1001']],
    ['Commande n° 1001', ['1001']],
    ['commande nº1001', ['1001']],
    ['ma commande № 1001', ['1001']],
    ['numéro de commande : 1001', ['1001']],
    ['commande numéro 1001', ['1001']],
    ['numéro de commande est 1001', ['1001']],
    ['achat 1001', ['1001']],
    // Spanish
    ['pedido 1001', ['1001']],
    ['número de pedido: 1001', ['1001']],
    ['pedidos n.º 1001', ['1001']],
    ['pedido núm. 1001', ['1001']],
    ['compra 1001', ['1001']],
    ['orden 1001', ['1001']],
    // Swedish
    ['beställning 1001', ['1001']],
    ['beställningen nr 1001', ['1001']],
    ['bestallningsnummer 1001', ['1001']],
    ['ordernummer: 1001', ['1001']],
    ['ordernr 1001', ['1001']],
    ['ordern 1001', ['1001']],
    ['köp 1001', ['1001']],
    ['köpet: 1001', ['1001']],
    // Arabic
    ['طلب 1001', ['1001']],
    ['رقم الطلب: ١٠٠١', ['1001']],
    ['الطلب رقم ۱۰۰۱', ['1001']],
    ['طلبي 1001', ['1001']],
    ['طلبية رقم 1001', ['1001']],
    ['بالطلب #1001', ['1001']],
    ['الشراء 1001', ['1001']],
    ['عملية الشراء رقم: 1001', ['1001']],
    ['رقم الطَّلَب هو \u200F1001', ['1001']],
    // several, each once, in order of appearance
    ['order 2002, then #1001 and order no. 2002', ['2002', '1001']],
    ['Orders #1001, #1002 & #1003', ['1001', '1002', '1003']],
  ])('finds in %j %j', (text, numbers) => {
    expect(findOrderNumbers(text)).toEqual(numbers);
  });

  it.each([
    ['1001'],
    ['call me at 070 1234567'],
    ['order 123'],
    ['order 1234567890'],
    ['#1234567890'],
    ['order from 2025'],
    ['ordered 1500 tiles'],
    ['the border 1001'],
    ['recorder 1001'],
    ['order 2026-11-05'],
    ['order on 05.11.2026'],
    ['order 1200,50'],
    ['order 1200 EUR'],
    ['order $1200'],
    ['order +4670123'],
    ['order 1001AB'],
    ['https://example.com/a#1001'],
    ['&#8364;'],
    ['my order\n\n12345 Berlin'],
    ['order one two 1001'],
    [''],
  ])('finds nothing in %j', (text) => {
    expect(findOrderNumbers(text)).toEqual([]);
  });

  it('takes the numbers of patterns that people set too, where they appear', () => {
    const extra = patterns(null, 'möbel-(w\\d{3})', 'ref (\\d+)');
    expect(findOrderNumbers('order 1001, Möbel-W123, ref 77, #1002', extra)).toEqual(['1001', 'W123', '77', '1002']);
    expect(findOrderNumbers('Anna Berg wrote LX7', patterns(null, '.+|\\w+'))).toEqual([]);
  });

  it('ties to a store what its patterns alone find', () => {
    const extra = [...patterns(1, 'A-(\\d+)'), ...patterns(2, 'B-(\\d+)', 'b-(\\d{4})')];
    expect(findOrderNumbers('B-1001', extra)).toEqual(['1001 2']);
    expect(findOrderNumbers('B-1001 and A-1001', extra)).toEqual(['1001 2', '1001 1']);
    expect(findOrderNumbers('B-1001, A-1002, order 1001', extra)).toEqual(['1001', '1002 1']);
    expect(findOrderNumbers('B-1001', [...extra, ...patterns(null, '-(\\d+)')])).toEqual(['1001']);
  });

  it('never finds bare digits, nor anything outside 4 to 9 digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9 ,.:()-]{0,40}$/), (text) => {
        expect(findOrderNumbers(text)).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[0-9]{1,12}$/), (text, number) => {
        for (const found of findOrderNumbers(`${text} order ${number}`)) expect(found).toMatch(/^\d{4,9}$/);
        expect(findOrderNumbers(`Order ${number}`)).toEqual(number.length >= 4 && number.length <= 9 ? [number] : []);
      }),
    );
  });

  it('stays fast on a hostile text', () => {
    const started = performance.now();
    findOrderNumbers('bestellung'.repeat(5_000));
    findOrderNumbers(`${'order '.repeat(8_000)}${'.'.repeat(10_000)}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('fieldNumbers', () => {
  it.each([
    [null, []],
    [' #1001 ', ['1001']],
    ['W-77', ['W-77']],
    ['1001, #1002', ['1001', '1002']],
    ['١٠٠١', ['1001']],
    ['Order 1001', ['1001']],
    ['unknown', []],
  ])('reads %j as %j', (value, numbers) => {
    expect(fieldNumbers(value)).toEqual(numbers);
  });
});

describe('findNamedLines', () => {
  const lines = [
    { id: 1n, sku: 'LAMP-1', productName: 'Lamp' },
    { id: 2n, sku: 'LAMP-10', productName: 'Lamp  Nord' },
    { id: 3n, sku: 'A1', productName: null },
    { id: 4n, sku: null, productName: 'Küchenstuhl (weiß)' },
  ];
  it.each([
    ['my lamp-1 broke', [1n]],
    ['LAMP-10.', [2n]],
    ['LAMP-1-RED', []],
    ['XLAMP-1', []],
    ['the LAMP\nnord is dark', [2n]],
    ['the lamp nord and another lamp', [1n, 2n]],
    ['lamps', []],
    ['A1 of everything', []],
    ['Der kuchenstuhl (weiß) wackelt', [4n]],
    ['', []],
  ])('reads %j', (text, ids) => {
    expect(findNamedLines(text, lines)).toEqual(ids);
  });
});
