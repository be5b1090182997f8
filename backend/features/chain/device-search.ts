import { bytesToHex, hexToBytes, type Hex } from 'viem';

import type { Database } from '../../adapters/postgres/database.ts';
import type { KeyDirectory, KeyStanding } from './types.ts';

/** Which keys to list; every filter that is given must hold. */
export type DeviceFilter = {
  readonly identity?: Hex | undefined;
  readonly owner?: Hex | undefined;
  readonly profile?: Hex | undefined;
  readonly purpose?: number | undefined;
  /** Continue after this key. */
  readonly after?: { readonly identity: Hex; readonly keyId: Hex } | undefined;
  readonly limit: number;
};

/** A key with its identity's present owner. */
export type DeviceKey = KeyStanding & { readonly owner: Hex };

/** A page of keys; `next` is where the following one begins. A page may be short, or empty, before the end. */
export type DevicePage = {
  readonly keys: readonly DeviceKey[];
  readonly next: { readonly identity: Hex; readonly keyId: Hex } | undefined;
};

/** Lists the keys the registry knows, in order of identity and key. */
export type DeviceSearch = (filter: DeviceFilter) => Promise<DevicePage>;

/** Keys that one call looks at, whatever the filters leave of them. */
const KEYS_PER_CALL = 5_000;

/**
 * Creates the search. The table names the keys in order; the directory, which ingest asks too, says what they
 * are worth, so that both always tell the same.
 */
export const createDeviceSearch =
  (database: Database, directory: KeyDirectory): DeviceSearch =>
  async (filter) => {
    const rows = await candidates(database, filter);
    const keys: DeviceKey[] = [];
    for (const [i, row] of rows.entries()) {
      const [identity, keyId] = [bytesToHex(row.identity), bytesToHex(row.key_id)];
      const key = standingOf(directory, identity, keyId, filter);
      if (key === undefined) continue;
      keys.push(key);
      if (keys.length < filter.limit) continue;
      const isLast = i === rows.length - 1 && rows.length < KEYS_PER_CALL;
      return { keys, next: isLast ? undefined : { identity, keyId } };
    }
    const last = rows.length < KEYS_PER_CALL ? undefined : rows.at(-1);
    const next = last && { identity: bytesToHex(last.identity), keyId: bytesToHex(last.key_id) };
    return { keys, next };
  };

const standingOf = (
  directory: KeyDirectory,
  identity: Hex,
  keyId: Hex,
  filter: DeviceFilter,
): DeviceKey | undefined => {
  const standing = directory.find(identity, keyId);
  if (standing === undefined) return undefined;
  const owner = directory.ownerOf(identity);
  if (filter.owner !== undefined && owner !== filter.owner) return undefined;
  if (filter.profile !== undefined && standing.profile !== filter.profile) return undefined;
  if (filter.purpose !== undefined && standing.purpose !== filter.purpose) return undefined;
  return { ...standing, owner };
};

type KeyName = { readonly identity: Uint8Array; readonly key_id: Uint8Array };

/** The next keys in order; of an identity or of identities that an owner had, where one is named. */
const candidates = (database: Database, { identity, owner, after }: DeviceFilter): Promise<KeyName[]> => {
  const values: Uint8Array[] = [];
  const place = (hex: Hex): string => `$${values.push(hexToBytes(hex))}::bytea`;
  const conditions: string[] = [];
  if (identity !== undefined) conditions.push(`k.identity = ${place(identity)}`);
  if (after !== undefined)
    conditions.push(`(k.identity, k.key_id) > (${place(after.identity)}, ${place(after.keyId)})`);
  let source = 'device_key k';
  if (owner !== undefined) {
    const named = place(owner);
    source = `(SELECT ${named} AS identity UNION SELECT identity FROM device_owner WHERE owner = ${named}) o
              JOIN device_key k USING (identity)`;
  }
  return database.query<KeyName>(
    `SELECT k.identity, k.key_id FROM ${source} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
     ORDER BY k.identity, k.key_id LIMIT ${KEYS_PER_CALL}`,
    values,
  );
};
