// An invented marketplace of home decor. Partners, people, products, prices and addresses are made up.

export type PartnerCode = 'nordhem' | 'sudcasa' | 'alpenhaus' | 'lumiere' | 'brightnest' | 'oasis' | 'direct';
export type CountryCode = 'SE' | 'DE' | 'AT' | 'FR' | 'ES' | 'GB' | 'US' | 'AE';
export type Language = 'sv' | 'de' | 'fr' | 'es' | 'en' | 'ar';
export type Reason = 'shipping' | 'return' | 'damage' | 'product' | 'payment' | 'other';

export interface Partner {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly countries: Readonly<Partial<Record<CountryCode, number>>>;
  /** Relative number of orders, and of tickets per order. */
  readonly orderWeight: number;
  readonly contactWeight: number;
  readonly reasons: Readonly<Record<Reason, number>>;
  readonly refundRate: number;
  readonly taxInclusive: boolean;
  /** Median seconds an agent spends on one update. */
  readonly updateSeconds: number;
  readonly extraReplies: Readonly<Record<'0' | '1' | '2' | '3', number>>;
  /** How often customers answer a survey, and the odds of 1 to 5. */
  readonly answerRate: number;
  readonly scores: readonly [number, number, number, number, number];
}

const usual = { shipping: 34, return: 16, damage: 12, product: 18, payment: 10, other: 10 } as const;
const usualReplies = { 0: 55, 1: 33, 2: 12, 3: 0 } as const;
const content = [3, 5, 12, 38, 42] as const;

export const partners: Readonly<Record<PartnerCode, Partner>> = {
  // The dear one: bulky goods that come back, and letters only two dear agents can read.
  nordhem: {
    name: 'Nordhem Living',
    aliases: ['NORDHEM', 'Nordhem AB'],
    countries: { SE: 92, DE: 8 },
    orderWeight: 12,
    contactWeight: 1.35,
    reasons: { shipping: 16, return: 46, damage: 18, product: 10, payment: 6, other: 4 },
    refundRate: 0.2,
    taxInclusive: true,
    updateSeconds: 480,
    extraReplies: { 0: 10, 1: 35, 2: 35, 3: 20 },
    answerRate: 0.44,
    scores: [20, 19, 22, 24, 15],
  },
  sudcasa: {
    name: 'Sudcasa',
    aliases: ['SUD', 'Sud Casa'],
    countries: { ES: 82, FR: 18 },
    orderWeight: 12,
    contactWeight: 0.95,
    reasons: usual,
    refundRate: 0.08,
    taxInclusive: true,
    updateSeconds: 230,
    extraReplies: usualReplies,
    answerRate: 0.42,
    scores: [4, 7, 16, 38, 35],
  },
  alpenhaus: {
    name: 'Alpenhaus',
    aliases: ['ALP', 'Alpenhaus Connect'],
    countries: { DE: 68, AT: 32 },
    orderWeight: 18,
    contactWeight: 0.95,
    reasons: usual,
    refundRate: 0.09,
    taxInclusive: false,
    updateSeconds: 210,
    extraReplies: usualReplies,
    answerRate: 0.45,
    scores: content,
  },
  lumiere: {
    name: 'Lumiere Maison',
    aliases: ['LUM'],
    countries: { FR: 88, ES: 12 },
    orderWeight: 13,
    contactWeight: 1,
    reasons: { ...usual, damage: 24 },
    refundRate: 0.09,
    taxInclusive: true,
    updateSeconds: 240,
    extraReplies: usualReplies,
    answerRate: 0.43,
    scores: [5, 8, 17, 37, 33],
  },
  brightnest: {
    name: 'BrightNest',
    aliases: ['BRN', 'Bright Nest'],
    countries: { GB: 58, US: 42 },
    orderWeight: 15,
    contactWeight: 0.9,
    reasons: usual,
    refundRate: 0.07,
    taxInclusive: false,
    updateSeconds: 180,
    extraReplies: usualReplies,
    answerRate: 0.4,
    scores: content,
  },
  oasis: {
    name: 'Oasis Decor',
    aliases: ['OAS', 'OASIS-DXB'],
    countries: { AE: 90, GB: 10 },
    orderWeight: 8,
    contactWeight: 1,
    reasons: { ...usual, payment: 22 },
    refundRate: 0.06,
    taxInclusive: false,
    updateSeconds: 250,
    extraReplies: usualReplies,
    answerRate: 0.4,
    scores: [5, 6, 15, 39, 35],
  },
  direct: {
    name: 'Direct',
    aliases: [],
    countries: { US: 38, GB: 24, DE: 18, FR: 9, SE: 6, ES: 5 },
    orderWeight: 22,
    contactWeight: 0.85,
    reasons: usual,
    refundRate: 0.06,
    taxInclusive: true,
    updateSeconds: 190,
    extraReplies: usualReplies,
    answerRate: 0.42,
    scores: content,
  },
};

export const partnerCodes = Object.keys(partners) as PartnerCode[];

export interface Country {
  readonly language: Language;
  readonly locale: string;
  readonly currency: 'SEK' | 'EUR' | 'GBP' | 'USD';
  readonly taxPercent: number;
}

