/** Every reason a C2SP format is not accepted. The list is closed. */
export type TlogErrorCode =
  | 'NoteText'
  | 'NoteSignatureLine'
  | 'VerifierKey'
  | 'CheckpointText'
  | 'TilePath'
  | 'EntryBundle'
  | 'ProofText'
  | 'CosignatureTime'
  | 'WitnessRequest';

/** A note, checkpoint, tile path, entry bundle or proof that is not well formed; `detail` says what was expected. */
export class TlogError extends Error {
  override readonly name = 'TlogError';
  readonly code: TlogErrorCode;

  constructor(code: TlogErrorCode, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}
