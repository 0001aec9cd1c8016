/** What is wrong with an instruction once its variables are known. */
export class PlanFault extends Error {
  override readonly name = "PlanFault";
  readonly code: string;
  readonly hint: string | undefined;
  /** The piece of the instruction that is at fault, as it is written there. */
  readonly piece: string | undefined;

  constructor(code: string, message: string, hint?: string, piece?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.piece = piece;
  }
}