export const countries: Readonly<Record<CountryCode, Country>> = {
  SE: { language: 'sv', locale: 'sv', currency: 'SEK', taxPercent: 25 },
  DE: { language: 'de', locale: 'de', currency: 'EUR', taxPercent: 19 },
  AT: { language: 'de', locale: 'de', currency: 'EUR', taxPercent: 20 },
  FR: { language: 'fr', locale: 'fr', currency: 'EUR', taxPercent: 20 },
  ES: { language: 'es', locale: 'es', currency: 'EUR', taxPercent: 21 },
  GB: { language: 'en', locale: 'en-GB', currency: 'GBP', taxPercent: 20 },
  US: { language: 'en', locale: 'en-US', currency: 'USD', taxPercent: 8 },
  AE: { language: 'ar', locale: 'ar', currency: 'USD', taxPercent: 5 },
};

/** Roughly how many units of the currency one euro buys: prices and the made-up reference rates start here. */
export const euroBuys: Readonly<Record<string, number>> = {
  USD: 1.092,
  GBP: 0.854,
  SEK: 11.31,
  NOK: 11.68,
  DKK: 7.459,
  CHF: 0.957,
  JPY: 163.2,
  PLN: 4.292,
};

export interface AgentProfile {
  readonly name: string;
  readonly role: 'senior' | 'agent' | 'specialist';
  readonly languages: readonly Language[];
  /** Null: priced by role, else by default. */
  readonly hourly: { readonly amount: string; readonly currency: string; readonly raise?: string } | null;
}

export const agents: readonly AgentProfile[] = [
  { name: 'Birch', role: 'senior', languages: ['sv', 'en'], hourly: { amount: '465.00', currency: 'SEK' } },
  { name: 'Rowan', role: 'specialist', languages: ['sv'], hourly: { amount: '42.00', currency: 'EUR' } },
  { name: 'Elm', role: 'agent', languages: ['de', 'en'], hourly: { amount: '27.50', currency: 'EUR' } },
  { name: 'Fir', role: 'agent', languages: ['de'], hourly: { amount: '25.00', currency: 'EUR', raise: '26.40' } },
  { name: 'Hazel', role: 'agent', languages: ['fr', 'en'], hourly: { amount: '26.00', currency: 'EUR' } },
  { name: 'Juniper', role: 'agent', languages: ['es', 'fr'], hourly: { amount: '19.80', currency: 'EUR' } },
  { name: 'Larch', role: 'agent', languages: ['es'], hourly: null },
  { name: 'Maple', role: 'agent', languages: ['en'], hourly: { amount: '24.00', currency: 'USD', raise: '25.50' } },
  { name: 'Oak', role: 'senior', languages: ['en', 'de'], hourly: { amount: '34.00', currency: 'USD' } },
  { name: 'Pine', role: 'agent', languages: ['ar', 'en'], hourly: { amount: '22.75', currency: 'GBP' } },
  { name: 'Yew', role: 'agent', languages: ['en', 'es'], hourly: null },
  { name: 'Willow', role: 'specialist', languages: ['fr', 'ar'], hourly: null },
];

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly euroCents: number;
}

export const products: readonly Product[] = [
  { sku: 'HD-101', name: 'Linen cushion', category: 'Textiles', euroCents: 2490 },
  { sku: 'HD-102', name: 'Wool throw', category: 'Textiles', euroCents: 6900 },
  { sku: 'HD-103', name: 'Oak side table', category: 'Furniture', euroCents: 18900 },
  { sku: 'HD-104', name: 'Stoneware vase', category: 'Decoration', euroCents: 3450 },
  { sku: 'HD-105', name: 'Brass floor lamp', category: 'Lighting', euroCents: 14900 },
  { sku: 'HD-106', name: 'Jute rug', category: 'Textiles', euroCents: 12900 },
  { sku: 'HD-107', name: 'Round wall mirror', category: 'Decoration', euroCents: 9900 },
  { sku: 'HD-108', name: 'Rattan armchair', category: 'Furniture', euroCents: 24900 },
  { sku: 'HD-109', name: 'Candle set', category: 'Decoration', euroCents: 1990 },
  { sku: 'HD-110', name: 'Framed print', category: 'Decoration', euroCents: 4550 },
  { sku: 'HD-111', name: 'Velvet curtain', category: 'Textiles', euroCents: 7990 },
  { sku: 'HD-112', name: 'Ceramic planter', category: 'Decoration', euroCents: 2990 },
];

/** Brands whose lines belong to a partner even in an order placed with us. */
export const partnerBrands: readonly { readonly brand: string; readonly partner: PartnerCode }[] = [
  { brand: 'Alpenhaus Werkstatt', partner: 'alpenhaus' },
  { brand: 'Lumiere Atelier', partner: 'lumiere' },
  { brand: 'Sudcasa Ceramica', partner: 'sudcasa' },
];

export const helpdeskForms = { contact: 360_000_900_001, trade: 360_000_900_002 } as const;
export const helpdeskBrands = { main: 360_000_910_001, atelier: 360_000_910_002 } as const;
export const helpdeskGroup = 360_000_920_001;
