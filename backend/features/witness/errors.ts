/**
 * Why a witness did not cosign.
 *
 * - `unreachable`: no answer, or none in time.
 * - `refused`: an answer that is neither a cosignature nor the size it stands at.
 * - `cosignature-invalid`: none of the signature lines verifies under the witness's key.
 * - `ahead`: it cosigned a larger size than we published: another process signs with our key, or the database was rolled back.
 */
export type WitnessErrorCode = 'unreachable' | 'refused' | 'cosignature-invalid' | 'ahead';

/** A witness that did not cosign; `witness` is its name. */
export class WitnessError extends Error {
  override readonly name = 'WitnessError';
  readonly code: WitnessErrorCode;
  readonly witness: string;

  constructor(code: WitnessErrorCode, witness: string, detail: string, options?: ErrorOptions) {
    super(`${witness} ${detail}`, options);
    this.code = code;
    this.witness = witness;
  }
}
