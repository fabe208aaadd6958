/** What described routes need to be asked rightly, so that nothing but what a test makes wrong is wrong. */
export const rightValues: Readonly<Record<string, string>> = {
  from: '2026-03-01',
  to: '2026-03-02',
  id: '1',
  state: 'held',
  of: 'orders',
};

export const rightBodies: Readonly<Record<string, object>> = {
  '/api/v1/work/{id}/decision': { decision: 'accept' },
  '/api/v1/work/decisions': { decision: 'accept', ids: ['1'] },
  '/api/v1/rules/dry-run': { what: 'partners', content: 'code,name,aliases\n' },
  '/api/v1/rules': { what: 'partners', content: 'code,name,aliases\n' },
  '/api/v1/settings': { leastTicketsPerCell: 5 },
  '/api/v1/seals': { month: '2026-02' },
};
