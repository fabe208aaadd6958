import type { HelpdeskKind, RemoteObject } from '../../helpdesks/port.ts';
import type { StoreKind } from '../../stores/port.ts';

/** `observe` writes nothing to the vendor; `act` tags and surveys (RULES section 9). */
export type Mode = 'observe' | 'act';

export type ConnectionKind = HelpdeskKind | StoreKind;

/** One account, its secrets decrypted: for adapters alone, never for a log or an answer. */
export interface Connection {
  readonly id: number;
  readonly kind: ConnectionKind;
  readonly name: string;
  readonly mode: Mode;
  /** As the adapter's schema parsed them, secrets included. */
  readonly settings: Record<string, unknown>;
  /** The last part of /webhooks/{key}. */
  readonly webhookKey: string;
  readonly apiUserId: string | null;
  /** Only tickets solved after this are surveyed; null until the mode first was `act`. */
  readonly surveysSince: Date | null;
  readonly createdAt: Date;
}

export interface Connections {
  /** Throws InvalidInput with one fault per setting, Conflict where the name is taken. */
  create(input: {
    readonly kind: string;
    readonly settings: unknown;
    readonly mode?: Mode;
    /** From `newWebhookKey`, where the address was shown before; else a new one. */
    readonly webhookKey?: string;
    readonly actor?: string;
  }): Promise<Connection>;
  /** The last part of a webhook address that no connection has. */
  newWebhookKey(): string;
  list(): Promise<Connection[]>;
  /** By id or name; throws NotFound, which names the known ones. */
  get(idOrName: string): Promise<Connection>;
  /** As another process changed it at most a few seconds ago; null where no connection has the key. */
  byWebhookKey(key: string): Promise<Connection | null>;
  setMode(id: number, mode: Mode, actor?: string): Promise<Connection>;
  setApiUser(id: number, apiUserId: string): Promise<Connection>;
  /**
   * Replaces the settings that are given and keeps the others; null takes an optional one away. Throws InvalidInput with one
   * fault per setting, Conflict where a new name is taken.
   */
  changeSettings(id: number, given: Readonly<Record<string, unknown>>, actor?: string): Promise<Connection>;
  /**
   * Keeps what `remote.make` answered: the objects, for `disconnect`, and the settings. Lists of secrets grow at their head
   * (two are kept: a rotation needs both), everything else replaces what was there.
   */
  keepMade(
    id: number,
    made: {
      readonly objects: readonly RemoteObject[];
      readonly settings: Readonly<Record<string, unknown>>;
    },
    actor?: string,
  ): Promise<Connection>;
  /** What we made at the vendor and did not take away yet. */
  remoteObjects(id: number): Promise<RemoteObject[]>;
  /** They are gone: from the record, and from settings that name a field among them. */
  forgetMade(id: number, objects: readonly RemoteObject[]): Promise<void>;
  /** Disconnects: nothing is read, written or accepted any more; what was counted stays. */
  disable(id: number, actor?: string): Promise<void>;
  /** A disconnected one, by id or name; throws NotFound. */
  getDisabled(idOrName: string): Promise<Connection>;
  /** The disconnected one that leads to the same account, whose tickets and figures a new one would count a second time. */
  disabledTwin(kind: string, settings: unknown): Promise<Connection | null>;
  /** Connects again, in mode `observe`, with these settings where given; history goes on where it ended. */
  enable(id: number, options: { readonly settings?: unknown; readonly actor?: string }): Promise<Connection>;
}
