import { createHash } from 'node:crypto';
import { dayMs, secondMs } from '../../core/time.ts';
import type { SandboxClock } from '../clock.ts';
import type { Faults } from '../http.ts';
import { share } from '../random.ts';
import type { Sender } from '../sender.ts';
import { type BigcommerceDelivery, createHookSender, type HookCall } from './delivery.ts';

export interface HookValues {
  readonly scope: string;
  readonly destination: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isActive: boolean;
}

export interface Hook extends HookValues {
  readonly id: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface HookRegistry {
  readonly hooks: ReadonlyMap<number, Hook>;
  readonly sender: Sender<HookCall>;
  /** Seconds for which events of a domain are held back. */
  blockedSeconds(origin: string): number;
  /** Throws RangeError, naming the fault. */
  add(values: HookValues): Hook;
  /** As `add`; null where there is none of this id. */
  change(id: number, values: Partial<HookValues>): Hook | null;
  remove(id: number): Hook | null;
  /** Tells every active hook that asked for the scope. */
  publish(scope: string, data: Readonly<Record<string, unknown>>): void;
  /** Switches off what had no event for 90 days, as the vendor does. */
  sweep(): void;
}

/** What hooks may ask for, as far as the sandbox tells of it; "store/order/*" is all of a kind. */
const scopePattern = /^store\/(?:channel\/\d+\/)?(?:order|customer|shipment|cart|product)\/(?:[A-Za-z]+\/)?[A-Za-z*]+$/;
const mostOfScope = 10;
const silentMs = 90 * dayMs;

const check = ({ scope, destination }: HookValues): void => {
  if (!scopePattern.test(scope)) throw new RangeError(`The scope ${scope} is invalid`);
  const address = URL.canParse(destination) ? new URL(destination) : null;
  // The vendor takes https at port 443 alone; a receiver on the sandbox's own machine has neither.
  const near = address?.hostname === '127.0.0.1' || address?.hostname === 'localhost';
  if (!near && (address?.protocol !== 'https:' || address.port !== ''))
    throw new RangeError('The destination must be served by https on port 443');
};

/** The webhooks of one API account, and what each is sent. */
export const createHooks = (options: {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly storeHash: string;
  readonly clientSecret: string;
  readonly faults: Faults;
  readonly delivery: BigcommerceDelivery;
}): HookRegistry => {
  const { clock, seed, storeHash, clientSecret, faults } = options;
  const hooks = new Map<number, Hook>();
  const usedAtMs = new Map<number, number>();
  let made = 0;
  let events = 0;

  const switchOff = (id: number): boolean => {
    const hook = hooks.get(id);
    if (!hook?.isActive) return false;
    hooks.set(id, { ...hook, isActive: false, updatedAtMs: clock.now().getTime() });
    return true;
  };
  const sender = createHookSender(clock, options.delivery, {
    clientSecret,
    isOn: (id) => hooks.get(Number(id))?.isActive === true,
    onGiveUp: (id) => switchOff(Number(id)),
  });
  const covers = (wanted: string, scope: string): boolean =>
    wanted === scope || (wanted.endsWith('/*') && scope.startsWith(wanted.slice(0, -1)));

  return {
    hooks,
    sender,
    blockedSeconds: (origin) =>
      Math.max(0, Math.ceil((sender.blockedUntilMs(origin) - clock.now().getTime()) / secondMs)),
    add(values) {
      check(values);
      const same = [...hooks.values()].filter(({ scope }) => scope === values.scope);
      if (same.some(({ destination }) => destination === values.destination))
        throw new RangeError('A webhook of this scope and destination exists already');
      if (same.length >= mostOfScope) throw new RangeError(`An account has at most ${mostOfScope} webhooks of a scope`);
      const nowMs = clock.now().getTime();
      made += 1;
      const hook: Hook = { id: 20_000_000 + made, ...values, createdAtMs: nowMs, updatedAtMs: nowMs };
      hooks.set(hook.id, hook);
      usedAtMs.set(hook.id, nowMs);
      return hook;
    },
    change(id, values) {
      const hook = hooks.get(id);
      if (!hook) return null;
      const changed = { ...hook, ...values, updatedAtMs: clock.now().getTime() };
      check(changed);
      hooks.set(id, changed);
      usedAtMs.set(id, changed.updatedAtMs);
      return changed;
    },
    remove(id) {
      const hook = hooks.get(id) ?? null;
      hooks.delete(id);
      return hook;
    },
    publish(scope, data) {
      const eager = [...hooks.values()].filter((hook) => hook.isActive && covers(hook.scope, scope));
      if (eager.length === 0) return;
      events += 1;
      const nowMs = clock.now().getTime();
      const payload = JSON.stringify(data);
      const body = JSON.stringify({
        scope,
        store_id: '99001',
        data,
        hash: createHash('sha1').update(payload).digest('hex'),
        created_at: Math.floor(nowMs / secondMs),
        producer: `stores/${storeHash}`,
      });
      for (const { id, destination, headers } of eager) {
        usedAtMs.set(id, nowMs);
        const messageId = `msg_${seed}_${events}_${id}`;
        if (faults.strikes('loss', messageId)) continue;
        const copies = faults.strikes('duplicate', messageId) ? 2 : 1;
        const delayMs = faults.strikes('reorder', messageId)
          ? secondMs + Math.floor(19 * secondMs * share(seed, 'held', messageId))
          : 0;
        const call = { webhookId: String(id), endpoint: destination, method: 'POST', body, messageId, headers };
        for (let copy = 0; copy < copies; copy += 1) sender.send(call, delayMs);
      }
    },
    sweep() {
      const nowMs = clock.now().getTime();
      for (const { id } of hooks.values()) if (nowMs - (usedAtMs.get(id) ?? nowMs) >= silentMs) switchOff(id);
    },
  };
};
