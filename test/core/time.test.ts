import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import { addDays, dayIn, daysBetween, firstWholeDay, isDay, parseDay, startOfDay } from '../../src/core/time.ts';

const someDay = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));

describe('the day of an instant', () => {
  test.each([
    ['UTC', '2026-03-29T23:59:59.999Z', '2026-03-29'],
    ['Europe/Berlin', '2026-01-31T22:59:59Z', '2026-01-31'],
    ['Europe/Berlin', '2026-01-31T23:00:00Z', '2026-02-01'],
    ['Europe/Berlin', '2026-07-31T22:00:00Z', '2026-08-01'],
    ['America/Los_Angeles', '2026-03-01T07:59:59Z', '2026-02-28'],
    ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '2027-01-01'],
  ])('in %s at %s', (timeZone, at, day) => expect(dayIn(timeZone, new Date(at))).toBe(day));
});

describe('the first whole day after an instant', () => {
  test.each([
    ['UTC', '2026-03-01T00:00:00Z', '2026-03-01'],
    ['UTC', '2026-03-01T00:00:00.001Z', '2026-03-02'],
    ['Europe/Berlin', '2026-03-01T00:00:00Z', '2026-03-02'],
    ['Europe/Berlin', '2026-02-28T23:00:00Z', '2026-03-01'],
    ['America/New_York', '2026-03-01T00:00:00Z', '2026-03-01'],
  ])('in %s after %s', (timeZone, at, day) => expect(firstWholeDay(timeZone, new Date(at))).toBe(day));
});

describe('the start of a day', () => {
  test.each([
    ['UTC', '2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['America/Los_Angeles', '2026-01-01', '2026-01-01T08:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z'],
  ])('in %s of %s', (timeZone, day, at) => expect(startOfDay(timeZone, day).toISOString()).toBe(at));

  test('is the first instant of it', () =>
    fc.assert(
      fc.property(
        someDay,
        fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/St_Johns', 'Europe/Berlin'),
        (day, zone) => {
          const start = startOfDay(zone, day);
          expect([dayIn(zone, start), firstWholeDay(zone, start)]).toEqual([day, day]);
          expect(dayIn(zone, new Date(start.getTime() - 1)) < day).toBe(true);
        },
      ),
      { numRuns: 50 },
    ));
});

describe('days', () => {
  test.each(['2026-02-29', '2026-13-01', '2026-1-1', '01.02.2026', '', '2026-02-01T00:00:00Z', '0000-12-31'])(
    '"%s" is refused',
    (text) => expect(() => parseDay(text)).toThrow(InvalidInput),
  );

  test('a leap day is a day', () =>
    expect([parseDay('2028-02-29'), isDay('2028-02-29')]).toEqual(['2028-02-29', true]));

  test('going forth and back', () =>
    fc.assert(
      fc.property(someDay, fc.integer({ min: -5000, max: 5000 }), (day, days) => {
        expect(addDays(addDays(day, days), -days)).toBe(day);
        expect(daysBetween(day, addDays(day, days))).toBe(days);
      }),
    ));
});
