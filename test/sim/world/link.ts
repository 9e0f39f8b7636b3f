/** The way between one machine and the API server. */
export class Link {
  /** Nothing gets through to the server, or back. */
  cutUp = false;
  cutDown = false;
  /** One way, in ms. */
  delayMs: readonly [number, number] = [0.3, 12];
  /** How likely each of these befalls a request. */
  lost = 0;
  lostAnswer = 0;
  reset = 0;
  hangs = 0;
  duplicated = 0;
  readonly #stuck: (() => void)[] = [];

  /** Until the cut is over, which may be for ever. */
  hold(act: () => void): void {
    this.#stuck.push(act);
  }

  heal(): (() => void)[] {
    this.cutUp = false;
    this.cutDown = false;
    return this.#stuck.splice(0);
  }
}
