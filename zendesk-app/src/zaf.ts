// The part of Zendesk's app framework (ZAF v2) that the app uses.
// https://developer.zendesk.com/api-reference/apps/apps-core-api/client_api/

export interface RequestOptions {
  readonly url: string;
  readonly type: 'GET' | 'PUT';
  readonly contentType?: string;
  readonly data?: string;
  readonly timeout?: number;
  readonly autoRetry?: boolean;
  /** Settings and `{{jwt.token}}` are filled in by Zendesk's proxy, never in the browser. */
  readonly secure?: boolean;
  readonly cors?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly jwt?: {
    readonly algorithm: 'HS256';
    readonly secret_key: string;
    readonly expiry: number;
    readonly claims: Readonly<Record<string, string>>;
  };
}

export interface Context {
  readonly location: string;
  readonly ticketId?: number | string;
}

export interface Metadata {
  readonly installationId?: number | string;
  /** Those that are not secure. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface ZafClient {
  /** Answers by path; of several paths the ones that failed stand under `errors`. */
  get(path: string | readonly string[]): Promise<Record<string, unknown>>;
  set(path: string, value: unknown): Promise<unknown>;
  invoke(name: string, ...args: readonly unknown[]): Promise<unknown>;
  request(options: RequestOptions): Promise<unknown>;
  on(event: string, handler: (data: unknown) => void): void;
  metadata(): Promise<Metadata>;
  context(): Promise<Context>;
}
