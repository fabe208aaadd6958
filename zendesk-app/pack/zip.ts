import { zipSync } from 'fflate';
import type { AppPackage } from './package-files.ts';

/** Zendesk takes private apps of up to 2 MB. */
export const mostZipBytes = 2_000_000;

/** The earliest day that a zip can name: the same files make the same bytes whenever they are packed. */
const anyDay = new Date(1980, 0, 1);

export const zipOf = ({ files }: AppPackage): Uint8Array =>
  zipSync(Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))), { level: 9, mtime: anyDay, os: 3 });

/** One that names no server takes another name: it never lies where the one to upload lay. */
export const zipNameOf = (version: string, service: URL | null): string =>
  `deskledger-${version}${service === null ? '-unaddressed' : ''}.zip`;
