import { fromUtf8, utf8, type Hex } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { canonicalJson, readJson, shape, type Shape } from './json.ts';

/** A bundle as docs/spec/bundle.md has it. Integers are decimal strings. */
export type Bundle = {
  readonly format: 'gridseal-bundle/1';
  readonly domain: { readonly chainId: string; readonly evidenceLog: Hex; readonly logId: Hex };
  readonly type: string;
  readonly entry: Hex;
  readonly proof: string;
  readonly verifierKeys: readonly string[];
  readonly anchor: BundleAnchor | null;
  readonly authority: BundleAuthority | null;
  readonly readings: BundleReadings | null;
};

/** The anchor's block, its receipt, and the account of EvidenceLog in that block. */
export type BundleAnchor = {
  readonly block: { readonly hash: Hex; readonly header: Hex };
  readonly receipt: { readonly index: string; readonly bytes: Hex; readonly proof: readonly Hex[] };
  readonly logIndex: string;
  readonly consistency: readonly Hex[];
  readonly contract: readonly Hex[];
};

/** The key record in the anchor's block, and what shows that a revoked key's statement stays good. */
export type BundleAuthority = {
  readonly registry: readonly Hex[];
  readonly record: readonly (readonly Hex[])[];
  readonly lineage: readonly Hex[];
};

/** Readings shown, each with its path, and the profile that gives them units. */
export type BundleReadings = {
  readonly profile: string;
  readonly disclosed: readonly {
    readonly index: string;
    readonly block: Hex;
    readonly path: readonly Hex[];
  }[];
};

/** Longest bundle in bytes. */
export const MAX_BUNDLE_LENGTH = 16_777_216;

const nodes = shape.list(shape.hex);

const bundleShape: Shape<Bundle> = shape.object<Bundle>({
  format: shape.literal('gridseal-bundle/1'),
  domain: shape.object<Bundle['domain']>({
    chainId: shape.integer,
    evidenceLog: shape.address,
    logId: shape.hash,
  }),
  type: shape.text,
  entry: shape.hex,
  proof: shape.text,
  verifierKeys: shape.list(shape.text),
  anchor: shape.nullable(
    shape.object<BundleAnchor>({
      block: shape.object<BundleAnchor['block']>({ hash: shape.hash, header: shape.hex }),
      receipt: shape.object<BundleAnchor['receipt']>({
        index: shape.integer,
        bytes: shape.hex,
        proof: nodes,
      }),
      logIndex: shape.integer,
      consistency: shape.list(shape.hash),
      contract: nodes,
    }),
  ),
  authority: shape.nullable(
    shape.object<BundleAuthority>({ registry: nodes, record: shape.list(nodes, 3), lineage: nodes }),
  ),
  readings: shape.nullable(
    shape.object<BundleReadings>({
      profile: shape.text,
      disclosed: shape.list(
        shape.object<BundleReadings['disclosed'][number]>({
          index: shape.integer,
          block: shape.hex,
          path: shape.list(shape.hash),
        }),
      ),
    }),
  ),
});

/**
 * Bytes of a bundle: its one encoding.
 *
 * @throws ProtocolError `InvalidJson`, `TooLong`
 */
export function encodeBundle(bundle: Bundle): Uint8Array {
  const bytes = utf8(canonicalJson(bundleShape(bundle, 'bundle')));
  if (bytes.length > MAX_BUNDLE_LENGTH) {
    throw new ProtocolError('TooLong', 'bundle', { expected: MAX_BUNDLE_LENGTH, actual: bytes.length });
  }
  return bytes;
}

/** A bundle as a person handed it over. */
export type ReadBundle = {
  readonly bundle: Bundle;
  /** Whether the file is another text than the bundle's one encoding. */
  readonly isReformatted: boolean;
};

/**
 * Reads a bundle that may have been through mail gateways and editors: white space, a byte order mark, another order of
 * members and other escapes say nothing else, as there is no number in it that a parser could round. What says something
 * else is refused as {@link decodeBundle} refuses it: a member twice, one too many or too few, a number, a lone surrogate.
 *
 * @throws ProtocolError `TooLong`, `InvalidUtf8`, `InvalidJson`: the file is not a bundle
 * @example const { bundle, isReformatted } = readBundle(bytes)
 */
export function readBundle(bytes: Uint8Array): ReadBundle {
  const source = sourceOf(bytes);
  const bundle = readJson(source.replace(/^\ufeff/u, ''), bundleShape, 'bundle');
  return { bundle, isReformatted: canonicalJson(bundle) !== source };
}

/**
 * Reads a bundle. Any byte sequence but the one encoding of a bundle is refused.
 *
 * @throws ProtocolError `TooLong`, `InvalidUtf8`, `InvalidJson`, `NonCanonical`: the file is not a bundle
 * @example const verdict = verify(decodeBundle(bytes), trust)
 */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const source = sourceOf(bytes);
  const bundle = readJson(source, bundleShape, 'bundle');
  if (canonicalJson(bundle) !== source) {
    throw new ProtocolError('NonCanonical', 'bundle', { expected: 'JSON as RFC 8785 writes it' });
  }
  return bundle;
}

function sourceOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_BUNDLE_LENGTH) {
    throw new ProtocolError('TooLong', 'bundle', { expected: MAX_BUNDLE_LENGTH, actual: bytes.length });
  }
  return fromUtf8(bytes, 'bundle');
}
