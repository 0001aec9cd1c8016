/** What is wrong with an instruction once its variables are known. */
export class PlanFault extends Error {
  override readonly name = "PlanFault";
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
