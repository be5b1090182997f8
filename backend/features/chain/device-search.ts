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

/** Lists the keys the registry knows, in order of identity and key. */
export type DeviceSearch = (filter: DeviceFilter) => Promise<DeviceKey[]>;

const optional = (hex: Hex | undefined): Uint8Array | null => (hex === undefined ? null : hexToBytes(hex));

/**
 * Creates the search. The table finds the keys; the directory, which ingest asks too, says what they
 * are worth, so that both always tell the same.
 */
export const createDeviceSearch =
  (database: Database, directory: KeyDirectory): DeviceSearch =>
  async (filter) => {
    const rows = await database.query<{ identity: Uint8Array; key_id: Uint8Array }>(
      `SELECT k.identity, k.key_id FROM device_key k
       WHERE ($1::bytea IS NULL OR k.identity = $1)
         AND ($2::bytea IS NULL OR $2 = coalesce(
           (SELECT o.owner FROM device_owner o WHERE o.identity = k.identity
            ORDER BY o.block_number DESC, o.log_index DESC LIMIT 1), k.identity))
         AND ($3::bytea IS NULL OR k.profile = $3)
         AND ($4::integer IS NULL OR k.purpose = $4)
         AND ($5::bytea IS NULL OR (k.identity, k.key_id) > ($5, $6::bytea))
       ORDER BY k.identity, k.key_id LIMIT $7`,
      [
        optional(filter.identity),
        optional(filter.owner),
        optional(filter.profile),
        filter.purpose ?? null,
        optional(filter.after?.identity),
        optional(filter.after?.keyId),
        filter.limit,
      ],
    );
    const keys: DeviceKey[] = [];
    for (const row of rows) {
      const identity = bytesToHex(row.identity);
      const standing = directory.find(identity, bytesToHex(row.key_id));
      if (standing !== undefined) keys.push({ ...standing, owner: directory.ownerOf(identity) });
    }
    return keys;
  };
