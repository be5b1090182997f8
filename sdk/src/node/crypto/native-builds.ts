import { createRequire } from 'node:module';

/** What this service uses of libsecp256k1. Signatures are r ‖ s, digests and scalars 32 bytes, points 33 or 65. */
export type NativeSecp256k1 = {
  readonly ecdsaRecover: (
    signature: Uint8Array,
    recovery: number,
    digest: Uint8Array,
    compressed: boolean,
    into: Uint8Array,
  ) => Uint8Array;
  readonly ecdsaSign: (
    digest: Uint8Array,
    privateKey: Uint8Array,
  ) => { readonly signature: Uint8Array; readonly recid: number };
  /** The multiple of the generator. These three throw where the result is no point. */
  readonly publicKeyCreate: (scalar: Uint8Array, compressed: boolean) => Uint8Array;
  readonly publicKeyTweakMul: (point: Uint8Array, scalar: Uint8Array, compressed: boolean) => Uint8Array;
  /** The sum. */
  readonly publicKeyCombine: (points: readonly Uint8Array[], compressed: boolean) => Uint8Array;
};

const require = createRequire(import.meta.url);

/**
 * The native build of `secp256k1`. The package's own entry falls back silently to a curve in plain JavaScript that is
 * slower than noble's, so the build is asked for by name.
 */
export const loadSecp256k1 = (): { readonly native: NativeSecp256k1 } | { readonly cause: unknown } => {
  try {
    return { native: require('secp256k1/bindings') as NativeSecp256k1 };
  } catch (cause) {
    return { cause };
  }
};

/** The native build of `@chainsafe/hashtree`: SHA-256 of each 64-byte block. */
export const loadHashtree = async (): Promise<
  { readonly hashInto: (blocks: Uint8Array, into: Uint8Array) => void } | { readonly cause: unknown }
> => {
  try {
    const { hashInto } = await import('@chainsafe/hashtree');
    return { hashInto };
  } catch (cause) {
    return { cause };
  }
};
