import { SignJWT } from 'jose';

/** A token as Zendesk's proxy signs it for the sidebar app: HS256 with the shared secret, claims as the browser chose them. */
export const sidebarToken = (
  secret: string,
  {
    now = new Date(),
    lifeSeconds = 60,
    jti = crypto.randomUUID(),
    claims = {},
  }: { now?: Date; lifeSeconds?: number; jti?: string | undefined; claims?: Record<string, unknown> } = {},
): Promise<string> =>
  new SignJWT({ ...claims, ...(jti !== '' && { jti }), exp: Math.floor(now.getTime() / 1000) + lifeSeconds })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
