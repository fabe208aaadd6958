import { expect, it } from 'vitest';
import { createMetrics } from '../../src/platform/metrics.ts';

it('counts by labels and renders the Prometheus text format', async () => {
  const metrics = createMetrics();
  metrics.delivery('nord', 'new');
  metrics.delivery('nord', 'new');
  metrics.delivery('nord', 'duplicate');
  metrics.ack(0.004);
  metrics.step({ name: 'gather', outcome: 'ok', seconds: 0.2 });
  metrics.vendorCall('nord')({ method: 'GET', path: '/v2/me', status: 429, seconds: 0.1 });
  metrics.vendorCall('nord')({ method: 'GET', path: '/v2/me', status: null, seconds: 10 });
  metrics.pending('tickets', 7);
  metrics.pending('tickets', 3);
  metrics.quarantined('nord', 1);
  metrics.suppressed('no address', 2);
  metrics.suppressed('no address', 1);
  metrics.vote('recorded');
  const lines = (await metrics.render()).split('\n');
  for (const line of [
    'deskledger_deliveries_total{connection="nord",outcome="new"} 2',
    'deskledger_deliveries_total{connection="nord",outcome="duplicate"} 1',
    'deskledger_ack_seconds_bucket{le="0.005"} 1',
    'deskledger_ack_seconds_bucket{le="0.0025"} 0',
    'deskledger_step_seconds_count{step="gather",outcome="ok"} 1',
    'deskledger_vendor_calls_total{connection="nord",status="429"} 1',
    'deskledger_vendor_calls_total{connection="nord",status="none"} 1',
    'deskledger_queue_pending{queue="tickets"} 3',
    'deskledger_quarantined{connection="nord"} 1',
    'deskledger_invitations_suppressed_total{reason="no address"} 3',
    'deskledger_votes_total{outcome="recorded"} 1',
  ])
    expect(lines).toContain(line);
  expect(lines.filter((line) => line !== '' && !/^(# (HELP|TYPE) )?deskledger_/.test(line))).toEqual([]);
});

it('keeps two apps in one process apart', async () => {
  const one = createMetrics();
  const two = createMetrics();
  one.delivery('nord', 'new');
  expect(await one.render()).toContain('outcome="new"');
  expect(await two.render()).not.toContain('outcome="new"');
});
